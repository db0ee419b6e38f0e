export * from "./args";
export * from "./esxi";
export * from "./haPair";
export * from "./hostConfig";
export * from "./hostFirewall";
export * from "./keepalivedInstance";
export * from "./stackConfig";
export * from "./wireGuardTunnel";
