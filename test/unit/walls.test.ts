import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join, relative } from "node:path";

const ROOT = join(__dirname, "..", "..");

/** Every TypeScript file below a room. */
function filesOf(room: string): string[] {
  return readdirSync(join(ROOT, room), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts") && !name.endsWith(".d.ts"))
    .map((name) => join(ROOT, room, name));
}

/** What a file loads when it is loaded; types are gone by then. */
function loads(file: string): string[] {
  const text = readFileSync(file, "utf8");
  const statements = text.matchAll(/^(?:import|export)\s(?!type\b)([^;"]*\bfrom\s+)?"([^"]+)";/gm);
  return [...statements]
    .filter(([, names = "x"]) => !/^\{(\s*type\s[^,}]+,?)+\s*\}/.test(names))
    .map(([, , from]) => from!);
}

function fileOf(from: string, module: string): string {
  const path = join(from, "..", module);
  const found = [`${path}.ts`, join(path, "index.ts"), path].find(
    (one) => existsSync(one) && statSync(one).isFile(),
  );
  if (found === undefined) throw new Error(`${relative(ROOT, from)} loads ${module}, which is not there`);
  return found;
}

/** Packages that a room loads, each with the way to it. */
function packagesOf(room: string): Map<string, string> {
  const packages = new Map<string, string>();
  const ways = new Map(filesOf(room).map((file) => [file, relative(ROOT, file)]));
  // Grows as it is walked.
  for (const [file, way] of ways) {
    for (const module of loads(file)) {
      if (!module.startsWith(".")) packages.set(module, `${way} -> ${module}`);
      else {
        const next = fileOf(file, module);
        if (!ways.has(next)) ways.set(next, `${way} -> ${relative(ROOT, next)}`);
      }
    }
  }
  return packages;
}

const PULUMI = /^@pulumi/;
const SSH = /^(ssh2|node:(net|http|https|tls|child_process))$/;

test.each([
  ...["spec", "render", "conf", "hypervisor", "lint", "simulate", "doctor"].map(
    (room) => [room, "neither Pulumi nor SSH", [PULUMI, SSH]] as const,
  ),
  ["operate", "no Pulumi", [PULUMI]] as const,
  ["cli", "no Pulumi", [PULUMI]] as const,
])("%s loads %s", (room, _words, forbidden) => {
  const found = [...packagesOf(room)].filter(([name]) => forbidden.some((pattern) => pattern.test(name)));
  expect(found.map(([, way]) => way)).toEqual([]);
});

test("the walk follows what is loaded, and sees Pulumi where it is", () => {
  expect(packagesOf("components").get("@pulumi/pulumi")).toContain("components/");
  expect([...packagesOf("operate").keys()]).toContain("ssh2");
});
