import { ClusterView } from "./cluster";

/** keepalived's counters and kinds of log lines, by what nodes disagree on. */
const WORDS: Readonly<Record<string, readonly string[]>> = {
  vrid: ["vrid"],
  version: ["version"],
  "advert-int": ["advert-interval"],
  vip: ["address-list"],
  auth: ["auth", "auth-mismatch", "auth-invalid", "auth-failed"],
};

/** What nodes have thrown away of each other's adverts because of it, in sentences. */
export function discarded(cluster: ClusterView, instance: string, key: string): string[] {
  const words = WORDS[key] ?? [];
  return cluster.seen.flatMap(({ name, view }) => [
    ...view
      .all("discard", instance)
      .filter(([, , of = "", n]) => words.includes(of) && Number(n) > 0)
      .map(([, , of, n]) => `${name} has discarded ${n} adverts within the look: ${of}`),
    ...view
      .all("log")
      .filter(([, of = ""]) => words.includes(of))
      .map(([, , , ...line]) => `keepalived on ${name}: ${line.join(" ")}`),
  ]);
}

/** Adverts that a node has discarded within the look because of it. */
export function discards(
  { seen }: ClusterView,
  instance: string,
  key: string,
): { node: string; count: number }[] {
  const words = WORDS[key] ?? [];
  return seen.flatMap(({ name, view }) => {
    const counts = view
      .all("discard", instance)
      .filter(([, , of = ""]) => words.includes(of))
      .map(([, , , n]) => Number(n) || 0);
    const count = counts.reduce((sum, n) => sum + n, 0);
    return count > 0 ? [{ node: name, count }] : [];
  });
}
