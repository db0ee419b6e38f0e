import { canonical } from "../../spec/addresses";
import { Call, firewallPath } from "./call";
import { Change } from "./change";
import { guestName, GuestSeen } from "./guest";
import { impliedAddresses, ipfilterApplies, ipfilterName } from "./ipfilter";
import { Net } from "./net";
import { GuestWant } from "./want";

function changeOf(seen: GuestSeen, says: string, phase: Change["phase"], call: Call): Change {
  return { says: `${guestName(seen)}: ${says}`, phase, effect: "at once", call };
}

/**
 * Puts addresses into a NIC's ipset. Where there is none the filter is one by the option, with what PVE implies: proxmox-firewall
 * implies nothing beside an ipset, so a new one gets that as well.
 */
export function ipsetChanges(
  seen: GuestSeen,
  net: Net,
  { name, addresses }: { name: string; addresses: readonly string[] },
  comment: string,
): Change[] {
  const path = `${firewallPath(seen)}/ipset`;
  const exists = seen.firewall.ipsets[name] !== undefined;
  const all = exists ? addresses : [...new Set([...impliedAddresses(net), ...addresses])];
  return [
    ...(exists
      ? []
      : [
          changeOf(seen, `ipset ${name} is made`, "widen", {
            method: "create",
            path,
            params: { name, comment },
          }),
        ]),
    ...all.map((cidr) =>
      changeOf(seen, `${name} lets ${cidr} through`, "widen", {
        method: "create",
        path: `${path}/${name}`,
        params: { cidr, comment },
      }),
    ),
  ];
}

/** Why an address cannot be added: PVE refuses one that is there already, and there it says no. */
export function excluded(seen: GuestSeen, name: string, addresses: readonly string[]): string[] {
  const entries = seen.firewall.ipsets[name]?.entries ?? [];
  return addresses
    .filter((address) => entries.some(({ cidr, nomatch }) => nomatch && canonical(cidr) === address))
    .map((address) => `${guestName(seen)}: ipset ${name} has !${address}, which drops it: remove that entry`);
}

/** Takes out what is ours and not wanted any more. A set that is only ours goes as a whole: an empty one would drop everything. */
export function staleIpset(
  seen: GuestSeen,
  net: Net | undefined,
  want: GuestWant,
  comment: string,
): Change[] {
  const name = ipfilterName(want.nic);
  const set = seen.firewall.ipsets[name];
  if (set === undefined) {
    return [];
  }
  const path = `${firewallPath(seen)}/ipset/${name}`;
  const isWanted =
    want.firewall !== false && want.addresses.length > 0 && ipfilterApplies(seen, want.nic, comment);
  const wanted = new Set(
    isWanted ? [...want.addresses.map(canonical), ...(net === undefined ? [] : impliedAddresses(net))] : [],
  );
  const own = set.entries.filter((entry) => entry.comment === comment);
  if (!isWanted && set.comment === comment && own.length === set.entries.length) {
    const whole: Call = {
      method: "delete",
      path,
      params: { force: "1" },
      otherwise: [...own.map((entry) => entryGone(path, entry)), { method: "delete", path, params: {} }],
    };
    return [changeOf(seen, `ipset ${name} of ours is removed`, "tighten", whole)];
  }
  return own
    .filter(({ cidr }) => !wanted.has(canonical(cidr)))
    .map((entry) =>
      changeOf(seen, `${name} lets ${entry.cidr} through no more`, "tighten", entryGone(path, entry)),
    );
}

function entryGone(path: string, { cidr }: { cidr: string }): Call {
  return { method: "delete", path: `${path}/${encodeURIComponent(cidr)}`, params: {} };
}
