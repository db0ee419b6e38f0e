export * from "./needs";
export * from "./words";
