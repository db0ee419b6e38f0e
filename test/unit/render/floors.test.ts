import { renderHost } from "../../../render";
import { HostPlan } from "../../../spec";
import { instance, plan, session } from "./plan";

const CONF = "/etc/keepalived/keepalived.conf";

/** The lines of node.conf that begin so, without that word. */
function facts(host: HostPlan, key: string): string[] {
  const text = renderHost(host).find((file) => file.path === "/etc/vrrp-agent/gw/node.conf")!.text;
  return text
    .split("\n")
    .filter((line) => line.startsWith(`${key} `))
    .map((line) => line.slice(key.length + 1));
}

const REALTIME = { priority: 50, rlimitRttime: 500000, noSwap: true, cpuAffinity: [0, 1] };

test("a host is told of nothing that every keepalived knows", () => {
  const known = {
    trackSrcIp: true,
    garpLowerPrioDelay: 1,
    bfd: [session()],
    trackInterfaces: [{ interface: "w", weight: 0 }],
  };
  const global = { startupDelay: 0, garpInterval: 0.01, gnaInterval: 0.01, chosen: [] };
  expect(facts(plan([instance(known)], { global }), "since")).toEqual([]);
});

test("a host is told, once for each, from which version on keepalived knows what was asked for", () => {
  const asked = {
    unicastTtl: 255,
    minTtl: 255,
    downTimerAdverts: 4,
    unicastPeers: ["192.168.1.3", "192.168.1.4"],
    // Names are no options.
    trackProcesses: [{ name: "unicast_ttl", process: "down_timer_adverts", weight: 0, quorum: 1 }],
    bfd: [session({ name: "min_ttl", multihop: true, maxHops: 1 })],
  };
  const global = { startupDelay: 1, realtime: REALTIME, chosen: [] };
  const host = plan([instance(asked), instance({ ...asked, name: "gw-6", family: 6 })], { global });
  expect(facts(host, "since")).toEqual([
    `2.0.14 asked startupDelay ${CONF} vrrp_startup_delay`,
    `2.1.0 asked realtime.rlimitRttime ${CONF} vrrp_rlimit_rttime`,
    `2.0.17 asked realtime.cpuAffinity ${CONF} vrrp_cpu_affinity`,
    `2.1.0 asked realtime.rlimitRttime ${CONF} bfd_rlimit_rttime`,
    `2.0.17 asked realtime.cpuAffinity ${CONF} bfd_cpu_affinity`,
    `2.0.11 asked trackProcesses ${CONF} vrrp_track_process`,
    `2.2.8 asked bfd.multihop ${CONF} multihop`,
    `2.1.0 asked minTtl ${CONF} min_ttl`,
    `2.1.0 asked unicastTtl ${CONF} unicast_ttl`,
    `2.2.3 asked downTimerAdverts ${CONF} down_timer_adverts`,
  ]);
});

test("of what was chosen, the host is told the whole line, which it leaves out where it must", () => {
  const global = {
    startupDelay: 2,
    realtime: REALTIME,
    chosen: ["startupDelay" as const, "rlimitRttime" as const],
  };
  const host = plan([instance()], { global });
  expect(facts(host, "since")).toEqual([
    `2.0.14 chosen startupDelay ${CONF} vrrp_startup_delay 2`,
    `2.1.0 chosen realtime.rlimitRttime ${CONF} vrrp_rlimit_rttime 500000`,
    `2.0.17 asked realtime.cpuAffinity ${CONF} vrrp_cpu_affinity`,
  ]);
  const text = renderHost(host).find((file) => file.path === CONF)!.text;
  for (const line of ["vrrp_startup_delay 2", "vrrp_rlimit_rttime 500000"]) {
    expect(text.split("\n").filter((l) => l.trim() === line)).toHaveLength(1);
  }
});

test("roles settle after the startup delay and when BFD is up, too", () => {
  const settle = (host: HostPlan) => Number(facts(host, "settle")[0]);
  const plain = settle(plan());
  expect(settle(plan(undefined, { global: { startupDelay: 2.5, chosen: [] } }))).toBe(plain + 3);
  expect(settle(plan([instance({ bfd: [session({ idleTx: 2000 })] })]))).toBe(plain + 8);
});

test("hosts must agree on TTLs where any is set", () => {
  expect(facts(plan(), "ttl")).toEqual([]);
  expect(facts(plan([instance({ minTtl: 255 })]), "ttl")).toEqual(["gw any 255"]);
  expect(facts(plan([instance({ unicastTtl: 64 })]), "ttl")).toEqual(["gw 64 any"]);
});
