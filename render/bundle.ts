import { createHash } from "node:crypto";

import { RenderedFile } from "./file";

/** What goes to a host in one piece. */
export interface Bundle {
  /** Name of the managed set. */
  cluster: string;
  /** Who manages it: a token without white space. */
  owner: string;
  /** The cluster's generation, the same on every host. */
  generation: string;
  /** Program that must be there -> package that brings it. */
  packages: Record<string, string>;
  files: RenderedFile[];
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

function fileLine(file: RenderedFile): string {
  const lines = file.text.split("\n").length - 1;
  return `file ${file.mode} ${file.owner} ${sha256(file.text)} ${lines} ${file.path}\n`;
}

/** Digest of a host's files: paths, modes, owners and contents. */
export function hostDigest(files: RenderedFile[]): string {
  return sha256(files.map(fileLine).join("") + files.map((file) => file.text).join(""));
}

/** The generation of a cluster whose hosts have these digests. */
export function generationOf(digests: string[]): string {
  return sha256([...digests].sort().join("\n"));
}

/** The bundle as text; its format is in docs/design.md. */
export function bundle({ cluster, owner, generation, packages, files }: Bundle): string {
  const head = { cluster, owner, generation };
  for (const [property, value] of Object.entries(head)) {
    checkWord(property, value);
  }
  for (const [program, name] of Object.entries(packages)) {
    checkWord("packages", program);
    checkWord("packages", name);
  }
  checkFiles(files);
  return [
    "vrrp-bundle 1\n",
    ...Object.entries(head).map(([key, value]) => `${key} ${value}\n`),
    `digest ${hostDigest(files)}\n`,
    ...Object.entries(packages).map(([program, name]) => `package ${program} ${name}\n`),
    ...files.map(fileLine),
    "end\n",
    ...files.map((file) => file.text),
  ].join("");
}

function checkWord(property: string, value: string): void {
  if (!/^\S+$/.test(value)) {
    throw new Error(
      `${property} holds ${JSON.stringify(value)}: a bundle's head takes words without white space`,
    );
  }
}

/** The host's agent refuses the same; here it is said before anything is sent. */
function checkFiles(files: RenderedFile[]): void {
  const paths = new Set<string>();
  for (const { path, text } of files) {
    if (!text.endsWith("\n")) {
      throw new Error(`${path}: its text does not end with a newline; add one`);
    }
    if (!/^(\/[A-Za-z0-9_@.:-]+)+$/.test(path) || /\/\.\.?(\/|$)/.test(path)) {
      throw new Error(
        `${JSON.stringify(path)}: a file's path is absolute, of letters, digits and '_', '@', '.', ':', '-', without '.' and '..' as a part`,
      );
    }
    if (paths.has(path)) {
      throw new Error(`${path}: is there twice; keep one`);
    }
    paths.add(path);
  }
}
