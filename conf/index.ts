export * from "./model";
export { applyEdits, Edit, insertInBlock, remove, setArgument } from "./edit";
export { readConf } from "./read";
export { parse, print } from "./syntax";
