export * from "./esxiPortGroup";
