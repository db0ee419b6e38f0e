export * from "./gatewayArgs";
export * from "./pveGateway";
export * from "./pveGuestNic";
