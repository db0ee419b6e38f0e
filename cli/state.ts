import { execFile } from "node:child_process";
import { z } from "zod";
import type { HostAddress } from "../operate";
import { UsageError } from "./verb";

/** Marks a secret in a state, with its value in JSON beside it where pulumi shows that. */
const SECRET = "4dabf18193072939515e22adb298388d";

const stateSchema = z.object({
  deployment: z.object({
    resources: z
      .array(
        z.object({ urn: z.string(), type: z.string(), inputs: z.record(z.string(), z.unknown()).optional() }),
      )
      .default([]),
  }),
});

/** Bytes of a state that are read at most. */
const LARGEST = 512 * 1024 * 1024;

/**
 * The state of a stack in the directory's project. Its secrets come in clear, for the connections are among them, and stay in
 * this process.
 */
export async function exportStack(stack: string): Promise<unknown> {
  const args = ["stack", "export", "--show-secrets", "--non-interactive", "--stack", stack];
  const text = await new Promise<string>((resolve, reject) => {
    execFile("pulumi", args, { maxBuffer: LARGEST }, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else if ((error as NodeJS.ErrnoException).code === "ENOENT")
        reject(
          new UsageError(
            '--stack: there is no pulumi on PATH; eval "$(npx tsx engine/setup.ts)", or give --spec',
          ),
        );
      else
        reject(
          new UsageError(
            `--stack: pulumi stack export ended with ${error.code ?? "an error"}: ${stderr.trim()}; run this where the stack's Pulumi.yaml is, and give the name of one of its stacks`,
          ),
        );
    });
  });
  return JSON.parse(text) as unknown;
}

/**
 * The hosts of each cluster with addresses in a state, whatever program made it: each has a command `activate`, which says the
 * cluster's name and has the connection.
 */
export function clustersIn(state: unknown): Map<string, HostAddress[]> {
  const clusters = new Map<string, HostAddress[]>();
  for (const { urn, type, inputs = {} } of resourcesIn(state)) {
    if (type !== "command:remote:Command" || !isOfCluster(urn) || !/-activate$/.test(urn)) continue;
    const create = inClear(inputs.create, urn);
    const [, cluster] = /vrrp-agent activate (\S+) -'?$/.exec(String(create)) ?? [];
    if (cluster === undefined) continue;
    const connection = inClear(inputs.connection, urn) as HostAddress["connection"];
    clusters.set(cluster, [...(clusters.get(cluster) ?? []), { cluster, connection }]);
  }
  return clusters;
}

/** The arguments of a cluster's HaPair in a state; those of others, and their secrets, are left alone. */
export function pairIn(state: unknown, cluster: string): Record<string, unknown> | undefined {
  const found = resourcesIn(state).find(
    ({ urn, type, inputs = {} }) =>
      type === "pulumi-keepalived:index:HaPair" && inClear(inputs.name, urn) === cluster,
  );
  return found && (inClear(found.inputs, found.urn) as Record<string, unknown>);
}

function resourcesIn(state: unknown) {
  const parsed = stateSchema.safeParse(state);
  if (!parsed.success)
    throw new UsageError("--stack: pulumi stack export gives a state of another form than this knows");
  return parsed.data.deployment.resources;
}

/** Tunnels and firewalls are applied by the same steps, and have no addresses that move. */
function isOfCluster(urn: string): boolean {
  return /pulumi-keepalived:index:(HaPair|KeepalivedInstance)\$/.test(urn);
}

/** A value with every secret in it, which may lie inside one another, as it is. */
function inClear(value: unknown, urn: string): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map((item) => inClear(item, urn));
  if (!(SECRET in value))
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, inClear(item, urn)]));
  const { plaintext } = value as { plaintext?: string };
  if (plaintext === undefined)
    throw new UsageError(
      `--stack: ${urn.replace(/.*::/, "")}: its secrets are not shown; log in to where the stack is kept, with its passphrase or key`,
    );
  return inClear(JSON.parse(plaintext), urn);
}
