import type { Case } from "../case";
import type { WorldName } from "../worlds";
import { established, heldBy, lasting, nothing, table, untable, usual } from "./tools";

const well = (name: string, world: WorldName, more: Partial<Case> = {}): Case => ({
  family: "healthy",
  name,
  world,
  faults: [],
  repair: "human",
  inject: nothing,
  restore: nothing,
  ...more,
});

const OTHER = `cat >/etc/keepalived/keepalived.conf <<'EOF'
vrrp_instance other {
    interface eth0
    state BACKUP
    virtual_router_id 77
    priority 150
    virtual_ipaddress {
        10.20.30.245/24
    }
}
EOF
systemctl restart keepalived`;

/** Pairs that look unusual and are well. */
export const healthy: readonly Case[] = [
  well("no firewall at all", "basic"),
  well("rules of others that drop what is not ours", "basic", {
    inject: {
      "gw-a": table("input", "tcp dport 3306 drop\n    ip saddr 203.0.113.0/24 drop"),
      "gw-b": "iptables -A INPUT -s 198.51.100.0/24 -j DROP; iptables -A OUTPUT -p udp --dport 69 -j REJECT",
    },
    restore: {
      "gw-a": "nft delete table inet site",
      "gw-b": "iptables -F; for t in filter nat mangle; do nft delete table ip $t 2>/dev/null; done; :",
    },
  }),
  well("a firewall that drops the rest, with our rules", "basic", {
    inject: {
      "gw-a": `${table("input", `${established}\n    ${usual}`, { policy: "drop" })}\nvrrp-agent firewall ensure`,
      "gw-b": `${table("input", `${established}\n    ${usual}`, { policy: "drop" })}\nvrrp-agent firewall ensure`,
    },
    restore: untable("gw-a", "gw-b"),
    seen: lasting(heldBy("gw-a")),
  }),
  well("a firewall of others that lets all of VRRP in", "basic", {
    inject: {
      "gw-b": table("input", `ip protocol 112 accept\n    ${established}\n    ${usual}`, { policy: "drop" }),
    },
    restore: untable("gw-b"),
    seen: lasting(heldBy("gw-a")),
  }),
  well("the primary is drained", "basic", {
    inject: { "gw-a": "vrrp-agent drain gw" },
    restore: { "gw-a": "vrrp-agent undrain gw" },
    seen: heldBy("gw-b"),
  }),
  well("the primary is drained and its keepalived stopped for work on it", "basic", {
    inject: { "gw-a": "vrrp-agent drain gw && systemctl stop keepalived" },
    restore: { "gw-a": "systemctl start keepalived; vrrp-agent undrain gw" },
    seen: heldBy("gw-b"),
  }),
  well("the other one is promoted", "basic", {
    inject: { "gw-b": "vrrp-agent promote gw" },
    restore: { "gw-b": "vrrp-agent undrain gw" },
    seen: heldBy("gw-b"),
  }),
  well("just after a failover and back", "basic", {
    inject: async (world) => {
      const failures = await world.failover();
      if (failures.length > 0) throw new Error(failures.join("; "));
    },
  }),
  well("just after a reboot of the backup", "basic", {
    inject: async (world) => {
      await world.host("gw-b").reboot();
      await world
        .host("gw-b")
        .exec("until systemctl is-active --quiet keepalived; do sleep 0.2; done; sleep 6");
    },
  }),
  well("another cluster with another id on the network", "multicast", {
    inject: { other: OTHER },
    restore: { other: "systemctl stop keepalived; rm /etc/keepalived/keepalived.conf" },
  }),
  well("multicast", "multicast"),
  well("one behind firewalld, one behind ufw", "firewalls"),
  well("VRRP 2 with a password", "version-2"),
  well("a network of its own for VRRP", "lan"),
  well("IPv4 and IPv6, and each node holds addresses", "both-families"),
  well("hosts like OpenWrt", "openwrt"),
  well("a database and a web server that follow the address", "role"),
  well("sticky, with a witness", "witness"),
  well("sticky, and the other one holds", "witness", {
    inject: { "gw-a": "vrrp-agent drain gw && vrrp-agent undrain gw" },
    seen: heldBy("gw-b"),
  }),
  well("two sites over a tunnel", "tunnel"),
  well("two sites, and the second one holds", "tunnel", {
    inject: { "site-a": "vrrp-agent drain service && vrrp-agent undrain service" },
    seen: heldBy("site-b"),
  }),
];
