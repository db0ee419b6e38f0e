import { guestPath } from "./call";
import { Change, possible, Undo } from "./change";
import { GuestSeen, guestName } from "./guest";
import { asPveWrites, firewallOf, macOf, Net, parseNet, printNet, valueOf, withKey } from "./net";

/** A change of a NIC's flag and the NIC as it will be, or why there is none. */
export interface NicChange {
  net?: Net;
  change?: Change;
  refusal?: string;
  notes: string[];
}

/** The call that gives a NIC another value; every other key is as it was. */
export function nicChange(
  seen: GuestSeen,
  nic: string,
  to: Net,
  undo: Pick<Change, "undo" | "settles">,
): NicChange {
  const where = `${nic} of ${guestName(seen)}`;
  const now = parseNet(seen.kind, seen.config[nic]!);
  const pending = seen.pending.find(({ key }) => key === nic);
  if (pending?.pending !== undefined || pending?.delete) {
    const what = pending.pending === undefined ? "its removal" : `'${pending.pending}'`;
    return {
      notes: [],
      refusal: `${where}: ${what} is pending and would be lost: stop and start the guest, or revert it (${seen.kind === "qemu" ? "qm" : "pct"} set ${seen.id} --revert ${nic}), then run again`,
    };
  }
  if (macOf(now) === undefined) {
    return {
      notes: [],
      refusal: `${where}: '${printNet(now)}' names no MAC, and PVE would make a new one: write the one that the guest has into it`,
    };
  }
  const text = printNet(to);
  const kept = asPveWrites(to);
  const running = seen.status !== "stopped";
  const flag = firewallOf(to) ? "on" : "off";
  return {
    net: to,
    change: {
      says: `${where}: firewall flag ${flag}, '${printNet(now)}' becomes '${kept}'`,
      phase: firewallOf(to) ? "tighten" : "widen",
      effect: running ? "replug" : "next start",
      call: {
        method: "set",
        path: `${guestPath(seen)}/config`,
        params: { [nic]: text, ...(seen.digest !== "" && { digest: seen.digest }) },
        reread: true,
      },
      ...undo,
    },
    notes:
      kept === text
        ? []
        : [`${where}: PVE writes its keys in its own order and spelling: '${text}' becomes '${kept}'`],
  };
}

/** What puts a NIC's flag back: all of it where nobody has changed it since, else the flag alone; a flag that was changed stays. */
export function nicBack(seen: GuestSeen, undo: Undo & { what: "nic" }): NicChange | undefined {
  const text = seen.config[undo.nic];
  const where = `${undo.nic} of ${guestName(seen)}`;
  if (text === undefined) {
    return { notes: [`${where} is gone: nothing to put back`] };
  }
  const settles = { settles: undo };
  const before = parseNet(seen.kind, undo.before);
  if (text === undo.before) {
    return pendingBack(seen, undo);
  }
  if (possible(undo).includes(text)) {
    return nicChange(seen, undo.nic, before, settles);
  }
  const now = parseNet(seen.kind, text);
  if (firewallOf(now) === firewallOf(before)) {
    return undefined;
  }
  const ours = possible(undo).map((value) => valueOf(parseNet(seen.kind, value), "firewall"));
  if (!ours.includes(valueOf(now, "firewall"))) {
    return { notes: [`${where}: its firewall flag was changed since by somebody else: it stays as it is`] };
  }
  return nicChange(seen, undo.nic, withKey(now, "firewall", valueOf(before, "firewall")), settles);
}

/** Ours is written, and the running guest has not taken it: at its next start it would be in force. */
function pendingBack(seen: GuestSeen, undo: Undo & { what: "nic" }): NicChange | undefined {
  const pending = seen.pending.find(({ key }) => key === undo.nic)?.pending;
  if (pending === undefined || !possible(undo).includes(pending)) {
    return undefined;
  }
  return {
    notes: [],
    change: {
      says: `${undo.nic} of ${guestName(seen)}: '${pending}', which is pending, is taken back`,
      phase: "tighten",
      effect: "at once",
      call: {
        method: "set",
        path: `${guestPath(seen)}/config`,
        params: { revert: undo.nic, ...(seen.digest !== "" && { digest: seen.digest }) },
        reread: true,
      },
      settles: undo,
    },
  };
}

/** What the NIC was before us, with what somebody else has changed since; undefined: nobody has. */
export function rebased(seen: GuestSeen, undo: Undo & { what: "nic" }): string | undefined {
  const text = seen.config[undo.nic]!;
  if (text === undo.before || possible(undo).includes(text)) {
    return undefined;
  }
  const before = valueOf(parseNet(seen.kind, undo.before), "firewall");
  return printNet(withKey(parseNet(seen.kind, text), "firewall", before));
}
