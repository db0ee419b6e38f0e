import { Policies } from "@pulumi/policy";
import { RULES } from "../spec";
import { resourcePolicy, stackPolicy } from "./adapter";

/** Every policy of the pack: one for each rule of the proof, and one more for each rule over several instances. */
export const policies: Policies = [
  ...RULES.filter((rule) => rule.scope !== "node").map(resourcePolicy),
  ...RULES.filter((rule) => rule.scope !== "instance").map(stackPolicy),
];
