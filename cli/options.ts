import { parseArgs, type ParseArgsConfig } from "node:util";
import { UsageError } from "./verb";

/** Reads a verb's options; what is wrong with them is a UsageError. */
export function readOptions<T extends ParseArgsConfig>(config: T) {
  try {
    return parseArgs<T>(config);
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}
