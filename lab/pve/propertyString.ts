import { isIPv4, isIPv6 } from "node:net";
import { PveError, failed, type ParameterErrors } from "./errors";

/**
 * PVE's property strings, `KEY=VALUE,...` against a format, by the rules of parse_property_string and
 * print_property_string of pve-common.
 */

/** A key of a format. */
export interface Key {
  type: "string" | "boolean" | "integer" | "number";
  /** It must be there. */
  required?: boolean;
  pattern?: RegExp;
  minimum?: number;
  maximum?: number;
  values?: readonly string[];
  /** Says what is wrong with a value. */
  check?: (value: string) => string | undefined;
}

/** A format: its keys, and the key whose value may stand alone, or before another's: `virtio=MAC` is model and macaddr. */
export interface Format {
  keys: Readonly<Record<string, Key>>;
  alone?: { key: string; joined?: string };
}

/** Of a key that no format has. */
export const undefinedProperty =
  "property is not defined in schema and the schema does not allow additional properties";

export type Properties = Record<string, string>;

const truth: Record<string, string> = {
  on: "1",
  yes: "1",
  true: "1",
  "1": "1",
  off: "0",
  no: "0",
  false: "0",
  "0": "0",
};

/** 1 or 0 of the words that PVE takes for truth; undefined for others. */
export const booleanOf = (text: string): string | undefined => truth[text.toLowerCase()];

export function parseProperties(format: Format, text: string, path = ""): Properties {
  const found: Properties = Object.create(null) as Properties;
  const { alone } = format;
  let hadDefault = false;
  const keyOf = (name: string) => (Object.hasOwn(format.keys, name) ? format.keys[name] : undefined);
  const value = (key: Key, word: string) => (key.type === "boolean" ? (booleanOf(word) ?? word) : word);
  for (const part of text.split(",")) {
    if (/^\s*$/.test(part)) continue;
    const pair = /^([^=]+)=(.+)$/s.exec(part);
    if (pair) {
      let [, name = ""] = pair;
      const word = pair[2] ?? "";
      if (Object.hasOwn(found, name)) throw failed(`duplicate key in comma-separated list property: ${name}`);
      const isModel = alone?.joined !== undefined && keyOf(alone.key)?.values?.includes(name);
      if (isModel) {
        if (alone.key in found) throw failed(`key alias '${alone.key}' is already defined`);
        found[alone.key] = name;
        name = alone.joined ?? "";
        if (name in found) throw failed(`key '${name}' is already defined (via alias)`);
      }
      const key = keyOf(name);
      found[name] = key ? value(key, word) : word;
    } else if (!part.includes("=")) {
      if (!alone) throw failed("value without key, but schema does not define a default key");
      if (hadDefault || alone.key in found)
        throw failed(`duplicate key in comma-separated list property: ${alone.key}`);
      hadDefault = true;
      const key = keyOf(alone.key);
      found[alone.key] = key ? value(key, part) : part;
    } else {
      throw failed("missing key in comma-separated list property");
    }
  }
  const errors = checkProperties(format, found, path);
  if (Object.keys(errors).length > 0) throw new PveError(500, "format error", errors);
  return found;
}

function checkProperties(format: Format, found: Properties, path: string): ParameterErrors {
  const errors: ParameterErrors = {};
  for (const [name, key] of Object.entries(format.keys)) {
    const where = path ? `${path}.${name}` : name;
    const value = found[name];
    if (value === undefined) {
      if (key.required) errors[where] = "property is missing and it is not optional";
      continue;
    }
    const problem = checkValue(key, value);
    if (problem) errors[where] = problem;
  }
  for (const name of Object.keys(found)) {
    if (!Object.hasOwn(format.keys, name)) errors[path ? `${path}.${name}` : name] = undefinedProperty;
  }
  return errors;
}

/** As JSONSchema's is_integer and is_number have them. */
export const isInteger = (value: string): boolean => /^[+-]?\d+$/.test(value);
export const isNumber = (value: string): boolean => /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(value);

/** What is wrong with the value of a key, as check_prop says it. */
export function checkValue(key: Key, value: string): string | undefined {
  const numeric = isInteger(value) || (key.type === "number" && isNumber(value));
  if (key.type === "boolean" && value !== "0" && value !== "1")
    return `type check ('boolean') failed - got '${value}'`;
  if ((key.type === "integer" || key.type === "number") && !numeric)
    return `type check ('${key.type}') failed - got '${value}'`;
  const said = key.check?.(value);
  if (said) return `invalid format - ${said}\n`;
  if (key.pattern && !key.pattern.test(value)) return "value does not match the regex pattern";
  if (key.maximum !== undefined && Number(value) > key.maximum)
    return `value must have a maximum value of ${key.maximum}`;
  if (key.minimum !== undefined && Number(value) < key.minimum)
    return `value must have a minimum value of ${key.minimum}`;
  if (key.values && !key.values.includes(value))
    return `value '${value}' does not have a value in the enumeration '${key.values.join(", ")}'`;
  return undefined;
}

/** The text of properties: what stands alone first, then what must be there, then the rest, each by name. */
export function printProperties(format: Format, properties: Properties): string {
  const parts: string[] = [];
  const done = new Set<string>();
  const add = (name: string, text: string) => {
    done.add(name);
    parts.push(text);
  };
  const { alone } = format;
  const first = alone && properties[alone.key];
  if (alone && first !== undefined) {
    const joined = alone.joined !== undefined ? properties[alone.joined] : undefined;
    add(alone.key, joined === undefined ? first : `${first}=${joined}`);
    if (joined !== undefined && alone.joined !== undefined) done.add(alone.joined);
  }
  const names = Object.keys(properties).sort();
  const required = names.filter((name) => format.keys[name]?.required);
  for (const name of [...required, ...names]) if (!done.has(name)) add(name, `${name}=${properties[name]}`);
  return parts.join(",");
}

const unless = (good: boolean, message: string) => (good ? undefined : message);
const withLength = (value: string, isAddress: (address: string) => boolean, longest: number) => {
  const [address = "", length = "", ...more] = value.split("/");
  const bits = Number(length);
  return isAddress(address) && /^\d+$/.test(length) && bits > 7 && bits <= longest && more.length === 0;
};

/** Checks of the formats that NICs use. */
export const checks = {
  mac: (value: string) =>
    unless(
      /^[a-f0-9][02468ace](?::[a-f0-9]{2}){5}$/i.test(value),
      "value does not look like a valid unicast MAC address",
    ),
  bridge: (value: string) => unless(/^[-_.\w]+$/.test(value), `invalid bridge ID '${value}'`),
  ipv4: (value: string) => unless(isIPv4(value), "value does not look like a valid IPv4 address"),
  ipv6: (value: string) => unless(isIPv6(value), "value does not look like a valid IPv6 address"),
  ipv4Config: (value: string) =>
    unless(
      /^(?:dhcp|manual)$/.test(value) || withLength(value, isIPv4, 32),
      "value does not look like a valid ipv4 network configuration",
    ),
  ipv6Config: (value: string) =>
    unless(
      /^(?:auto|dhcp|manual)$/.test(value) || withLength(value, isIPv6, 128),
      "value does not look like a valid ipv6 network configuration",
    ),
};
