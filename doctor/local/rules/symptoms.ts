import type { SymptomRule } from "../rule";

/** What is to be seen of a node by itself. */
export const SYMPTOM_RULES: readonly SymptomRule[] = [
  {
    id: "master-without-vip",
    symptom: "master-without-vip",
    when: ["daemon running ...", "state $instance MASTER", "vip $instance $address $device free"],
    says: ["$instance is MASTER, and $address is not on $device"],
  },
  {
    id: "flapping",
    symptom: "flapping",
    when: ["flaps $instance $count:>5 $seconds"],
    says: ["$instance changed its state $count times within $seconds s"],
  },
];
