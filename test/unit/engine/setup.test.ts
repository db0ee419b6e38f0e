import { spawn } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { cacheDirectory, fillDirectory } from "../../../engine/cache";
import { findInstalled } from "../../../engine/installed";
import { withLock } from "../../../engine/lock";

let directory: string;
let log: string[];

beforeEach(() => {
  directory = fs.mkdtempSync(path.join(os.tmpdir(), "engine-setup-"));
  log = [];
});

afterEach(() => fs.rmSync(directory, { recursive: true }));

const note = (line: string) => void log.push(line);

/** The id of a process that has ended. */
async function endedPid(): Promise<number> {
  const child = spawn(process.execPath, ["--version"], { stdio: "ignore" });
  await once(child, "exit");
  return child.pid ?? 0;
}

test("the cache is below XDG_CACHE_HOME, or below the home directory without it", () => {
  expect(cacheDirectory({ XDG_CACHE_HOME: "/c", HOME: "/h" })).toBe("/c/pulumi-keepalived/engine");
  expect(cacheDirectory({ HOME: "/h" })).toBe("/h/.cache/pulumi-keepalived/engine");
});

describe("a directory that is filled", () => {
  const target = () => path.join(directory, "made");
  const fill = (where: string) => Promise.resolve(fs.writeFileSync(path.join(where, "file"), "whole"));

  test("is there only when it is whole", async () => {
    await fillDirectory(target(), async (where) => {
      await fill(where);
      expect(fs.existsSync(target())).toBe(false);
    });
    expect(fs.readdirSync(target())).toEqual(["file"]);
  });

  test("leaves nothing when filling it fails", async () => {
    await expect(fillDirectory(target(), () => Promise.reject(new Error("no room")))).rejects.toThrow(
      "no room",
    );
    expect(fs.readdirSync(directory)).toEqual([]);
  });

  test("is free of what an ended process left, and leaves a living one's alone", async () => {
    fs.mkdirSync(`${target()}.partial-${await endedPid()}`);
    fs.mkdirSync(`${target()}.partial-${process.ppid}`);
    await fillDirectory(target(), fill);
    expect(fs.readdirSync(directory).sort()).toEqual(["made", `made.partial-${process.ppid}`]);
  });

  test("may be made by another process meanwhile", async () => {
    await fillDirectory(target(), async (where) => {
      await fill(where);
      fs.mkdirSync(target());
      fs.writeFileSync(path.join(target(), "file"), "the other's");
    });
    expect(fs.readFileSync(path.join(target(), "file"), "utf8")).toBe("the other's");
    expect(fs.readdirSync(directory)).toEqual(["made"]);
  });
});

describe("the lock", () => {
  const file = () => path.join(directory, "lock");

  test("is held while the work is done and gone after it, also after an error", async () => {
    await withLock(file(), note, () =>
      Promise.resolve(expect(fs.readFileSync(file(), "utf8")).toContain(`${process.pid}`)),
    );
    await expect(withLock(file(), note, () => Promise.reject(new Error("failed")))).rejects.toThrow("failed");
    expect(fs.readdirSync(directory)).toEqual([]);
  });

  test("of an ended process is taken over", async () => {
    fs.writeFileSync(file(), String(await endedPid()));
    expect(await withLock(file(), note, () => Promise.resolve("done"))).toBe("done");
  });

  test("without a sign of life for over a minute is taken over, although the process id is in use", async () => {
    fs.writeFileSync(file(), String(process.ppid));
    const longAgo = new Date(Date.now() - 61_000);
    fs.utimesSync(file(), longAgo, longAgo);
    expect(await withLock(file(), note, () => Promise.resolve("done"))).toBe("done");
  });

  test("of a living process is waited for, and the process is named", async () => {
    fs.writeFileSync(file(), String(process.ppid));
    const waiting = withLock(
      file(),
      (line) => {
        note(line);
        fs.rmSync(file());
      },
      () => Promise.resolve("done"),
    );
    expect(await waiting).toBe("done");
    expect(log).toEqual([`waiting for process ${process.ppid}, which sets up the engine (lock: ${file()})`]);
  });
});

describe("pulumi on PATH", () => {
  const bin = () => path.join(directory, "bin");
  const environment = () => ({ PATH: bin(), HOME: directory, XDG_CACHE_HOME: path.join(directory, "cache") });

  function program(name: string, script = "exit 1"): string {
    fs.mkdirSync(bin(), { recursive: true });
    const file = path.join(bin(), name);
    fs.writeFileSync(file, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    return file;
  }

  test("is taken with its language host and the command plugin on PATH", async () => {
    const pulumi = program("pulumi");
    program("pulumi-language-nodejs");
    program("pulumi-resource-command");
    expect(await findInstalled(note, environment())).toBe(pulumi);
  });

  test("is taken with the command plugin among the installed plugins", async () => {
    const pulumi = program("pulumi");
    program("pulumi-language-nodejs");
    fs.mkdirSync(path.join(directory, ".pulumi", "plugins", "resource-command-v1.2.1"), { recursive: true });
    expect(await findInstalled(note, environment())).toBe(pulumi);
  });

  test("is taken when it can download the command plugin", async () => {
    const pulumi = program("pulumi", `echo "$*" > ${directory}/called`);
    program("pulumi-language-nodejs");
    expect(await findInstalled(note, environment())).toBe(pulumi);
    expect(fs.readFileSync(path.join(directory, "called"), "utf8")).toBe(
      "plugin install resource command v1.2.1\n",
    );
  });

  test("is passed over without its language host, and that is said", async () => {
    program("pulumi");
    expect(await findInstalled(note, environment())).toBeUndefined();
    expect(log.join()).toContain("its language host pulumi-language-nodejs is neither beside it nor on PATH");
  });

  test("is passed over when it cannot get the command plugin, with the tool's own words", async () => {
    program("pulumi", "echo no route >&2; exit 1");
    program("pulumi-language-nodejs");
    expect(await findInstalled(note, environment())).toBeUndefined();
    expect(log.join()).toContain("no route");
  });

  test("that is our own build is no installation", async () => {
    program("pulumi");
    expect(
      await findInstalled(note, {
        ...environment(),
        XDG_CACHE_HOME: directory,
        PATH: path.join(cacheDirectory({ XDG_CACHE_HOME: directory }), "x", "bin"),
      }),
    ).toBeUndefined();
    expect(log).toEqual(["pulumi is not on PATH"]);
  });
});
