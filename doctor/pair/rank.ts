import type { Cause } from "../causes";
import type { Finding } from "../model";
import { surety } from "./merge";

/** How much of the pair a cause takes away, the most first; what only a boot or the next takeover shows comes last. */
const ORDER: readonly Cause[] = [
  "iface-down",
  "net-partition",
  "net-one-way",
  "tunnel-down",
  "fw-tunnel-port",
  "tunnel-handshake",
  "tunnel-allowed-ips",
  "fw-zone",
  "fw-uci",
  "fw-drop",
  "fw-reject",
  "fw-output",
  "hv-mac-filter",
  "hv-multicast",
  "hv-filter",
  "conf-interface",
  "conf-invalid",
  "conf-vrid",
  "conf-version",
  "conf-auth",
  "conf-advert-int",
  "conf-vip-list",
  "conf-unicast-src",
  "conf-unicast-peer",
  "conf-foreign-vrid",
  "daemon-crash-loop",
  "vip-orphaned",
  "daemon-down",
  "vip-duplicate",
  "vip-removed",
  "hv-ip-filter",
  "arp-stale",
  "net-lossy",
  "node-unreachable",
  "selinux-denied",
  "state-dir",
  "notify-missing",
  "notify-not-executable",
  "notify-insecure-path",
  "notify-hanging",
  "notify-failing",
  "check-loop",
  "check-broken",
  "witness-lost",
  "check-failing",
  "role-stuck",
  "replication-broken",
  "ip-forward",
  "tunnel-mtu",
  "conf-not-loaded",
  "conf-nopreempt",
  "conf-weight",
  "conf-priority",
  "fw-established-only",
  "state-file-stale",
  "daemon-not-enabled",
  "conf-drift",
];

/** Of little weight, however sure they are. */
const LEAST: readonly Cause[] = ["state-file-stale", "daemon-not-enabled", "conf-drift"];

/** The surest first; of those the one that takes most away. */
export function ranked(findings: readonly Finding[]): Finding[] {
  const place = ({ cause }: Finding) => (ORDER.includes(cause) ? ORDER.indexOf(cause) : ORDER.length);
  return [...findings].sort(
    (a, b) =>
      Number(LEAST.includes(a.cause)) - Number(LEAST.includes(b.cause)) ||
      surety(b) - surety(a) ||
      place(a) - place(b) ||
      compare(a.node, b.node) ||
      compare(a.fix.summary, b.fix.summary),
  );
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
