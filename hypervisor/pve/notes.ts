import { macfilterOn } from "./force";
import { guestName, GuestSeen } from "./guest";
import { Lack } from "./lack";
import { Net, firewallOf, parseNet, valueOf, booleanOf } from "./net";
import { isOn } from "./reads";
import { GuestWant } from "./want";

/** What people should know of a plan, and what it leaves alone. */
export function notesOf(seen: GuestSeen, net: Net, want: GuestWant, lack: Lack): string[] {
  const where = `${want.nic} of ${guestName(seen)}`;
  const { options } = seen.firewall;
  const notes = [
    ...want.notes,
    ...seen.unread.map((what) => `${where}: could not be read: ${what}; the plan takes it to be on`),
  ];
  if (lack.unfiltered !== undefined) {
    notes.push(unfilteredNote(where, net, lack.unfiltered));
    return notes;
  }
  const others = otherNics(seen, want.nic);
  if (want.macfilter === false && macfilterOn(seen) && others.length > 0) {
    notes.push(`${where}: macfilter is one for the guest: it goes off for ${others.join(", ")} as well`);
  }
  if (!isOn(options["ndp"], true) && want.vrrp.some(({ family }) => family === 6)) {
    notes.push(`${where}: the guest's option ndp is off: no neighbour finds its IPv6 addresses`);
  }
  const layer2 = options["layer2_protocols"];
  if (typeof layer2 === "string" && !/(^|,)ARP(,|$)/i.test(layer2)) {
    notes.push(`${where}: layer2_protocols (${layer2}) has no ARP: nobody learns where a virtual address is`);
  }
  return notes;
}

function unfilteredNote(where: string, net: Net, why: string): string {
  if (booleanOf(valueOf(net, "link_down"))) {
    return `${where}: the NIC is unplugged (link_down=1)`;
  }
  return firewallOf(net)
    ? `${where}: ${why}: nothing filters it, and no rule is made. Before that firewall is switched on, run again: it would stop VRRP until then`
    : `${where}: ${why}: nothing filters it, and nothing is made`;
}

function otherNics(seen: GuestSeen, nic: string): string[] {
  return Object.entries(seen.config).flatMap(([key, text]) =>
    /^net\d+$/.test(key) && key !== nic && firewallOf(parseNet(seen.kind, text)) ? [key] : [],
  );
}
