import { Call, firewallPath } from "./call";
import { Change } from "./change";
import { guestName, GuestSeen, PveRule } from "./guest";
import { isRule, ruleParams, rulesFor, ruleText, RuleWant } from "./rules";
import { GuestWant } from "./want";

function at(seen: GuestSeen, { pos, digest }: PveRule): Pick<Call, "path" | "params"> {
  return {
    path: `${firewallPath(seen)}/rules/${pos}`,
    params: digest === undefined ? {} : { digest },
  };
}

/** Ours of this NIC: by comment, whatever has become of the rest. */
function ownRules(seen: GuestSeen, nic: string, comment: string): PveRule[] {
  return seen.firewall.rules.filter((rule) => rule.comment === comment && rule.iface === nic);
}

/**
 * Makes the rules that are missing. PVE puts a new rule first, so that nothing above it can drop what it lets through; one of
 * ours that was switched off or has slid down is put right.
 */
export function ruleChanges(
  seen: GuestSeen,
  nic: string,
  missing: readonly RuleWant[],
  comment: string,
): Change[] {
  const own = ownRules(seen, nic, comment);
  // The last one made is the first in the list.
  return [...missing].reverse().map((want): Change => {
    const found = own.find((rule) => isRule(rule, want, nic));
    const base = { phase: "widen" as const, effect: "at once" as const };
    const says = `${guestName(seen)}, ${nic}: ${ruleText(want)}`;
    if (found === undefined) {
      const params = ruleParams(want, nic, comment);
      return { ...base, says, call: { method: "create", path: `${firewallPath(seen)}/rules`, params } };
    }
    const { path, params } = at(seen, found);
    const cure: Record<string, string> = found.enable ? { moveto: "0" } : { enable: "1" };
    return {
      ...base,
      says: `${says} (${found.enable ? "moved to the top" : "switched on again"})`,
      call: { method: "set", path, params: { ...cure, ...params }, reread: true },
    };
  });
}

/** Deletes ours that are not wanted any more, and second copies; from the end, so that no two calls say the same. */
export function staleRules(seen: GuestSeen, want: GuestWant, comment: string): Change[] {
  const wanted = want.firewall === false ? [] : rulesFor(want.vrrp);
  const own = ownRules(seen, want.nic, comment);
  const stays = new Set(wanted.map((rule) => own.find((one) => isRule(one, rule, want.nic))));
  return own
    .filter((rule) => !stays.has(rule))
    .sort((a, b) => b.pos - a.pos)
    .map((rule) => ({
      says: `${guestName(seen)}, ${want.nic}: rule ${rule.pos} (${rule.type} ${rule.proto ?? "any"} ${rule.source ?? "any"} -> ${rule.dest ?? "any"}) of ours is removed`,
      phase: "tighten",
      effect: "at once",
      call: { method: "delete", ...at(seen, rule), reread: true },
    }));
}

/** A new rule moves the others: what names a position after it has to be planned anew. */
export function withRereads(changes: readonly Change[]): Change[] {
  const last = changes.map(({ call }) => isOnePos(call)).lastIndexOf(true);
  return changes.map((change, index) =>
    index < last && change.call.method === "create" && change.call.path.endsWith("/rules")
      ? { ...change, call: { ...change.call, reread: true } }
      : change,
  );
}

function isOnePos({ path }: Call): boolean {
  return /\/rules\/\d+$/.test(path);
}
