import { both, type Strike, ways } from "../case";
import type { World } from "../world";
import { lan } from "../worlds";
import { lasting, macOf, offSwitch, onSwitch } from "./tools";

const AVC = (name: string, permission: string, command: string) =>
  `mkdir -p /var/log/audit; printf 'type=AVC msg=audit(%s.123:42): avc:  denied  { ${permission} } for  pid=7 comm="${command}" name="${name}" dev="dm-0" ino=9 scontext=system_u:system_r:keepalived_t:s0 tcontext=system_u:object_r:var_run_t:s0 tclass=fifo_file permissive=0\\n' $(date +%s) >>/var/log/audit/audit.log`;
const ENFORCING =
  "printf '#!/bin/sh\\necho Enforcing\\n' >/usr/local/bin/getenforce; chmod 755 /usr/local/bin/getenforce";
const notEnforcing = (node: string): Strike => ({
  [node]: "rm -rf /usr/local/bin/getenforce /var/log/audit",
});

const drained: Strike = { "gw-a": "vrrp-agent drain gw" };
/** The same without vrrp-agent's looking whether the neighbours have noticed. */
const drainedBlindly: Strike = { "gw-a": "echo 1 >/var/lib/vrrp-agent/gw/drain" };
const undrained: Strike = { "gw-a": "vrrp-agent undrain gw" };
const longReachable = "sysctl -qw net.ipv4.neigh.eth1.base_reachable_time_ms=3600000";
const asking = `systemd-run --quiet --unit=asks ping -n -i 0.2 ${lan.vip}`;
/** Until the addresses have been announced for the second time. */
const calm = (world: World) => world.host("gw-a").exec("sleep 9");
const notStale: Strike = {
  pc: "systemctl stop asks; sysctl -qw net.ipv4.neigh.eth1.base_reachable_time_ms=30000; ip neigh flush dev eth1",
};
const unanswered = async (world: World) => !(await world.answers());

export const host = [
  ...ways("selinux-denied", "basic", {
    "the audit log says that keepalived may not open its FIFO": {
      nodes: "gw-b",
      repair: "human",
      inject: { "gw-b": `${ENFORCING}; ${AVC("notify.fifo", "open", "keepalived")}` },
      restore: notEnforcing("gw-b"),
    },
    "it says that a program of keepalived's may not write": {
      nodes: "gw-a",
      repair: "human",
      inject: { "gw-a": `${ENFORCING}; ${AVC("gw.state", "write", "vrrp-agent")}` },
      restore: notEnforcing("gw-a"),
    },
  }),
  ...ways("arp-stale", "lan", {
    "the announcements were lost when the address moved": {
      nodes: ["gw-b", "gw-a"],
      repair: "automatic",
      inject: both(
        {
          pc: `ping -n -c 1 ${lan.vip}; ${longReachable}; ip neigh change ${lan.vip} dev eth1 nud reachable; ${asking}`,
        },
        onSwitch(() => `arp saddr ip ${lan.vip} drop`, "prerouting"),
        drainedBlindly,
        calm,
        offSwitch,
      ),
      restore: both(notStale, offSwitch, undrained),
      seen: lasting(unanswered),
    },
    "a neighbour has kept the former holder": {
      nodes: ["gw-b", "gw-a"],
      repair: "automatic",
      inject: both(drained, calm, async (world) => {
        const former = macOf(world, "gw-a", 1);
        await world
          .host("pc")
          .exec(
            `${longReachable}; ip neigh replace ${lan.vip} lladdr ${former} dev eth1 nud reachable; ${asking}`,
          );
      }),
      restore: both(notStale, undrained),
      seen: lasting(unanswered),
    },
  }),
  ...ways("state-dir", "basic", {
    "a file is in its place": {
      nodes: "gw-b",
      repair: "human",
      inject: { "gw-b": "rm -rf /run/vrrp-agent; : >/run/vrrp-agent" },
      restore: { "gw-b": "rm -f /run/vrrp-agent; systemctl restart keepalived" },
    },
    "it cannot be written": {
      nodes: "gw-b",
      repair: "human",
      inject: {
        "gw-b": "mount --bind /run/vrrp-agent /run/vrrp-agent && mount -o remount,bind,ro /run/vrrp-agent",
      },
      restore: {
        "gw-b": "umount /run/vrrp-agent || umount -l /run/vrrp-agent; systemctl restart keepalived",
      },
    },
    "the disk is full": {
      nodes: "gw-b",
      repair: "human",
      inject: {
        "gw-b":
          "dd if=/dev/zero of=/var/tmp/fill bs=64k status=none 2>/dev/null || :; dd if=/dev/zero of=/var/tmp/fill2 bs=512 status=none 2>/dev/null || :",
      },
      restore: { "gw-b": "rm -f /var/tmp/fill /var/tmp/fill2; systemctl restart keepalived" },
    },
  }),
];
