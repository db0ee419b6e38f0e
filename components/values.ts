import * as pulumi from "@pulumi/pulumi";

/** A place inside a value: keys and indices from the root. */
export type Path = (string | number)[];

/** `nodes[1].connection.host`, as problems write it. */
export function pathText(path: Path): string {
  return path.reduce<string>(
    (text, key) => (typeof key === "number" ? `${text}[${key}]` : text === "" ? key : `${text}.${key}`),
    "",
  );
}

/** Whether a value is known only later. */
export function isPending(value: unknown): boolean {
  return pulumi.Output.isInstance(value) || value instanceof Promise;
}

/** Copies plain data, replacing each leaf, Output and Promise by what `visit` makes of it. */
export function mapLeaves(
  value: unknown,
  visit: (leaf: unknown, path: Path) => unknown,
  path: Path = [],
): unknown {
  if (isPending(value)) {
    return visit(value, path);
  }
  if (Array.isArray(value)) {
    return value.map((item, i) => mapLeaves(item, visit, [...path, i]));
  }
  if (value !== null && typeof value === "object") {
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [key, mapLeaves(item, visit, [...path, key])]),
    );
  }
  return visit(value, path);
}

/** Paths of everything whose value is known only later. */
export function pendingPaths(value: unknown): string[] {
  const paths: string[] = [];
  mapLeaves(value, (leaf, path) => {
    if (isPending(leaf)) {
      paths.push(pathText(path));
    }
    return leaf;
  });
  return paths;
}

const SECRET_KEYS = new Set([
  "privateKey",
  "privateKeyPassword",
  "hostPrivateKey",
  "password",
  "authPass",
  "presharedKey",
  "secret",
  "token",
]);

/** Objects of which every value is a secret. */
const SECRET_OBJECTS = new Set(["headers"]);

function isSecretPath(path: Path): boolean {
  const key = path[path.length - 1];
  return (
    (typeof key === "string" && SECRET_KEYS.has(key)) ||
    path.some((at) => typeof at === "string" && SECRET_OBJECTS.has(at)) ||
    // Many a receiver of webhooks knows its senders by the URL.
    (key === "url" && path.includes("actions"))
  );
}

/** The same arguments with every secret among them marked as one, whether or not the caller did. */
export function withSecrets<T>(args: T): T {
  return mapLeaves(args, (leaf, path) =>
    isSecretPath(path) && leaf !== undefined ? pulumi.secret(leaf) : leaf,
  ) as T;
}

/** Whether there is a secret inside a value. */
export function holdsSecret(value: unknown): boolean {
  let found = false;
  mapLeaves(value, (leaf, path) => {
    found ||= isSecretPath(path) && leaf !== undefined;
    return leaf;
  });
  return found;
}

/**
 * Stands for a secret where only its presence matters: it passes the schema as a password of 8 characters and is
 * rendered into files that are thrown away.
 */
export const SECRET_PLACEHOLDER = "********";

/** The same arguments with every secret replaced by a placeholder: what derives from them is safe to show. */
export function withoutSecrets<T>(args: T): T {
  return mapLeaves(args, (leaf, path) =>
    isSecretPath(path) && leaf !== undefined ? SECRET_PLACEHOLDER : leaf,
  ) as T;
}
