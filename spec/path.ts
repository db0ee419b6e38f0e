/** A place inside a plain value: keys and indices from the root. */
export type Path = readonly (string | number)[];

/** `nodes[1].connection.host`, as problems write it. */
export function pathText(path: Path): string {
  return path.reduce<string>(
    (text, key) => (typeof key === "number" ? `${text}[${key}]` : text === "" ? key : `${text}.${key}`),
    "",
  );
}
