import { chmodSync, statSync } from "node:fs";
import { join } from "node:path";
import { SHELLS } from "./fake-host";
import { RepairHost } from "./repair-host";

const SCRIPT = "/opt/hooks/notify.sh";
const STATE = "run/vrrp-agent/gw/gw.state";

describe.each(SHELLS)("repairs of files under %s", (shell) => {
  let pair: RepairHost;
  beforeEach(async () => {
    pair = await RepairHost.create(shell, {
      "/etc/keepalived/keepalived.conf": `vrrp_instance gw {\n  notify "${SCRIPT} all"\n}\n`,
    });
    pair.host.write(SCRIPT, "#!/bin/sh\n", 0o755);
    for (const above of ["/opt/hooks", "/opt"]) chmodSync(join(pair.host.root, above), 0o755);
  });
  afterEach(() => pair.close());

  const mode = (path: string) => (statSync(join(pair.host.root, path)).mode & 0o7777).toString(8);
  const setMode = (path: string, to: number) => chmodSync(join(pair.host.root, path), to);
  const refused = (words: string) => ({ status: 1, stderr: expect.stringContaining(words) as string });

  test("a script that the spec names becomes executable, and is left so by a second repair", () => {
    setMode(SCRIPT, 0o644);
    expect(pair.repair("modes", SCRIPT)).toEqual({
      status: 0,
      stdout: `${SCRIPT} has the mode 0755; it was 0644\nkeepalived has loaded its files\n`,
      stderr: "",
    });
    expect(pair.repair("modes", SCRIPT).stdout).toMatch(/^nothing to do/);
    pair.repair("--undo");
    expect(mode(SCRIPT)).toBe("644");
  });

  test("nobody else can write to what is above it any more", () => {
    setMode("/opt", 0o777);
    setMode("/opt/hooks", 0o775);
    expect(pair.repair("modes", SCRIPT).status).toBe(0);
    expect([mode("/opt"), mode("/opt/hooks"), mode(SCRIPT)]).toEqual(["755", "755", "755"]);
    pair.repair("--undo");
    expect([mode("/opt"), mode("/opt/hooks")]).toEqual(["777", "775"]);
  });

  test("a directory for everybody, as /tmp is, is told to a person", () => {
    setMode("/opt/hooks", 0o1777);
    setMode(SCRIPT, 0o644);
    expect(pair.repair("modes", SCRIPT)).toMatchObject(refused("/opt/hooks is for everybody (as /tmp is)"));
    // What was done before is taken back.
    expect(mode(SCRIPT)).toBe("644");
  });

  test("what is neither ours nor in the spec is left alone", () => {
    pair.host.write("/opt/hooks/notify", "#!/bin/sh\n", 0o644);
    expect(pair.repair("modes", "/opt/hooks/notify")).toMatchObject(
      refused("is neither ours nor named in what was applied"),
    );
    expect(mode("/opt/hooks/notify")).toBe("644");
    expect(pair.repair("modes", "/opt/hooks/gone")).toMatchObject(refused("/opt/hooks/gone is not there"));
    expect(pair.repair("modes", "opt/hooks")).toMatchObject(refused("is no path from the root"));
  });

  test("a program of the agent's has its mode again", () => {
    const path = "/usr/lib/vrrp-agent.1/vrrp-agent";
    pair.host.write(path, "#!/bin/sh\n", 0o666);
    pair.host.link("vrrp-agent.1", "/usr/lib/vrrp-agent");
    expect(pair.repair("modes", "/usr/lib/vrrp-agent/vrrp-agent").status).toBe(0);
    expect(mode(path)).toBe("755");
  });

  test("a directory of the agent's that is gone is made, with what was in it", () => {
    pair.host.remove("run/vrrp-agent/gw");
    setMode("/run/vrrp-agent", 0o700);
    const { status, stdout } = pair.repair("state-dir");
    expect(status).toBe(0);
    expect(stdout).toContain("made /run/vrrp-agent/gw\n");
    expect(stdout).toContain("/run/vrrp-agent has its mode again; it was 0700\n");
    expect(mode("/run/vrrp-agent")).toBe("755");
    expect(pair.host.read(STATE)).toMatch(/^state BACKUP\n/);
    expect(pair.repair("state-dir").stdout).toMatch(/^nothing to do/);
  });

  test("without what was applied there is nothing to make, and the way back is said", () => {
    pair.host.remove("var/lib/vrrp-agent/gw");
    expect(pair.repair("state-dir")).toMatchObject(refused("replace the stage step of this node"));
    expect(pair.host.has("var/lib/vrrp-agent/gw")).toBe(false);
  });

  test("a state file tells what is, and keeps the heart beating", () => {
    pair.reports("MASTER", 100);
    pair.host.state("beat", `${Math.floor(Date.now() / 1000)}\n`);
    // The reader of the FIFO, which a reload starts anew.
    pair.host.program(
      "systemctl",
      `case $* in
      "show "*) echo "MainPID=$(cat "$FAKE/keepalived.pid" 2>/dev/null || echo 0)"; exit ;;
      esac
      echo "systemctl $*" >>"$FAKE/calls"
      [ "$1" != reload ] || : >"$FAKE/reads"`,
    );
    pair.host.program(
      "sleep",
      `read -r now _ <"$VRRP_ROOT/proc/uptime"
      [ ! -e "$FAKE/reads" ] || { read -r beat <"$FAKE/beat"; echo $((beat + 1)) >"$FAKE/beat"; sed -i "s/^heartbeat .*/heartbeat $((beat + 1))/" "$VRRP_ROOT/${STATE}"; }`,
    );
    expect(pair.repair("write-state")).toEqual({
      status: 0,
      stdout: "the state files tell what is; before: gw is BACKUP, not MASTER\n",
      stderr: "",
    });
    expect(pair.host.read(STATE)).toMatch(/^state BACKUP\npriority 100\n/);
    expect(pair.host.calls().filter((call) => / (reload|restart) /.test(call))).toEqual([
      "systemctl reload keepalived.service",
    ]);
  });

  test("a state file that nobody renews even after a reload is told", () => {
    pair.reports("BACKUP", 100);
    expect(pair.repair("write-state")).toMatchObject(
      refused("nobody renews them: the reader of keepalived's FIFO"),
    );
  });
});
