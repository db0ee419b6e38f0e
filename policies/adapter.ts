import { ResourceValidationPolicy, StackValidationPolicy } from "@pulumi/policy";
import { checkCluster, checkTunnel, Problem, Rule, RuleInfo, toProblem, TunnelRule } from "../spec";
import { groupMachines, groupRouters } from "../lint/groups";
import { bare, plain } from "./plain";
import {
  HA_PAIR,
  KEEPALIVED_INSTANCE,
  LooseInstance,
  readInstance,
  Seen,
  WIREGUARD_TUNNEL,
} from "./resources";

/** A problem as a violation; Pulumi prints the description, and so the fix, above it. Problems hold no secrets. */
function message({ path, value, allowed }: Problem): string {
  return `${path}: ${value}; allowed: ${allowed}`;
}

function description(rule: RuleInfo): string {
  return `${rule.doc} Fix: ${rule.fix}.`;
}

/** What works, but not as well as it could, stops nobody. */
function enforcementOf(rule: RuleInfo): "mandatory" | "advisory" {
  return rule.severity === "error" ? "mandatory" : "advisory";
}

/** Every policy asks about every HaPair and every WireGuardTunnel. */
const proofs = new WeakMap<object, Problem[]>();

function proofOf({ type, props, name }: Seen): Problem[] {
  const check = type === WIREGUARD_TUNNEL ? checkTunnel : checkCluster;
  const problems = proofs.get(bare(props)) ?? check(plain(props), { name });
  proofs.set(bare(props), problems);
  return problems;
}

/** The problems that a rule sees in one resource. */
function problemsOf(rule: Rule, resource: Seen): Problem[] {
  if (resource.type === HA_PAIR) {
    return proofOf(resource).filter((p) => p.rule === rule.id);
  }
  if (resource.type !== KEEPALIVED_INSTANCE || rule.scope !== "instance") {
    return [];
  }
  const instance = readInstance(resource);
  return instance === undefined
    ? []
    : rule([instance]).map((finding) => toProblem(rule, finding, (_at, property) => property));
}

/**
 * A rule as a resource policy: of an instance, over HaPair and KeepalivedInstance; of a pair, over HaPair, whose
 * inputs hold all nodes. It runs before the resource is made, even under `pulumi up --skip-preview`.
 */
export function resourcePolicy(rule: Rule): ResourceValidationPolicy {
  return {
    name: rule.id,
    description: description(rule),
    enforcementLevel: enforcementOf(rule),
    validateResource: ({ type, name, urn, props }, reportViolation) => {
      for (const problem of problemsOf(rule, { type, name, urn, props })) {
        reportViolation(message(problem));
      }
    },
  };
}

/** A rule over both ends of a tunnel as a resource policy over WireGuardTunnel. */
export function tunnelPolicy(rule: TunnelRule): ResourceValidationPolicy {
  return {
    name: rule.id,
    description: description(rule),
    enforcementLevel: enforcementOf(rule),
    validateResource: ({ type, name, urn, props }, reportViolation) => {
      const problems = type === WIREGUARD_TUNNEL ? proofOf({ type, name, urn, props }) : [];
      for (const problem of problems.filter((p) => p.rule === rule.id)) {
        reportViolation(message(problem));
      }
    },
  };
}

/** A rule over several instances as a stack policy: over the KeepalivedInstances of a stack. */
export function stackPolicy(rule: Rule): StackValidationPolicy {
  return {
    name: `${rule.id}-in-stack`,
    description: description(rule),
    enforcementLevel: enforcementOf(rule),
    validateStack: ({ resources }, reportViolation) => {
      const loose = resources
        .filter(({ type }) => type === KEEPALIVED_INSTANCE)
        .map(readInstance)
        .filter((instance) => instance !== undefined);
      const groups: LooseInstance[][] = rule.scope === "node" ? groupMachines(loose) : groupRouters(loose);
      for (const group of groups) {
        for (const finding of rule(group)) {
          const problem = toProblem(rule, finding, (at, property) => `${group[at]!.name}.${property}`);
          reportViolation(message(problem), group[finding.at]!.urn);
        }
      }
    },
  };
}
