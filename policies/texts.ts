import { asset } from "@pulumi/pulumi";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { ConfFile } from "../conf";
import { isKeepalivedConf, isProgram } from "../lint";
import { bare, plain } from "./plain";
import { machineOf, Seen } from "./resources";

/** A keepalived.conf, or a program, that a resource carries. */
export interface CarriedText extends ConfFile {
  /** What tells its machine from others; where the resource names none, each text is that of one of its own. */
  machine: string;
  /** Resource that carries it. */
  resource: { name: string; urn: string };
}

/** Types whose values are secrets or noise, and never a configuration. */
const NEVER = /^(?:tls|random|pulumi(?:-nodejs)?|pulumi-keepalived):/;

/** No text that is there while the resource is. */
const IGNORED = ["delete", "triggers", "connection", "remotePath"];

/** Asset content by the property that has it; a file is read where the program runs. */
async function assetText(value: asset.Asset): Promise<string | undefined> {
  // isInstance of each class takes assets of all of them.
  if ("text" in value) {
    return await (value as asset.StringAsset).text;
  }
  if ("path" in value) {
    const path = await (value as asset.FileAsset).path;
    const from = process.env.KEEPALIVED_POLICY_PROGRAM ?? process.cwd();
    try {
      return readFileSync(resolve(from, path), "utf8");
    } catch {
      return undefined;
    }
  }
  return undefined;
}

/** Every string of a resource that could hold a configuration, by its property. */
async function stringsOf(value: unknown, path: string): Promise<{ path: string; text: string }[]> {
  if (typeof value === "string") {
    return [{ path, text: value }];
  }
  if (value === null || typeof value !== "object") {
    return [];
  }
  const content = asset.Asset.isInstance(value) ? await assetText(value) : undefined;
  if (content !== undefined) {
    return [{ path, text: content }];
  }
  const entries = Object.entries(value).filter(([key]) => !IGNORED.includes(key));
  const nested = await Promise.all(
    entries.map(([key, item]) => stringsOf(item, path === "" ? key : `${path}.${key}`)),
  );
  return nested.flat();
}

/** Whether a resource can carry somebody else's configuration: our components are judged by their inputs. */
function isForeign({ type, urn }: Seen): boolean {
  return !NEVER.test(type) && !urn.includes("pulumi-keepalived:");
}

/** Every policy asks for the texts of every resource. */
const known = new WeakMap<object, Promise<CarriedText[]>>();

/** The configurations and programs that a resource carries. */
export function textsOf(seen: Seen): Promise<CarriedText[]> {
  const props = bare(seen.props);
  const texts = known.get(props) ?? (isForeign(seen) ? read(seen) : Promise.resolve([]));
  known.set(props, texts);
  return texts;
}

async function read(seen: Seen): Promise<CarriedText[]> {
  const { name, urn, props } = seen;
  const { connection, remotePath } = plain(props) as Record<string, unknown>;
  const machine = machineOf(connection);
  const target = typeof remotePath === "string" ? remotePath : undefined;
  // What is not known yet is a placeholder there, and no configuration.
  const strings = await stringsOf(bare(props), "");
  return strings.flatMap(({ path, text }) =>
    filesIn(text, target ?? `${name}.${path}`).map((file) => ({
      ...file,
      machine: machine ?? `${name} ${file.name}`,
      resource: { name, urn },
    })),
  );
}

const HERE_DOCUMENT =
  /^(?<command>[^\n]*?)<<-?[ \t]*(?<quote>["']?)(?<word>[A-Za-z_][A-Za-z0-9_]*)\k<quote>(?<rest>[^\n]*)\n(?<body>[\s\S]*?)^[ \t]*\k<word>[ \t]*$/gm;
const TARGET = /(?:>{1,2}|\btee(?:[ \t]+-a)?)[ \t]*["']?([^\s"';|&<>]+)/;

/** What may be included by a configuration, by where it goes. */
function isFragment(name: string): boolean {
  return /\bkeepalived\b.*\/|\.conf$/.test(name);
}

/** The configuration that a text is, or those in its here-documents and quotes where it is a shell command. */
export function filesIn(text: string, name: string): ConfFile[] {
  if (!isKeepalivedConf(text)) {
    return isProgram(text) || (isFragment(name) && text.includes("\n")) ? [{ name, text }] : [];
  }
  const documents = [...text.matchAll(HERE_DOCUMENT)].flatMap(({ groups = {} }, i): ConfFile[] => {
    const { command = "", quote = "", rest = "", body = "" } = groups;
    const target = TARGET.exec(`${command} ${rest}`)?.[1];
    const written = quote === "" ? expanded(body) : body;
    return isKeepalivedConf(written) || isProgram(written) || isFragment(target ?? "")
      ? [{ name: target ?? `${name}.${i + 1}`, text: written }]
      : [];
  });
  if (documents.length > 0) {
    return documents;
  }
  const literals = [...text.matchAll(/'([^']*\n[^']*)'/g)].map(([, literal = ""]) => literal);
  const inQuotes = literals.filter((literal) => isKeepalivedConf(literal));
  return inQuotes.length === 0
    ? [{ name, text }]
    : inQuotes.map((literal, i) => ({
        name: inQuotes.length === 1 ? name : `${name}.${i + 1}`,
        text: literal,
      }));
}

/** What the reader takes for a value that only the host knows. */
const OF_THE_HOST = "${_RANDOM}";

/** What a shell makes of a here-document, as far as it can be known. */
function expanded(body: string): string {
  return body
    .replace(/(?<!\\)(?:\$\([^)\n]*\)|`[^`\n]*`|\$\{[^}\n]*\}|\$[A-Za-z_][A-Za-z0-9_]*)/g, () => OF_THE_HOST)
    .replace(/\\([$`\\])/g, "$1");
}
