import { readFileSync } from "node:fs";
import { load } from "js-yaml";
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

/** What a file of YAML or JSON holds; what is wrong with it is a UsageError. */
export function parseFile(path: string): unknown {
  const text = readText(path);
  try {
    return load(text, { filename: path });
  } catch (error) {
    throw new UsageError(`${path}: is neither YAML nor JSON: ${(error as Error).message.split("\n")[0]}`);
  }
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
