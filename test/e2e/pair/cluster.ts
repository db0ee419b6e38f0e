import { join } from "node:path";
import { type Host, type Lab, type Result, type Stack, until } from "../../../lab";

export const VIP = "10.20.30.200";

/** Milliseconds after which a node that hears nothing has taken over, with an advertInt of 1. */
const TAKEOVER = 4000;

/** The policy pack, for pulumi's --policy-pack. */
export const POLICY_PACK = join(__dirname, "../../../policies");

/** A node of the spec. */
export interface NodeInput {
  name: string;
  connection: Record<string, unknown>;
  interface: string;
  unicastSrcIp: string;
}

/** A host as a node of the spec, with another connection where some of it is given. */
export function nodeOf(host: Host, connection: Record<string, unknown> = {}): NodeInput {
  return {
    name: host.name,
    connection: { host: host.address, hostKey: host.hostKey, ...connection },
    interface: "eth0",
    unicastSrcIp: host.address,
  };
}

/** Gives a stack a cluster, and the key that logs in to every host of the lab. */
export async function configure(
  stack: Stack,
  lab: Lab,
  nodes: readonly NodeInput[],
  changes: Record<string, unknown> = {},
  secrets: Record<string, string> = {},
): Promise<void> {
  const cluster = {
    name: "gw",
    virtualRouterId: 51,
    virtualIpAddresses: [`${VIP}/24`],
    nodes,
    ...changes,
  };
  await stack.configure(
    { "pulumi-keepalived:cluster": cluster },
    { privateKey: privateKeyOf(lab), ...secrets },
  );
}

/** The key that logs in to every host of a lab. */
export function privateKeyOf(lab: Lab): string {
  const [host] = lab.hosts;
  if (host === undefined) throw new Error("the lab has no host");
  return lab.ssh(host).privateKey;
}

/** Names of the hosts that have an address on an interface. */
export async function holders(hosts: readonly Host[], address = VIP): Promise<string[]> {
  const held = await Promise.all(
    hosts.map(async (host) => {
      const { stdout } = await host.exec("ip -o address show");
      return stdout.includes(` ${address}/`) ? [host.name] : [];
    }),
  );
  return held.flat();
}

/** Waits until a host alone holds the address, and sees that it stays so for longer than a takeover takes. */
export async function staysWith(holder: Host, hosts: readonly Host[]): Promise<void> {
  // While it takes over, the former holder may still be about to let go.
  await until(
    `${holder.name} alone holds ${VIP}`,
    20_000,
    async () => (await holders(hosts)).join() === holder.name,
  );
  const end = Date.now() + TAKEOVER;
  await until("a takeover would have happened", 2 * TAKEOVER, async () => {
    expect(await holders(hosts)).toEqual([holder.name]);
    return Date.now() > end;
  });
}

/** An error that pulumi shows, with the name of its resource. */
export interface ShownError {
  resource: string;
  text: string;
}

/** The errors that pulumi shows at its end, but for its own word that the update failed. */
export function errorsOf({ stdout, stderr }: Result): ShownError[] {
  const lines = `${stdout}\n${stderr}`.split("\n");
  const errors: ShownError[] = [];
  let resource = "";
  let isDiagnostic = false;
  for (const line of lines) {
    const [, name] = /^ {2}\S+ \((\S+)\):$/.exec(line) ?? [];
    const [, text] = /^ {4}error: (.*)$/.exec(line) ?? [];
    if (line === "Diagnostics:") isDiagnostic = true;
    else if (/^\S/.test(line)) isDiagnostic = false;
    else if (isDiagnostic && name !== undefined) resource = name;
    else if (isDiagnostic && text !== undefined) errors.push({ resource, text });
    // Not what another resource has said meanwhile, without being an error.
    else if (isDiagnostic && line.startsWith("    ") && errors.at(-1)?.resource === resource)
      errors.at(-1)!.text += `\n${line.slice(4)}`;
  }
  if (errors.length === 0) throw new Error(`pulumi shows no error:\n${stdout}\n${stderr}`);
  return errors.filter(({ text }) => text !== "update failed");
}
