import { createWriteStream, rmSync } from "node:fs";
import * as path from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { ReadableStream } from "node:stream/web";
import { fillDirectory } from "./cache";
import { installCommandPlugin } from "./installed";
import { type Log, step } from "./progress";
import { run } from "./run";
import { PULUMI_VERSION } from "./versions";

/** Milliseconds in which the download's server must answer. */
const ANSWER_TIMEOUT = 5_000;

const ARCHITECTURES: Partial<Record<NodeJS.Architecture, string>> = { x64: "x64", arm64: "arm64" };

/**
 * Fetches the official release with its language host and its command plugin into `target`. Answers false, and says
 * why, where that cannot be had.
 */
export async function download(
  target: string,
  log: Log,
  env: NodeJS.ProcessEnv = process.env,
): Promise<boolean> {
  const architecture = ARCHITECTURES[process.arch];
  if (!architecture || !["linux", "darwin"].includes(process.platform)) {
    log(`there is no official download of pulumi for ${process.platform}-${process.arch}`);
    return false;
  }
  const file = `pulumi-v${PULUMI_VERSION}-${process.platform}-${architecture}.tar.gz`;
  const url = `https://get.pulumi.com/releases/sdk/${file}`;
  try {
    const response = await answer(url);
    await fillDirectory(target, async (directory) => {
      await step(log, `downloading ${url}`, () => unpack(response, directory));
      await installCommandPlugin(path.join(directory, "pulumi"), log, env);
    });
    return true;
  } catch (error) {
    log(`the official download is not reachable: ${reasonOf(error)}`);
    return false;
  }
}

async function answer(url: string): Promise<Response> {
  const abort = new AbortController();
  const timer = setTimeout(
    () => abort.abort(new Error(`no answer within ${ANSWER_TIMEOUT / 1000} s`)),
    ANSWER_TIMEOUT,
  );
  try {
    const response = await fetch(url, { signal: abort.signal });
    if (!response.ok || !response.body) throw new Error(`${url} answers ${response.status}`);
    return response;
  } finally {
    clearTimeout(timer);
  }
}

async function unpack(response: Response, directory: string): Promise<void> {
  const archive = path.join(directory, "pulumi.tar.gz");
  await pipeline(Readable.fromWeb(response.body as ReadableStream), createWriteStream(archive));
  await run("tar", ["-xzf", archive, "--strip-components=1", "-C", directory]);
  rmSync(archive);
}

function reasonOf(error: unknown): string {
  const { message, cause } = error as Error;
  return cause instanceof Error ? `${message}: ${cause.message}` : message;
}
