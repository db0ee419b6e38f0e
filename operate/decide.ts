import { held, holdsAll, isSeen, type Observation, type Seen } from "./observation";

/** What is to be done about moving the addresses to a node. */
export type Decision =
  /** It has them already. */
  | { kind: "there" }
  /** Time may change it. */
  | { kind: "wait"; why: string }
  /** It would end in no master, or in one that is not well. */
  | { kind: "refused"; why: string }
  /** `holders` give them away; `others` are kept from taking them. `isBlind`: nobody who was reached has them. */
  | { kind: "move"; holders: string[]; others: string[]; target: Seen; isBlind: boolean };

/** Seconds without a sign after which the loop of a role is taken for dead. */
const HEARTBEAT = 30;

const refused = (why: string): Decision => ({ kind: "refused", why });
const list = (names: readonly string[]) => names.join(", ");

/** Hosts whose keepalived is dead, which are started before anything is moved. */
export function dead(observations: readonly Observation[]): Seen[] {
  return observations.filter(isSeen).filter(({ running }) => !running);
}

/** Decides whether and how the addresses move to the node `to`, by how all hosts were seen. */
export function decide(observations: readonly Observation[], to: string, force: boolean): Decision {
  const seen = observations.filter(isSeen);
  const unseen = observations.flatMap((one) => (isSeen(one) ? [] : [one]));
  const target = seen.find(({ node }) => node === to);
  if (target === undefined) return withoutTarget(observations, to);
  const holders = seen.filter((one) => one !== target && held(one).length > 0);
  if (holdsAll(target) && holders.length === 0) return { kind: "there" };
  const always = notWell(target) ?? torn(seen);
  if (always !== undefined) return always;
  const unlessForced = force ? undefined : (doubtful(target) ?? ofAnotherGeneration(seen, target));
  if (unlessForced !== undefined) return unlessForced;
  const others = seen.filter((one) => one !== target && !holders.includes(one));
  const move = { kind: "move" as const, target, others: others.map(({ node }) => node) };
  if (holders.length > 0) return { ...move, holders: holders.map(({ node }) => node), isBlind: false };
  if (held(target).length > 0)
    return { kind: "wait", why: `${to} has some of the addresses and nobody the others` };
  if (unseen.length === 0) return { kind: "wait", why: "nobody has the addresses; see status" };
  const where = list(unseen.map(({ node, problem }) => `${node} (${problem})`));
  return force
    ? { ...move, holders: [], isBlind: true }
    : refused(
        `nobody who was reached has the addresses, and this was not reached: ${where}; mend the way there, or give --force, and ${to} takes them without asking`,
      );
}

function withoutTarget(observations: readonly Observation[], to: string): Decision {
  const unseen = observations.flatMap((one) => (isSeen(one) ? [] : [one]));
  const problem = unseen.find(({ node, address }) => [node, address].includes(to)) ?? unseen[0];
  const names = list(observations.filter(isSeen).map(({ node }) => node));
  if (problem === undefined) return refused(`--to: ${to}; the nodes are ${names}`);
  return refused(`${to} was not seen: ${problem.node}: ${problem.problem}; mend the way there first`);
}

/** What nobody can force. */
function notWell({ node, running, status }: Seen): Decision | undefined {
  if (!running) return refused(`keepalived does not run on ${node}; see its log: journalctl -u keepalived`);
  const fault = status.instances.find(({ reported }) => reported?.state === "FAULT");
  if (fault === undefined) return undefined;
  const failing = failingChecks(status.checks);
  const reason = failing === "" ? "see vrrp-agent status there" : `its check fails: ${failing}`;
  return { kind: "wait", why: `${fault.name} is in FAULT on ${node}; ${reason}` };
}

function torn(seen: readonly Seen[]): Decision | undefined {
  const pending = seen.filter(({ status }) => status.pending).map(({ node }) => node);
  if (pending.length > 0)
    return { kind: "wait", why: `a change is not confirmed yet on ${list(pending)}; let it end first` };
  const twice = seen.flatMap(held).find((address, place, all) => all.indexOf(address) !== place);
  if (twice === undefined) return undefined;
  const both = seen.filter((one) => held(one).includes(twice)).map(({ node }) => node);
  return {
    kind: "wait",
    why: `${twice} is on ${list(both)} at once: they do not hear each other; mend that first`,
  };
}

function doubtful({ node, status }: Seen): Decision | undefined {
  const failing = failingChecks(status.checks);
  // One of a node that has just come back passes by itself.
  if (failing !== "")
    return { kind: "wait", why: `a check fails on ${node}: ${failing}; mend that first, or give --force` };
  const { role } = status;
  if (role === null) return undefined;
  if (role.heartbeatAge === null || role.heartbeatAge > HEARTBEAT)
    return {
      kind: "wait",
      why: `nobody minds the role of ${node}; start its loop there (systemctl start vrrp-role-${status.cluster}), or give --force`,
    };
  if (role.wanted === role.reached) return undefined;
  const open = role.actions
    .filter(({ state }) => state !== "done")
    .map(({ name, state }) => `${name} (${state})`);
  return {
    kind: "wait",
    why: `${node} has not become ${role.wanted} wholly: ${list(open) || (role.doing ?? "its actions")}; see vrrp-agent status there, or give --force`,
  };
}

function ofAnotherGeneration(seen: readonly Seen[], target: Seen): Decision | undefined {
  const other = seen.find(({ status }) => status.generation !== target.status.generation);
  if (other === undefined) return undefined;
  return refused(
    `${target.node} and ${other.node} have not the same generation; run pulumi up first, or give --force`,
  );
}

/** `broken` is the check's own trouble, not that of what it tests. */
function failingChecks(checks: Seen["status"]["checks"]): string {
  const failing = checks.filter(({ state }) => state === "failing" || state === "stale");
  return failing.map(({ name, words }) => (words === "" ? name : `${name} (${words})`)).join(", ");
}
