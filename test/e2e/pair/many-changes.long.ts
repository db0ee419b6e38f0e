import type { ChildProcess } from "node:child_process";

import { Lab, Stack } from "../../../lab";
import {
  between,
  type Connection,
  ConnectionProbe,
  holdersOf,
  type Instant,
  judge,
  longestPause,
  namedNamespace,
  now,
  type Timeline,
  type Watch,
} from "../../../lab/watch";
import { watchLab } from "../../../lab/watchLab";
import { ALL_VIPS, changesInOrder, type Pair, pairAtFirst, randomFrom, specOf, wrongOn } from "./changes";
import { configure, nodeOf, VIP } from "./cluster";
import { SourceCopy } from "./sourceCopy";

/** `npm run test:changes` makes 50 of them; beside the other tests a part, in which every kind comes once. */
const COUNT = Number(process.env.CHANGES ?? 16);
/** Decides which changes come, and in which order. */
const SEED = 20261121;
/** Seconds between two adverts. The agent waits for the down timer of it at each change. */
const ADVERT_INT = 0.25;
/** What the client asks for; only openPorts lets it in. */
const SERVICE = 7777;

const NFTABLES = `#!/usr/sbin/nft -f
flush ruleset
table inet filter {
	chain input {
		type filter hook input priority filter; policy drop;
		iifname "lo" accept
		ct state established,related accept
		tcp dport 22 accept
		meta l4proto { icmp, ipv6-icmp } accept
	}
}
`;

/** Tells its host's name to whoever connects. */
const server = (name: string) => `
  use Socket;
  $SIG{PIPE} = "IGNORE";
  socket(my $listener, PF_INET, SOCK_STREAM, 6) or die $!;
  setsockopt($listener, SOL_SOCKET, SO_REUSEADDR, 1) or die $!;
  bind($listener, sockaddr_in(${SERVICE}, INADDR_ANY)) or die $!;
  listen($listener, 512) or die $!;
  while (accept(my $client, $listener)) { syswrite $client, "${name}\\n"; close $client }`;

describe(`${COUNT} changes in a row to both nodes of a running pair behind firewalls, from seed ${SEED}`, () => {
  let lab: Lab;
  let stack: Stack;
  let source: SourceCopy;
  let watch: Watch;
  let probe: ConnectionProbe;
  const servers: ChildProcess[] = [];
  const pair: Pair = pairAtFirst(SERVICE);
  /** What was changed, and when. */
  const made: { label: string; from: Instant; to: Instant }[] = [];
  let timeline: Timeline;
  let connections: Connection[];

  beforeAll(async () => {
    lab = await Lab.start({ name: "changes", hosts: [{ name: "gw-a" }, { name: "gw-b" }] });
    for (const host of lab.hosts) {
      await host.writeFile("/etc/nftables.conf", NFTABLES, "755");
      await host.exec("systemctl --quiet enable --now nftables");
      servers.push(host.spawn(["perl", "-e", server(host.name)]));
    }
    source = SourceCopy.make();
    stack = await Stack.create({ client: lab.client, program: source.program });
    await apply();
    // Nobody pings: the connections are asked, and a capture of all that for minutes would only add to the load.
    watch = await watchLab(lab, []);
    probe = await ConnectionProbe.start(namedNamespace(lab.client.netns), VIP, SERVICE);
  });
  afterAll(async () => {
    await Promise.allSettled([watch?.stop(), probe?.stop()]);
    servers.forEach((child) => child.kill());
    stack?.remove();
    source?.remove();
    await lab?.stop();
  });

  async function apply(): Promise<void> {
    const nodes = lab.hosts.map((host) => ({ ...nodeOf(host), priority: pair.priorities[host.name] }));
    await configure(stack, lab, nodes, { ...specOf(pair), advertInt: ADVERT_INT });
    await stack.up();
  }

  /** During which change an instant was. */
  function during(at: Instant): string {
    const index = made.findLastIndex(({ from }) => from <= at);
    const change = made[index];
    if (change === undefined) return "before the first change";
    return `${at <= change.to ? "during" : "after"} change ${index + 1} (${change.label})`;
  }

  /** How often something was seen during each change. */
  function counted(seen: { at: Instant; what: string }[]): string[] {
    const counts = new Map<string, number>();
    for (const { at, what } of seen) {
      const words = `${what} ${during(at)}`;
      counts.set(words, (counts.get(words) ?? 0) + 1);
    }
    return [...counts].map(([words, count]) => `${count} times: ${words}`);
  }

  test(
    "each is in force in the running daemons, the rulesets and the agents of both once up is done",
    async () => {
      const random = randomFrom(SEED);
      for (const [index, [kind, change]] of changesInOrder(COUNT, random).entries()) {
        const label = `${kind}: ${change(pair, { random, number: index + 1, source })}`;
        const from = now();
        await apply().catch((error: unknown) => {
          throw new Error(`change ${index + 1} (${label}): ${(error as Error).message}`, { cause: error });
        });
        const to = now();
        made.push({ label, from, to });
        const wrong = await Promise.all(lab.hosts.map((host) => wrongOn(host, pair)));
        expect({ change: index + 1, label, wrong: wrong.flat() }).toEqual({
          change: index + 1,
          label,
          wrong: [],
        });
      }
    },
    30 * 60 * 1000,
  );

  test("no connection of the client was lost, and all were answered by the one holder", async () => {
    const to = now();
    await probe.sync();
    const from = made[0]?.from ?? probe.life().from;
    connections = probe.connections.filter(({ at }) => at >= from && at <= to);
    const life = probe.life();
    expect(life.failures).toEqual([]);
    expect(life.to).toBeGreaterThanOrEqual(to);
    // Else the client was asleep when it mattered.
    expect(longestPause(connections, from, to)).toBeLessThan(0.5);
    expect(connections.length).toBeGreaterThan((to - from) * 49);
    const wrong = connections.filter(({ answer }) => answer !== "gw-a");
    const what = ({ answer, reason }: Connection) =>
      answer === undefined ? `lost (${reason})` : `answered by ${answer}`;
    expect(counted(wrong.map((one) => ({ at: one.at, what: what(one) })))).toEqual([]);
  });

  test("the VIP did not move, and no address had two holders for a moment", async () => {
    const from = made[0]?.from ?? probe.life().from;
    const to = made.at(-1)?.to ?? now();
    timeline = between(await watch.timeline(), from, to);
    expect(
      judge(timeline, { vip: VIP, virtualRouterId: 51, before: "gw-a", after: "gw-a" }).failures,
    ).toEqual([]);
    for (const vip of ALL_VIPS) {
      const { overlaps } = holdersOf(timeline, vip);
      const words = overlaps.map(
        ({ hosts, from, to }) =>
          `${vip}: ${hosts.join(" and ")} for ${(to - from).toFixed(3)} s ${during(from)}`,
      );
      expect(words).toEqual([]);
      const others = timeline.holdings.filter(({ address, host }) => address === vip && host !== "gw-a");
      expect(others.map((held) => `${vip}: ${held.host} ${during(held.from)}`)).toEqual([]);
    }
    // No advert of anybody else: the backup never thought itself master.
    const strange = timeline.adverts.filter(({ host }) => host !== "gw-a");
    expect(counted(strange.map(({ at, host }) => ({ at, what: `advert of ${host}` })))).toEqual([]);
  });
});
