import { readFileSync } from "node:fs";
import { join } from "node:path";

const TEXT = readFileSync(join(__dirname, "handler.js"), "utf8");

/**
 * The program of a dynamic resource as Pulumi keeps it in the state and runs it: a module that loads
 * components/ROOM/PROVIDER.ts, and at its first need components/ROOM/reach.ts, of the package that is installed where pulumi
 * runs. Being a text of our own and not a closure that Pulumi has serialised, it is the same on every machine and with every
 * version of what compiles this.
 */
export function handlerOf(room: string, provider = "provider"): string {
  return TEXT.replace("@ROOM@", room).replace("@PROVIDER@", provider);
}
