import type { Cause, Repair, Symptom } from "../causes";
import type { Confidence } from "../model";
import type { Pattern } from "./pattern";

interface Seen {
  /** Unique; words of the cause and of what tells it. */
  id: string;
  /** All of them, with the same names the same words; fires once for each way in which they match. */
  when: readonly [Pattern, ...Pattern[]];
  /** Fires not where one of them matches. */
  unless?: readonly Pattern[];
  /** What was seen, a sentence each. Here and in the fix `$x` is what a pattern bound; always there are $node and $cluster. */
  says: readonly [string, ...string[]];
  /** More that is seen, where there is such a fact: pattern and sentence. */
  also?: readonly (readonly [Pattern, string])[];
}

/**
 * A cause that the facts of one host tell: data, which the agent's table holds, too. Findings of one cause that ask for the
 * same are one, with the evidence of all.
 */
export interface Rule extends Seen {
  cause: Cause;
  /** Where it is to be put right. @default $node */
  at?: string;
  confidence: Confidence;
  /** What else it could have been, and why it is not. */
  ruledOut?: readonly { cause: Cause; because: string }[];
  /** Causes that on the same node only follow from it. */
  explains?: readonly Cause[];
  fix: {
    repair: Repair;
    /** What is to be done; begins with a small letter and ends without a full stop. */
    summary: string;
    /** For a person, in order. */
    commands?: readonly string[];
    /** Words after `vrrp-agent repair CLUSTER`; the doctor does it by itself. */
    action?: readonly string[];
  };
  /** For a host that is looked at alone; where the other nodes are asked, they tell it better. */
  alone?: true;
}

/** What is to be seen, apart from its cause. */
export interface SymptomRule extends Seen {
  symptom: Symptom;
}
