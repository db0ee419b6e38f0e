import { CAUSES, type Cause, type Repair } from "../causes";
import { Confidence, type Finding, type Fix } from "../model";
import type { ClusterView } from "./cluster";

/** A rule over all nodes together: what it finds, by what it knows for sure. */
export type PairRule = (cluster: ClusterView) => Finding[];

interface Told {
  node: string;
  evidence: string[];
  fix: Fix;
  /** @default certain */
  confidence?: Confidence;
  /** @default [] */
  ruledOut?: Finding["ruledOut"];
}

export function found(cause: Cause, told: Told): Finding {
  const { node, evidence, fix, confidence = Confidence.Certain, ruledOut = [] } = told;
  return { cause, node, confidence, evidence, ruledOut, fix };
}

/** Somebody has to act. */
export function byHand(summary: string, commands?: string[]): Fix {
  return { repair: "human", automatic: false, summary, ...(commands && { commands }) };
}

/** `vrrp-agent repair` does it. */
export function byAgent(cluster: string, summary: string, action: string[]): Fix {
  return {
    repair: "automatic",
    automatic: true,
    summary,
    commands: [`vrrp-agent repair ${cluster} ${action.join(" ")}`],
    action,
  };
}

/** The spec is to change. */
export function bySpec(summary: string, specChange: string[], commands = ["pulumi up"]): Fix {
  return { repair: "spec", automatic: false, summary, commands, specChange };
}

/** The spec is right, and the host is not as it says. */
export function putBack(cluster: string, node: string, what: string): Fix {
  return {
    repair: "spec",
    automatic: false,
    summary: `${what} on ${node} is not what was applied: put it back; where it is meant, write it into the spec of all nodes and run pulumi up`,
    commands: [`vrrp-agent reapply ${cluster}`, "pulumi up"],
  };
}

/** The usual one for a cause. */
export function repairOf(cause: Cause): Repair {
  return CAUSES[cause].repair[0];
}

export const because = (cause: Cause, why: string) => ({ cause, because: why });

/** `one, two and three`. */
export function list(words: readonly string[]): string {
  return words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`;
}

/** In the order of the first of each group. */
export function grouped<T>(items: readonly T[], keyOf: (item: T) => string): T[][] {
  const groups = new Map<string, T[]>();
  for (const item of items) groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item]);
  return [...groups.values()];
}
