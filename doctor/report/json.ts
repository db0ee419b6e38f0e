import type { Diagnosis, Finding, NodeFacts, SymptomSeen } from "../model";
import { type Figures, figuresOf, lacksOf, statesOf } from "./figures";

/** A node as it was seen. */
export interface NodeReport {
  node: string;
  address: string;
  /** Live states of its instances; empty where they are not known. */
  states: string[];
  /** What it could not tell. */
  lacks: string[];
  /** Why nothing is known of it. */
  problem?: string;
}

/** What `doctor --json` prints. */
export interface DoctorReport {
  healthy: boolean;
  nodes: NodeReport[];
  figures: Figures;
  symptoms: SymptomSeen[];
  /** Most likely first. */
  findings: Finding[];
}

export function reportOf(diagnosis: Diagnosis, nodes: readonly NodeFacts[]): DoctorReport {
  const { symptoms, findings, unread = [] } = diagnosis;
  const lacksAt = (node: string) => unread.filter((one) => one.node === node).map(({ words }) => words);
  return {
    healthy: isHealthy(diagnosis, nodes),
    nodes: nodes.map((one) =>
      "facts" in one
        ? {
            node: one.node,
            address: one.address,
            states: statesOf(one.facts),
            lacks: [...lacksOf(one.facts), ...lacksAt(one.node)],
          }
        : {
            node: one.node,
            address: one.address,
            states: [],
            lacks: lacksAt(one.node),
            problem: one.problem,
          },
    ),
    figures: figuresOf(nodes),
    symptoms,
    findings,
  };
}

/** Nothing is wrong, and every node said so. */
export function isHealthy({ symptoms, findings }: Diagnosis, nodes: readonly NodeFacts[]): boolean {
  return symptoms.length === 0 && findings.length === 0 && nodes.every((node) => "facts" in node);
}
