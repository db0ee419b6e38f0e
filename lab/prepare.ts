import { ensureImages } from "./image";
import { ensurePrerequisites, type Need } from "./prerequisites";

/** Makes what every lab needs, once for all: the machine's tools, with `more` of them, and the hosts' disk images. */
export async function prepareLab(log: (line: string) => void, more: readonly Need[] = []): Promise<void> {
  await ensurePrerequisites(log, more);
  await ensureImages(log);
}
