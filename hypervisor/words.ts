/**
 * What a hypervisor's NIC may do, in words that none of them owns. Absent: what the pair needs, no more.
 */
export interface NicWords {
  /** Whether the hypervisor filters this NIC at all; false switches its filter off for every traffic. */
  firewall?: boolean;
  /** Frames for addresses other than the NIC's own reach the guest. */
  promiscuous?: boolean;
  /** The guest may listen on another MAC than the NIC's. */
  macChanges?: boolean;
  /** The guest may send from another MAC than the NIC's. */
  forgedTransmits?: boolean;
}
