import { EngineLog } from "../../engine/stand-ins/resource-command/engineLog";
import { engineAddress } from "../../engine/stand-ins/serve";

// The one log of a dynamic resource's host is its engine's; the resource itself is not told to it.
const log = new EngineLog(engineAddress(process.argv.slice(2))).for("");

/** For what runs on hosts: without its status. */
export const quiet = { ...log, status: () => undefined };

export async function warn(message: string): Promise<void> {
  log.warning(message);
  await log.drain();
}

export async function inform(message: string): Promise<void> {
  log.info(message);
  await log.drain();
}
