import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const directory = join(__dirname, "../../../host/lib");

/** Modules that never meet: each kind of action runs in a process of its own. */
const isApart = (file: string) => file.startsWith("action-");

/** All modules are sourced into one shell, where the later of two functions with one name takes the other's place. */
it("no two modules of the agent have a function of the same name", () => {
  const places = new Map<string, string[]>();
  for (const file of readdirSync(directory)) {
    const text = readFileSync(join(directory, file), "utf8");
    for (const [, name] of text.matchAll(/^([a-z_0-9]+)\(\)/gm)) {
      places.set(name!, [...(places.get(name!) ?? []), file]);
    }
  }
  const twice = [...places].filter(([, files]) => files.length > 1 && files.some((file) => !isApart(file)));
  expect(twice).toEqual([]);
});
