import type { Fact } from "../../../../doctor";

/** Lines of `vrrp-agent examine` as facts. */
export function factsOf(lines: readonly string[]): Fact[] {
  return lines.map((line) => line.split(" "));
}

const CONF = "/etc/keepalived/keepalived.conf";

/** A node that is master of a pair with checks, a role and a tunnel; nothing is wrong. */
export const MASTER: readonly string[] = [
  "vrrp-facts 1",
  "node a",
  "cluster gw 0123abcd",
  "want cluster gw",
  "want node a",
  "want interface eth0",
  "want source 10.0.0.1 eth0",
  "want instance gw 4 51 eth0",
  "want agree gw 3 0.1 unicast 10.0.0.1",
  "want vip gw 10.0.0.100/24 eth0",
  "want peer b 10.0.0.2",
  "want check web http 2 3 2 0 2",
  "want check-set web url http://10.0.0.100/",
  "want check up network 2 3 2 0 2",
  "want role 1 gw",
  "want action web service 30 2 fail yes",
  "want action-set web service nginx",
  "want action-set web on-master start",
  "want action-set web on-backup none",
  "want witness lease 10",
  "want tunnel wg0 51820 1420",
  "clock 1796100000000 synchronised",
  "daemon running 812 86400",
  "daemon-enabled yes",
  "conf-test ok",
  `file ${CONF} same`,
  "file /etc/vrrp-agent/gw/node.conf same",
  "file /etc/vrrp-agent/gw/firewall.rules same",
  "file /etc/wireguard/wg0.conf same",
  `text ${CONF} 2 ended`,
  "|vrrp_instance gw {",
  "|}",
  "loaded gw vrid 51",
  "loaded gw interface eth0",
  "loaded gw version 3",
  "loaded gw advert-int 100",
  "loaded gw priority 100",
  "loaded gw effective-priority 100",
  "loaded gw source 10.0.0.1",
  "loaded gw peer 10.0.0.2",
  "loaded gw vip 10.0.0.100/24 eth0",
  "loaded gw nopreempt no",
  "loaded gw auth none",
  "loaded gw transport unicast",
  "loaded gw track web",
  "state gw MASTER",
  "reported gw MASTER 100 3",
  "count gw received 12",
  "discard gw vrid 0",
  "script fifo /usr/lib/vrrp-agent/vrrp-agent ok",
  "script check /usr/lib/vrrp-agent/vrrp-check ok",
  "check web http passing passing 2026-12-01T00:00:00Z",
  "check up network passing passing 2026-12-01T00:00:00Z 1 of 1",
  "check-run web passing 12",
  "check-run up passing 30",
  "role master master 2026-12-01T00:00:00Z 2 -",
  "role-loop running",
  "action web service done master 1796000000",
  "witness https://10.0.0.9:2379 reachable",
  "directory /var/lib/vrrp-agent ok",
  "directory /run/vrrp-agent ok",
  "firewall-manager chains",
  "session-on 10.0.0.1",
  "link eth0 up carrier 1500 02:00:00:00:00:01",
  "link wg0 up - 1420 -",
  "address eth0 10.0.0.1/24",
  "address eth0 10.0.0.100/24",
  "source eth0 10.0.0.1 here",
  "vip gw 10.0.0.100 eth0 held",
  "sent b 10.0.0.2 unicast probe 60 60",
  "sent b 10.0.0.2 unicast advert 30 30",
  "came b 10.0.0.2 unicast probe 60 60 60",
  "came b 10.0.0.2 unicast advert 0 0 0",
  "frames b 10.0.0.2 9",
  "echo b 10.0.0.2 yes 0%",
  "tunnel wg0 up",
  "tunnel-peer wg0 b 120 192.0.2.2:51820 1000 1000",
  "tunnel-allowed wg0 b 10.9.0.2 yes",
  "tunnel-key wg0 same",
  "tunnel-peer-key wg0 b same",
  "tunnel-port wg0 51820 4 4 4",
  "tunnel-sent wg0 b 1 1",
  "tunnel-echo wg0 b 10.9.0.2 small yes",
  "tunnel-echo wg0 b 10.9.0.2 full yes",
  "mac b 02:00:00:00:00:02",
  "end",
];

/** Lines beginning with one of `without` left out, others added. */
export function changed(
  lines: readonly string[],
  without: readonly string[],
  added: readonly string[],
): string[] {
  const left = lines.filter(
    (line) => line !== "end" && !without.some((start) => line === start || line.startsWith(`${start} `)),
  );
  return [...left, ...added, "end"];
}

/** The other node of such a pair. */
export const BACKUP: readonly string[] = changed(
  MASTER,
  [
    "state",
    "reported",
    "vip",
    "address eth0 10.0.0.100/24",
    "role",
    "action",
    "came b 10.0.0.2 unicast advert",
  ],
  [
    "state gw BACKUP",
    "reported gw BACKUP 100 4",
    "vip gw 10.0.0.100 eth0 free",
    "role backup backup 2026-12-01T00:00:00Z 2 -",
    "action web service done backup 1796000000",
    "replica db ok",
    "came b 10.0.0.2 unicast advert 30 30 30",
    "heard 10.0.0.2 51 3 100 unicast 30",
    "answers 10.0.0.100 02:00:00:00:00:02",
  ],
);

/** Unusual, and nothing is wrong. */
export const UNUSUAL: Readonly<Record<string, readonly string[]>> = {
  "a foreign firewall rule drops another's VRRP, and nothing of the peer's": changed(
    BACKUP,
    ["firewall-manager"],
    ["firewall-manager ufw", "firewall-manager chains"],
  ),
  "a drained node that runs": changed(BACKUP, [], ["drained"]),
  "a promoted node": changed(MASTER, [], ["promoted"]),
  "a drained node on which keepalived was stopped and disabled for maintenance": changed(
    BACKUP,
    [
      "daemon",
      "daemon-enabled",
      "loaded",
      "state",
      "reported",
      "came",
      "heard",
      "script",
      "check-run",
      "count",
      "discard",
    ],
    [
      "drained",
      "daemon stopped",
      "daemon-enabled no",
      "daemon-unit inactive dead success 0",
      "reported gw STOPPED 100 4000",
      "loaded-none keepalived does not run",
      "came b 10.0.0.2 unicast advert 30 30 30",
    ],
  ),
  "a change that is under way, with files that are not confirmed": changed(
    MASTER,
    [`file ${CONF}`],
    ["pending", `file ${CONF} changed`, "timer vrrp-undo-gw.timer"],
  ),
  "a peer under planned maintenance, which is up and sends nothing": changed(
    MASTER,
    ["came"],
    ["came b 10.0.0.2 unicast probe 60 60 60"],
  ),
  "other clusters with other virtual router ids": changed(
    BACKUP,
    [],
    ["heard 10.0.0.7 77 2 200 multicast 3", "heard 10.0.0.8 52 3 255 unicast 3"],
  ),
  "a host without a firewall": changed(MASTER, ["firewall-manager"], []),
  "firewalld with our rules in force": changed(BACKUP, ["firewall-manager"], ["firewall-manager firewalld"]),
  "a backup that never was master and has run nothing yet": changed(
    BACKUP,
    ["action", "reported"],
    ["action web service unknown none 0", "reported gw BACKUP 100 1"],
  ),
  "checks that have not run yet after a boot": changed(
    BACKUP,
    ["check", "check-run", "daemon"],
    [
      "daemon running 400 2",
      "check web http unknown passing never",
      "check up network unknown passing never",
    ],
  ),
  "no role and no tunnel": MASTER.filter(
    (line) => !/^(want )?(role|action|tunnel|unit|witness)/.test(line) && !line.includes("wg0"),
  ),
  "a master, on which no replica is to be": changed(MASTER, [], ["replica db absent"]),
  "a probe that finds no tool to look with": changed(
    MASTER,
    ["came", "sent", "loaded", "state"],
    ["lacks nft traffic", "loaded-none this keepalived knows neither JSON nor a dump"],
  ),
  "others' rules that let all of VRRP in, without ours": changed(
    BACKUP,
    [],
    ["firewall inet filter input has not our rules"],
  ),
  "multicast to a host whose keepalived is stopped for maintenance": changed(
    BACKUP,
    ["daemon", "daemon-enabled", "loaded", "state", "reported", "came", "check-run", "script fifo"],
    ["drained", "daemon stopped", "daemon-enabled no", "came b 224.0.0.18 multicast probe 60 60 0"],
  ),
  "a stranger's datagrams to WireGuard's port, which are dropped": changed(
    MASTER,
    ["tunnel-port"],
    ["tunnel-port wg0 51820 3 3 0", "verdict in - tunnel drop - inet:filter input policy drop"],
  ),
  "a master that has heard a lower priority": changed(
    MASTER,
    ["reported"],
    ["reported gw MASTER_RX_LOWER_PRI 100 2"],
  ),
  "a node that was restarted by hand many times": changed(
    MASTER,
    ["daemon"],
    ["daemon running 812 2", "daemon-restarts 14 600"],
  ),
  "virtual MACs, on which the addresses are": changed(
    MASTER,
    ["loaded gw vip"],
    ["loaded gw vip 10.0.0.100/24 vrrp.51", "loaded gw vmac yes"],
  ),
  "a second instance, which sends multicast": changed(
    MASTER,
    [],
    ["want instance six 6 61 eth0", "want agree six 3 0.1 multicast any", "want peer b fd00::2"],
  ),
  "an old keepalived that does not say where its source is from": changed(
    MASTER,
    [],
    ["loaded gw source-configured no"],
  ),
  "a role that changes just now": changed(
    MASTER,
    ["role", "action"],
    ["role master backup 2026-12-01T00:00:00Z 3 web", "action web service done backup 1796000000"],
  ),
  "a witness of three of which one is down": changed(
    MASTER,
    [],
    ["witness https://10.0.0.8:2379 unreachable no answer in 2 s"],
  ),
  "a witness's vote that a backup has not got": changed(
    BACKUP,
    [],
    [
      "check witness witness failing failing 2026-12-01T00:00:00Z the peer has it",
      "check-run witness failing 9 the peer has it",
    ],
  ),
  "SELinux that only notes": changed(
    MASTER,
    [],
    ["selinux permissive", "denied write file sh x keepalived_t etc_t"],
  ),
  "a tunnel's peer that has roamed": changed(
    MASTER,
    [],
    ["tunnel-endpoint wg0 b 192.0.2.2:51820 192.0.2.77:1024"],
  ),
  "a tunnel that nobody used for long, through which packets pass": changed(
    MASTER,
    ["tunnel-peer"],
    ["tunnel-peer wg0 b 4000 192.0.2.2:51820 1 1"],
  ),
  "a moved master that has been started three times by its owner": changed(
    MASTER,
    ["daemon"],
    ["daemon running 812 20", "daemon-restarts 4 600"],
  ),
};
