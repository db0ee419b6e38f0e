import { FirewallPlan, flowsOf, HostPlan } from "../spec";
import { firewallFiles, firewallNodeConf, keepalivedUnit, nodeConf, sysctlFiles } from "./agent";
import { connectionStateFiles } from "./connection-state";
import { RenderedFile, sorted } from "./file";
import { bfdRules, firewallRules, portRules } from "./firewall";
import { gatewayFiles } from "./gateway";
import { keepalivedFiles } from "./keepalived";
import { sourceUnit } from "./keepalived-source";
import { roleFiles } from "./role";
import { wordRules } from "./tunnel";
import { clusterName } from "./word";

export { Bundle, bundle, generationOf, hostDigest } from "./bundle";
export { RenderedFile } from "./file";
export { forwardRules, renderTunnel, tunnelRules, wordRules } from "./tunnel";
export { bfdRules, FirewallRule, firewallRules, portRules } from "./firewall";

/** All files of a host that runs keepalived, sorted by path. */
export function renderHost(plan: HostPlan): RenderedFile[] {
  clusterName(plan.cluster);
  const [keepalivedConf, ...included] = keepalivedFiles(plan);
  const rules = [
    ...firewallRules(flowsOf(plan)),
    ...(plan.firewall ? bfdRules(plan.instances.flatMap((instance) => instance.bfd)) : []),
    ...portRules(plan.openPorts),
    ...(plan.firewall && plan.witness?.kind === "lease" ? voteRules(plan) : []),
  ];
  return sorted([
    keepalivedConf,
    ...included,
    keepalivedUnit(),
    ...sourceUnit(plan),
    nodeConf(plan, keepalivedConf),
    ...firewallFiles(plan.cluster, rules),
    ...sysctlFiles(plan),
    ...roleFiles(plan),
    ...gatewayFiles(plan),
    ...connectionStateFiles(plan),
  ]);
}

/** What the nodes vote by. */
function voteRules({ instances }: HostPlan) {
  return wordRules({ interface: instances[0]!.interface });
}

/** All files of a host of which only the firewall is managed, sorted by path. */
export function renderFirewall(plan: FirewallPlan): RenderedFile[] {
  clusterName(plan.cluster);
  return sorted([firewallNodeConf(plan), ...firewallFiles(plan.cluster, firewallRules(plan.flows))]);
}
