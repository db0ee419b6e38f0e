import type { Connection } from "../../engine/stand-ins/resource-command/connection";
import { type Host, hostAt } from "../../operate/host";
import { held, isSeen, type Observation, observe, type Seen } from "../../operate/observation";

/** The gateways inside the guests. */
export interface Gateways {
  /** Nodes in the order in which their NICs may be plugged anew: who holds addresses comes last. */
  holdersLast(nodes: readonly string[]): Promise<string[]>;
  /** Nodes whose keepalived runs with this cluster; who cannot be asked is none of them. */
  running(): Promise<string[]>;
  /**
   * Has a node that holds addresses give them to a healthy peer, while `work` is done; what was drained before stays so.
   * Where nobody could take them, or the pair does not run yet, nothing is drained.
   */
  whileDrained<T>(node: string, work: () => Promise<T>): Promise<T>;
}

/** Seconds that a drain may take: what the actions of a role need to get ready is bounded on the host. */
const DRAIN = 900;
/** Seconds in which a peer whose NIC was just plugged anew has become well again, and milliseconds between two looks. */
const PEER_WELL = 60;
const PAUSE = 1000;

export interface GatewayTools {
  say: (message: string) => Promise<void>;
  hostOf?: (node: string, connection: Connection) => Pick<Host, "address" | "agent">;
  pause?: (milliseconds: number) => Promise<void>;
}

/** The gateways of a cluster over their own connections. */
export function gatewaysOf(
  cluster: string,
  connections: Record<string, Connection>,
  { say, hostOf, pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms)) }: GatewayTools,
): Gateways {
  const hosts = new Map(
    Object.entries(connections).map(([node, connection]) => [
      node,
      hostOf?.(node, connection) ?? hostAt({ cluster, connection }),
    ]),
  );
  const look = async (): Promise<Map<string, Observation>> => {
    const found = [...hosts].map(
      async ([node, host]) => [node, await observe(host as Host, cluster)] as const,
    );
    return new Map(await Promise.all(found));
  };
  const holds = (one: Observation | undefined): one is Seen =>
    one !== undefined && isSeen(one) && held(one).length > 0;

  const peerGetsWell = async (node: string): Promise<boolean> => {
    for (const end = Date.now() + PEER_WELL * 1000; ; await pause(PAUSE)) {
      const others = [...(await look())].filter(([name]) => name !== node).map(([, one]) => one);
      if (others.some(isWell)) return true;
      // Only time can mend: none of them is there at all.
      if (!others.some(isSeen) || Date.now() >= end) return false;
    }
  };

  const agent = async (node: string, words: string[]): Promise<string | undefined> => {
    const { code, stdout, stderr } = await hosts.get(node)!.agent(words, DRAIN);
    return code === 0 ? undefined : stderr.trim() || stdout.trim() || `it ended with ${code}`;
  };

  return {
    holdersLast: async (nodes) => {
      const seen = await look();
      return [...nodes].sort((a, b) => Number(holds(seen.get(a))) - Number(holds(seen.get(b))));
    },
    running: async () =>
      [...(await look())].filter(([, one]) => isSeen(one) && one.running).map(([node]) => node),
    whileDrained: async (node, work) => {
      const before = (await look()).get(node);
      if (!holds(before) || before.status.drained) return await work();
      if (!(await peerGetsWell(node))) {
        await say(
          `${node} holds the addresses and no peer is there that could take them: it is cut off for a moment while its NIC is plugged anew`,
        );
        return await work();
      }
      const problem = await agent(node, ["drain", cluster]);
      if (problem !== undefined) {
        throw new Error(
          `${node} holds the addresses and does not give them away, so its NIC is left as it is: ${problem}; mend that and run it again`,
        );
      }
      await say(`${node} has given its addresses away before its NIC is plugged anew`);
      try {
        return await work();
      } finally {
        const left = await undrained(() => agent(node, ["undrain", cluster]), pause);
        if (left !== undefined)
          await say(`${node} is still drained: ${left}; run 'vrrp-agent undrain ${cluster}' there`);
      }
    },
  };
}

/** The NIC may be on its way up still. */
async function undrained(
  undrain: () => Promise<string | undefined>,
  pause: (milliseconds: number) => Promise<void>,
): Promise<string | undefined> {
  let problem = await undrain();
  for (let tries = 5; problem !== undefined && tries > 0; tries--) {
    await pause(PAUSE);
    problem = await undrain();
  }
  return problem;
}

function isWell(one: Observation): boolean {
  if (!isSeen(one) || !one.running || one.status.drained || one.status.pending) return false;
  return one.status.instances.every(({ reported }) => reported !== null && reported.state !== "FAULT");
}
