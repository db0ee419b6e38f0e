import type { Fact, NodeFacts } from "../model";

/** What a look has seen, in figures. */
export interface Figures {
  /** Adverts of peers that arrived, all nodes together. */
  adverts: number;
  /** Probes that a node sent to a peer, and those of them that the peer's filters let through. */
  probesSent: number;
  probesPassed: number;
}

/** Who is what, and how much was seen. */
export function figuresOf(nodes: readonly NodeFacts[]): Figures {
  const facts = nodes.flatMap((node) => ("facts" in node ? node.facts : []));
  const sum = (key: string, kind: string, column: number) =>
    facts
      .filter((fact) => fact[0] === key && fact[4] === kind)
      .reduce((total, fact) => total + (Number(fact[column]) || 0), 0);
  return {
    adverts: sum("came", "advert", 7),
    probesSent: sum("sent", "probe", 6),
    probesPassed: sum("came", "probe", 7),
  };
}

/** The live states of a node's instances, each once. */
export function statesOf(facts: readonly Fact[]): string[] {
  return [
    ...new Set(facts.flatMap(([key, , state]) => (key === "state" && state !== undefined ? [state] : []))),
  ];
}

/** What a node could not tell, for want of a tool: a sentence each. */
export function lacksOf(facts: readonly Fact[]): string[] {
  return facts.flatMap(([key, tool, ...what]) =>
    key === "lacks" && tool !== undefined ? [`${tool} is missing: ${what.join(" ")}`] : [],
  );
}
