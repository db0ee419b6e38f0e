import { hostPlan } from "../spec/host-plan";
import type { Cluster, HostPlan, InstanceConfig } from "../spec/model";
import { parseCluster } from "../spec/parse";
import type { SimulatedNode } from "./node";
import { calmAfter } from "./run";
import { type Action, type Strike, StrikeKind } from "./strike";

/** A cluster and what happens to it, for the model and for real keepalived alike (npm run test:model). */
export interface Scenario {
  /** Stable, kebab-case. */
  name: string;
  /** What HaPair would be given, but for name, nodes and addresses. */
  cluster: Record<string, unknown>;
  /** Nodes: gw-a, gw-b, gw-c by their number. @default 2 */
  hosts?: 2 | 3;
  /** Has an IPv6 address besides, in a sync group with the first. @default false */
  bothFamilies?: boolean;
  /** Who is started first. @default gw-a */
  first?: string;
  /** What HaPair does not say of an instance. */
  instance?: Partial<Pick<InstanceConfig, "nopreempt">>;
  /** One after the other, each after the former one has settled; the actions of a step are done together. */
  steps: Action[][];
}

/** The VRID of every scenario. */
export const scenarioRouterId = 51;

/** Names and addresses as the lab gives them (lab/network.ts). */
const hosts = ["gw-a", "gw-b", "gw-c"].map((name, place) => ({
  name,
  unicastSrcIp: `10.20.30.${11 + place}`,
  unicastSrcIp6: `fd20:30:40::${11 + place}`,
}));
const [a, b, c] = ["gw-a", "gw-b", "gw-c"];

/** The virtual addresses of a scenario. */
export function addressesOf({ bothFamilies }: Scenario): string[] {
  return ["10.20.30.200", ...(bothFamilies === true ? ["fd20:30:40::200"] : [])];
}

/** The file whose absence fails the check `web` in the lab. */
export const checkFile = "/var/lib/model/web";

const v2 = { version: 2, advertInt: 1 };
const v3 = { version: 3, advertInt: 0.5 };
const sticky = { preemption: "sticky" };
const check = (weight: number) => ({
  trackScripts: [
    {
      name: "web",
      script: `/usr/bin/test -e ${checkFile}`,
      interval: 1,
      timeout: 1,
      fall: 2,
      rise: 2,
      weight,
    },
  ],
});

const {
  PowerOff,
  Boot,
  Stop,
  Start,
  Kill,
  Reload,
  CutCable,
  RestoreCable,
  CutSilently,
  RestoreSilently,
  Mute,
  Unmute,
  Deafen,
  Undeafen,
  DropVrrp,
  RestoreVrrp,
  FailCheck,
  PassCheck,
  Drain,
  Undrain,
} = StrikeKind;
/** Steps of one action on one node each. */
const on = (node: string | undefined, ...kinds: StrikeKind[]): Action[][] =>
  kinds.map((kind) => [act(node, kind)]);
function act(node: string | undefined, kind: StrikeKind): Action {
  const isCheck = kind === FailCheck || kind === PassCheck;
  return { do: kind, node: node!, ...(isCheck && { check: "web" }) };
}
/** A step of one action on several nodes. */
const both = (kind: StrikeKind, ...nodes: (string | undefined)[]): Action[] =>
  nodes.map((node) => act(node, kind));

/** Every scenario. Timers are short where the version allows it; nothing else about them is special. */
export const scenarios: readonly Scenario[] = [
  // Prefer-primary: priorities 100, 90.
  { name: "v3-prefer-stop-start", cluster: v3, steps: on(a, Stop, Start) },
  { name: "v2-prefer-stop-start", cluster: v2, steps: on(a, Stop, Start) },
  { name: "v3-prefer-power-off-boot", cluster: v3, steps: on(a, PowerOff, Boot) },
  { name: "v2-prefer-power-off", cluster: v2, steps: on(a, PowerOff) },
  { name: "v3-prefer-cable", cluster: v3, steps: on(a, CutCable, RestoreCable) },
  { name: "v2-prefer-cable", cluster: v2, steps: on(a, CutCable, RestoreCable) },
  { name: "v3-prefer-cut-silently", cluster: v3, steps: on(a, CutSilently, RestoreSilently) },
  { name: "v2-prefer-cut-silently", cluster: v2, steps: on(a, CutSilently, RestoreSilently) },
  {
    name: "v3-prefer-reload-both-orders",
    cluster: v3,
    steps: [...on(a, Reload), ...on(b, Reload), ...on(a, Reload)],
  },
  { name: "v3-prefer-mute", cluster: v3, steps: on(a, Mute, Unmute) },
  { name: "v3-prefer-deaf", cluster: v3, steps: on(a, Deafen, Undeafen) },
  { name: "v3-prefer-vrrp-lost", cluster: v3, steps: on(a, DropVrrp, RestoreVrrp) },
  { name: "v3-prefer-killed", cluster: v3, steps: on(a, Kill, Start) },
  { name: "v3-prefer-network-lost", cluster: v3, steps: [both(CutCable, a, b), both(RestoreCable, a, b)] },
  { name: "v3-prefer-drain", cluster: v3, steps: on(a, Drain, Undrain) },
  { name: "v2-prefer-drain", cluster: v2, steps: on(a, Drain, Undrain) },
  { name: "v3-prefer-preempt-delay", cluster: { ...v3, preemptDelay: 3 }, steps: on(a, Stop, Start) },
  { name: "v3-prefer-startup-delay", cluster: { ...v3, startupDelay: 2 }, steps: on(a, Stop, Start) },
  {
    name: "v3-prefer-fast",
    cluster: { version: 3, advertInt: 0.1 },
    steps: on(a, Stop, Start, CutCable, RestoreCable),
  },
  {
    name: "v3-prefer-multicast",
    cluster: { ...v3, multicast: true },
    steps: on(a, Stop, Start, CutCable, RestoreCable),
  },
  // Sticky: equal priorities; gw-a has the lower address.
  { name: "v3-sticky-lower-stop-start", cluster: { ...v3, ...sticky }, steps: on(a, Stop, Start) },
  { name: "v3-sticky-higher-stop-start", cluster: { ...v3, ...sticky }, first: b, steps: on(b, Stop, Start) },
  { name: "v2-sticky-higher-stop-start", cluster: { ...v2, ...sticky }, first: b, steps: on(b, Stop, Start) },
  {
    name: "v3-sticky-higher-power-off-boot",
    cluster: { ...v3, ...sticky },
    first: b,
    steps: on(b, PowerOff, Boot),
  },
  { name: "v3-sticky-lower-cable", cluster: { ...v3, ...sticky }, steps: on(a, CutCable, RestoreCable) },
  {
    name: "v3-sticky-higher-cable",
    cluster: { ...v3, ...sticky },
    first: b,
    steps: on(b, CutCable, RestoreCable),
  },
  {
    name: "v2-sticky-higher-cable",
    cluster: { ...v2, ...sticky },
    first: b,
    steps: on(b, CutCable, RestoreCable),
  },
  {
    name: "v3-sticky-lower-cut-silently",
    cluster: { ...v3, ...sticky },
    steps: on(a, CutSilently, RestoreSilently),
  },
  {
    name: "v3-sticky-higher-cut-silently",
    cluster: { ...v3, ...sticky },
    first: b,
    steps: on(b, CutSilently, RestoreSilently),
  },
  {
    name: "v2-sticky-higher-cut-silently",
    cluster: { ...v2, ...sticky },
    first: b,
    steps: on(b, CutSilently, RestoreSilently),
  },
  {
    name: "v3-sticky-reload-holder-first",
    cluster: { ...v3, ...sticky },
    steps: [...on(a, Reload), ...on(b, Reload)],
  },
  {
    name: "v2-sticky-reload-holder-last",
    cluster: { ...v2, ...sticky },
    steps: [...on(b, Reload), ...on(a, Reload)],
  },
  { name: "v3-sticky-drain", cluster: { ...v3, ...sticky }, steps: on(a, Drain, Undrain) },
  // Checks.
  { name: "v3-check-fault", cluster: { ...v3, ...check(0) }, steps: on(a, FailCheck, PassCheck) },
  { name: "v2-check-fault", cluster: { ...v2, ...check(0) }, steps: on(a, FailCheck, PassCheck) },
  { name: "v3-check-negative", cluster: { ...v3, ...check(-20) }, steps: on(a, FailCheck, PassCheck) },
  { name: "v3-check-positive", cluster: { ...v3, ...check(20) }, steps: on(a, FailCheck, PassCheck) },
  {
    name: "v3-check-everywhere",
    cluster: { ...v3, ...check(0) },
    // The backup's first: together, the node whose check happens to run later would hold for a moment.
    steps: [...on(b, FailCheck), ...on(a, FailCheck), ...on(b, PassCheck), ...on(a, PassCheck)],
  },
  {
    name: "v3-sticky-check-negative",
    cluster: { ...v3, ...sticky, ...check(-20) },
    steps: on(a, FailCheck, PassCheck),
  },
  {
    name: "v3-nopreempt-check-negative",
    cluster: { ...v3, ...check(-20) },
    instance: { nopreempt: true },
    steps: on(a, FailCheck, PassCheck),
  },
  // Three nodes: priorities 100, 90, 80.
  {
    name: "v3-three-stop-stop",
    cluster: v3,
    hosts: 3,
    steps: [...on(a, Stop), ...on(b, Stop), ...on(b, Start), ...on(a, Start)],
  },
  { name: "v3-three-cut-silently", cluster: v3, hosts: 3, steps: on(a, CutSilently, RestoreSilently) },
  {
    name: "v2-three-cable",
    cluster: v2,
    hosts: 3,
    steps: [...on(a, CutCable), ...on(b, CutCable), ...on(c, Reload)],
  },
  // Both families in a sync group.
  { name: "v3-both-families-stop-start", cluster: v3, bothFamilies: true, steps: on(a, Stop, Start) },
  { name: "v3-both-families-cable", cluster: v3, bothFamilies: true, steps: on(a, CutCable, RestoreCable) },
];

/** What a host is to be told in a scenario. */
export function planOf(scenario: Scenario, node: string): HostPlan {
  const plan = hostPlan(clusterOf(scenario), node);
  return { ...plan, instances: plan.instances.map((instance) => ({ ...instance, ...scenario.instance })) };
}

function clusterOf(scenario: Scenario): Cluster {
  const { cluster, hosts: count = 2, bothFamilies = false } = scenario;
  const parsed = parseCluster({
    name: "gw",
    virtualRouterId: scenarioRouterId,
    virtualIpAddresses: addressesOf(scenario).map(
      (address) => `${address}/${address.includes(":") ? 64 : 24}`,
    ),
    nodes: hosts.slice(0, count).map(({ unicastSrcIp6, ...host }) => ({
      ...host,
      ...(bothFamilies && { unicastSrcIp6 }),
      interface: "eth0",
      connection: { host: host.unicastSrcIp, agentSocketPath: "/nowhere", insecureHostKey: true },
    })),
    ...cluster,
  });
  if ("problems" in parsed) {
    const all = parsed.problems.map(({ path, allowed }) => `${path}: ${allowed}`).join("; ");
    throw new Error(`scenario ${scenario.name}: ${all}`);
  }
  return parsed.value;
}

/** The machines of a scenario. */
export function nodesOfScenario(scenario: Scenario): SimulatedNode[] {
  return hosts.slice(0, scenario.hosts ?? 2).map(({ name }) => {
    const { instances, syncGroups, global } = planOf(scenario, name);
    const groups = syncGroups.map((group) => group.instances);
    return { name, instances, syncGroups: groups, startupDelay: global.startupDelay };
  });
}

/** Seconds between two steps. */
export function pauseOf(scenario: Scenario): number {
  return calmAfter(nodesOfScenario(scenario));
}

/** The steps as strikes, the first one in the middle between two adverts. */
export function strikesOfScenario(scenario: Scenario): Strike[] {
  const begin = Number(scenario.cluster.advertInt) / 2;
  const pause = pauseOf(scenario);
  return scenario.steps.flatMap((actions, step) =>
    actions.map((one) => ({ ...one, at: begin + step * pause })),
  );
}
