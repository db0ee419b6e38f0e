import { firewallPath } from "./call";
import { Change, possible, Undo } from "./change";
import { guestName, GuestSeen } from "./guest";

/** As PVE is given it: its JSON has 1, "1" and true. */
function optionText(value: unknown): string | undefined {
  if (typeof value === "boolean") {
    return value ? "1" : "0";
  }
  return typeof value === "number" || typeof value === "string" ? String(value) : undefined;
}

/** The call that sets macfilter, which is the guest's, not the NIC's. */
export function macfilterChange(seen: GuestSeen, on: boolean): Change {
  const was = optionText(seen.firewall.options["macfilter"]);
  const set = on ? "1" : "0";
  return {
    says: `${guestName(seen)}: macfilter ${on ? "on" : "off"}, ${on ? "what comes from another MAC is dropped" : "it may send from another MAC than its NIC's"}`,
    phase: on ? "tighten" : "widen",
    effect: "at once",
    call: optionsCall(seen, { macfilter: set }),
    undo: { what: "option", key: "macfilter", ...(was !== undefined && { was }), set },
  };
}

function optionsCall(seen: GuestSeen, params: Record<string, string>): Change["call"] {
  const digest = seen.firewall.optionsDigest;
  return {
    method: "set",
    path: `${firewallPath(seen)}/options`,
    params: { ...params, ...(digest !== undefined && { digest }) },
    reread: true,
  };
}

/** What puts an option back, where it still has the value that was set. */
export function optionBack(
  seen: GuestSeen,
  undo: Undo & { what: "option" },
): { change?: Change; note?: string } | undefined {
  const { key, was } = undo;
  const now = optionText(seen.firewall.options[key]);
  if (now === was) {
    return undefined;
  }
  if (now === undefined || !possible(undo).includes(now)) {
    return {
      note: `${guestName(seen)}: its firewall option ${key} was changed since by somebody else: it stays as it is`,
    };
  }
  return {
    change: {
      says: `${guestName(seen)}: ${key} ${was === undefined ? "is not set, as before" : `is ${was} again`}`,
      phase: "tighten",
      effect: "at once",
      call: optionsCall(seen, was === undefined ? { delete: key } : { [key]: was }),
      settles: undo,
    },
  };
}
