/** A property value as the engine sends it: JSON, with special values as objects or strings that carry a signature. */
export type Value = null | boolean | number | string | Value[] | { [key: string]: Value };

/** Properties of a resource by name. */
export type Properties = Record<string, Value>;

const SIGNATURE_KEY = "4dabf18193072939515e22adb298388d";
const SECRET_SIGNATURE = "1b47061264138c4ac30d75fd1eb44270";

/** The value of a string that is known only after the deployment. */
export const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

const UNKNOWNS = new Set([
  UNKNOWN,
  "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7", // boolean
  "3eeb2bf0-c639-47a8-9e75-3b44932eb421", // number
  "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2", // array
  "030794c1-ac77-496b-92df-f27374a8bd58", // asset
  "e48ece36-62e2-4504-bad9-02848725956a", // archive
  "dd056dcd-154b-4c76-9bd3-c8f88648b5ff", // object
]);

/** Whether a value is known only after the deployment. */
export const isUnknown = (value: Value | undefined): boolean =>
  typeof value === "string" && UNKNOWNS.has(value);

/** Whether a value is an object of properties: not a list, and not a special value such as a secret or an asset. */
export function isObject(value: Value | undefined): value is Properties {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(SIGNATURE_KEY in value);
}

/** The value inside a secret, or the value itself. */
export function unwrap(value: Value | undefined): Value | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return value[SIGNATURE_KEY] === SECRET_SIGNATURE ? unwrap(value.value) : value;
}

/** The value without any secret wrapper, at every depth. */
export function unwrapAll(value: Value): Value {
  const plain = unwrap(value) ?? null;
  if (Array.isArray(plain)) return plain.map(unwrapAll);
  return isObject(plain) ? mapValues(plain, unwrapAll) : plain;
}

/** The value as a secret; a secret stays as it is. */
export function secret(value: Value): Value {
  return unwrap(value) === value ? { [SIGNATURE_KEY]: SECRET_SIGNATURE, value } : value;
}

/** An object with the same keys, each value mapped. */
export function mapValues<A, B>(
  object: Record<string, A>,
  map: (value: A, key: string) => B,
): Record<string, B> {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, map(value, key)]));
}
