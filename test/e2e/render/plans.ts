import { HostPlan, InstanceConfig, TrackProcess, TrackScript } from "../../../spec";
import { instance, plan } from "../../unit/render/plan";

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
