import type { Cause } from "../../../../doctor";
import type { Finding, NodeFacts } from "../../../../doctor/model";

/** A node's facts, of lines. */
export function seen(node: string, ...lines: string[]): NodeFacts {
  return { node, address: `${node}.example`, facts: lines.map((line) => line.split(" ")) };
}

/** A node that runs, and has the address or not. */
export function running(node: string, holds: boolean, ...lines: string[]): NodeFacts {
  return seen(
    node,
    `node ${node}`,
    "daemon running 100 60",
    `vip gw 10.0.0.100 eth0 ${holds ? "held" : "free"}`,
    `state gw ${holds ? "MASTER" : "BACKUP"}`,
    ...lines,
  );
}

export const unseen = (node: string, problem = "i/o timeout"): NodeFacts => ({
  node,
  address: `${node}.example`,
  problem,
});

/** A finding that the agent repairs, unless there is no action. */
export function finding(
  cause: Cause,
  node: string,
  action?: string,
  changes: Partial<Finding> = {},
): Finding {
  return {
    cause,
    node,
    confidence: "certain",
    evidence: [],
    ruledOut: [],
    fix: {
      repair: action === undefined ? "human" : "automatic",
      automatic: action !== undefined,
      summary: `see to ${cause}`,
      ...(action !== undefined && { action: action.split(" ") }),
    },
    ...changes,
  };
}
