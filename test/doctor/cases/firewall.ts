import { both, ways } from "../case";
import { dualMaster, established, heldBy, lasting, shows, table, untable, usual } from "./tools";

/** Has iptables' tables gone, which nobody else here uses. */
const noIptables = (node: string) => ({
  [node]: `iptables -P INPUT ACCEPT; iptables -P OUTPUT ACCEPT; iptables -F; iptables -X; for t in nat mangle raw filter; do nft delete table ip $t 2>/dev/null; done; :`,
});

export const firewall = [
  ...ways("fw-drop", "basic", {
    "a rule of nft drops protocol 112": {
      nodes: "gw-b",
      repair: "automatic",
      inject: { "gw-b": table("input", "ip protocol 112 drop") },
      restore: untable("gw-b"),
      seen: dualMaster,
    },
    "a rule of iptables drops it": {
      nodes: "gw-b",
      repair: "automatic",
      inject: { "gw-b": "iptables -A INPUT -p 112 -j DROP" },
      restore: noIptables("gw-b"),
      seen: dualMaster,
    },
    "the policy of a chain drops all that nobody allowed": {
      nodes: "gw-b",
      repair: "automatic",
      inject: { "gw-b": table("input", usual, { policy: "drop" }) },
      restore: untable("gw-b"),
      seen: dualMaster,
    },
    "the holder drops its peer's: nothing shows before a failover": {
      nodes: "gw-a",
      repair: "automatic",
      inject: { "gw-a": table("input", "ip saddr 10.20.30.12 ip protocol 112 drop") },
      restore: untable("gw-a"),
    },
    "multicast is dropped": {
      nodes: "gw-b",
      world: "multicast",
      repair: "automatic",
      inject: { "gw-b": table("input", "ip daddr 224.0.0.0/4 drop") },
      restore: untable("gw-b"),
      seen: dualMaster,
    },
  }),
  ...ways("fw-reject", "basic", {
    "iptables rejects the rest": {
      nodes: "gw-b",
      repair: "automatic",
      inject: {
        "gw-b":
          "iptables -A INPUT -i lo -j ACCEPT; iptables -A INPUT -p icmp -j ACCEPT; iptables -A INPUT -p tcp --dport 22 -j ACCEPT; iptables -A INPUT -j REJECT --reject-with icmp-host-prohibited",
      },
      restore: noIptables("gw-b"),
      seen: dualMaster,
    },
    "a rule of nft rejects protocol 112": {
      nodes: "gw-b",
      repair: "automatic",
      inject: { "gw-b": table("input", "meta l4proto 112 reject with icmpx type admin-prohibited") },
      restore: untable("gw-b"),
      seen: dualMaster,
    },
    "the default of many distributions on both, by multicast": {
      nodes: ["gw-a", "gw-b"],
      world: "multicast",
      repair: "automatic",
      inject: {
        "gw-a": `iptables -A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT; iptables -A INPUT -p icmp -j ACCEPT; iptables -A INPUT -i lo -j ACCEPT; iptables -A INPUT -p tcp --dport 22 -j ACCEPT; iptables -A INPUT -j REJECT --reject-with icmp-host-prohibited`,
        "gw-b": `iptables -A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT; iptables -A INPUT -p icmp -j ACCEPT; iptables -A INPUT -i lo -j ACCEPT; iptables -A INPUT -p tcp --dport 22 -j ACCEPT; iptables -A INPUT -j REJECT --reject-with icmp-host-prohibited`,
      },
      restore: both(noIptables("gw-a"), noIptables("gw-b")),
      seen: dualMaster,
    },
  }),
  ...ways("fw-output", "basic", {
    "a rule of nft drops it on its way out": {
      nodes: "gw-a",
      repair: "automatic",
      inject: { "gw-a": table("output", "ip protocol 112 drop") },
      restore: untable("gw-a"),
      seen: dualMaster,
    },
    "the policy of iptables' OUTPUT drops it": {
      nodes: "gw-a",
      repair: "automatic",
      inject: {
        "gw-a":
          "iptables -A OUTPUT -o lo -j ACCEPT; iptables -A OUTPUT -p tcp -j ACCEPT; iptables -A OUTPUT -p icmp -j ACCEPT; iptables -P OUTPUT DROP",
      },
      restore: noIptables("gw-a"),
      seen: dualMaster,
    },
  }),
  ...ways("fw-zone", "multicast", {
    "firewalld was started after the apply": {
      nodes: "gw-b",
      repair: "automatic",
      inject: { "gw-b": "systemctl start firewalld" },
      restore: {
        "gw-b":
          'for r in $(seq 9); do firewall-cmd --list-rich-rules | grep vrrp-agent | while read -r rule; do firewall-cmd --quiet --remove-rich-rule="$rule"; done; done; systemctl stop firewalld; rm -rf /etc/firewalld/zones /etc/firewalld/policies; mkdir -p /etc/firewalld/zones /etc/firewalld/policies; rm -f /var/lib/vrrp-agent/firewalld',
      },
      seen: dualMaster,
    },
    "our rule was taken out of the zone": {
      nodes: "gw-a",
      world: "firewalls",
      accepts: ["fw-established-only"],
      repair: "automatic",
      inject: {
        "gw-a": `zone=$(firewall-cmd --get-default-zone); firewall-cmd --zone=$zone --list-rich-rules >/root/rich; [ -s /root/rich ]
          while read -r rule; do firewall-cmd --quiet --zone=$zone --remove-rich-rule="$rule"; firewall-cmd --quiet --permanent --zone=$zone --remove-rich-rule="$rule"; done </root/rich`,
      },
      restore: { "gw-a": "rm -f /root/rich; vrrp-agent firewall ensure" },
      seen: shows("gw-a", '[ -z "$(firewall-cmd --list-rich-rules)" ]'),
    },
    "the interface was put into another zone": {
      nodes: "gw-a",
      world: "firewalls",
      accepts: ["fw-established-only", "fw-drop", "fw-reject"],
      repair: "automatic",
      inject: { "gw-a": "firewall-cmd --zone=internal --change-interface=eth0" },
      restore: {
        "gw-a":
          "firewall-cmd --zone=internal --remove-interface=eth0; firewall-cmd --reload; vrrp-agent firewall ensure",
      },
    },
  }),
  ...ways("fw-uci", "openwrt", {
    "the rule was deleted": {
      nodes: "gw-b",
      accepts: ["fw-established-only"],
      repair: "automatic",
      inject: {
        "gw-b": `for s in $(uci show firewall | sed -n 's/^firewall\\.\\(vrrp_gw_[^.=]*\\)=.*/\\1/p'); do uci delete firewall.$s; done; uci commit firewall; /etc/init.d/firewall reload`,
      },
      restore: { "gw-b": "vrrp-agent firewall ensure" },
    },
    "the rule was disabled": {
      nodes: "gw-a",
      accepts: ["fw-established-only"],
      repair: "automatic",
      inject: {
        "gw-a": `for s in $(uci show firewall | sed -n 's/^firewall\\.\\(vrrp_gw_[^.=]*\\)=.*/\\1/p'); do uci set firewall.$s.enabled=0; done; uci commit firewall; /etc/init.d/firewall reload`,
      },
      restore: { "gw-a": "vrrp-agent firewall ensure" },
    },
  }),
  ...ways("fw-established-only", "basic", {
    "a chain of nft that knows only what it remembers, on the backup": {
      nodes: "gw-b",
      repair: "automatic",
      inject: { "gw-b": table("input", `${established}\n    ${usual}`, { policy: "drop" }) },
      restore: untable("gw-b"),
      seen: lasting(heldBy("gw-a"), 4000),
    },
    "iptables that reject the rest, on the backup": {
      nodes: "gw-b",
      repair: "automatic",
      inject: {
        "gw-b":
          "iptables -A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT; iptables -A INPUT -p icmp -j ACCEPT; iptables -A INPUT -i lo -j ACCEPT; iptables -A INPUT -p tcp --dport 22 -j ACCEPT; iptables -A INPUT -j REJECT",
      },
      restore: noIptables("gw-b"),
      seen: lasting(heldBy("gw-a"), 4000),
    },
    "ufw without our rule": {
      nodes: "gw-b",
      world: "firewalls",
      repair: "automatic",
      inject: {
        "gw-b": `ufw status numbered | sed -n 's/^\\[ *\\([0-9]*\\)\\].*vrrp-agent.*/\\1/p' | sort -rn >/root/ours; [ -s /root/ours ]; while read -r n; do ufw --force delete $n; done </root/ours; rm /root/ours`,
      },
      restore: { "gw-b": "vrrp-agent firewall ensure" },
      seen: lasting(heldBy("gw-a"), 4000),
    },
  }),
  ...ways("fw-tunnel-port", "tunnel", {
    "a rule of nft drops the port": {
      nodes: "site-a",
      repair: "automatic",
      // What site-a sends would arrive for as long as the keys of the session are good.
      inject: both(
        { "site-a": table("input", "udp dport 51820 drop") },
        { "site-b": "systemctl restart wg-quick@wg0" },
      ),
      restore: untable("site-a"),
      seen: dualMaster,
    },
    "the policy of a chain drops it": {
      nodes: "site-a",
      repair: "automatic",
      inject: { "site-a": table("input", `${usual}\n    iifname "wg0" accept`, { policy: "drop" }) },
      restore: untable("site-a"),
      // What the holder sends still arrives, for as long as the keys of the session are good.
      seen: async (world) => !(await world.answers()),
    },
  }),
];
