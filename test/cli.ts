import { join } from "node:path";

const repository = join(__dirname, "..");

/** `pulumi-keepalived`, as this tree has it; its verb and options follow. */
export const CLI: readonly string[] = [
  process.execPath,
  "--import",
  join(repository, "node_modules/tsx/dist/loader.mjs"),
  join(repository, "cli/main.ts"),
];
