/** What guests run on. */
export const HypervisorKind = { Pve: "pve", Esxi: "esxi" } as const;
export type HypervisorKind = (typeof HypervisorKind)[keyof typeof HypervisorKind];

/** What the NICs of a cluster's guests may do beside what the cluster needs. Absent: nothing. */
export interface Hypervisor {
  kind: HypervisorKind;
  firewall?: boolean;
  promiscuous?: boolean;
  macChanges?: boolean;
  forgedTransmits?: boolean;
}

/** The guest that a node is. */
export interface Guest {
  /** VMID, in Proxmox VE. */
  id?: number;
  /** In Proxmox VE. */
  nic: string;
  /** On ESXi. */
  portGroup?: string;
}
