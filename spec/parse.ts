import { resolveConnection } from "./connection";
import { SpecContext } from "./context";
import { withDefaults } from "./defaults";
import { Cluster, Connection, Problem } from "./model";
import { pathText } from "./path";
import { proveCluster } from "./proof";
import { clusterSchema } from "./schema/cluster";
import { connectionSchema } from "./schema/connection";
import { validate } from "./schema/validate";
import { isKnown, isWhollyKnown } from "./unknown";

/** A value with the warnings about it, or everything that is wrong with its input. */
export type Parsed<T> = { value: T; warnings: Problem[] } | { problems: Problem[] };

/** A value, unless problems or UNKNOWN parts stand in the way. */
export function finish<T>(draft: unknown, problems: Problem[]): Parsed<T> {
  if (problems.some((p) => p.severity === "error")) {
    return { problems };
  }
  if (isWhollyKnown(draft)) {
    return { value: draft as T, warnings: problems };
  }
  return { problems: [...problems, ...pendingProblems(draft)] };
}

function pendingProblems(value: unknown, path: (string | number)[] = []): Problem[] {
  if (!isKnown(value)) {
    return [
      {
        rule: "not-yet-known",
        severity: "error",
        path: pathText(path),
        value: "(known later)",
        allowed: "a value that is known now",
        fix: "check it again when it is known",
      },
    ];
  }
  if (value === null || typeof value !== "object") {
    return [];
  }
  return Object.entries(value).flatMap(([key, item]) =>
    pendingProblems(item, [...path, Array.isArray(value) ? Number(key) : key]),
  );
}

/** Gives a name to an input that has none. */
export function named(input: unknown, key: string, name: string | undefined): unknown {
  const isObject = input !== null && typeof input === "object" && !Array.isArray(input);
  return isObject && (input as Record<string, unknown>)[key] === undefined
    ? { ...input, [key]: name }
    : input;
}

function check(input: unknown, context: SpecContext): { draft: unknown; problems: Problem[] } {
  const { problems, draft } = validate(clusterSchema, named(input, "name", context.name));
  if (!isKnown(draft)) {
    return { draft, problems };
  }
  const { cluster, problems: missing } = withDefaults(draft, context);
  return { draft: cluster, problems: [...problems, ...missing, ...proveCluster(cluster)] };
}

/**
 * Everything that can be said to be wrong with a cluster's input. UNKNOWN anywhere inside the input stands for a
 * value that is known only later: nothing that hangs on it is judged.
 */
export function checkCluster(input: unknown, context: SpecContext = {}): Problem[] {
  return check(input, context).problems;
}

/** Reads a cluster: schema, defaults and the pair proof, all problems at once. */
export function parseCluster(input: unknown, context: SpecContext = {}): Parsed<Cluster> {
  const { draft, problems } = check(input, context);
  return finish(draft, problems);
}

/** Reads how a host is reached. */
export function parseConnection(input: unknown, context: SpecContext = {}): Parsed<Connection> {
  const { problems, draft } = validate(connectionSchema, input);
  const resolved = resolveConnection(draft, context, []);
  return finish(resolved.connection, [...problems, ...resolved.problems]);
}
