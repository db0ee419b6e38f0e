import { Change, commentOf, Owner, Undo } from "./change";
import { macfilterOn } from "./force";
import { guestName, GuestSeen } from "./guest";
import { excluded, ipsetChanges, staleIpset } from "./ipset-changes";
import { lackOf } from "./lack";
import { asPveWrites, faultOf, firewallOf, Net, parseNet, printNet, withKey } from "./net";
import { nicBack, nicChange, rebased } from "./nic";
import { notesOf } from "./notes";
import { macfilterChange, optionBack } from "./options";
import { BridgePortFlags, bridgePortOf } from "./bridge-port";
import { ruleChanges, staleRules, withRereads } from "./rule-changes";
import { GuestWant } from "./want";

/** What is to be done to one guest for one of its NICs. */
export interface Plan {
  /**
   * In their order: what widens first. After a call with `reread` the answers are old: read and plan again, and go on with the
   * first change of the new plan.
   */
  changes: Change[];
  /** What is left alone, and why; what people should know. */
  notes: string[];
  /** Why nothing is planned: each with the fix. Then changes is empty. */
  refusals: string[];
  /** The guest is locked: PVE will refuse a change of a NIC until this is over. */
  busy?: string;
  bridgePort: BridgePortFlags;
}

/**
 * What one guest's NIC lacks, least privilege first: no rule where nothing filters, no address where no ipfilter asks for it,
 * no option that is as it should be. `kept` is what was changed before: what is wanted no more goes back.
 */
export function planOf(seen: GuestSeen, want: GuestWant, owner: Owner, kept: readonly Undo[] = []): Plan {
  const comment = commentOf(owner);
  const refusals = [...want.refusals, ...unusable(seen, want.nic)];
  const none: Plan = { changes: [], notes: [], refusals, bridgePort: {} };
  if (refusals.length > 0) {
    return none;
  }
  const now = parseNet(seen.kind, seen.config[want.nic]!);
  const nic = nicPlan(seen, now, want, kept);
  const will = nic.net;
  const lack = lackOf(seen, will, want, comment);
  const { ipfilter } = lack;
  const refused = [
    ...(nic.refusal === undefined ? [] : [nic.refusal]),
    ...(ipfilter === undefined ? [] : excluded(seen, ipfilter.name, ipfilter.addresses)),
  ];
  if (refused.length > 0) {
    return { ...none, refusals: refused };
  }
  const option = optionPlan(seen, want, lack.macfilter, kept);
  const changes = [
    ...(ipfilter === undefined ? [] : ipsetChanges(seen, will, ipfilter, comment)),
    ...ruleChanges(seen, want.nic, lack.rules, comment),
    ...option.changes,
    ...(nic.change === undefined ? [] : [nic.change]),
    ...staleRules(seen, want, comment),
    ...staleIpset(seen, will, want, comment),
  ];
  return {
    changes: withRereads([
      ...changes.filter(({ phase }) => phase === "widen"),
      ...changes.filter(({ phase }) => phase === "tighten"),
    ]),
    notes: [...nic.notes, ...option.notes, ...notesOf(seen, will, want, lack)],
    refusals: [],
    ...(nic.change !== undefined && seen.lock !== undefined && { busy: seen.lock }),
    bridgePort: bridgePortOf(seen, will, want),
  };
}

function unusable(seen: GuestSeen, nic: string): string[] {
  const where = guestName(seen);
  if (seen.template) {
    return [`${where} is a template: name the guest that was made of it`];
  }
  const text = seen.config[nic];
  if (text === undefined) {
    const nics = Object.keys(seen.config).filter((key) => /^net\d+$/.test(key));
    return [
      `${where} has no ${nic}: ${nics.length > 0 ? `give one of ${nics.join(", ")}` : "it has no NIC at all"}`,
    ];
  }
  const fault = faultOf(parseNet(seen.kind, text));
  return fault === undefined ? [] : [`${nic} of ${where}: '${text}': ${fault}: mend it first`];
}

interface NicPlan {
  /** As it will be. */
  net: Net;
  change?: Change;
  refusal?: string;
  notes: string[];
}

/** The flag as wanted; where nothing is wanted any more, as it was before us. */
function nicPlan(seen: GuestSeen, now: Net, want: GuestWant, kept: readonly Undo[]): NicPlan {
  const { nic, firewall } = want;
  const still: NicPlan = { net: now, notes: [] };
  const former = kept.find((one) => one.what === "nic" && one.nic === nic);
  if (firewall === undefined) {
    const back = former?.what === "nic" ? nicBack(seen, former) : undefined;
    return back === undefined ? still : { ...still, ...back };
  }
  if (firewallOf(now) === firewall) {
    return still;
  }
  const to = withKey(now, "firewall", firewall ? "1" : "0");
  const first = former?.what === "nic" ? rebased(seen, former) : undefined;
  const undo: Undo = {
    what: "nic",
    nic,
    before: printNet(now),
    after: asPveWrites(to),
    ...(first !== undefined && { rebased: first }),
  };
  return { ...still, ...nicChange(seen, nic, to, { undo }) };
}

/** The guest's macfilter as wanted; where nothing is wanted any more, as it was before us. */
function optionPlan(seen: GuestSeen, want: GuestWant, isMissing: boolean, kept: readonly Undo[]) {
  const change = isMissing
    ? macfilterChange(seen, false)
    : want.macfilter === true && !macfilterOn(seen)
      ? macfilterChange(seen, true)
      : undefined;
  const undo = kept.find((one) => one.what === "option");
  const back = want.macfilter === undefined && undo?.what === "option" ? optionBack(seen, undo) : undefined;
  const all = [change, back?.change].filter((one) => one !== undefined);
  return { changes: all, notes: back?.note === undefined ? [] : [back.note] };
}
