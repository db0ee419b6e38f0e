import { bundleOf, nodeFiles, SHELLS } from "./fake-host";
import { RoleHost } from "./role-host";

const CONF = "/etc/vrrp-agent/gw/conntrackd.conf";
const STARTED = "/run/vrrp-conntrackd-gw.conf";
const CONF_OF_NODE = "etc/vrrp-agent/gw/node.conf";
const UNIT = "vrrp-conntrackd-gw.service";
const STARTS = [`systemctl stop ${UNIT}`, `systemctl start ${UNIT}`];
const HEAD = "conntrack 30 2 continue no";

/** Runs where $FAKE/runs is; what it is asked to do beside `-s` is a call. */
const CONNTRACKD = `
  [ "$1" = -v ] && { echo "Connection tracking userspace daemon v$(cat "$FAKE/version" 2>/dev/null || echo 1.4.7). Copyright"; exit; }
  case $* in *" -s") [ -e "$FAKE/runs" ]; exit ;; esac
  echo "conntrackd $*" >>"$FAKE/calls"
  [ ! -e "$FAKE/deaf" ] || { echo "can't connect: is conntrackd running?" >&2; exit 1; }
  case $* in "-d "*) : >"$FAKE/runs" ;; *" -k") rm -f "$FAKE/runs" ;; esac`;

describe.each(SHELLS)("an action of kind conntrack under %s", (shell) => {
  let node: RoleHost;
  beforeEach(async () => {
    node = await RoleHost.create(shell);
    node.host.program("conntrackd", CONNTRACKD);
    node.configure(
      "conntrack",
      HEAD,
      [`service vrrp-conntrackd-gw`, `conf ${CONF}`, "run /run/vrrp-conntrackd-gw"],
      [],
    );
    node.host.write(CONF, "Sync {}\n");
    node.becomes("backup");
    node.host.program(
      "systemctl",
      `case $1 in
        show) echo "MainPID=0"; exit ;;
        start) echo "systemctl $*" >>"$FAKE/calls"; [ ! -e "$FAKE/broken" ] || { echo "Job failed." >&2; exit 1; }
          cp "$VRRP_ROOT${CONF}" "$VRRP_ROOT${STARTED}"; : >"$FAKE/runs" ;;
        stop) echo "systemctl $*" >>"$FAKE/calls"; rm -f "$FAKE/runs" ;;
      esac`,
    );
  });
  afterEach(() => node.close());

  const act = (...words: string[]) => {
    const { status, stdout } = node.act("conntrack", ...words);
    return [status, stdout.trim()];
  };
  const calls = () => {
    if (!node.host.has("fake/calls")) return [];
    const list = node.host.read("fake/calls").trim().split("\n");
    node.host.remove("fake/calls");
    return list.map((line) =>
      line
        .replaceAll(`${node.host.root}${CONF}`, "CONF")
        .replaceAll(`${node.host.root}${STARTED}`, "STARTED"),
    );
  };

  test("runs in both roles: a backup asks for all, a master tells all, and then it is so", () => {
    expect(act("demote")).toEqual([0, ""]);
    expect(calls()).toEqual([...STARTS, "conntrackd -C STARTED -n"]);
    expect([act("reached", "backup")[0], act("reached", "master")[0]]).toEqual([0, 1]);
    expect(act("promote")).toEqual([0, ""]);
    expect(calls()).toEqual(["conntrackd -C STARTED -R", "conntrackd -C STARTED -B"]);
    expect([act("reached", "backup")[0], act("reached", "master")[0]]).toEqual([1, 0]);
  });

  test("is started anew for another configuration, and where it does not run", () => {
    act("demote");
    calls();
    node.host.write(CONF, "Sync { }\n");
    expect(act("reached", "backup")[0]).toBe(1);
    act("demote");
    expect(calls()).toEqual([...STARTS, "conntrackd -C STARTED -n"]);
    node.host.withoutState("runs");
    expect(act("reached", "backup")[0]).toBe(1);
    act("demote");
    expect(calls()).toEqual([...STARTS, "conntrackd -C STARTED -n"]);
  });

  test("says in the tools' words what fails, and is not reached then", () => {
    node.host.state("broken");
    expect(act("promote")).toEqual([1, "conntrackd does not start: Job failed."]);
    node.host.withoutState("broken");
    node.host.state("deaf");
    expect(act("promote")).toEqual([1, "conntrackd -R failed: can't connect: is conntrackd running?"]);
    expect(act("reached", "master")[0]).toBe(1);
  });

  test("ends with its action", () => {
    act("demote");
    calls();
    // As when the spec has it no more: the files have moved before.
    node.host.remove(CONF);
    expect(act("forget")[0]).toBe(0);
    expect(calls()).toEqual([`systemctl stop ${UNIT}`]);
    expect(node.host.has(STARTED)).toBe(false);
  });

  test("ends also where it does not answer, and leaves no lock by which none would start", () => {
    act("demote");
    node.host.write("run/vrrp-conntrackd-gw.lock", "");
    node.host.withoutState("runs");
    calls();
    act("demote");
    expect(calls()).toEqual([...STARTS, "conntrackd -C STARTED -n"]);
    expect(node.host.has("run/vrrp-conntrackd-gw.lock")).toBe(false);
    node.host.withoutProgram("conntrackd");
    expect(act("forget")[0]).toBe(0);
    expect(calls()).toEqual([`systemctl stop ${UNIT}`]);
  });

  test.each([
    ["1.4.4", "connectionState is about conntrackd 1.4.4 on this host; it needs 1.4.5 or later"],
    ["1.4.5", ""],
    ["1.4.10", ""],
  ])("is tested at stage: conntrackd %s", (version, words) => {
    node.host.state("version", version);
    const lines = node.host.read(CONF_OF_NODE).split("\n");
    const role = lines.filter((line) => /^(role|action)/.test(line)).join("\n");
    const base = nodeFiles().find(({ path }) => path.endsWith("node.conf"))!.text;
    const files = nodeFiles({ "/etc/vrrp-agent/gw/node.conf": `${base}${role}\n` });
    const { status, stderr } = node.host.agent(["stage"], bundleOf(files));
    expect(stderr).toContain(words);
    expect(status).toBe(words === "" ? 0 : 1);
  });

  test("is a daemon of its own where there is no systemd", () => {
    node.host.remove("run/systemd/system");
    expect(act("demote")).toEqual([0, ""]);
    expect(calls()).toEqual(["conntrackd -d -C STARTED", "conntrackd -C STARTED -n"]);
    act("forget");
    expect(calls()).toEqual(["conntrackd -C STARTED -k"]);
  });
});
