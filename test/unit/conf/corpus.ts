import { readdirSync, readFileSync, statSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";

import { ConfFile } from "../../../conf";

/** Configurations of many styles that real keepalived accepts without a word: test/e2e/render/corpus.test.ts sees to it. */
export const FIXTURES = join(__dirname, "../../fixtures/conf/valid");

/** A configuration of one host. */
export interface Entry {
  /** Of its first file, below FIXTURES: `NAME.conf`, or `NAME/HOST.conf` for a host of a cluster. */
  name: string;
  cluster: string;
  configId: string;
  /** The first file and all others of its directory. */
  files: ConfFile[];
}

function filesBelow(directory: string): string[] {
  return readdirSync(directory)
    .sort()
    .flatMap((name) => {
      const path = join(directory, name);
      return statSync(path).isDirectory() ? filesBelow(path) : [path];
    });
}

/** All of them. In a directory the files `gw-*.conf` are the hosts; what is below it, they include. */
export function corpus(): Entry[] {
  const names = filesBelow(FIXTURES).map((path) => relative(FIXTURES, path));
  const read = (name: string) => ({ name, text: readFileSync(join(FIXTURES, name), "utf8") });
  return names
    .filter((name) => dirname(name) === "." || /^[^/]+\/gw-[^/]+$/.test(name))
    .map((name) => {
      const isCluster = dirname(name) !== ".";
      const others = names.filter(
        (other) => other !== name && isCluster && other.startsWith(`${dirname(name)}/`),
      );
      return {
        name,
        cluster: isCluster ? dirname(name) : basename(name, ".conf"),
        configId: isCluster ? basename(name, ".conf") : "gw-a",
        files: [name, ...others].map(read),
      };
    });
}
