import { NicNeeds, VrrpTraffic } from "../needs";
import { NicWords } from "../words";

/** What one guest's NIC has to be let do: its cluster's needs, and what its user says beside them. */
export interface GuestWant {
  /** `net0` */
  nic: string;
  /** The NIC's own flag; absent: stays. */
  firewall?: boolean;
  /** The guest's macfilter, which is one for all its NICs; absent: stays. */
  macfilter?: boolean;
  /** The NIC gets what is for MACs that its bridge has not learned. */
  promiscuous: boolean;
  virtualMac: boolean;
  vrrp: VrrpTraffic[];
  /** What this NIC sends from, for `ipfilter-netN`. */
  addresses: string[];
  /** What PVE cannot be told, in words: then nothing is planned. */
  refusals: string[];
  notes: string[];
}

/**
 * The neutral words in PVE's own. PVE has no switch `promiscuous`: its bridges deliver by learned MACs. `macChanges` and
 * `forgedTransmits` are one lever, macfilter, which drops what leaves the guest from another MAC.
 */
export function wantOf(needs: NicNeeds, words: NicWords, nic = "net0"): GuestWant {
  const { firewall, promiscuous = false, macChanges, forgedTransmits } = words;
  const refusals: string[] = [];
  if (macChanges !== undefined && forgedTransmits !== undefined && macChanges !== forgedTransmits) {
    refusals.push(
      `macChanges: ${macChanges} and forgedTransmits: ${forgedTransmits} are one switch on Proxmox VE (macfilter): give both the same value, or one of them`,
    );
  }
  const frees = macChanges ?? forgedTransmits;
  if (frees === false && needs.virtualMac) {
    const word = macChanges === false ? "macChanges" : "forgedTransmits";
    refusals.push(
      `${word}: false would drop what the cluster sends from its virtual MAC: remove ${word}, or use_vmac`,
    );
  }
  const macfilter = frees === undefined ? (needs.virtualMac ? false : undefined) : !frees;
  return {
    nic,
    ...(firewall !== undefined && { firewall }),
    ...(macfilter !== undefined && { macfilter }),
    promiscuous,
    virtualMac: needs.virtualMac || frees === true,
    vrrp: needs.vrrp,
    addresses: needs.addresses,
    refusals,
    notes: needs.also.map(
      (one) => `${one} are not opened: where the guest's firewall is on, let them in yourself`,
    ),
  };
}
