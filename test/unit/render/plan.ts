import { Bfd, HostPlan, InstanceConfig } from "../../../spec";

/** An instance that is right; a test changes what it is about. */
export function instance(changes: Partial<InstanceConfig> = {}): InstanceConfig {
  return {
    name: "gw",
    family: 4,
    state: "BACKUP",
    interface: "eth0",
    virtualRouterId: 51,
    priority: 100,
    advertInt: 1,
    version: 3,
    multicast: false,
    unicastSrcIp: "192.168.1.2",
    unicastPeers: ["192.168.1.3"],
    nopreempt: false,
    preemptDelay: 0,
    virtualIpAddresses: [{ address: "192.168.1.1", prefixLength: 24, family: 4 }],
    trackScripts: [],
    trackProcesses: [],
    trackInterfaces: [],
    bfd: [],
    ...changes,
  };
}

/** A BFD session that is right. */
export function session(changes: Partial<Bfd> = {}): Bfd {
  return {
    name: "up",
    neighborIp: "192.168.1.254",
    minRx: 300,
    minTx: 300,
    idleTx: 1000,
    multiplier: 3,
    maxHops: 0,
    multihop: false,
    passive: false,
    weight: 0,
    ...changes,
  };
}

/** The plan of a host with these instances. */
export function plan(instances: InstanceConfig[] = [instance()], changes: Partial<HostPlan> = {}): HostPlan {
  return {
    cluster: "gw",
    node: "gw-a",
    routerId: "gw-a",
    scriptUser: "root",
    global: { startupDelay: 0, chosen: [] },
    instances,
    syncGroups: instances.length > 1 ? [{ name: "gw", instances: instances.map(({ name }) => name) }] : [],
    peers: [{ name: "gw-b", addresses: ["192.168.1.3"] }],
    peersElsewhere: false,
    nonlocalBind: false,
    vipOffLink: false,
    undoAfter: 300,
    firewall: true,
    openPorts: [],
    checks: [],
    ...changes,
  };
}
