import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";

import { AGENT, bundleOf, FakeHost, generation, nodeFiles, EVERY_SHELL } from "./fake-host";

/** A dpkg that can be torn in the middle: `half` is a package that is unpacked only. */
const APT_GET = `
  echo "apt-get $*" >>"$FAKE/calls"
  case $* in
  *--simulate*) ;;
  *purge*) rm -f "$FAKE/half" "$FAKE/whole" "$FAKE/bin/no-such-program" ;;
  *install*)
    : >"$FAKE/half"
    echo $$ >"$FAKE/apt.pid"
    while [ -e "$FAKE/hang" ]; do /bin/sleep 0.02; done
    dpkg ;;
  esac`;
const DPKG = `
  [ $# -eq 0 ] || echo "dpkg $*" >>"$FAKE/calls"
  [ ! -e "$FAKE/locked" ] || {
    rm "$FAKE/locked"
    echo "dpkg: error: dpkg frontend lock was locked by another process"
    exit 2
  }
  [ ! -e "$FAKE/half" ] || {
    mv "$FAKE/half" "$FAKE/whole"
    cp "$FAKE/bin/nft" "$FAKE/bin/no-such-program"
  }`;
const DPKG_QUERY = `
  echo "ii  bash:all"
  [ ! -e "$FAKE/half" ] || echo "iU  cowsay:all"
  [ ! -e "$FAKE/whole" ] || echo "ii  cowsay:all"`;

const PACKAGES = "/var/lib/vrrp-agent/gw/packages";
const text = bundleOf(nodeFiles(), { packages: ["no-such-program cowsay"] });

describe.each(EVERY_SHELL)("installing what is missing, under %s", (shell) => {
  let host: FakeHost;
  beforeEach(async () => {
    host = await FakeHost.create(shell);
    host.program("apt-get", APT_GET);
    host.program("dpkg", DPKG);
    host.program("dpkg-query", DPKG_QUERY);
  });
  afterEach(() => host.close());

  const isAlive = (pid: number) => {
    try {
      return process.kill(pid, 0);
    } catch {
      return false;
    }
  };
  const until = async (isSo: () => boolean) => {
    while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 5));
  };
  const aptPid = () => Number(host.read("fake/apt.pid"));
  const masks = () => host.calls().flatMap((call) => /\b(un)?mask\b/.exec(call)?.[0] ?? []);

  /** A stage whose package manager does not come to an end; in a process group of its own, as `timeout` makes one. */
  async function hangingStage(): Promise<{ child: ChildProcess; ended: Promise<[number | null, string]> }> {
    host.state("hang");
    const [program = "", ...before] = host.command;
    const child = spawn(program, [...before, AGENT, "stage"], {
      detached: true,
      env: host.env,
      stdio: ["pipe", "ignore", "pipe"],
    });
    child.stdin.end(text);
    let stderr = "";
    child.stderr.on("data", (chunk) => (stderr += String(chunk)));
    const ended = once(child, "exit").then(
      ([code]) => [code as number | null, stderr] as [number | null, string],
    );
    await until(() => host.has("fake/apt.pid") && host.read("fake/apt.pid") !== "");
    return { child, ended };
  }

  test("of a library, what pkg-config knows or one of its files says that it is there", () => {
    host.program("pkg-config", '[ "$1 $2" = "--exists libnl-3.0" ]');
    host.write("/usr/include/stdio.h", "");
    const present = ["libnl-3.0.pc libnl-3-dev", "/usr/include/stdio.h libc6-dev"];
    host.succeed(["stage"], bundleOf(nodeFiles(), { packages: present }));
    expect(host.calls().filter((call) => call.startsWith("apt-get"))).toEqual([]);
    const packages = [...present, "libssl.pc libssl-dev", "/usr/include/x.h libx-dev"];
    const { status, stderr } = host.agent(["stage"], bundleOf(nodeFiles(), { packages }));
    expect(status).toBe(1);
    expect(stderr).toContain("libssl.pc is still missing after apt-get installed libssl-dev libx-dev");
  });

  test("a stage that its time limit stops stops the package manager, repairs, unmasks, and the next one succeeds", async () => {
    const { child, ended } = await hangingStage();
    process.kill(-child.pid!, "SIGTERM");
    const [code, stderr] = await ended;
    expect(code).toBe(143);
    expect(stderr).toMatch(
      /^vrrp-agent: a: stage: was stopped while apt-get installed cowsay; .*; apply again\n/,
    );
    expect(isAlive(aptPid())).toBe(false);
    expect(host.read(PACKAGES)).toBe("cowsay:all\n");
    expect(masks()).toEqual(["mask", "unmask"]);
    host.withoutState("hang");
    expect(host.succeed(["stage"], text)).toBe(`staged ${generation(1)}\n`);
    expect(host.read(PACKAGES)).toBe("cowsay:all\n");
  });

  test("the end of the connection does not tear the package manager, and what it did is written down", async () => {
    const { child, ended } = await hangingStage();
    process.kill(-child.pid!, "SIGHUP");
    host.withoutState("hang");
    expect((await ended)[0]).toBe(129);
    expect(host.has("fake/whole")).toBe(true);
    expect(host.read(PACKAGES)).toBe("cowsay:all\n");
    expect(masks()).toEqual(["mask", "unmask"]);
  });

  test("after a kill -9 in the middle any step unmasks, and a retry repairs and knows what was there before", async () => {
    const { child, ended } = await hangingStage();
    process.kill(-child.pid!, "SIGKILL");
    await ended;
    expect(masks()).toEqual(["mask"]);
    // As long as the package manager goes on by itself its scripts must not start the daemon.
    host.succeed(["generations"]);
    expect(masks()).toEqual([]);
    process.kill(aptPid(), "SIGKILL");
    await until(() => !isAlive(aptPid()));
    host.succeed(["generations"]);
    host.succeed(["generations"]);
    expect(masks()).toEqual(["unmask"]);
    host.withoutState("hang");
    host.state("locked");
    host.succeed(["stage"], text);
    expect(host.calls().filter((call) => call.startsWith("dpkg"))).toEqual([
      "dpkg --force-confold --configure -a",
      "dpkg --force-confold --configure -a",
    ]);
    expect(host.read(PACKAGES)).toBe("cowsay:all\n");
    expect(host.has(`${PACKAGES}-before`)).toBe(false);
  });

  test("a destroy after a kill -9 in the middle takes away what was half installed", async () => {
    host.succeed(["stage"], bundleOf(nodeFiles()));
    const { child, ended } = await hangingStage();
    process.kill(-child.pid!, "SIGKILL");
    await ended;
    process.kill(aptPid(), "SIGKILL");
    expect(host.succeed(["restore", "gw", "me"])).toContain("removed packages: cowsay:all");
    expect([host.has("fake/half"), host.has("fake/whole")]).toEqual([false, false]);
    expect(masks()).toEqual(["mask", "unmask"]);
  });

  test("a package manager that cannot tell what is there has nothing installed or removed by us", () => {
    host.program("dpkg-query", 'echo "ii  bash:all"; echo "dpkg-query: error: torn"; exit 2');
    const { status, stderr } = host.agent(["stage"], text);
    expect({ status, stderr }).toEqual({
      status: 1,
      stderr:
        "vrrp-agent: a: stage: the package manager does not tell which packages are installed; repair it\n",
    });
    expect(host.calls()).toEqual([]);
  });

  test("the words of lists that cannot be refreshed and of the installation are both shown", () => {
    host.program(
      "apt-get",
      'case $* in *update) echo "E: no route to the mirror" ;; *) echo "E: no package cowsay" ;; esac; exit 100',
    );
    expect(host.agent(["stage"], text).stderr).toMatch(
      /by hand\nE: no route to the mirror\nE: no package cowsay\n$/,
    );
    expect(host.has("var/lib/vrrp-agent/gw")).toBe(false);
  });
});
