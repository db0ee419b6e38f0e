import { type ReadBfd, readConf } from "../conf";

/** Packets of three ways, each sent after an idle_tx, until a session is up. */
const WAYS = 3;

/** BFD sessions that are down when a running instance begins to follow them, and FAULT where they are. */
export interface BfdFault {
  sessions: string[];
  /** Until the slowest of them is up. */
  seconds: number;
}

/**
 * Which sessions put the instances of a running keepalived in FAULT when it reads its config anew. It keeps the state of
 * those that it knows by name; a new one is down, and one with another neighbour soon is.
 */
export function bfdFault(former: string, next: string): BfdFault | undefined {
  const [was, is] = [former, next].map((text) => readConf([{ name: "keepalived.conf", text }]));
  const running = is!.instances.filter(({ name }) => was!.instances.some((other) => other.name === name));
  const isUp = (bfd: ReadBfd) =>
    was!.bfds.some(({ name, neighborIp }) => name === bfd.name && neighborIp === bfd.neighborIp);
  const faulting = is!.bfds.filter(
    (bfd) =>
      !isUp(bfd) &&
      running
        .flatMap(({ trackBfds }) => trackBfds)
        .some(({ name, weight = numberOf(bfd, "weight", 0) }) => name === bfd.name && weight === 0),
  );
  if (faulting.length === 0) return undefined;
  const slowest = Math.max(...faulting.map((bfd) => numberOf(bfd, "idle_tx", 1000)));
  return { sessions: faulting.map(({ name }) => name), seconds: (WAYS * slowest) / 1000 };
}

function numberOf({ extra }: ReadBfd, keyword: string, fallback: number): number {
  return Number(extra.findLast((statement) => statement.keyword === keyword)?.args[0]?.text ?? fallback);
}
