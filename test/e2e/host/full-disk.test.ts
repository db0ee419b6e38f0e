import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { agentInstaller } from "../../../components/agent";
import { bundleOf, FakeHost, generation, nodeFiles, SHELLS } from "../../unit/host/fake-host";

/** Everything that is there, without its content. */
function names(directory: string): string[] {
  return (readdirSync(directory, { recursive: true }) as string[]).sort();
}

describe.each(SHELLS)("a disk that gets full in the middle, under %s", (shell) => {
  let host: FakeHost;
  let disk: string;
  beforeEach(async () => {
    host = await FakeHost.create(shell);
    // The look beforehand is deceived: somebody else fills the disk right after it.
    host.program(
      "df",
      'printf "Filesystem 1024-blocks Used Available Capacity Mounted\\n/dev/x 9 9 99999 9%% /\\n"',
    );
  });
  afterEach(() => {
    if (disk !== "") execFileSync("umount", [disk]);
    host.close();
  });

  /** A small file system in place of a directory. */
  const mount = (path: string, kib: number) => {
    disk = join(host.root, path);
    mkdirSync(disk, { recursive: true });
    execFileSync("mount", ["-t", "tmpfs", "-o", `size=${kib}k,mode=755`, "vrrp-full-disk", disk]);
  };
  /** Leaves so many pages of it free. */
  const leave = (pages: number) => {
    const filler = join(disk, ".filler");
    rmSync(filler, { force: true });
    const free = Number(execFileSync("stat", ["--file-system", "--format=%f", disk], { encoding: "utf8" }));
    if (free > pages) writeFileSync(filler, Buffer.alloc((free - pages) * 4096));
  };
  const clear = () => rmSync(join(disk, ".filler"), { force: true });
  /** One line of ours, then at most the tool's own words, which say why. */
  const expectOneError = (stderr: string, words: RegExp) => {
    expect(stderr.split("\n").filter((line) => line.startsWith("vrrp-agent: "))).toHaveLength(1);
    expect(stderr.split("\n")[0]).toMatch(words);
  };

  test("a stage says so in one error, leaves nothing half, and goes through when there is room", () => {
    mount("var/lib/vrrp-agent", 400);
    const long = `${"# long\n".repeat(3000)}`;
    const text = bundleOf(nodeFiles({ "/etc/keepalived/keepalived.conf": long }));
    let refused = 0;
    for (let pages = 0; pages < 100; pages++) {
      leave(pages);
      const { status, stdout, stderr } = host.agent(["stage"], text);
      if (status === 0) {
        expect(stdout).toBe(`staged ${generation(1)}\n`);
        break;
      }
      refused++;
      expectOneError(stderr, /: stage: .*make room/);
      expect(names(disk)).toEqual([".filler"]);
    }
    expect(refused).toBeGreaterThan(10);
    clear();
    host.succeed(["activate", "gw", generation(1)]);
    expect(host.read("etc/keepalived/keepalived.conf")).toBe(long);
  });

  test("an install of the agent says so in one error, the former one stays, and goes through when there is room", () => {
    host.program("chown", ":");
    const kib = Math.ceil(agentInstaller().length / 1024);
    mount("usr/lib", 4 * kib);
    const [program = "", ...before] = host.command;
    const install = (text: string) =>
      spawnSync(program, before, { input: text, env: host.env, encoding: "utf8" });
    expect(install(agentInstaller()).status).toBe(0);
    const present = names(disk);
    const next = agentInstaller().replace("\nend\n", `\nfile 0644 root:root ${EMPTY} 0 lib/next.sh\nend\n`);
    let refused = 0;
    for (let pages = 0; pages < kib; pages += Math.ceil(kib / 40)) {
      leave(pages);
      const { status, stderr } = install(next);
      if (status === 0) break;
      refused++;
      expectOneError(stderr, /: install: .*room/);
      clear();
      expect(names(disk)).toEqual(present);
    }
    expect(refused).toBeGreaterThan(2);
    expect(host.has("usr/lib/vrrp-agent/lib/next.sh")).toBe(true);
  });
});

/** sha256 of nothing. */
const EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
