import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { causesTable } from "../../../doctor/local";
import { SHELLS } from "./fake-host";
import { RepairHost } from "./repair-host";

const place = mkdtempSync(join(tmpdir(), "vrrp-causes-"));
const VRRP_CAUSES = join(place, "causes.table");
writeFileSync(VRRP_CAUSES, causesTable());
afterAll(() => rmSync(place, { recursive: true }));

describe.each(SHELLS)("repair of whatever is found, under %s", (shell) => {
  let pair: RepairHost;
  beforeEach(async () => {
    pair = await RepairHost.create(shell);
    pair.reports("BACKUP");
  });
  afterEach(() => pair.close());
  const repair = (...words: string[]) => pair.host.agent(["repair", "gw", ...words], "", { VRRP_CAUSES });

  test("one after the other, most likely first, and what is left is told with who can see to it", () => {
    pair.host.withoutState("enabled");
    pair.host.withoutState("keepalived.pid");
    const { status, stdout, stderr } = repair();
    expect(stdout.split("\n").slice(0, 4)).toEqual([
      "repair: start-daemon",
      "keepalived was started",
      "repair: enable-daemon",
      "keepalived is started at boot",
    ]);
    // The fake host's interface has no flags.
    expect(stdout).toMatch(/^left: iface-down \(human\): /m);
    expect({ status, stderr }).toEqual({ status: 1, stderr: "" });
    expect(pair.events().map(({ name, state }) => [name, state])).toEqual([
      ["start-daemon", "done"],
      ["enable-daemon", "done"],
    ]);
  });

  test("--dry-run says what it would do, and does nothing", () => {
    pair.host.withoutState("enabled");
    const { status, stdout } = repair("--dry-run");
    expect(stdout).toBe("would run: vrrp-agent repair gw enable-daemon (daemon-not-enabled)\n");
    expect(status).toBe(1);
    expect(pair.host.calls()).toEqual([]);
    expect(pair.events()).toEqual([]);
  });

  test("one after which something else is wrong is taken back, and it ends", () => {
    pair.host.withoutState("enabled");
    pair.host.program(
      "systemctl",
      `case $* in
      "show "*) echo "MainPID=$(cat "$FAKE/keepalived.pid" 2>/dev/null || echo 0)"; exit ;;
      *"is-enabled keepalived"*) [ -e "$FAKE/enabled" ]; exit ;;
      *is-active*) exit 1 ;;
      esac
      echo "systemctl $*" >>"$FAKE/calls"
      case $1 in
      enable) : >"$FAKE/enabled"; rm "$FAKE/keepalived.pid" ;;
      disable) rm "$FAKE/enabled" ;;
      esac`,
    );
    const { status, stderr } = repair();
    expect(stderr).toContain("after 'enable-daemon' there is also: daemon-down");
    expect(status).toBe(1);
    expect(pair.host.calls()).toEqual([
      "systemctl enable keepalived.service",
      "systemctl disable keepalived.service",
    ]);
  });

  test("without a diagnosis nothing is done", () => {
    const { status, stderr } = pair.host.agent(["repair", "gw"], "", { VRRP_CAUSES: join(place, "none") });
    expect(stderr).toContain("the look at this host has failed; run: vrrp-agent diagnose gw");
    expect(status).toBe(1);
    expect(pair.host.calls()).toEqual([]);
  });
});
