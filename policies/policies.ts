import { Policies } from "@pulumi/policy";
import { RULES, TUNNEL_RULES } from "../spec";
import { resourcePolicy, stackPolicy, tunnelPolicy } from "./adapter";
import { confPolicies } from "./conf";
import { vipsOverTunnel } from "./over-tunnel";
import { pvePolicies } from "./pve/policies";

/**
 * Every policy of the pack: one for each rule of the proof, one more for each rule over several instances, one for each
 * rule over a tunnel, one over pairs that run over a tunnel, those over guests of Proxmox VE, and one for each rule over the
 * keepalived.conf texts of other resources.
 */
export const policies: Policies = [
  ...RULES.filter((rule) => rule.scope !== "node").map(resourcePolicy),
  ...RULES.filter((rule) => rule.scope !== "instance").map(stackPolicy),
  // The public keys are no input: the hosts tell them.
  ...TUNNEL_RULES.filter(({ id }) => id !== "tunnel-public-key").map(tunnelPolicy),
  vipsOverTunnel,
  ...pvePolicies,
  ...confPolicies,
];
