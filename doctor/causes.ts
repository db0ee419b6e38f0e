/** Who can put a cause right: the doctor by itself, a change of the spec and `pulumi up`, or somebody who must act. */
export type Repair = "automatic" | "spec" | "human";

/** A cause as the doctor tells it. */
export interface CauseInfo {
  /** What is wrong, in a line. */
  doc: string;
  /** Who can put it right, the usual one first. */
  repair: readonly [Repair, ...Repair[]];
}

/** Every cause that the doctor tells apart, by its id. */
export const CAUSES = {
  "fw-drop": { doc: "the firewall of a node drops adverts from its peer", repair: ["automatic"] },
  "fw-reject": { doc: "the firewall of a node rejects adverts from its peer", repair: ["automatic"] },
  "fw-output": { doc: "the firewall of a node does not let its own adverts out", repair: ["automatic"] },
  "fw-zone": {
    doc: "the zone that firewalld has for the interface does not allow adverts",
    repair: ["automatic"],
  },
  "fw-uci": { doc: "OpenWrt's firewall has no rule for adverts", repair: ["automatic"] },
  "fw-established-only": {
    doc: "adverts pass only because the firewall remembers former ones: after a restart of both nodes they do not hear each other",
    repair: ["automatic"],
  },
  "fw-tunnel-port": { doc: "the firewall of a node does not let WireGuard's port in", repair: ["automatic"] },
  "selinux-denied": { doc: "SELinux keeps keepalived from something that it needs", repair: ["human"] },
  "hv-filter": {
    doc: "adverts leave a node and do not reach the other, and neither firewall drops them",
    repair: ["spec", "human"],
  },
  "hv-mac-filter": { doc: "frames from the virtual MAC are dropped on their way", repair: ["spec", "human"] },
  "hv-multicast": { doc: "multicast is lost on its way, unicast passes", repair: ["spec"] },
  "hv-ip-filter": {
    doc: "the holder has the address, and what it answers for it is dropped on its way",
    repair: ["spec", "human"],
  },
  "notify-missing": { doc: "a script that keepalived is to run is not there", repair: ["automatic"] },
  "notify-not-executable": {
    doc: "a script that keepalived is to run is not executable",
    repair: ["automatic"],
  },
  "notify-insecure-path": {
    doc: "others than root can write where a script of keepalived's is",
    repair: ["automatic", "human"],
  },
  "notify-failing": { doc: "a notify script ends with an error", repair: ["automatic", "human"] },
  "notify-hanging": { doc: "a notify script does not end", repair: ["automatic", "human"] },
  "state-file-stale": {
    doc: "the state file tells another state than the daemon has",
    repair: ["automatic"],
  },
  "conf-invalid": { doc: "keepalived refuses its configuration", repair: ["automatic"] },
  "conf-not-loaded": {
    doc: "keepalived runs with another configuration than its file holds",
    repair: ["automatic", "spec"],
  },
  "conf-drift": { doc: "a managed file is not what was applied", repair: ["spec"] },
  "conf-vrid": { doc: "the nodes have not the same virtual router id", repair: ["spec"] },
  "conf-version": { doc: "the nodes have not the same version of VRRP", repair: ["spec"] },
  "conf-auth": { doc: "the nodes have not the same authentication", repair: ["spec"] },
  "conf-advert-int": { doc: "the nodes have not the same advert interval", repair: ["spec"] },
  "conf-vip-list": { doc: "the nodes have not the same virtual addresses", repair: ["spec"] },
  "conf-unicast-src": {
    doc: "the source address of a node's adverts is missing, or is not on the node",
    repair: ["spec"],
  },
  "conf-unicast-peer": {
    doc: "the peers of a node are missing, or are not those that there are",
    repair: ["spec"],
  },
  "conf-interface": {
    doc: "the interface of a virtual router is not there, or is not the one with the address",
    repair: ["spec"],
  },
  "conf-foreign-vrid": { doc: "a stranger on the segment uses the same virtual router id", repair: ["spec"] },
  "conf-nopreempt": { doc: "nopreempt has no effect, or makes a failover impossible", repair: ["spec"] },
  "conf-weight": { doc: "a failing check cannot change who is master", repair: ["spec"] },
  "conf-priority": { doc: "a priority of 255, or equal ones where a primary is wanted", repair: ["spec"] },
  "check-failing": { doc: "a check fails, and is right", repair: ["human"] },
  "check-broken": { doc: "a check fails although what it tests is well", repair: ["automatic", "human"] },
  "check-loop": { doc: "what happens in a role stops what a check tests", repair: ["spec"] },
  "daemon-down": { doc: "keepalived does not run", repair: ["automatic"] },
  "daemon-not-enabled": { doc: "keepalived is not started at boot", repair: ["automatic"] },
  "daemon-crash-loop": { doc: "keepalived ends again and again", repair: ["human"] },
  "iface-down": { doc: "an interface is down or has no carrier", repair: ["human"] },
  "vip-duplicate": {
    doc: "a virtual address is configured by hand on a host",
    repair: ["automatic", "human"],
  },
  "vip-orphaned": {
    doc: "keepalived is dead and the virtual address is still on the interface",
    repair: ["automatic"],
  },
  "arp-stale": {
    doc: "the virtual address has moved, and neighbours still send to the former holder",
    repair: ["automatic"],
  },
  "role-stuck": {
    doc: "the virtual address has moved, and the role's services have not followed",
    repair: ["automatic", "human"],
  },
  "replication-broken": { doc: "the database of the backup does not follow", repair: ["human"] },
  "witness-lost": { doc: "the lease service cannot be reached", repair: ["human"] },
  "state-dir": { doc: "the agent's directory is missing or cannot be written", repair: ["automatic"] },
  "vip-removed": { doc: "the master has not the virtual address", repair: ["automatic"] },
  "net-partition": { doc: "nothing passes between the nodes", repair: ["human"] },
  "net-one-way": {
    doc: "what one node sends does not reach the other, and what the other sends arrives",
    repair: ["human"],
  },
  "net-lossy": { doc: "so much is lost between the nodes that they flap", repair: ["human"] },
  "tunnel-down": { doc: "the tunnel's interface is missing", repair: ["automatic"] },
  "tunnel-handshake": { doc: "the tunnel's ends do not shake hands", repair: ["spec", "human"] },
  "tunnel-allowed-ips": { doc: "the tunnel does not take the virtual address or the peer", repair: ["spec"] },
  "tunnel-mtu": { doc: "small packets pass the tunnel, full ones do not", repair: ["spec"] },
  "ip-forward": { doc: "a node that must forward does not", repair: ["automatic"] },
  /** Beside the catalogue of faults: nothing can be said of a node that does not answer. */
  "node-unreachable": { doc: "a node does not answer, so nothing is known of it", repair: ["human"] },
} as const satisfies Record<string, CauseInfo>;

export type Cause = keyof typeof CAUSES;

/** What is to be seen of it, whatever the cause. */
export const SYMPTOMS = {
  "dual-master": "more than one node has the virtual address",
  "no-master": "no node has the virtual address",
  "master-without-vip": "a node is master and has not the virtual address",
  "vip-unreachable": "a node has the virtual address, and nobody reaches it",
  flapping: "the virtual address moves again and again",
  degraded: "it works now, and would not fail over",
} as const;

export type Symptom = keyof typeof SYMPTOMS;
