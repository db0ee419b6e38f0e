import { type BfdFault, bfdFault } from "./bfdFault";

/**
 * What a change of one host's files means for the addresses, where two daemons that run either side of it would not
 * accept each other's adverts (host/lib/apply.sh, must_agree), or where it puts the holder in FAULT.
 */
export interface Impact {
  /**
   * reload: the holder keeps the addresses without a gap; interrupt: they are gone from it once, for a moment; move:
   * another node takes them; gap: nobody has them for `seconds`, as no other node runs.
   */
  kind: "reload" | "interrupt" | "move" | "gap";
  /** For which a node is in FAULT. */
  seconds?: number;
  /** What changed, in keepalived's words. */
  causes: string[];
  /** The cluster has several virtual routers, and one node must hold the addresses of all of them for the change. */
  gathers?: true;
}

/**
 * Milliseconds for which nobody has the addresses while keepalived drops an instance and the agent puts them back by
 * hand: 8 to 16 measured on an idle machine, rounded up.
 */
export const INTERRUPTION_MS = 20;

/** Text of a file by its path. */
type Files = Record<string, string>;

/** What a change of a host's files does to its addresses; undefined when a plain reload serves. */
export function impactOf(cluster: string, former: Files, next: Files): Impact | undefined {
  const path = `/etc/vrrp-agent/${cluster}/node.conf`;
  const [was, is] = [former[path], next[path]].map(factsOf);
  const password = `/etc/keepalived/${cluster}.auth.conf`;
  // A first apply, or a set without keepalived.
  if (was === undefined || is === undefined || was.instances.length === 0) return undefined;

  const interrupting = [
    ...difference("virtual_router_id, interface or name of the instance", was.instances, is.instances),
    ...difference("unicast_src_ip, mcast_src_ip or unicast <-> multicast", was.transports, is.transports),
  ];
  const agreed = [
    ...difference("advert_int or version", was.timing, is.timing),
    ...difference("virtual_ipaddress", was.vips, is.vips),
    ...difference("unicast_ttl or min_ttl", was.ttls, is.ttls),
    ...(was.peers.every((peer) => is.peers.includes(peer)) ? [] : ["unicast_peer"]),
    ...(former[password] === next[password] ? [] : ["auth_pass"]),
  ];
  const causes = [...interrupting, ...agreed];
  // The agent holds the addresses of an instance that is dropped until keepalived is master: FAULT costs nothing more.
  const isSeveral = was.instances.some((line) => !isOwn(cluster, line));
  const gathers = isSeveral && causes.length > 0 ? { gathers: true as const } : {};
  if (interrupting.length > 0) return { kind: "interrupt", causes, ...gathers };
  const fault = bfdFault(former[KEEPALIVED] ?? "", next[KEEPALIVED] ?? "");
  if (fault !== undefined) {
    const told = [...causes, ...causesOf(fault)];
    return { kind: causes.length > 0 ? "gap" : "move", causes: told, seconds: fault.seconds, ...gathers };
  }
  return causes.length > 0 ? { kind: "reload", causes, ...gathers } : undefined;
}

/** Whether a line of node.conf is about the cluster's own virtual router, of either family. */
function isOwn(cluster: string, line: string): boolean {
  return line.startsWith(`${cluster} `) || line.startsWith(`${cluster}-6 `);
}

const KEEPALIVED = "/etc/keepalived/keepalived.conf";

function causesOf({ sessions }: BfdFault): string[] {
  return sessions.map((name) => `bfd_instance ${name} with weight 0`);
}

/** An impact in a sentence for who reads a preview. */
export function impactText(cluster: string, impact: Impact): string {
  const gathering = impact.gathers ? `; ${GATHERED}` : "";
  return `${cluster}: ${impact.causes.join(", ")}: ${effectOf(impact)}${gathering}`;
}

const GATHERED =
  "where several nodes hold addresses, one of them takes all first, and by their priorities they go back after it";

const OTHERS_STOP = "the other nodes stop keepalived until it has changed";

function effectOf({ kind, seconds = 0 }: Impact): string {
  const fault = `a node is in FAULT for about ${Number(seconds.toFixed(1))} s, until its session is up`;
  switch (kind) {
    case "reload":
      return `the addresses stay on the node that holds them, without a gap; ${OTHERS_STOP}`;
    case "interrupt":
      return `this change interrupts the addresses once, about ${INTERRUPTION_MS} ms, on the node that holds them; ${OTHERS_STOP}`;
    case "move":
      return `${fault}: the addresses move from the node that holds them to another one`;
    case "gap":
      return `${fault}: nobody has the addresses meanwhile; ${OTHERS_STOP}`;
  }
}

function factsOf(text: string | undefined) {
  if (text === undefined) return undefined;
  const lines = text.split("\n").map((line) => line.split(" "));
  const of = (key: string) => lines.filter(([word]) => word === key).map(([, ...words]) => words);
  const texts = (list: string[][]) => list.map((words) => words.join(" ")).sort();
  return {
    instances: texts(of("instance")),
    // agree NAME VERSION ADVERT TRANSPORT SOURCE
    timing: texts(of("agree").map(([name = "", version = "", advert = ""]) => [name, version, advert])),
    transports: texts(of("agree").map(([name = "", , , ...rest]) => [name, ...rest])),
    vips: texts(of("vip")),
    ttls: texts(of("ttl")),
    peers: texts(of("peer")),
  };
}

function difference(what: string, was: string[], is: string[]): string[] {
  return was.join("\n") === is.join("\n") ? [] : [what];
}
