import { parseFacts } from "../doctor/facts";
import type { Fact, NodeFacts } from "../doctor/model";
import { type Host, NOT_REACHED } from "./host";

/** How the hosts are looked at. */
export interface ExamineOptions {
  /** Seconds of traffic that are looked at, 1 to 30. @default 3 */
  window?: number;
  /** Sends nothing, and makes no table of its own. @default false */
  quiet?: boolean;
  /** More words after `vrrp-agent examine CLUSTER`. @default none */
  more?: readonly string[];
}

/** Seconds beyond the window that a host may take: checks are run, and each has its own limit. */
const BEYOND = 60;

/** Milliseconds for which the first that is connected waits for the others. */
const TOGETHER = 3000;

/** Looks at all hosts at once; a host that cannot be looked at is told of, too. */
export async function examine(
  hosts: readonly Host[],
  cluster: string,
  { window, quiet = false, more = [] }: ExamineOptions = {},
): Promise<NodeFacts[]> {
  const words = [
    ...(window === undefined ? [] : ["--window", String(window)]),
    ...(quiet ? ["--quiet-net"] : []),
    ...more,
  ];
  const start = new Gathering(hosts.length);
  const seen = await Promise.all(
    hosts.map(async (host) => {
      try {
        return await lookAt(host, cluster, { words, seconds: window ?? 3, ready: () => start.arrive(host) });
      } finally {
        start.leave(host);
      }
    }),
  );
  return named(seen);
}

interface Look {
  words: readonly string[];
  seconds: number;
  ready: () => Promise<void>;
}

async function lookAt(host: Host, cluster: string, { words, seconds, ready }: Look): Promise<NodeFacts> {
  const { address } = host;
  const ended = await host.agent(["examine", cluster, ...words], seconds + BEYOND, ready);
  const unknown = (problem: string): NodeFacts => ({ node: address, address, problem });
  if (ended.code !== 0) return unknown(problemOf(ended));
  const parsed = parseFacts(ended.stdout);
  if ("problem" in parsed) return unknown(parsed.problem);
  return { node: nameIn(parsed.facts) ?? address, address, facts: parsed.facts };
}

function problemOf({ code, stderr }: { code: number; stderr: string }): string {
  if (/unknown step 'examine'/.test(stderr))
    return "its vrrp-agent is too old to be asked for facts; run pulumi up, which brings the present one";
  const words = stderr.trim().split("\n").slice(-3).join("; ");
  if (code === NOT_REACHED) return words === "" ? "it was not reached" : words;
  if (code === 124) return "vrrp-agent examine did not end in time; the host is overloaded, or hangs";
  return words === "" ? `vrrp-agent examine ended with ${code}` : words;
}

const nameIn = (facts: readonly Fact[]) => facts.find(([key]) => key === "node")?.[1];

/** The one that was not seen is the one whom the others name and nobody is. */
function named(seen: NodeFacts[]): NodeFacts[] {
  const names = new Set(
    seen.flatMap((one) =>
      "facts" in one
        ? one.facts.flatMap(([key, what, name]) => (key === "want" && what === "peer" ? [name!] : []))
        : [],
    ),
  );
  for (const one of seen) if ("facts" in one) names.delete(one.node);
  const unseen = seen.filter((one) => "problem" in one);
  const [name] = names;
  if (unseen.length !== 1 || names.size !== 1 || name === undefined) return seen;
  return seen.map((one) => ("problem" in one ? { ...one, node: name } : one));
}

/** Begins with all, or without those that are late. */
class Gathering {
  private readonly there = new Set<Host>();
  private begin: () => void = () => undefined;
  private timer?: NodeJS.Timeout;
  private readonly begun = new Promise<void>((resolve) => (this.begin = resolve));

  constructor(private readonly expected: number) {}

  async arrive(host: Host): Promise<void> {
    this.timer ??= setTimeout(this.begin, TOGETHER);
    this.count(host);
    await this.begun;
  }

  /** Of one that is through, also where it never arrived: nobody waits for it. */
  leave(host: Host): void {
    this.count(host);
  }

  private count(host: Host): void {
    this.there.add(host);
    if (this.there.size < this.expected) return;
    clearTimeout(this.timer);
    this.begin();
  }
}
