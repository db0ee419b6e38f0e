/** Reads what pulumi prints for people. */

/** The counts at the end of an update, such as `13 updated, 3 unchanged`. */
export function resourceCounts(stdout: string): string {
  return section(stdout, "Resources")
    .split("\n")
    .map((line) => line.trim())
    .join(", ");
}

/** The lines under a heading, without it; empty where there is none. */
export function section(stdout: string, heading: string): string {
  const lines = stdout.split("\n");
  const start = lines.indexOf(`${heading}:`);
  if (start < 0) return "";
  const length = lines.slice(start + 1).findIndex((line) => !line.startsWith(" "));
  return lines.slice(start + 1, length < 0 ? undefined : start + 1 + length).join("\n");
}

/** Breaks long lines between words; what follows is indented two more than the line. */
export function wrap(text: string, width: number): string {
  return text
    .split("\n")
    .flatMap((line) => {
      const indent = " ".repeat(line.search(/\S|$/));
      const lines: string[] = [];
      for (const word of line.trim().split(/ +/)) {
        const last = lines.at(-1);
        if (last !== undefined && last.length + 1 + word.length <= width)
          lines[lines.length - 1] = `${last} ${word}`;
        else lines.push(`${indent}${last === undefined ? "" : "  "}${word}`);
      }
      return lines;
    })
    .join("\n");
}

/** One file of one host that a preview says will change. */
export interface FileChange {
  /** Name of the host's HostConfig. */
  host: string;
  path: string;
  /** The lines as pulumi prints them, unchanged ones around the changed. */
  lines: string[];
}

const resource = /^ +[~+-]* ?([a-z-]+:[^ ]*): \(\w+\)$/;
const urn = /^ +\[urn=.*::(.+)\]$/;
const changedFile = /^ +[~+-] (\/\S+) *: *(.*)$/;
const sameFile = /^ +\/\S+ *: "/;

/** The changes of the hosts' files in what `pulumi preview --diff` printed, by host and path. */
export function fileChanges(preview: string): FileChange[] {
  const changes: FileChange[] = [];
  let isHostConfig = false;
  let host = "";
  let depth: number | undefined;
  for (const line of preview.split("\n").filter((text) => text.trim() !== "")) {
    const [, type] = resource.exec(line) ?? [];
    const [, name] = urn.exec(line) ?? [];
    const [, path, value] = isHostConfig ? (changedFile.exec(line) ?? []) : [];
    if (type !== undefined) {
      isHostConfig = type.endsWith(":HostConfig");
      depth = undefined;
    } else if (isHostConfig && name !== undefined) {
      host = name;
    } else if (path !== undefined) {
      depth = line.search(/\S/);
      changes.push({ host, path, lines: value ? [value] : [] });
    } else if (depth !== undefined && line.search(/\S/) > depth && !sameFile.test(line)) {
      changes.at(-1)?.lines.push(line.slice(depth));
    } else {
      depth = undefined;
    }
  }
  const key = ({ host: name, path }: FileChange) => `${name} ${path}`;
  return changes.sort((one, other) => (key(one) < key(other) ? -1 : 1));
}
