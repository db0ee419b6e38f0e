import { ClusterView, Member } from "./cluster";

/** From whom to whom something does not pass. */
export interface Broken {
  from: Member;
  to: Member;
}

/** A node on which several of them can be put right at once. */
export interface Blamed<B extends Broken> {
  node: Member;
  broken: B[];
  /** Another one would do as well. */
  isEither: boolean;
}

/**
 * The fewest nodes that explain what does not pass: one that no other hears, or that hears no other, before several. Of two
 * nodes that are equally to blame the one that others say is cut off; then the one that is not heard.
 */
export function blame<B extends Broken>(cluster: ClusterView, all: readonly B[]): Blamed<B>[] {
  const blamed: Blamed<B>[] = [];
  let left = [...all];
  while (left.length > 0) {
    const scores = cluster.seen.map((node) => ({ node, score: scoreOf(node, left, cluster) }));
    const [best, next] = scores.sort((a, b) => compare(b.score, a.score) || later(a.node, b.node));
    const broken = left.filter(({ from, to }) => from === best!.node || to === best!.node);
    const isEither =
      next !== undefined &&
      next.score[0] === best!.score[0] &&
      next.score[1] === best!.score[1] &&
      broken.every(({ from, to }) => from === next.node || to === next.node);
    blamed.push({ node: best!.node, broken, isEither });
    left = left.filter((one) => !broken.includes(one));
  }
  return blamed;
}

type Score = readonly number[];

function scoreOf(node: Member, broken: readonly Broken[], cluster: ClusterView): Score {
  const asFrom = broken.filter(({ from }) => from === node).length;
  const asTo = broken.filter(({ to }) => to === node).length;
  const total = asFrom + asTo;
  return [total, total === 0 ? 0 : isolation(node, cluster), asFrom, isSecondary(node) ? 1 : 0];
}

function compare(a: Score, b: Score): number {
  const at = a.findIndex((value, i) => value !== b[i]);
  return at < 0 ? 0 : a[at]! - b[at]!;
}

/** How much of what others reach a node does not. */
function isolation({ view, name }: Member, { seen }: ClusterView): number {
  const others = seen.filter((other) => other.name !== name);
  const isLonely = (kind: string, words: (fact: readonly string[]) => boolean) =>
    view.all(kind).filter((fact) => words(fact) && others.some((other) => !other.view.all(kind).some(words)))
      .length;
  const networks = (fact: readonly string[]) =>
    ["failing", "broken"].includes(fact[2] ?? "") &&
    view.one("want", "check", fact[1] ?? "")?.[3] === "network";
  return isLonely("witness", (fact) => fact[2] === "unreachable") + isLonely("check-run", networks);
}

/** A node whose addresses go back to another one. */
function isSecondary({ view }: Member): boolean {
  return view.one("want", "keeps") === undefined;
}

/** The later by name first, so that the answer does not hang on the order of the nodes. */
function later(a: Member, b: Member): number {
  return a.name < b.name ? 1 : a.name > b.name ? -1 : 0;
}
