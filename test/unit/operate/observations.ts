import type { ClusterStatus, Observation, Seen } from "../../../operate/observation";

export const VIP = "10.0.0.100";

/** A healthy node that has the address or not; with changes of what it says. */
export function node(name: string, holds: boolean, changes: Partial<ClusterStatus> = {}): Seen {
  const status: ClusterStatus = {
    cluster: "gw",
    node: name,
    generation: "1",
    pending: false,
    drained: false,
    promoted: false,
    keeps: true,
    handOver: 3,
    lease: null,
    drainIsFault: false,
    drift: [],
    tunnels: [],
    checks: [{ name: "web", state: "passing", words: "" }],
    role: null,
    instances: [instance(holds ? [VIP] : [], holds ? "MASTER" : "BACKUP")],
    ...changes,
  };
  return { node: name, address: `${name}.example`, running: true, firewall: [], tunnels: [], status };
}

export function instance(held: string[], state: string, vips = [VIP]): ClusterStatus["instances"][number] {
  return {
    name: "gw",
    state,
    timing: { version: 3, advertInt: 0.5, downTimerAdverts: 3, priority: null },
    vips: vips.map((address) => ({ address, held: held.includes(address) })),
    reported: { state, priority: 100, heartbeatAge: 2 },
  };
}

export function role(changes: Partial<NonNullable<ClusterStatus["role"]>> = {}): ClusterStatus["role"] {
  return { wanted: "backup", reached: "backup", heartbeatAge: 2, doing: null, actions: [], ...changes };
}

export const unseen = (name: string): Observation => ({ node: name, address: name, problem: "i/o timeout" });
