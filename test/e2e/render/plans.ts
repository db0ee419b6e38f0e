import { HostPlan, InstanceConfig, TrackProcess, TrackScript } from "../../../spec";
import { instance, plan, session } from "../../unit/render/plan";

export const six: Partial<InstanceConfig> = {
  name: "gw-6",
  family: 6,
  unicastSrcIp: "fd00::2",
  unicastPeers: ["fd00::3"],
  virtualIpAddresses: [{ address: "fd00::1", prefixLength: 64, family: 6 }],
};

export const script: TrackScript = {
  name: "web",
  script: "/usr/bin/true --x 'a # b'",
  interval: 3,
  timeout: 1,
  fall: 4,
  rise: 2,
  weight: -20,
};

export const process: TrackProcess = { name: "ssh", process: "sshd", weight: 0, quorum: 2 };

/** A router that is far. */
const router = session({
  name: "far",
  neighborIp: "fd00::254",
  sourceIp: "fd00::2",
  minRx: 1,
  minTx: 4294967,
  idleTx: 4294967,
  multiplier: 255,
  maxHops: 254,
  passive: true,
  weight: -253,
});

const checked = { trackScripts: [script], trackProcesses: [process] };

/** One host each; together they use every word that is rendered. */
export const plans = {
  "version 3 unicast": plan(),
  "version 2 unicast with a password": plan([instance({ version: 2, advertInt: 2, authPass: "a$!#{b}c" })]),
  multicast: plan([instance({ multicast: true, mcastSrcIp: "192.168.1.2", unicastPeers: [] })]),
  "IPv6 unicast": plan([instance(six)]),
  "IPv6 multicast": plan([instance({ ...six, multicast: true, unicastPeers: [], unicastSrcIp: undefined })]),
  "both families in a sync group": plan([instance(), instance(six)]),
  "both families with checks that have a weight": plan([instance(checked), instance({ ...six, ...checked })]),
  "checks by script and by process": plan([instance(checked)]),
  "a check of the agent's, as root, where scripts have another user": plan(
    [
      instance({
        trackScripts: [
          { ...script, script: "/usr/bin/env sh /usr/lib/vrrp-agent/vrrp-check gw web", user: "root" },
        ],
      }),
    ],
    { scriptUser: "nobody" },
  ),
  "an interval of 30 ms": plan([instance({ advertInt: 0.03 })]),
  "a delay before preemption": plan([instance({ preemptDelay: 300 })]),
  "no preemption": plan([instance({ nopreempt: true })]),
  "timers and programs of its own": plan([
    instance({
      garpMasterDelay: 7,
      garpMasterRepeat: 3,
      garpMasterRefresh: 60,
      garpMasterRefreshRepeat: 2,
      garpLowerPrioRepeat: 1,
      notifyMaster: "/usr/bin/true --x 'a # b'",
      notifyBackup: "/usr/bin/true",
      notifyFault: "/usr/bin/true ! {x} @",
    }),
  ]),
  "the widest timers": plan([
    instance({
      garpMasterDelay: 4294,
      garpMasterRepeat: 4294967295,
      garpMasterRefresh: 4294967295,
      garpMasterRefreshRepeat: 4294967295,
      garpLowerPrioRepeat: 2147483647,
    }),
  ]),
  "TTLs, adverts and timers of its own": plan([
    instance({
      trackSrcIp: true,
      unicastTtl: 255,
      minTtl: 254,
      downTimerAdverts: 100,
      garpLowerPrioDelay: 4294,
      unicastPeers: ["192.168.1.3", "192.168.1.4"],
    }),
    instance({ ...six, trackSrcIp: true, unicastTtl: 64, minTtl: 64, downTimerAdverts: 2 }),
  ]),
  "another interface": plan([
    instance({
      trackInterfaces: [
        { interface: "eth9", weight: -253 },
        { interface: "lo", weight: 0 },
      ],
    }),
  ]),
  "routers over BFD": plan([
    instance({ bfd: [session(), router] }),
    instance({ ...six, bfd: [session(), router] }),
  ]),
  "real time": plan([instance({ advertInt: 0.02, bfd: [session()] })], {
    global: {
      startupDelay: 2.5,
      garpInterval: 0.001,
      gnaInterval: 1,
      realtime: { priority: 99, cpuAffinity: [0], rlimitRttime: 500000, noSwap: true },
      chosen: ["rlimitRttime"],
    },
  }),
  "several addresses": plan([
    instance({
      virtualIpAddresses: [
        { address: "192.168.1.1", prefixLength: 24, family: 4, label: "eth0:vip" },
        { address: "10.0.0.1", prefixLength: 32, family: 4, dev: "lo" },
      ],
    }),
  ]),
  "a router id of many characters": plan([instance()], { routerId: "a b # ! c {x} @ ~SEQ $x it's ü" }),
} satisfies Record<string, HostPlan>;

export type PlanName = keyof typeof plans;
