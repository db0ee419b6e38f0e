export * from "./loaded";
export * from "./parse";
export * from "./state";
export * from "./traffic";
export * from "./view";
export * from "./wanted";
