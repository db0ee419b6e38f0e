import { userContext } from "../components/userContext";
import { type HostAddress } from "../operate";
import { type Connection, formatProblems, parseCluster } from "../spec";
import { isObject, parseFile } from "./file";
import { nameOf } from "./specFile";
import { clustersIn, exportStack, pairIn } from "./state";
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

/** One cluster as a stack or a file tells of it. */
export interface FoundCluster {
  hosts: HostAddress[];
  /** The arguments of its HaPair; undefined: it was made otherwise. */
  input?: unknown;
}

/** The hosts of one cluster, and how they are reached. */
export async function findHosts(from: HostsFrom): Promise<HostAddress[]> {
  return (await findCluster(from)).hosts;
}

/** The hosts of one cluster, how they are reached, and what it was made by. */
export async function findCluster({ stack, spec, cluster }: HostsFrom): Promise<FoundCluster> {
  if ((stack === undefined) === (spec === undefined))
    throw new UsageError("give either --stack NAME or --spec FILE; see --help");
  const state = stack === undefined ? undefined : await exportStack(stack);
  const file = spec === undefined ? undefined : parseFile(spec);
  const clusters = spec === undefined ? clustersIn(state) : hostsOfSpec(file, spec);
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
  const name = cluster ?? names[0]!;
  return { hosts: clusters.get(name)!, input: file ?? pairIn(state, name) };
}

function hostsOfSpec(file: unknown, path: string): Map<string, HostAddress[]> {
  if (isObject(file) && isObject(file.config))
    throw new UsageError(
      `${path}: is a stack's config, whose keys are encrypted; give --stack NAME in its place`,
    );
  const parsed = parseCluster(file, { ...userContext(), name: nameOf(path) });
  if ("problems" in parsed) throw new UsageError(`${path}:\n${formatProblems(parsed.problems)}`);
  const { name, nodes } = parsed.value;
  return new Map([
    [name, nodes.map(({ connection }) => ({ cluster: name, connection: dialled(connection) }))],
  ]);
}

/** A connection of a spec as a remote command has it. */
export function dialled({ proxy, ...target }: Connection): HostAddress["connection"] {
  return { ...target, ...DIAL, ...(proxy && { proxy: { ...proxy, ...DIAL } }) };
}
