import { UNKNOWN, VirtualIpAddress } from "../../spec";
import { parseAddress } from "../../spec/addresses";
import { ReadPeer, Statement, Word } from "../model";
import { Block, parseNumber, quote } from "./block";

type Unknown = typeof UNKNOWN;

const WITH_VALUE = ["dev", "scope", "broadcast", "brd", "label", "peer", "preferred_lft"];
const ALONE = ["home", "-nodad", "mngtmpaddr", "noprefixroute", "autojoin", "no_track", "use_vmac"];

/** The addresses of a block `virtual_ipaddress { ... }`, after those that were there before. */
export function readAddresses(
  block: Block,
  statement: Statement,
  property: string,
  before: VirtualIpAddress[] | Unknown = [],
): VirtualIpAddress[] | Unknown {
  const all = before === UNKNOWN ? [] : [...before];
  let isKnown = before !== UNKNOWN && statement.condition === undefined;
  block.positions[property] ??= statement.position;
  for (const line of block.lines(statement)) {
    const vip = readAddress(block, line);
    isKnown &&= vip !== UNKNOWN && line.condition === undefined;
    if (vip !== undefined && vip !== UNKNOWN) {
      block.at(`${property}[${all.length}]`, line.position);
      all.push(vip);
    }
  }
  return isKnown ? all : UNKNOWN;
}

/** undefined, with a note: keepalived leaves it out. */
function readAddress(block: Block, line: Statement): VirtualIpAddress | Unknown | undefined {
  if (line.unknown) {
    return UNKNOWN;
  }
  const [host = "", prefix] = line.keyword.split(/\/(.*)/s);
  const address = parseAddress(host);
  const refuse = (message: string, at: Word | Statement = line) => {
    block.context.note("argument-invalid", message, at.position);
    return undefined;
  };
  if (address === undefined) {
    return refuse(`${quote(line.keyword)} is no address; allowed: ADDRESS/PREFIX, one a line`);
  }
  const longest = address.family === 4 ? 32 : 128;
  const stated = prefix === undefined ? longest : parseNumber(prefix, { min: 0, max: longest });
  if (stated === undefined) {
    refuse(
      `the prefix length of ${quote(line.keyword)} is not a whole number from 0 to ${longest}; keepalived takes ${longest}`,
    );
  }
  const prefixLength = stated ?? longest;
  const vip: VirtualIpAddress = { address: address.text, prefixLength, family: address.family };
  let isKnown = true;
  for (let i = 0; i < line.args.length; i++) {
    const option = line.args[i];
    const value = line.args[i + 1];
    if (option === undefined || option.unknown) {
      return UNKNOWN;
    }
    if (!WITH_VALUE.includes(option.text)) {
      if (!ALONE.includes(option.text)) {
        const allowed = [...WITH_VALUE, ...ALONE].join(", ");
        refuse(`an address has no option ${quote(option.text)}; allowed: ${allowed}`, option);
      }
      continue;
    }
    if (value === undefined) {
      return refuse(`${option.text} needs a value; keepalived leaves the address out`, option);
    }
    i++;
    isKnown &&= value.unknown !== true;
    if (option.text === "dev") {
      vip.dev = value.text;
    } else if (option.text === "label" && address.family === 6) {
      refuse("an IPv6 address has no label: keepalived ignores it", option);
    } else if (option.text === "label" && Buffer.byteLength(value.text) > 15) {
      return refuse(
        `the label ${quote(value.text)} is longer than 15 bytes: keepalived leaves the address out`,
        value,
      );
    } else if (option.text === "label") {
      vip.label = value.text;
    } else if ((option.text === "brd" || option.text === "broadcast") && address.family === 6) {
      return refuse("an IPv6 address has no broadcast address: keepalived leaves it out", option);
    } else if (["+", "-"].includes(value.text) && vip.prefixLength > 30 && option.text !== "peer") {
      refuse(`a network of prefix length ${vip.prefixLength} has no broadcast address`, value);
    }
  }
  return isKnown ? vip : UNKNOWN;
}

const TTL = { min: 0, max: 255 };

/** The peers of a block `unicast_peer { ... }`. */
export function readPeers(block: Block, statement: Statement): (ReadPeer | Unknown)[] {
  return block.lines(statement).flatMap((line): (ReadPeer | Unknown)[] => {
    const address = parseAddress(line.keyword);
    if (line.unknown || line.condition !== undefined) {
      return [UNKNOWN];
    }
    if (address === undefined) {
      const message = `the peer ${quote(line.keyword)} is no address; allowed: one address a line`;
      block.context.note("argument-invalid", message, line.position);
      return [];
    }
    const peer: ReadPeer = { address: address.text, position: line.position };
    for (let i = 0; i < line.args.length; i += 2) {
      const [option, value] = [line.args[i], line.args[i + 1]];
      if (option === undefined || value === undefined || !["min_ttl", "max_ttl"].includes(option.text)) {
        const message = `a peer has no option ${quote(option?.text ?? "")}; allowed: min_ttl N, max_ttl N`;
        block.context.note("argument-invalid", message, (option ?? line).position);
        break;
      }
      peer[option.text === "min_ttl" ? "minTtl" : "maxTtl"] = block.wordAsNumber(value, option.text, TTL);
    }
    return [peer];
  });
}
