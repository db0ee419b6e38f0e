import { ensureImages } from "../../../lab/image";

// A program that needs the images, for tests of what happens when several do, or one is killed.
const log = (line: string) => process.stdout.write(`${line}\n`);
void ensureImages(log).then((disks) => log(`images: ${[...disks.values()].flat().join(" ")}`));
