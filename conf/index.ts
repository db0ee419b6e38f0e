export * from "./model";
export { readConf } from "./read";
