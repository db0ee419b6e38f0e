import { Policies } from "@pulumi/policy";
import { RULES } from "../spec";
import { resourcePolicy, stackPolicy } from "./adapter";
import { confPolicies } from "./conf";

/**
 * Every policy of the pack: one for each rule of the proof, one more for each rule over several instances, and one for
 * each rule over the keepalived.conf texts of other resources.
 */
export const policies: Policies = [
  ...RULES.filter((rule) => rule.scope !== "node").map(resourcePolicy),
  ...RULES.filter((rule) => rule.scope !== "instance").map(stackPolicy),
  ...confPolicies,
];
