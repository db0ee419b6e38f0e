import { ConfFile, ReadConf, ReadOptions } from "../model";

/**
 * Reads the configuration of one host: the first file, and of the others those that it includes. Never throws; what
 * is wrong or cannot be known is in `notes`.
 */
export function readConf(_files: ConfFile[], _options: ReadOptions = {}): ReadConf {
  throw new Error("not yet read");
}
