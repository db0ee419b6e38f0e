import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { buildPulumi } from "./build";
import { cacheDirectory, fillDirectory } from "./cache";
import { download } from "./download";
import { findInstalled } from "./installed";
import { withLock } from "./lock";
import { type Log, step } from "./progress";
import { layout, makeStandIns, standInsDigest } from "./standIns";
import { PULUMI_VERSION } from "./versions";

/** A Pulumi engine that runs this project's programs. */
export interface Engine {
  /** The variables to add to a process's environment so that `pulumi` and its plugins are found. */
  env: Record<string, string>;
  /** The path of the `pulumi` executable. */
  pulumi: string;
  /** Where it came from: the user's PATH, the official download, or the build with stand-ins. */
  kind: "path" | "download" | "built";
}

/** What the set-up may be told. */
export interface SetupOptions {
  /** Takes the progress, a line a call. @default nothing is shown */
  log?: Log;
}

/**
 * Finds or makes the engine: `pulumi` on PATH where it is complete, the official download, or the build from the Go
 * module proxy with stand-ins. What was made once is kept and found again in milliseconds; set-ups may run side by
 * side.
 *
 * @example
 * const engine = await ensureEngine({ log: console.error });
 * spawn(engine.pulumi, ["preview"], { env: { ...process.env, ...engine.env } });
 */
export async function ensureEngine({ log = () => undefined }: SetupOptions = {}): Promise<Engine> {
  const cache = cacheDirectory();
  const downloaded = path.join(cache, `official-${PULUMI_VERSION}`);
  const built = path.join(cache, `${PULUMI_VERSION}-${standInsDigest()}`);

  const notes: string[] = [];
  const installed = await findInstalled((line) => notes.push(line));
  if (installed !== undefined)
    return { kind: "path", pulumi: installed, env: engineEnvironment(path.dirname(installed)) };
  if (fs.existsSync(downloaded)) return downloadedEngine(downloaded);
  if (fs.existsSync(built)) return builtEngine(built);

  notes.forEach(log);
  return await withLock(path.join(cache, "lock"), log, async () => {
    if (fs.existsSync(downloaded)) return downloadedEngine(downloaded);
    const made = fs.readdirSync(cache).some((name) => name.startsWith(`pulumi-${PULUMI_VERSION}-`));
    if (!made && (await download(downloaded, log))) return downloadedEngine(downloaded);
    const pulumi = await buildPulumi(cache, log);
    await fillDirectory(built, (directory) =>
      step(log, "making the stand-ins", async () => {
        await makeStandIns(directory);
        fs.linkSync(pulumi, path.join(directory, layout.bin, "pulumi"));
        // The selected stack is kept there, and is to outlive these stand-ins.
        const workspaces = path.join(cache, "workspaces");
        fs.mkdirSync(workspaces, { recursive: true });
        fs.symlinkSync(workspaces, path.join(directory, layout.home, "workspaces"));
      }),
    );
    return builtEngine(built);
  });
}

function engineEnvironment(bin: string): Record<string, string> {
  const rest = (process.env.PATH ?? "").split(path.delimiter).filter((directory) => directory !== bin);
  return { PATH: [bin, ...rest].join(path.delimiter), PULUMI_SKIP_UPDATE_CHECK: "true" };
}

function downloadedEngine(directory: string): Engine {
  return { kind: "download", pulumi: path.join(directory, "pulumi"), env: engineEnvironment(directory) };
}

function builtEngine(directory: string): Engine {
  const bin = path.join(directory, layout.bin);
  const home = path.join(directory, layout.home);
  const usersHome = process.env.PULUMI_HOME ?? path.join(process.env.HOME || os.homedir(), ".pulumi");
  return {
    kind: "built",
    pulumi: path.join(bin, "pulumi"),
    env: {
      ...engineEnvironment(bin),
      PULUMI_HOME: home,
      // Logins stay where the user has them.
      PULUMI_CREDENTIALS_PATH:
        process.env.PULUMI_CREDENTIALS_PATH ?? (usersHome.startsWith(cacheDirectory()) ? home : usersHome),
      PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
    },
  };
}

/** Prints the environment as shell commands: eval "$(npx tsx engine/setup.ts)" */
async function main(): Promise<void> {
  const engine = await ensureEngine({ log: (line) => console.error(`engine: ${line}`) });
  console.error(`engine: ${engine.pulumi} (${engine.kind})`);
  for (const [name, value] of Object.entries(engine.env)) {
    console.log(`export ${name}='${value.replaceAll("'", `'\\''`)}'`);
  }
}

if (require.main === module) {
  main().catch((error: Error) => {
    console.error(`engine: ${error.message}`);
    process.exitCode = 2;
  });
}
