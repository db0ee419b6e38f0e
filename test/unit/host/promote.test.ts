import { FakeHost, nodeFiles, SHELLS } from "./fake-host";

const FILE = "var/lib/vrrp-agent/gw/drain";
const CONF = "/etc/keepalived/keepalived.conf";
const NODE = "/etc/vrrp-agent/gw/node.conf";

describe.each(SHELLS)("promote under %s", (shell) => {
  let host: FakeHost;
  beforeEach(async () => {
    host = await FakeHost.create(shell);
    have();
  });
  afterEach(() => host.close());

  const config = (weight: number) =>
    `vrrp_instance gw {\n    track_file {\n        drain weight ${weight}\n    }\n}\n`;
  const conf = (more = "") => `${nodeFiles().find(({ path }) => path === NODE)!.text}hand-over 5\n${more}`;
  /** As it is once it was applied. */
  const have = (more = "", weight = -253) => {
    host.write("/var/lib/vrrp-agent/gw/owner", "me\n");
    host.write(NODE, conf(more));
    host.write(CONF, config(weight));
    host.state("keepalived.pid", host.read("fake/daemon"));
  };
  const hold = () => host.addresses("eth0", ["10.0.0.1/24", "10.0.0.100/24"]);
  /** As if keepalived took over once it has been raised for so many looks; the peer answers until then. */
  const comesAfter = (looks: number, letsGo = true) => {
    peerHolds();
    host.program(
      "sleep",
      `grep -q '^-1' "$VRRP_ROOT/${FILE}" || exit 0
       echo >>"$FAKE/slept"
       [ "$(wc -l <"$FAKE/slept")" -lt ${looks} ] || {
         echo '2: eth0 inet 10.0.0.1/24 scope global eth0' >"$FAKE/addresses.eth0"
         echo '2: eth0 inet 10.0.0.100/24 scope global eth0' >>"$FAKE/addresses.eth0"
         ${letsGo ? 'rm -f "$FAKE/arp.10.0.0.100"' : ":"}
       }`,
    );
  };
  const peerHolds = () => {
    host.state("arp.10.0.0.100", "Unicast reply from 10.0.0.100 [02:00:00:00:00:02]  0.6ms\n");
    host.state("neighbour.10.0.0.2", "10.0.0.2 lladdr 02:00:00:00:00:02 REACHABLE\n");
  };
  const promote = (...options: string[]) => host.agent(["promote", "gw", ...options]);
  const refused = (...options: string[]) => {
    const before = host.has(FILE) ? host.read(FILE) : undefined;
    const { status, stderr } = promote(...options);
    expect(status).toBe(1);
    expect(host.has(FILE) ? host.read(FILE) : undefined).toBe(before);
    return stderr;
  };
  const cluster = () =>
    (JSON.parse(host.succeed(["status", "--json"])) as { clusters: Record<string, unknown>[] }).clusters[0];

  test("takes the addresses by a raise that stays where this host would not keep them, and says so", () => {
    comesAfter(3);
    expect(promote()).toEqual({
      status: 0,
      stdout: [
        "gw is here: this host has all of its addresses, and nobody else answers for them",
        "gap as seen from here: at most 0 ms from the former holder's last answer for 10.0.0.100 to this host's having it",
        "gw stays promoted here, over reboots too, until vrrp-agent undrain: without it a peer of a higher priority takes the addresses back",
        "",
      ].join("\n"),
      stderr: "",
    });
    expect(host.read(FILE)).toBe("-1 promote\n");
    expect(cluster()).toMatchObject({ promoted: true, drained: false, keeps: false });
    expect(host.succeed(["status"])).toContain("promoted: takes the addresses whenever it is healthy");
  });

  test("lowers itself again where this host keeps what it has", () => {
    have("keeps yes\n");
    comesAfter(1);
    expect(promote().stdout).not.toContain("stays promoted");
    expect(host.has(FILE)).toBe(false);
    expect(cluster()).toMatchObject({ promoted: false, keeps: true });
  });

  test("of a host that has all of it says so, and ends a drain that would give it away", () => {
    hold();
    host.write(`/${FILE}`, "1 drain\n");
    expect(promote()).toMatchObject({
      status: 0,
      stdout: expect.stringContaining("is here already") as string,
    });
    expect(host.has(FILE)).toBe(false);
  });

  test.each([
    ["", undefined],
    ["1 drain\n", "1 drain\n"],
  ])("that does not bring them in time leaves the drain as it was: %j", (before, after) => {
    peerHolds();
    if (before !== "") host.write(`/${FILE}`, before);
    const { status, stderr } = promote();
    expect(status).toBe(1);
    expect(stderr).toMatch(
      /^vrrp-agent: a: promote: the addresses of gw did not come within 5 s, and the raise was taken back: b keeps them; it is promoted, too \(vrrp-agent undrain there\), has priority 254/,
    );
    expect(host.has(FILE) ? host.read(FILE) : undefined).toBe(after);
  });

  test("fails where somebody else goes on answering, and stays raised", () => {
    comesAfter(1, false);
    const { status, stderr } = promote();
    expect({ status, stderr }).toEqual({
      status: 1,
      stderr: expect.stringContaining("b answers for 10.0.0.100, too") as string,
    });
    expect(host.read(FILE)).toBe("-1 promote\n");
  });

  test("is refused where keepalived does not run, is in FAULT, or was never told of a drain", () => {
    peerHolds();
    host.write("/run/vrrp-agent/gw/gw.state", "state FAULT\npriority 100\n");
    expect(refused("--force")).toContain("gw is in FAULT on this host");
    host.write("/run/vrrp-agent/gw/gw.state", "state BACKUP\npriority 100\n");
    host.write(CONF, "vrrp_instance gw {\n}\n");
    expect(refused("--force")).toContain("knows no drain of every instance");
    host.withoutState("keepalived.pid");
    expect(refused("--force")).toContain("keepalived does not run on this host; start it first");
  });

  test("is refused with nopreempt, which takes over from nobody, and with a witness, whose votes the holder has", () => {
    peerHolds();
    have("", 0);
    expect(refused("--force")).toContain("give the addresses away where they are: vrrp-agent drain on b");
    have("witness lease 10\n");
    expect(refused("--force")).toContain("the votes of the witness are with the holder");
  });

  test("is refused while a check fails here, unless it is forced", () => {
    have("check web http 5 2 2 yield 5\n");
    host.write("/run/vrrp-agent/gw/checks/web", "condition failing\nran 999\n");
    comesAfter(1);
    expect(refused()).toContain("a check fails on this host");
    expect(promote("--force").status).toBe(0);
  });

  test("is refused where nobody minds its role, unless it is forced, and tells what it could not do for one", () => {
    have("role 0 gw\naction job command 30 0 stop no\naction-set job on-master /bin/true\n");
    comesAfter(1);
    expect(refused()).toContain(
      "nobody minds the role of gw on this host; systemctl start vrrp-role-gw.service",
    );
    expect(promote("--force").stdout).toContain(
      "could not be asked from here to get ready; vrrp-agent drain there",
    );
  });

  test("ends with undrain", () => {
    host.write(`/${FILE}`, "-1 promote\n");
    expect(host.succeed(["undrain"])).toBe("gw is no longer promoted\n");
    expect(host.has(FILE)).toBe(false);
  });

  test("comes back after a step's own drain, and ends with the operator's", () => {
    host.write(`/${FILE}`, "1 activate promoted\n");
    host.succeed(["boot"]);
    expect(host.read(FILE)).toBe("-1 promote\n");
    host.succeed(["drain"]);
    expect(host.read(FILE)).toBe("1 drain\n");
  });

  test("wants a cluster's name and known options", () => {
    expect(promote("--hurry")).toMatchObject({
      status: 2,
      stderr: expect.stringContaining("--hurry") as string,
    });
    expect(promote("--wait", "x")).toMatchObject({
      status: 2,
      stderr: expect.stringContaining("0 to 9999") as string,
    });
    expect(promote("other")).toMatchObject({
      status: 2,
      stderr: expect.stringContaining("one cluster") as string,
    });
  });

  test("tells what it holds by its own uptime, and at each change", () => {
    host.program(
      "sleep",
      `awk '{ printf "%.2f 0\\n", $1 + 0.5 }' "$VRRP_ROOT/proc/uptime" >"$FAKE/up" && cp "$FAKE/up" "$VRRP_ROOT/proc/uptime"
       echo >>"$FAKE/slept"
       [ "$(wc -l <"$FAKE/slept")" != 2 ] || echo '2: eth0 inet 10.0.0.100/24 scope global eth0' >>"$FAKE/addresses.eth0"`,
    );
    expect(host.succeed(["holding", "gw", "2"])).toMatch(
      /^1000000 \d+ none\n1001000 \d+ all 10\.0\.0\.100\n$/,
    );
  });

  test("says it again every ten seconds, and so ends where nobody reads it any more", () => {
    host.program(
      "sleep",
      `awk '{ printf "%.2f 0\\n", $1 + 5 }' "$VRRP_ROOT/proc/uptime" >"$FAKE/up" && cp "$FAKE/up" "$VRRP_ROOT/proc/uptime"`,
    );
    expect(host.succeed(["holding", "gw", "25"])).toMatch(
      /^1000000 \d+ none\n1010000 \d+ none\n1020000 \d+ none\n$/,
    );
  });
});
