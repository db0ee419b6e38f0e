import { createHash } from "node:crypto";
import { PveError, failed } from "./errors";
import { type Lacking, checkOption } from "./guestOptions";
import type { Kind } from "./nic";

/**
 * Configuration files of guests, ID.conf: read as parse_vm_config and parse_pct_config do, written as
 * write_vm_config and write_pct_config do. What a reader does not understand is warned of, and lost at the next write.
 */

/** The settings of one section, `description` decoded. */
export interface Section {
  values: Map<string, string>;
  /** A container's low-level lines, `lxc.KEY: VALUE`. */
  raw: [key: string, value: string][];
}

export interface GuestText {
  /** SHA-1 of the text as it was read. */
  digest: string;
  main: Section;
  pending: Section;
  special: Map<string, Section>;
  snapshots: Map<string, Section>;
}

export const sha1 = (text: string): string => createHash("sha1").update(text, "utf8").digest("hex");

const section = (): Section => ({ values: new Map(), raw: [] });

/** `%`, `:`, control characters and all beyond ASCII as %XX. */
export const encodeText = (text: string): string =>
  [...Buffer.from(text, "utf8")]
    .map((byte) => {
      const safe = byte >= 0x20 && byte <= 0x7e && byte !== 0x25 && byte !== 0x3a;
      return safe ? String.fromCharCode(byte) : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
    })
    .join("");

export const decodeText = (text: string): string => {
  const bytes: number[] = [];
  const source = Buffer.from(text, "utf8").toString("latin1");
  for (let at = 0; at < source.length; at++) {
    const code = /^%([0-9a-f]{2})/i.exec(source.slice(at, at + 3))?.[1];
    bytes.push(code === undefined ? source.charCodeAt(at) : parseInt(code, 16));
    if (code !== undefined) at += 2;
  }
  return Buffer.from(bytes).toString("utf8");
};

const pendingHeader: Record<Kind, string> = { qemu: "PENDING", lxc: "pve:pending" };

/** Reads a file; `warn` gets what PVE would log. */
export function parseGuest(
  kind: Kind,
  id: number,
  text: string,
  lacking: Lacking = {},
  warn: (message: string) => void = () => undefined,
): GuestText {
  const result: GuestText = {
    digest: sha1(text),
    main: section(),
    pending: section(),
    special: new Map(),
    snapshots: new Map(),
  };
  let current: Section | undefined = result.main;
  let informative = false;
  let description: string | undefined;
  const endDescription = () => {
    if (description !== undefined && current) {
      const kept = kind === "qemu" ? description.replace(/\s+$/, "") : description;
      if (kind === "qemu" || kept) current.values.set("description", kept);
    }
    description = undefined;
  };
  const begin = (next: Section | undefined) => {
    endDescription();
    current = next;
    informative = false;
    return next;
  };
  const open = (map: Map<string, Section>, name: string) => map.set(name, section()).get(name);
  for (const line of text.split("\n")) {
    if (/^\s*$/.test(line)) continue;
    const header = /^\[([^\]]*)\]\s*$/.exec(line)?.[1];
    if (header !== undefined) {
      if (header.toUpperCase() === pendingHeader[kind].toUpperCase()) {
        result.pending = section();
        begin(result.pending);
      } else if (kind === "qemu" && /^special:(cloudinit|fleecing)$/i.test(header)) {
        begin(open(result.special, header.slice("special:".length)));
        informative = true;
      } else if (/^[a-z][a-z0-9_-]+$/i.test(header)) {
        begin(open(result.snapshots, header));
      } else {
        begin(undefined);
        warn(`vm ${id} - skipping unknown section: '${header}'`);
      }
      continue;
    }
    if (!current) continue;
    const comment = /^#(.*)$/.exec(line)?.[1];
    if (comment !== undefined) {
      description = `${description ?? ""}${decodeText(comment)}\n`;
      continue;
    }
    const raw = kind === "lxc" ? /^(lxc\.[a-z0-9_\-.]+)(?::|\s*=)\s*(.*?)\s*$/.exec(line) : null;
    if (raw) {
      current.raw.push([raw[1] ?? "", raw[2] ?? ""]);
      continue;
    }
    const [, key, value = ""] = /^([a-z][a-z_-]*\d*):\s*(.+?)\s*$/.exec(line) ?? [];
    if (key === undefined) {
      warn(`vm ${id} - unable to parse config: ${line}`);
    } else if (key === "description") {
      description = (description ?? "") + decodeText(value);
    } else if (key === "delete") {
      if (current === result.pending) current.values.set(key, value);
      else warn(`vm ${id} - property 'delete' is only allowed in [${pendingHeader[kind]}]`);
    } else if (informative || key === "snapstate") {
      current.values.set(key, value);
    } else {
      try {
        current.values.set(key, checkOption(kind, key, value, lacking));
      } catch (error) {
        if (!(error instanceof PveError)) throw error;
        warn(`vm ${id} - unable to parse value of '${key}' - ${error.message}`);
        // A container keeps what it does not understand.
        if (kind === "lxc") current.values.set(key, value);
      }
    }
  }
  endDescription();
  result.main.values.delete("snapstate");
  return result;
}

/** The text of a configuration: the description, then all settings by name, then the other sections. */
export function printGuest(kind: Kind, guest: GuestText, lacking: Lacking = {}): string {
  if (kind === "qemu") {
    for (const { values } of [guest.main, guest.pending, ...guest.snapshots.values()]) {
      for (const [key, value] of values) {
        if (["description", "delete", "snapstate"].includes(key)) continue;
        try {
          values.set(key, checkOption(kind, key, value, lacking));
        } catch (error) {
          if (!(error instanceof PveError)) throw error;
          throw failed(`unable to parse value of '${key}' - ${error.message}`);
        }
      }
    }
  }
  const print = ({ values, raw }: Section, pending = false) => {
    const description = values.get("description");
    const lines = description
      ? description
          .replace(/\n+$/, "")
          .split("\n")
          .map((line) => `#${encodeText(line)}`)
      : [];
    if (description === "" && pending && kind === "qemu") lines.push("#");
    const keys = [...values.keys()].filter((key) => key !== "description").sort();
    lines.push(
      ...keys.map((key) => `${key}: ${values.get(key)}`),
      ...raw.map(([key, value]) => `${key}: ${value}`),
    );
    return lines.map((line) => `${line}\n`).join("");
  };
  const parts = [print(guest.main)];
  if (guest.pending.values.size > 0) parts.push(`\n[${pendingHeader[kind]}]\n${print(guest.pending, true)}`);
  const named = (sections: Map<string, Section>, prefix = "") =>
    [...sections]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, its]) => `\n[${prefix}${name}]\n${print(its)}`);
  return [...parts, ...named(guest.special, "special:"), ...named(guest.snapshots)].join("");
}

/** `delete` of a pending section: which settings go, and which of them by force. */
export const parsePendingDelete = (text: string | undefined): Map<string, boolean> =>
  new Map(
    (text ?? "")
      .split(/[\s,;]+/)
      .filter(Boolean)
      .map((entry) => [entry.replace(/^!/, ""), entry.startsWith("!")]),
  );

export const printPendingDelete = (entries: Map<string, boolean>): string =>
  [...entries.keys()]
    .sort()
    .map((key) => (entries.get(key) ? `!${key}` : key))
    .join(",");
