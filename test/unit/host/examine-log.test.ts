import { examine, examinedHost, facts, apply } from "./examine-host";
import { type FakeHost, SHELLS } from "./fake-host";
import { likeOpenWrt } from "./openwrt-tools";

/** What keepalived's sources of 2.0 to 2.4 log. */
const LINES: [kind: string, line: string][] = [
  ["version", "(gw) wrong version. Received 3 and expect 2"],
  ["version", "(gw) wrong VRRP version from 10.0.0.2. Received 3 and expect 2"],
  ["vrid", "Unknown VRID(52) received on interface(eth0). ignoring..."],
  ["advert-interval", "(gw) advertisement interval mismatch mine=1 sec rcv'd=2 sec"],
  ["auth", "(gw) received an invalid passwd!"],
  ["auth", "(gw) received an invalid passwd from 10.0.0.2!"],
  ["auth", "(gw) received a 0 auth, expecting 1!"],
  ["auth", "(gw) Invalid auth type: 7"],
  ["auth", "(gw) missing authentication trailer from 10.0.0.2"],
  ["ttl", "(gw) invalid TTL/HL. Received 64 and expect 255"],
  ["ttl", "(gw) TTL/HL 63 not in range 64 - 255"],
  ["checksum", "(gw) Invalid VRRPv3 checksum"],
  ["address-list", "(gw) expected 1 VIPs but received 2"],
  ["address-list", "(gw) ip address associated with VRID 51 not present in MASTER advert: 10.0.0.100"],
  ["address-list", "(gw) received an unexpected ip number count 2, expected 1!"],
  ["unknown-peer", "(gw) unicast source address 10.0.0.9 not a unicast peer"],
  ["multicast", "(gw) Expected unicast packet but received multicast packet"],
  ["multicast", "(gw) discarding multicast packet on unicast instance"],
  ["packet-length", "(gw) vrrp packet too short, length 20 and expect 40"],
  ["send", "(gw) Cant send advert to 10.0.0.2 (Operation not permitted)"],
  ["no-script", "check_script_secure could not find script '/opt/x' - disabling"],
  ["no-script", "Script /opt/x cannot be accessed - No such file or directory"],
  ["permission", "Unsafe permissions found for script '/opt/x' - disabling."],
  ["permission", "WARNING - script '/opt/x' is not executable for uid:gid 0:0 - disabling."],
  ["script-timeout", "VRRP_Script(probe) timed_out"],
  ["script-timeout", "Track script probe is already running, expect idle - skipping run"],
  ["script-failed", "VRRP_Script(probe) failed (exited with status 1)"],
  ["script-failed", "Script `probe` now returning 1"],
  ["fault", "(gw) entering FAULT state (interface eth0 down)"],
  ["transition", "(gw) Entering MASTER STATE"],
  ["lower-priority", "(gw) received lower priority (90) advert from 10.0.0.2 - discarding"],
  ["higher-priority", "(gw) Master received advert from 10.0.0.2 with higher priority 100, ours 90"],
  ["died", "VRRP child process(1493) died: Respawning"],
];
const QUIET = [
  "Script `probe` now returning 0",
  "VRRP_Script(probe) succeeded",
  "Printing VRRP data for process(1493) on signal",
  "(gw) sent 0 priority",
];

describe.each(SHELLS)("examine reads keepalived's log under %s", (shell) => {
  let host: FakeHost;
  beforeEach(async () => {
    host = await examinedHost(shell);
    apply(host, 1);
  });
  afterEach(() => host.close());

  const journal = (lines: string[]) =>
    host.state("journal", lines.map((line) => `1796099756.06 a Keepalived_vrrp[1493]: ${line}\n`).join(""));

  test("every line has its kind, with how many there are and the last of them", () => {
    journal([...LINES.map(([, line]) => line), ...QUIET]);
    const counts = new Map<string, string[]>();
    for (const [kind, line] of LINES) counts.set(kind, [...(counts.get(kind) ?? []), line]);
    expect(facts(examine(host), "log")).toEqual(
      [...counts].map(([kind, lines]) => `log ${kind} ${lines.length} ${lines.at(-1)}`),
    );
  });

  test("changes of state count as flapping by instance, but for those of a start; starts count when there are several", () => {
    const start = "Starting Keepalived v2.2.7 (01/16,2022)";
    journal([
      start,
      "(gw) Entering BACKUP STATE (init)",
      ...["MASTER", "BACKUP", "MASTER"].map((state) => `(gw) Entering ${state} STATE`),
      "(two) Entering FAULT STATE",
    ]);
    const lines = examine(host);
    expect(facts(lines, "flaps")).toEqual(["flaps gw 3 600", "flaps two 1 600"]);
    expect(facts(lines, "daemon-restarts")).toEqual([]);
    journal([start, start, start]);
    expect(facts(examine(host), "daemon-restarts")).toEqual(["daemon-restarts 3 600"]);
  });

  test("a master that lets go counts where it has heard of no better one, is in no fault, and was not just started", () => {
    const steps = (...lines: string[]) => ["(gw) Entering MASTER STATE", ...lines];
    journal([
      ...steps("(gw) Entering BACKUP STATE"),
      ...steps("(two) Entering BACKUP STATE", "(gw) Entering BACKUP STATE"),
      ...steps(
        "(gw) Master received advert from 10.0.0.2 with higher priority 100, ours 90",
        "(gw) Entering BACKUP STATE",
      ),
      ...steps("(gw) Entering FAULT STATE", "(gw) Entering BACKUP STATE"),
      ...steps("VRRP_Group(all) Syncing instances to BACKUP state", "(gw) Entering BACKUP STATE"),
      ...steps("(gw) Entering BACKUP STATE (init)", "(gw) Entering BACKUP STATE"),
    ]);
    expect(facts(examine(host), "yields")).toEqual(["yields gw 2 600"]);
  });

  test("what systemd starts again before it says anything is counted, too", () => {
    host.state(
      "journal",
      "1.0 a systemd[1]: keepalived.service: Scheduled restart job, restart counter is at 1.\n".repeat(4),
    );
    expect(facts(examine(host), "daemon-restarts")).toEqual(["daemon-restarts 5 600"]);
  });

  describe("without systemd", () => {
    const at = (seconds: number, form: (date: Date) => string) =>
      form(new Date(Date.now() - seconds * 1000 - new Date().getTimezoneOffset() * 60_000));
    const classic = (date: Date) => {
      const [, day, month] = date.toUTCString().split(/,? /);
      return `${month} ${String(Number(day)).padStart(2)} ${date.toISOString().slice(11, 19)}`;
    };
    beforeEach(() => host.remove("/run/systemd"));

    test.each([
      ["the older form", classic],
      ["ISO's", (date: Date) => date.toISOString().slice(0, 19)],
    ])("a file of the log is read with times in %s", (_, form) => {
      const line = (seconds: number, state: string) =>
        `${at(seconds, form)} a Keepalived_vrrp[7]: (gw) Entering ${state} STATE\n`;
      host.write("var/log/syslog", line(4000, "FAULT") + line(60, "BACKUP") + line(5, "MASTER"));
      expect(facts(examine(host), "log")).toEqual(["log transition 2 (gw) Entering MASTER STATE"]);
    });

    test("it is said when there is none", () => {
      expect(facts(examine(host), "lacks")).toEqual(["lacks journalctl what keepalived has logged"]);
    });
  });

  test("OpenWrt's log is asked for keepalived's lines", () => {
    likeOpenWrt(host);
    host.program("logread", `[ "$*" = "-e eepalived" ] && cat "$FAKE/logread"`);
    const date = new Date(Date.now() - new Date().getTimezoneOffset() * 60_000);
    const [weekday, day, month, year, time] = date.toUTCString().replace(",", "").split(" ");
    const stamp = `${weekday} ${month} ${String(Number(day)).padStart(2)} ${time} ${year}`;
    host.state("logread", `${stamp} daemon.info Keepalived_vrrp[7]: (gw) Entering MASTER STATE\n`);
    expect(facts(examine(host), "log")).toEqual(["log transition 1 (gw) Entering MASTER STATE"]);
  });
});
