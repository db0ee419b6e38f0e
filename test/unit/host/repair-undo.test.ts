import { SHELLS } from "./fake-host";
import { RepairHost } from "./repair-host";

const VIP = "10.0.0.100/24";
const DRAIN = "var/lib/vrrp-agent/gw/drain";

describe.each(SHELLS)("what takes repairs back, under %s", (shell) => {
  let pair: RepairHost;
  beforeEach(async () => {
    pair = await RepairHost.create(shell);
    pair.host.write("proc/sys/net/ipv4/conf/eth0/promote_secondaries", "0\n");
    pair.reports("BACKUP");
    pair.host.addresses("eth0", ["10.0.0.1/24", VIP]);
  });
  afterEach(() => pair.close());

  /** A release that gets a signal, as from a timeout, while it waits whether the address comes back. */
  const releaseGetting = (signal: "TERM" | "KILL") => {
    pair.host.program(
      "sleep",
      `[ "$1" != 2 ] || kill -${signal} "$(cut -d ' ' -f 4 "/proc/$PPID/stat")" "$PPID"`,
    );
    return pair.host.agent(["repair", "gw", "release", "10.0.0.100", "eth0"], "", { SSH_CONNECTION: "" });
  };

  test("one that is broken off takes back what it has done, and says so", () => {
    pair.host.write(DRAIN, "1 repair\n");
    const { status, stderr } = releaseGetting("TERM");
    expect(status).toBe(143);
    expect(stderr).toContain("broken off");
    expect(pair.addresses).toEqual(["10.0.0.1/24", VIP]);
    expect(pair.events()).toEqual([
      { name: "release 10.0.0.100 eth0", state: "failed", words: "broken off; taken back" },
    ]);
    expect(pair.host.has(DRAIN)).toBe(false);
    expect(pair.repair("--undo").status).toBe(1);
  });

  test("a drain that somebody asked for outlasts one that fails", () => {
    pair.host.write(DRAIN, "1 drain\n");
    expect(releaseGetting("TERM").status).toBe(143);
    expect(pair.host.read(DRAIN)).toBe("1 drain\n");
  });

  test("--undo takes back one during which the host lost its power", () => {
    releaseGetting("KILL");
    expect(pair.addresses).toEqual(["10.0.0.1/24"]);
    expect(pair.repair("--undo")).toMatchObject({
      status: 0,
      stdout: "took back: release 10.0.0.100 eth0\n",
    });
    expect(pair.addresses).toEqual(["10.0.0.1/24", VIP]);
  });

  test("--undo that names a repair takes back no other one", () => {
    pair.host.withoutState("enabled");
    expect(pair.repair("enable-daemon").status).toBe(0);
    expect(pair.repair("--undo", "release", "10.0.0.100", "eth0")).toMatchObject({
      status: 1,
      stderr: expect.stringContaining(
        "there is nothing of 'release 10.0.0.100 eth0' that could be taken back; the last repair is 'enable-daemon'",
      ) as string,
    });
    expect(pair.repair("--undo", "enable-daemon").status).toBe(0);
  });
});
