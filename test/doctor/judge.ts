import type { Finding } from "../../doctor/model";
import type { Case, Fault } from "./case";

/** What of `doctor --json` is judged. */
export interface Report {
  healthy: boolean;
  findings: (Pick<Finding, "cause" | "node"> & Partial<Finding>)[];
}

/** How good an answer was. */
export interface Verdict {
  /** The first finding tells a fault that is there, and every fault is told. */
  isRight: boolean;
  /** ... each on its node. Of a wrong cause: false. */
  isRightNode: boolean;
  /** What was expected and not told, in words. */
  failures: string[];
}

type Told = Report["findings"][number];

const tells = ({ cause, accepts = [] }: Fault, told: Told) => [cause, ...accepts].includes(told.cause);
const isThere = ({ nodes }: Fault, told: Told) => nodes.length === 0 || nodes.includes(told.node);
const wanted = ({ cause, nodes }: Fault) => `${cause}${nodes.length > 0 ? ` on ${nodes.join(" or ")}` : ""}`;

/** Judges an answer: nothing may be told where nothing is wrong. */
export function judge({ faults }: Pick<Case, "faults">, { healthy, findings }: Report): Verdict {
  const told = findings.map(({ cause, node }) => `${cause} on ${node}`).join(", ") || "nothing";
  if (faults.length === 0) {
    const isRight = healthy && findings.length === 0;
    return {
      isRight,
      isRightNode: isRight,
      failures: isRight ? [] : [`nothing is wrong, and it tells ${told}`],
    };
  }
  const [first] = findings;
  const ofFirst = first && faults.find((fault) => tells(fault, first));
  const isRight =
    ofFirst !== undefined && faults.every((fault) => findings.some((finding) => tells(fault, finding)));
  const isRightNode =
    isRight &&
    isThere(ofFirst, first!) &&
    faults.every((fault) => findings.some((one) => tells(fault, one) && isThere(fault, one)));
  const failures = isRightNode ? [] : [`expected ${faults.map(wanted).join(" and ")}, and it tells ${told}`];
  return { isRight, isRightNode, failures };
}
