import { readFileSync } from "node:fs";
import { basename, extname } from "node:path";
import { load } from "js-yaml";
import { type Cluster, parseCluster, type Problem } from "../spec";
import { UsageError } from "./verb";

/** Text of a file; what is wrong with it is a UsageError. */
export function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw new UsageError(
      `${path}: ${(error as NodeJS.ErrnoException).code ?? String(error)}; give a file that can be read`,
    );
  }
}

/** Stands for how a node is reached: nothing that reads a spec file here connects. */
const nowhere = (place: number) => ({
  host: `node-${place}.invalid`,
  agentSocketPath: "/nowhere",
  insecureHostKey: true,
});

/** What reading a spec file gives: a cluster, or what is wrong with it. */
export type SpecFile = { cluster: Cluster; warnings: Problem[] } | { problems: Problem[] };

/**
 * Reads a spec file: HaPair's arguments in YAML or JSON, by the same words, or a stack's config file with them as `PROJECT:cluster`. How
 * hosts are reached is not looked at, and may be left out.
 */
export function readSpecFile(path: string): SpecFile {
  const input = clusterOf(parseText(path), path);
  // The name of a file may be none for a cluster.
  const name = basename(path, extname(path))
    .replace(/[^A-Za-z0-9_-]/g, "-")
    .slice(0, 40);
  const parsed = parseCluster(withoutConnections(input), { name });
  if ("problems" in parsed) return { problems: parsed.problems };
  return {
    cluster: parsed.value,
    warnings: parsed.warnings.filter(({ path: at }) => !at.includes("connection")),
  };
}

function parseText(path: string): unknown {
  const text = readText(path);
  try {
    return load(text, { filename: path });
  } catch (error) {
    throw new UsageError(`${path}: is neither YAML nor JSON: ${(error as Error).message.split("\n")[0]}`);
  }
}

/** The cluster of a stack's config file (Pulumi.STACK.yaml); anything else as it is. */
function clusterOf(input: unknown, path: string): unknown {
  if (!isObject(input) || !isObject(input.config)) return input;
  const { config } = input;
  const keys = Object.keys(config).filter((key) => key.endsWith(":cluster"));
  const [key] = keys;
  if (key === undefined || keys.length > 1) {
    throw new UsageError(
      `${path}: config: ${key === undefined ? "no PROJECT:cluster" : keys.join(", ")}; give a file with one PROJECT:cluster`,
    );
  }
  if (isSecret(config[key])) {
    throw new UsageError(
      `${path}: ${key}: is encrypted; give the cluster in clear, and only its authPass as a secret`,
    );
  }
  return withoutSecrets(config[key]);
}

/** Values that pulumi has encrypted: nothing here can read them, and no figure depends on one. */
function withoutSecrets(value: unknown): unknown {
  if (isSecret(value)) return "secret";
  if (Array.isArray(value)) return value.map(withoutSecrets);
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, withoutSecrets(inner)]));
}

function isSecret(value: unknown): boolean {
  return isObject(value) && Object.keys(value).length === 1 && typeof value.secure === "string";
}

function withoutConnections(input: unknown): unknown {
  if (!isObject(input) || !Array.isArray(input.nodes)) return input;
  const nodes = input.nodes.map((node: unknown, place) =>
    isObject(node) ? { ...node, connection: nowhere(place) } : node,
  );
  return { ...input, nodes };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
