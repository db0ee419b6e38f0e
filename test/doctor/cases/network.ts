import { both, type Strike, ways } from "../case";
import { inNamespace, portOfNic } from "../../../lab/network";
import type { World } from "../world";
import { lan } from "../worlds";
import { applied, dualMaster, heldBy, macOf, offSwitch, onSwitch, shows, unapplied } from "./tools";

const port = (name: string) => portOfNic(name, 1);

/** The port of a host's eth1 in a set of the switch's faults. */
const inSet =
  (verb: "add" | "delete", set: string, name: string): Strike =>
  (world) =>
    inNamespace(
      world.lab.client.switch,
      "nft -f -",
      `add element bridge faults ${set} { "${port(name)}" }\n${verb === "delete" ? `delete element bridge faults ${set} { "${port(name)}" }\n` : ""}`,
    );

const onPort =
  (name: string, command: (port: string) => string): Strike =>
  (world) =>
    inNamespace(world.lab.client.switch, command(port(name)));

/** Puts `use_vmac` into both, as if they had been applied so. */
const vmac = both(
  applied("gw-b", "s/^    virtual_router_id 51/    use_vmac\\n&/"),
  applied("gw-a", "s/^    virtual_router_id 51/    use_vmac\\n&/"),
);

const answersOf = (name: string) => async (world: World) =>
  (await world.isHeldBy(name)) && !(await world.answers());

export const network = [
  ...ways("hv-filter", "lan", {
    "the switch drops VRRP both ways": {
      nodes: ["gw-a", "gw-b"],
      repair: "human",
      inject: inSet("add", "no-vrrp", "gw-b"),
      restore: inSet("delete", "no-vrrp", "gw-b"),
      seen: dualMaster,
    },
    "what gw-a sends by protocol 112 does not reach gw-b": {
      nodes: "gw-a",
      repair: "human",
      inject: onSwitch(() => `oifname "${port("gw-b")}" ip protocol 112 drop`),
      restore: offSwitch,
      seen: dualMaster,
    },
    "nothing but TCP, UDP, ICMP and ARP passes gw-a's port": {
      nodes: "gw-a",
      repair: "human",
      inject: onSwitch(
        () => `iifname "${port("gw-a")}" ether type ip ip protocol != { tcp, udp, icmp } drop`,
      ),
      restore: offSwitch,
      seen: dualMaster,
    },
  }),
  ...ways("hv-mac-filter", "multicast", {
    "the switch drops the virtual MAC": {
      nodes: ["gw-a", "gw-b"],
      repair: "human",
      inject: both(
        vmac,
        onSwitch(() => "ether saddr 00:00:5e:00:01:33 drop", "prerouting"),
      ),
      restore: both(offSwitch, unapplied("gw-a", "gw-b")),
      seen: dualMaster,
    },
    "a port lets pass what its NIC's MAC sends": {
      nodes: "gw-a",
      repair: "human",
      inject: both(
        vmac,
        onSwitch(
          (world) => `iifname "${world.host("gw-a").port}" ether saddr != ${macOf(world, "gw-a")} drop`,
          "prerouting",
        ),
      ),
      restore: both(offSwitch, unapplied("gw-a", "gw-b")),
      seen: dualMaster,
    },
  }),
  ...ways("hv-multicast", "multicast", {
    "the switch drops 224.0.0.18": {
      nodes: ["gw-a", "gw-b"],
      repair: "spec",
      inject: onSwitch(() => "ip daddr 224.0.0.18 drop"),
      restore: offSwitch,
      seen: dualMaster,
    },
    "the switch drops all multicast frames": {
      nodes: ["gw-a", "gw-b"],
      repair: "spec",
      inject: onSwitch(() => "ether daddr & 01:00:5e:00:00:00 == 01:00:5e:00:00:00 drop"),
      restore: offSwitch,
      seen: dualMaster,
    },
  }),
  ...ways("hv-ip-filter", "lan", {
    "the switch drops ARP that names the address": {
      nodes: "gw-a",
      repair: "human",
      inject: both(
        onSwitch(() => `iifname "${port("gw-a")}" arp saddr ip ${lan.vip} drop`, "prerouting"),
        { pc: `ip neigh del ${lan.vip} dev eth1`, "gw-b": `ip neigh del ${lan.vip} dev eth1 || :` },
      ),
      restore: offSwitch,
      seen: answersOf("gw-a"),
    },
    "a port lets pass what its own address sends": {
      nodes: "gw-a",
      repair: "human",
      inject: both(
        onSwitch(
          () =>
            `iifname "${port("gw-a")}" arp saddr ip != ${lan["gw-a"]} drop\n    iifname "${port("gw-a")}" ether type ip ip saddr != ${lan["gw-a"]} drop`,
          "prerouting",
        ),
        { pc: `ip neigh del ${lan.vip} dev eth1`, "gw-b": `ip neigh del ${lan.vip} dev eth1 || :` },
      ),
      restore: offSwitch,
      seen: answersOf("gw-a"),
    },
  }),
  ...ways("iface-down", "lan", {
    "the interface of the backup was set down": {
      nodes: "gw-b",
      repair: "human",
      inject: { "gw-b": "ip link set eth1 down" },
      restore: { "gw-b": "ip link set eth1 up; networkctl reconfigure eth1" },
      seen: shows("gw-b", "journalctl -o cat -t Keepalived_vrrp | grep -q 'FAULT STATE'"),
    },
    "the cable of the holder is out": {
      nodes: "gw-a",
      repair: "human",
      inject: onPort("gw-a", (one) => `ip link set ${one} down`),
      restore: onPort("gw-a", (one) => `ip link set ${one} up`),
      seen: heldBy("gw-b"),
    },
  }),
  ...ways("net-partition", "lan", {
    "the switch drops all of the backup's frames": {
      nodes: [],
      repair: "human",
      inject: inSet("add", "silent", "gw-b"),
      restore: inSet("delete", "silent", "gw-b"),
      seen: dualMaster,
    },
    "the backup's port is in another VLAN": {
      nodes: [],
      repair: "human",
      inject: onPort(
        "gw-b",
        (one) =>
          `ip link add br-else type bridge mcast_snooping 0; ip link set br-else up; ip link set ${one} nomaster; ip link set ${one} master br-else`,
      ),
      restore: onPort(
        "gw-b",
        (one) => `ip link set ${one} nomaster; ip link set ${one} master br-lan; ip link del br-else`,
      ),
      seen: dualMaster,
    },
  }),
  ...ways("net-one-way", "lan", {
    "the holder is not heard": {
      nodes: "gw-a",
      repair: "human",
      inject: inSet("add", "mute", "gw-a"),
      restore: inSet("delete", "mute", "gw-a"),
      seen: dualMaster,
    },
    "the backup hears nothing": {
      nodes: "gw-a",
      repair: "human",
      inject: inSet("add", "deaf", "gw-b"),
      restore: inSet("delete", "deaf", "gw-b"),
      seen: dualMaster,
    },
  }),
  ...ways("net-lossy", "lan", {
    "most frames of the backup's port are lost": {
      nodes: [],
      repair: "human",
      inject: onSwitch(
        () =>
          `iifname "${port("gw-b")}" numgen random mod 100 < 65 drop\n    oifname "${port("gw-b")}" numgen random mod 100 < 65 drop`,
      ),
      restore: offSwitch,
      seen: shows(
        "gw-b",
        "[ $(journalctl -o cat -t Keepalived_vrrp | grep -c 'Entering MASTER STATE') -ge 1 ]",
      ),
    },
    "most of what reaches the backup is lost": {
      nodes: [],
      repair: "human",
      inject: onSwitch(() => `oifname "${port("gw-b")}" numgen random mod 100 < 70 drop`),
      restore: offSwitch,
      seen: shows(
        "gw-b",
        "[ $(journalctl -o cat -t Keepalived_vrrp | grep -c 'Entering MASTER STATE') -ge 1 ]",
      ),
    },
  }),
  ...ways("node-unreachable", "basic", {
    "the backup has no power": {
      nodes: "gw-b",
      repair: "human",
      inject: (world) => world.host("gw-b").powerOff(),
      restore: (world) => world.host("gw-b").boot(),
    },
    "the backup's sshd does not run": {
      nodes: "gw-b",
      repair: "human",
      inject: { "gw-b": "systemctl stop ssh.socket ssh 2>/dev/null || systemctl stop ssh" },
      restore: { "gw-b": "systemctl start ssh" },
    },
  }),
];
