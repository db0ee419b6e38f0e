export * from "./command";
export * from "./plan";
export * from "./policy";
