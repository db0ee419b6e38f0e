import { canonical } from "../../spec/addresses";
import { numberOf, NodeView } from "./view";

export type Transport = "unicast" | "multicast";
export type Packet = "probe" | "advert";

/** What this node sent to an address within the window. */
export interface Sent {
  entered: number;
  /** After all filters of this host. */
  left: number;
}

/** What came from an address within the window. */
export interface Came {
  nic: number;
  entered: number;
  /** After all filters of this host; undefined: nobody looked. */
  passed: number | undefined;
}

const count = (word: string | undefined) => numberOf(word) ?? 0;
const isAt = (address: string) => (word: string | undefined) => canonical(word ?? "") === address;

/** To one address of a peer; undefined: nobody looked. */
export function sent(
  view: NodeView,
  peer: string,
  address: string,
  transport: Transport,
  packet: Packet,
): Sent | undefined {
  const fact = view
    .all("sent", peer)
    .find((f) => isAt(address)(f[2]) && f[3] === transport && f[4] === packet);
  return fact === undefined ? undefined : { entered: count(fact[5]), left: count(fact[6]) };
}

export function came(
  view: NodeView,
  peer: string,
  address: string,
  transport: Transport,
  packet: Packet,
): Came | undefined {
  const fact = view
    .all("came", peer)
    .find((f) => isAt(address)(f[2]) && f[3] === transport && f[4] === packet);
  const [nic, entered, passed] = [fact?.[5], fact?.[6], fact?.[7]].map(numberOf);
  // Where nothing can count at the NIC, what came as far as the first hook is what is known.
  const first = nic ?? entered;
  return first === undefined ? undefined : { nic: first, entered: entered ?? first, passed };
}

/** Everything else from the address that reached the NIC; undefined: nobody looked. */
export function framesFrom(view: NodeView, peer: string, address: string): number | undefined {
  const fact = view.all("frames", peer).find((f) => isAt(address)(f[2]));
  return fact === undefined ? undefined : count(fact[3]);
}

/** Plain pings of the peer; undefined: nobody asked. */
export function echoOf(
  view: NodeView,
  peer: string,
  address: string,
): { isAnswered: boolean; loss?: number } | undefined {
  const fact = view.all("echo", peer).find((f) => isAt(address)(f[2]));
  if (fact === undefined) return undefined;
  return { isAnswered: fact[3] === "yes", loss: numberOf(fact[4]) };
}

/** A sender of adverts. */
export interface Heard {
  address: string;
  vrid: number;
  version: number | undefined;
  priority: number | undefined;
  transport: string;
  count: number;
  /** Where; none: that is not known. */
  interfaces: string[];
}

export function heard(view: NodeView): Heard[] {
  return view
    .all("heard")
    .map(([, address = "", vrid, version, priority, transport = "", n, ...interfaces]) => ({
      address: canonical(address),
      vrid: count(vrid),
      version: numberOf(version),
      priority: numberOf(priority),
      transport,
      count: count(n),
      interfaces,
    }));
}
