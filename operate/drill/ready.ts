import { held, isSeen, type Observation, type Seen } from "../observation";
import { type Choice, DrillKind } from "./model";

/** Seconds without a sign after which the loop of a role, or the reader of keepalived's reports, is taken for dead. */
const HEARTBEAT = 30;

/** What keeps a cluster from being exercised, a sentence each; empty: nothing. */
export function unfit(observations: readonly Observation[]): string[] {
  const seen = observations.filter(isSeen);
  const unseen = observations.flatMap((one) =>
    isSeen(one) ? [] : [`${one.node} was not seen: ${one.problem}`],
  );
  if (seen.length + unseen.length < 2) return ["the cluster has one node: nobody could take over"];
  return [...unseen, ...seen.flatMap(unfitNode), ...(unseen.length > 0 ? [] : unfitTogether(seen))];
}

function unfitNode({ node, running, status, firewall }: Seen): string[] {
  const { role } = status;
  const checks = status.checks.filter(({ state }) => state !== "passing");
  return [
    ...(running ? [] : [`keepalived does not run on ${node}`]),
    ...(status.pending ? [`a change is not confirmed yet on ${node}`] : []),
    ...(status.drained ? [`${node} is drained (vrrp-agent undrain there ends that)`] : []),
    ...(status.promoted ? [`${node} is promoted (vrrp-agent undrain there ends that)`] : []),
    ...checks.map(
      ({ name, state, words }) =>
        `the check ${name} is ${state} on ${node}${words === "" ? "" : `: ${words}`}`,
    ),
    ...firewall.map((words) => `firewall of ${node}: ${words}`),
    ...(running ? status.instances.flatMap((instance) => unfitInstance(node, instance)) : []),
    ...(role === null ? [] : unfitRole(node, role)),
  ];
}

function unfitInstance(
  node: string,
  { name, state, reported }: Seen["status"]["instances"][number],
): string[] {
  if (state !== "MASTER" && state !== "BACKUP") return [`${name} is ${state} on ${node}`];
  if (reported === null) return [];
  if ((reported.heartbeatAge ?? 0) > HEARTBEAT)
    return [`nobody reads what keepalived reports on ${node}, for ${reported.heartbeatAge} s`];
  return reported.state === state
    ? []
    : [`${name} is ${state} on ${node} by its addresses, and keepalived has reported ${reported.state}`];
}

function unfitRole(node: string, role: NonNullable<Seen["status"]["role"]>): string[] {
  if (role.heartbeatAge === null || role.heartbeatAge > HEARTBEAT)
    return [`nobody minds the role of ${node}`];
  return role.wanted === role.reached
    ? []
    : [`${node} has not become ${role.wanted} wholly${role.doing === null ? "" : ` (doing ${role.doing})`}`];
}

function unfitTogether(seen: readonly Seen[]): string[] {
  const [first, ...others] = seen;
  const holders = holdersOf(seen);
  const wrong = Object.entries(holders)
    .filter(([, nodes]) => nodes.length !== 1)
    .map(([address, nodes]) =>
      nodes.length === 0 ? `nobody has ${address}` : `${nodes.join(" and ")} have ${address} at once`,
    );
  const older = others.filter(({ status }) => status.generation !== first!.status.generation);
  return [
    ...(Object.keys(holders).length === 0 ? ["the cluster has no address"] : []),
    ...wrong,
    ...older.map(({ node }) => `${first!.node} and ${node} have not the same generation`),
  ];
}

/** Address -> the nodes that have it. */
export function holdersOf(seen: readonly Seen[]): Record<string, string[]> {
  const addresses = seen.flatMap(({ status }) =>
    status.instances.flatMap(({ vips }) => vips.map(({ address }) => address)),
  );
  return Object.fromEntries(
    [...new Set(addresses)].map((address) => [
      address,
      seen.filter((one) => held(one).includes(address)).map(({ node }) => node),
    ]),
  );
}

/** What of a drill is left to the user. */
export interface Wishes {
  kind: DrillKind;
  /** Who is to take over. */
  to?: string;
  /** The addresses are to stay there. */
  stay: boolean;
}

/** Who is struck and who takes over, of a cluster that is fit; or why that cannot be. */
export function choose(seen: readonly Seen[], { kind, to, stay }: Wishes): Choice | { refused: string } {
  const names = seen.map(({ node }) => node);
  if (to !== undefined && !names.includes(to))
    return { refused: `--to: ${to}; the nodes are ${names.join(", ")}` };
  const home = Object.fromEntries(
    Object.entries(holdersOf(seen)).map(([address, nodes]) => [address, nodes[0]!]),
  );
  const holders = [...new Set(Object.values(home))];
  const from = holders.find((node) => node !== to);
  if (from === undefined)
    return { refused: `--to: ${to}; it has all addresses already, so nothing would move` };
  const others = seen.filter(({ node }) => node !== from);
  const taken = Object.keys(home).filter((address) => home[address] === from);
  const next = best(others, holders, taken).node;
  if (to !== undefined && to !== next && kind !== DrillKind.Drain)
    return {
      refused: `--to: ${to}; where keepalived of ${from} ends, ${next} takes over, whose priority is higher; leave --to out, or take --kind drain`,
    };
  const target = to ?? next;
  const spread = holders.length > 1;
  const keeps = seen.find(({ node }) => node === target)!.status.keeps;
  if (spread && keeps && !stay)
    return {
      refused: `the addresses are on ${holders.join(" and ")}, and whoever has them keeps them: they would not come back as they are; give --stay, or bring them to one node first (switchover)`,
    };
  if (stay && !keeps && kind !== DrillKind.Drain)
    return {
      refused: `--stay: ${from} is preferred and takes the addresses back as soon as its keepalived runs again; leave --stay out, or take --kind drain`,
    };
  return { from, to: target, home };
}

/** Who takes over: the highest priority where the addresses are; of equal ones first somebody who holds nothing. */
function best(nodes: readonly Seen[], holders: readonly string[], addresses: readonly string[]): Seen {
  const priority = (node: Seen) =>
    Math.max(0, ...instancesOf(node, addresses).map((instance) => priorityOf(instance) ?? 0));
  const idle = ({ node }: Seen) => Number(!holders.includes(node));
  return [...nodes].sort((one, other) => priority(other) - priority(one) || idle(other) - idle(one))[0]!;
}

/** Instances of a node that have some addresses among theirs. */
export function instancesOf({ status }: Seen, addresses: readonly string[]): Seen["status"]["instances"] {
  return status.instances.filter(({ vips }) => vips.some(({ address }) => addresses.includes(address)));
}

/** The priority of an instance on a node that is well, as far as that is known. */
export function priorityOf({ timing, reported }: Seen["status"]["instances"][number]): number | undefined {
  return timing?.priority ?? reported?.priority ?? undefined;
}
