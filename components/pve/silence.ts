import { GuestSeen, lackOf, parseNet, whyNotInForce } from "../../hypervisor/pve";
import { readGuest } from "./guests";
import { GuestAsk, Kept, nameOf, NicInputs } from "./model";
import type { Session } from "./reach";
import type { Tools } from "./work";

const SO =
  "nodes that do not hear each other all take the addresses: say 'hypervisor' and 'guest' again, or let it through by a rule of " +
  "your own, IN ACCEPT vrrp PEER -> OWN";

/** A session that warns where a pair is not heard any more. */
export function telling(session: Session, inputs: NicInputs, tools: Tools): Session {
  return {
    ...session,
    carryOut: async (kept) => {
      const orphans = orphansOf(inputs, kept);
      await session.carryOut(kept);
      await tellOrphans(orphans, tools);
    },
    restore: async (kept) => {
      await session.restore(kept);
      await tellSilenced(inputs, tools);
    },
  };
}

/** Warns where a pair runs on that is not let through any more, now that nothing here looks after its guests. */
async function tellSilenced({ guests, part }: NicInputs, tools: Tools): Promise<void> {
  if (part !== "widen") return;
  const silenced: string[] = [];
  for (const ask of guests) {
    const seen = await seenOf(ask, tools);
    const net = seen?.config[ask.want.nic];
    if (seen === undefined || net === undefined) continue;
    if (lackOf(seen, parseNet(seen.kind, net), ask.want).rules.length > 0) silenced.push(nameOf(ask));
  }
  // After a destroy of the pair itself there is none.
  if (silenced.length === 0 || (await tools.gateways.running()).length === 0) return;
  await tools.warn(
    `${silenced.join(", ")}: Proxmox VE's firewall drops protocol 112 now, since the rules of ours are gone; ${SO}`,
  );
}

/** Those whose node stays in the pair, though it is not said any more which guest it is. */
function orphansOf({ part, guests, gateways = {}, former = [] }: NicInputs, kept: readonly Kept[]): Kept[] {
  // Before the pair's own change nothing is taken from it.
  if (part === "widen") return [];
  const isOrphan = ({ node }: Kept) => node in gateways && !guests.some((ask) => ask.node === node);
  return [...new Map([...former, ...kept].filter(isOrphan).map((one) => [nameOf(one), one])).values()];
}

/** The same of these, once their NICs are put back. What they need is not known any more: whatever is filtered is told. */
async function tellOrphans(orphans: readonly Kept[], tools: Tools): Promise<void> {
  for (const one of orphans) {
    const seen = await seenOf(one, tools);
    const net = seen?.config[one.nic];
    if (seen === undefined || net === undefined) continue;
    if (whyNotInForce(seen, parseNet(seen.kind, net)) === undefined)
      await tools.warn(
        `${nameOf(one)}: Proxmox VE's firewall drops protocol 112 now where no rule of yours lets it through; ${SO}`,
      );
  }
}

async function seenOf(
  guest: Pick<GuestAsk, "node" | "id" | "at">,
  tools: Tools,
): Promise<GuestSeen | undefined> {
  try {
    return await readGuest(tools.api(guest.at), nameOf(guest), guest.id);
  } catch {
    // The guest is gone, or nothing can be told of it: what had to be done is done.
    return undefined;
  }
}
