export { parse, print, RawLine, rawLines } from "./parse";
export { Places } from "./position";
