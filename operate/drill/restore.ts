import { NOT_REACHED } from "../host";
import { isSeen, type Observation, observe, type Seen } from "../observation";
import { switchOver } from "../switchover";
import type { DrillHost } from "./host";
import { keys, type Ledger } from "./ledger";
import type { Choice } from "./model";
import { holdersOf } from "./ready";

/** What is to be as it was. */
export interface RestoreOptions {
  cluster: string;
  hosts: ReadonlyMap<string, DrillHost>;
  choice: Choice;
  /** The addresses are to stay where they were brought; who would take them back stays drained. */
  stay: boolean;
  /** How everything was before. */
  before: readonly Seen[];
  ledger: Ledger;
  say: (line: string) => void;
  pause: (milliseconds: number) => Promise<void>;
  /** Seconds that a role may take. */
  patience: number;
}

interface Restoring extends RestoreOptions {
  /** Nodes whose keepalived could not be started. */
  unstartable: Set<string>;
}

/** Tries of an undrain: it waits for the agent's lock, up to two minutes each, where a drain that was begun goes on. */
const UNDRAIN_TRIES = 5;
/** Seconds beyond the hand-over within which a preferred node has its addresses back. */
const TAKE_BACK = 15;

/** Brings everything back to how it was, whatever state it is in; what is left is said, and how it is done by hand. */
export async function restore(given: RestoreOptions): Promise<string[]> {
  const options: Restoring = { ...given, unstartable: new Set() };
  const { choice, stay, ledger, say } = options;
  let seen = await lookStarting(options);
  if (!stay && !isHome(choice, seen)) await bringHome(options, seen);
  seen = await lookStarting(options);
  for (const { node, status } of seen.filter(isSeen)) {
    if (!status.drained) ledger.done(keys.drained(node));
    else if (!(stay && node === choice.from)) await undrain(options, node);
  }
  if (!stay && !(await comesHome(options))) {
    const where = Object.entries(choice.home).map(([address, node]) => `${address} to ${node}`);
    ledger.add(
      "home",
      `the addresses are not where they were (${where.join(", ")}); pulumi-keepalived switchover --to ${choice.from}`,
    );
  }
  if (stay) keepDrained(options, await look(options));
  await rolesReached(options);
  for (const one of await lookStarting(options)) {
    if (!isSeen(one)) ledger.add(`unseen ${one.node}`, `${one.node} was not seen at the end: ${one.problem}`);
  }
  if (ledger.left.length === 0) say(stay ? "restored, but for the addresses, which stay" : "restored");
  return ledger.left;
}

/** How every host is now. */
export async function look({
  cluster,
  hosts,
}: Pick<RestoreOptions, "cluster" | "hosts">): Promise<Observation[]> {
  return await Promise.all(
    [...hosts].map(async ([node, host]) => {
      const seen = await observe(host, cluster);
      return isSeen(seen) ? seen : { ...seen, node };
    }),
  );
}

/** The same, with keepalived started wherever it does not run: a host may have been away when it was last looked at. */
async function lookStarting(options: Restoring): Promise<Observation[]> {
  const { ledger, unstartable } = options;
  const seen = await look(options);
  let started = 0;
  for (const { node, running } of seen.filter(isSeen)) {
    if (running) ledger.done(keys.stopped(node));
    else if (!unstartable.has(node) && (await start(options, node))) started++;
  }
  return started > 0 ? await look(options) : seen;
}

async function start({ hosts, say, unstartable }: Restoring, node: string): Promise<boolean> {
  say(`keepalived is started on ${node}`);
  const { code, stdout, stderr } = await hosts.get(node)!.startKeepalived();
  if (code === 0) return true;
  say(`keepalived does not start on ${node}: ${(stderr || stdout).trim()}`);
  // A connection that broke is tried again.
  if (code !== NOT_REACHED) unstartable.add(node);
  return false;
}

async function undrain({ hosts, cluster, say }: RestoreOptions, node: string): Promise<void> {
  for (let tries = 0; tries < UNDRAIN_TRIES; tries++) {
    const { code, stdout, stderr } = await hosts.get(node)!.agent(["undrain", cluster], 900);
    if (code === 0) return;
    say(`${node} is still drained: ${(stderr || stdout).trim()}`);
  }
}

export function isHome({ home }: Choice, seen: readonly Observation[]): boolean {
  const holders = holdersOf(seen.filter(isSeen));
  return Object.entries(home).every(([address, node]) => holders[address]?.join() === node);
}

/**
 * Who had everything gets it back by a switchover, for which the present holder's role gets ready. Where several had some, or
 * the former holder is preferred and nothing keeps it, it takes them by itself.
 */
async function bringHome(options: Restoring, seen: readonly Observation[]): Promise<void> {
  const { cluster, hosts, choice, before, say, pause, patience } = options;
  const isSpread = new Set(Object.values(choice.home)).size > 1;
  const origin = seen.filter(isSeen).find(({ node }) => node === choice.from);
  if (isSpread || origin === undefined) return;
  const mayTakeBack = !before.some(({ node, status }) => node === choice.to && status.keeps);
  if (mayTakeBack && !origin.status.drained && (await comesHome(options))) return;
  const report = await switchOver({
    hosts: [...hosts.values()],
    cluster,
    to: choice.from,
    force: false,
    patience,
    say,
    pause,
  });
  if (report.problem !== undefined) say(report.problem);
}

/** Whether the addresses come to where they were within the time that a hand-over takes. */
async function comesHome(options: Restoring): Promise<boolean> {
  const { choice, before, pause } = options;
  const handOver = Math.max(0, ...before.map(({ status }) => status.handOver ?? 10));
  for (const end = Date.now() + (handOver + TAKE_BACK) * 1000; ; await pause(500)) {
    if (isHome(choice, await lookStarting(options))) return true;
    if (Date.now() > end) return false;
  }
}

/** The one drain that the addresses' staying needs is the user's to end. */
function keepDrained({ choice, cluster, ledger, say }: RestoreOptions, seen: readonly Observation[]): void {
  ledger.done(keys.drained(choice.from));
  const from = seen.filter(isSeen).find(({ node }) => node === choice.from);
  if (from?.status.drained === true)
    say(
      `${choice.from} stays drained, for it would take the addresses back; there: vrrp-agent undrain ${cluster}`,
    );
}

async function rolesReached(options: RestoreOptions): Promise<void> {
  const { patience, pause, ledger } = options;
  for (const end = Date.now() + patience * 1000; ; await pause(500)) {
    const behind = (await look(options))
      .filter(isSeen)
      .filter(({ status: { role } }) => role !== null && role.wanted !== role.reached);
    if (behind.length === 0) return;
    if (Date.now() > end) {
      for (const { node, status } of behind)
        ledger.add(
          `role ${node}`,
          `${node} has not become ${status.role!.wanted} wholly; there: vrrp-agent status`,
        );
      return;
    }
  }
}
