export * from "./gatewayArgs";
export * from "./guestFirewall";
export type { GuestFirewallOptions, Policy as PveFirewallPolicy, ProxmoxFirewall } from "./proxmoxFirewall";
export * from "./pveGateway";
export * from "./pveGuestNic";
