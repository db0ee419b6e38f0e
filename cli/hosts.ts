import { userContext } from "../components/userContext";
import { type HostAddress } from "../operate";
import { formatProblems, parseCluster } from "../spec";
import { isObject, parseFile } from "./file";
import { nameOf } from "./specFile";
import { clustersIn, exportStack } from "./state";
import { UsageError } from "./verb";

/** Where the hosts of a cluster are told of. */
export interface HostsFrom {
  stack?: string;
  spec?: string;
  /** Which, where there are several. */
  cluster?: string;
}

/** Options of every verb that connects to hosts, in words. */
export const hostsHelp = `  --stack NAME   the hosts of this stack's state, whatever program made it; run where its Pulumi.yaml is. The connections are
                 secrets there: 'pulumi stack export --show-secrets' is read, in memory only
  --spec FILE    or arguments of HaPair in YAML or JSON, with connections (examples/lan-pair/gw.yaml)
  --cluster NAME which, where the stack has several`;

/** Tries and seconds as a remote command has them. */
const DIAL = { dialErrorLimit: 1, perDialTimeout: 10 };

/** The hosts of one cluster, and how they are reached. */
export async function findHosts({ stack, spec, cluster }: HostsFrom): Promise<HostAddress[]> {
  if ((stack === undefined) === (spec === undefined))
    throw new UsageError("give either --stack NAME or --spec FILE; see --help");
  const clusters = stack !== undefined ? clustersIn(await exportStack(stack)) : hostsOfSpec(spec!);
  const names = [...clusters.keys()];
  const from = stack !== undefined ? `the stack ${stack}` : spec!;
  if (cluster !== undefined && !clusters.has(cluster))
    throw new UsageError(`--cluster: ${cluster}; ${from} has ${names.join(", ") || "none"}`);
  if (cluster === undefined && names.length !== 1)
    throw new UsageError(
      names.length === 0
        ? `${from} has no cluster that was applied; run pulumi up first`
        : `${from} has ${names.join(", ")}; choose one with --cluster`,
    );
  return clusters.get(cluster ?? names[0]!)!;
}

function hostsOfSpec(path: string): Map<string, HostAddress[]> {
  const file = parseFile(path);
  if (isObject(file) && isObject(file.config))
    throw new UsageError(
      `${path}: is a stack's config, whose keys are encrypted; give --stack NAME in its place`,
    );
  const parsed = parseCluster(file, { ...userContext(), name: nameOf(path) });
  if ("problems" in parsed) throw new UsageError(`${path}:\n${formatProblems(parsed.problems)}`);
  const { name, nodes } = parsed.value;
  const hosts = nodes.map(({ connection: { proxy, ...target } }) => ({
    cluster: name,
    connection: { ...target, ...DIAL, ...(proxy && { proxy: { ...proxy, ...DIAL } }) },
  }));
  return new Map([[name, hosts]]);
}
