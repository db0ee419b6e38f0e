import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { isObject, parseFile } from "./file";
import { UsageError } from "./verb";

/** What the program of this repository makes of a stack's config: arguments of HaPair, and the name that they get. */
export interface StackSpec {
  input: unknown;
  name?: string;
}

type Values = Map<string, unknown>;

/**
 * The cluster of a stack's config file (Pulumi.STACK.yaml): PROJECT:cluster, and PROJECT:authPass over its password, as
 * components/stackConfig.ts takes them. A Pulumi.yaml beside it says what the project is called, and its defaults.
 */
export function readStackConfig(config: Record<string, unknown>, path: string): StackSpec {
  const project = projectBeside(path);
  const clusters = [...namespaced(config, project?.name).keys()].filter((key) => key.endsWith(":cluster"));
  const name = project?.name ?? (clusters.length === 1 ? clusters[0]!.replace(/:.*/, "") : undefined);
  const values: Values = new Map([...(project?.defaults ?? []), ...namespaced(config, name)]);
  const key = `${name ?? "PROJECT"}:cluster`;
  const cluster = values.get(key);
  if (name === undefined || cluster === undefined) {
    const found = name === undefined && clusters.length > 1 ? clusters.join(", ") : `no ${key}`;
    throw new UsageError(`${path}: config: ${found}; give a file with one ${key}`);
  }
  if (isSecret(cluster)) {
    throw new UsageError(
      `${path}: ${key}: is encrypted; give the cluster in clear, and only its authPass as a secret`,
    );
  }
  const authPass = textOf(values.get(`${name}:authPass`));
  const input = withoutSecrets(fromText(cluster, path, key));
  return { input: isObject(input) && authPass !== undefined ? { ...input, authPass } : input, name };
}

/** Values by PROJECT:NAME; a key may leave the project out, or have the word config between. */
function namespaced(config: Record<string, unknown>, project = ""): Values {
  return new Map(
    Object.entries(config).map(([key, value]) => {
      const parts = key.split(":");
      return [`${parts.length === 1 ? project : parts[0]}:${parts.at(-1)}`, value];
    }),
  );
}

function projectBeside(path: string): { name: string; defaults: Values } | undefined {
  const file = ["Pulumi.yaml", "Pulumi.yml", "Pulumi.json"]
    .map((name) => join(dirname(path), name))
    .find((name) => existsSync(name));
  const project = file === undefined ? undefined : parseFile(file);
  if (!isObject(project) || typeof project.name !== "string") return undefined;
  const defaults = namespaced(isObject(project.config) ? project.config : {}, project.name);
  return {
    name: project.name,
    defaults: new Map([...defaults].map(([key, value]) => [key, defaultOf(value)])),
  };
}

/** A project declares a value by its type, or gives it in short. */
function defaultOf(value: unknown): unknown {
  const isDeclared = isObject(value) && ["type", "default", "value"].some((word) => word in value);
  return isDeclared ? (value.value ?? value.default) : value;
}

/** A value that was set as text, as `pulumi config set` does it. */
function fromText(value: unknown, path: string, key: string): unknown {
  if (typeof value !== "string") return value;
  try {
    return JSON.parse(value);
  } catch (error) {
    throw new UsageError(
      `${path}: ${key}: is not an object: ${(error as Error).message}; give HaPair's arguments as YAML or JSON`,
    );
  }
}

/** What the program gets of a value: text, whatever YAML takes it for. */
function textOf(value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined;
  const plain = withoutSecrets(value);
  return typeof plain === "string" ? plain : JSON.stringify(plain);
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
