import type { Fact, Finding } from "../model";

/** What one node's facts alone tell, in the order of the rules. */
export function localFindings(_facts: readonly Fact[], _node: string): Finding[] {
  return [];
}
