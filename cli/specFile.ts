import { basename, extname } from "node:path";
import { type Cluster, parseCluster, type Problem } from "../spec";
import { isObject, parseFile } from "./file";
import { readStackConfig } from "./stackFile";

/** Stands for how a node is reached: nothing that reads a spec file here connects. */
const nowhere = (place: number) => ({
  host: `node-${place}.invalid`,
  agentSocketPath: "/nowhere",
  insecureHostKey: true,
});

/** What reading a spec file gives: a cluster, or what is wrong with it. */
export type SpecFile = { cluster: Cluster; warnings: Problem[] } | { problems: Problem[] };

/**
 * Reads a spec file: HaPair's arguments in YAML or JSON, by the same words, or a stack's config file, of which what this
 * repository's program reads. How hosts are reached is not looked at, and may be left out.
 */
export function readSpecFile(path: string): SpecFile {
  const file = parseFile(path);
  const { input, name = nameOf(path) } =
    isObject(file) && isObject(file.config) ? readStackConfig(file.config, path) : { input: file };
  const parsed = parseCluster(withoutConnections(input), { name });
  if ("problems" in parsed) return { problems: parsed.problems };
  return {
    cluster: parsed.value,
    warnings: parsed.warnings.filter(({ path: at }) => !at.includes("connection")),
  };
}

/** The name of a file may be none for a cluster. */
export function nameOf(path: string): string {
  return basename(path, extname(path))
    .replace(/[^A-Za-z0-9_-]/g, "-")
    .slice(0, 40);
}

/** HaPair's arguments, with nothing in them of how anything is reached. */
export function withoutConnections(input: unknown): unknown {
  if (!isObject(input) || !Array.isArray(input.nodes)) return input;
  const { length } = input.nodes;
  const nodes = input.nodes.map((node: unknown, place) =>
    isObject(node)
      ? {
          ...node,
          connection: nowhere(place),
          ...(isObject(node.guest) && { guest: withoutAccess(node.guest, length + 1 + place) }),
        }
      : node,
  );
  const { hypervisor } = input;
  return {
    ...input,
    nodes,
    ...(isObject(hypervisor) && {
      hypervisor: { ...withoutAccess(hypervisor, length), connection: nowhere(length) },
    }),
  };
}

const ACCESS = ["connection", "endpoint", "token", "caCertificate", "insecure"];

/** A guest with a way of its own keeps one: it is in another place than the others. */
function withoutAccess(input: Record<string, unknown>, place: number): Record<string, unknown> {
  const rest = Object.entries(input).filter(([key]) => !ACCESS.includes(key));
  const hasOwn = rest.length < Object.keys(input).length;
  return { ...Object.fromEntries(rest), ...(hasOwn && { connection: nowhere(place) }) };
}
