import { createHash } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";
import { COMMAND_VERSION } from "./versions";

const SOURCES = path.join(__dirname, "stand-ins");

// What the stand-ins are bundled from, and with: a new version of one makes other stand-ins.
const BUNDLED = ["@grpc/grpc-js", "@pulumi/pulumi", "esbuild", "google-protobuf", "ssh2"];

/** Identifies the stand-ins: changes with their sources and with the libraries in them. */
export function standInsDigest(): string {
  const hash = createHash("sha256");
  for (const file of sourceFiles(SOURCES))
    hash.update(path.relative(SOURCES, file)).update(fs.readFileSync(file));
  for (const name of BUNDLED) hash.update(`${name}@${packageVersion(name)}`);
  hash.update(fs.readFileSync(__filename));
  return hash.digest("hex").slice(0, 12);
}

function sourceFiles(directory: string): string[] {
  return fs
    .readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name))
    .sort();
}

const packageVersion = (name: string) =>
  (JSON.parse(fs.readFileSync(packageFile(name), "utf8")) as { version: string }).version;

const packageFile = (name: string) => require.resolve(`${name}/package.json`);

/** Where the stand-ins are below a directory that `makeStandIns` has filled. */
export const layout = {
  /** The language hosts: beside `pulumi`, where the engine takes them for its own. */
  bin: "bin",
  /** A Pulumi home with the command plugin among its installed plugins: anywhere else the engine warns about it. */
  home: "home",
  languageHost: path.join("bin", "pulumi-language-nodejs"),
  commandPlugin: path.join(
    "home",
    "plugins",
    `resource-command-v${COMMAND_VERSION}`,
    "pulumi-resource-command",
  ),
};

/** Bundles the stand-ins into `directory`, one executable file each. */
export async function makeStandIns(directory: string): Promise<void> {
  await bundle(path.join(SOURCES, "language-nodejs", "main.ts"), path.join(directory, layout.languageHost));
  await bundle(path.join(SOURCES, "resource-command", "main.ts"), path.join(directory, layout.commandPlugin));
  // The official release has the host of dynamic resources beside it too; the SDK brings it as a script.
  const dynamicHost = "pulumi-resource-pulumi-nodejs";
  const script = path.join(path.dirname(packageFile("@pulumi/pulumi")), dynamicHost);
  fs.copyFileSync(script, path.join(directory, layout.bin, dynamicHost));
  fs.chmodSync(path.join(directory, layout.bin, dynamicHost), 0o755);
}

/** One file instead of hundreds of modules: these start with every preview. */
async function bundle(source: string, target: string): Promise<void> {
  const { build } = await import("esbuild");
  await build({
    entryPoints: [source],
    outfile: target,
    bundle: true,
    platform: "node",
    target: "node20",
    format: "cjs",
    banner: { js: "#!/usr/bin/env node" },
    // Optional native parts of ssh2, which does without them.
    external: ["cpu-features", "*.node"],
    logLevel: "error",
  });
  fs.chmodSync(target, 0o755);
}
