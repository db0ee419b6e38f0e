import { both, type Strike, ways } from "../case";
import { dualMaster, offSwitch, onSwitch, shows } from "./tools";

const peerKey = "$(wg show wg0 peers)";

/** Everything of the tunnel as it was applied. */
const asApplied = (...nodes: string[]): Strike =>
  Object.fromEntries(
    nodes.map((node) => [
      node,
      "systemctl stop wg-quick@wg0; ip link del wg0 2>/dev/null; systemctl start wg-quick@wg0; vrrp-agent reapply sites; systemctl restart keepalived",
    ]),
  );

export const tunnel = [
  ...ways("tunnel-down", "tunnel", {
    "the interface was deleted": {
      nodes: "site-b",
      repair: "automatic",
      inject: { "site-b": "ip link del wg0" },
      restore: asApplied("site-b"),
    },
    "its unit was stopped": {
      nodes: "site-a",
      repair: "automatic",
      inject: { "site-a": "systemctl stop wg-quick@wg0" },
      restore: asApplied("site-a"),
      seen: shows("site-a", "! ip link show wg0"),
    },
  }),
  ...ways("tunnel-handshake", "tunnel", {
    "the peer's key is another one": {
      nodes: ["site-a", "site-b"],
      repair: "human",
      inject: {
        "site-a": `k=${peerKey}; wg set wg0 peer "$k" remove; wg set wg0 peer "$(wg genkey | wg pubkey)" allowed-ips 10.99.0.2/32,10.99.0.100/32`,
      },
      restore: asApplied("site-a", "site-b"),
      seen: dualMaster,
    },
    "the node's own key is another one": {
      nodes: "site-a",
      repair: "human",
      inject: both(
        { "site-a": "wg genkey >/root/key; wg set wg0 private-key /root/key; rm /root/key" },
        // Not as long as the keys of the session are good.
        { "site-b": "systemctl restart wg-quick@wg0" },
      ),
      restore: asApplied("site-a", "site-b"),
      seen: dualMaster,
    },
    "the endpoint is another one": {
      nodes: "site-b",
      repair: "human",
      inject: both(
        { "site-b": `wg set wg0 peer "${peerKey}" endpoint 10.20.30.99:51820` },
        // Who has no endpoint of it waits until it is spoken to.
        {
          "site-a": `k=${peerKey}; wg set wg0 peer "$k" remove; wg set wg0 peer "$k" persistent-keepalive 25 allowed-ips 10.99.0.2/32,10.99.0.100/32,10.2.0.0/24`,
        },
        { "site-b": `wg set wg0 peer "${peerKey}" endpoint 10.20.30.99:51820` },
      ),
      restore: asApplied("site-a", "site-b"),
      seen: dualMaster,
    },
  }),
  ...ways("tunnel-allowed-ips", "tunnel", {
    "the peer's own address is missing": {
      nodes: "site-a",
      repair: "spec",
      inject: { "site-a": `wg set wg0 peer ${peerKey} allowed-ips 10.99.0.100/32` },
      restore: asApplied("site-a"),
      seen: dualMaster,
    },
    "the virtual address is missing": {
      nodes: "site-b",
      repair: "spec",
      inject: { "site-b": `wg set wg0 peer ${peerKey} allowed-ips 10.99.0.1/32` },
      restore: asApplied("site-b"),
      seen: async (world) => !(await world.answers()),
    },
  }),
  ...ways("tunnel-mtu", "tunnel", {
    "the network between the sites drops large packets": {
      nodes: [],
      repair: "spec",
      inject: onSwitch(() => "udp dport 51820 udp length > 1300 drop"),
      restore: offSwitch,
      seen: shows("site-a", "! ping -n -c 1 -W 1 -M do -s 1350 10.99.0.2"),
    },
    "only one way": {
      nodes: [],
      repair: "spec",
      inject: onSwitch((world) => `iifname "${world.host("site-a").port}" udp length > 1200 drop`),
      restore: offSwitch,
      seen: shows("site-a", "! ping -n -c 1 -W 1 -M do -s 1350 10.99.0.2"),
    },
  }),
  ...ways("ip-forward", "tunnel", {
    sysctl: {
      nodes: "site-a",
      repair: "automatic",
      inject: { "site-a": "sysctl -qw net.ipv4.ip_forward=0" },
      restore: { "site-a": "sysctl -qw net.ipv4.ip_forward=1" },
    },
    "a file of somebody else's that is read last": {
      nodes: "site-b",
      repair: "automatic",
      inject: {
        "site-b":
          "echo 'net.ipv4.ip_forward = 0' >/etc/sysctl.d/99-hardening.conf; sysctl -qp /etc/sysctl.d/99-hardening.conf",
      },
      restore: {
        "site-b": "rm -f /etc/sysctl.d/99-hardening.conf; sysctl -qw net.ipv4.ip_forward=1",
      },
    },
  }),
];
