import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { cacheDirectory } from "./cache";
import { type Log, step } from "./progress";
import { findExecutable, isExecutable, run } from "./run";
import { COMMAND_VERSION } from "./versions";

/** Milliseconds to wait for a plugin to be downloaded by the CLI. */
const PLUGIN_TIMEOUT = 120_000;

/** A `pulumi` on PATH with all that a program needs; one that lacks something is named in the log and passed over. */
export async function findInstalled(
  log: Log,
  env: NodeJS.ProcessEnv = process.env,
): Promise<string | undefined> {
  const searchPath = (env.PATH ?? "")
    .split(path.delimiter)
    // A shell that has our own environment already is no installation.
    .filter((directory) => !directory.startsWith(cacheDirectory(env)))
    .join(path.delimiter);
  const pulumi = findExecutable("pulumi", searchPath);
  if (pulumi === undefined) {
    log("pulumi is not on PATH");
    return undefined;
  }
  const missing = await missingPart(pulumi, searchPath, log, env);
  if (missing === undefined) return pulumi;
  log(`passing over ${pulumi}: ${missing}`);
  return undefined;
}

async function missingPart(
  pulumi: string,
  searchPath: string,
  log: Log,
  env: NodeJS.ProcessEnv,
): Promise<string | undefined> {
  const host = "pulumi-language-nodejs";
  const beside = path.join(path.dirname(fs.realpathSync(pulumi)), host);
  if (!isExecutable(beside) && !findExecutable(host, searchPath)) {
    return `its language host ${host} is neither beside it nor on PATH`;
  }
  if (findExecutable("pulumi-resource-command", searchPath)) return undefined;
  try {
    await installCommandPlugin(pulumi, log, env);
    return undefined;
  } catch (error) {
    return `it cannot get its command plugin: ${(error as Error).message}`;
  }
}

/** Lets an official CLI download the command plugin, where it is not there yet. */
export async function installCommandPlugin(pulumi: string, log: Log, env: NodeJS.ProcessEnv): Promise<void> {
  const home = env.PULUMI_HOME || path.join(env.HOME || os.homedir(), ".pulumi");
  if (fs.existsSync(path.join(home, "plugins", `resource-command-v${COMMAND_VERSION}`))) return;
  await step(log, `installing the command plugin ${COMMAND_VERSION}`, () =>
    run(pulumi, ["plugin", "install", "resource", "command", `v${COMMAND_VERSION}`], {
      env: { ...env, PULUMI_SKIP_UPDATE_CHECK: "true" },
      timeout: PLUGIN_TIMEOUT,
    }),
  );
}
