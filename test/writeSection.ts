import { readFileSync, writeFileSync } from "node:fs";
import { format, resolveConfig } from "prettier";
import { withSection } from "./section";

/** Puts a text in its place in a page's file, in the repository's format. */
export async function writeSection(path: string, name: string, content: string): Promise<void> {
  const page = withSection(readFileSync(path, "utf8"), name, content);
  writeFileSync(path, await format(page, { ...(await resolveConfig(path)), filepath: path }));
}
