/**
 * Stands for a value that exists but cannot be judged: known only later (a Pulumi output in preview) or already
 * refused by the schema. `undefined` means absent, and only absent values take their default.
 */
export const UNKNOWN: unique symbol = Symbol.for("pulumi-keepalived:unknown");
export type Unknown = typeof UNKNOWN;

/** `T` where any value, at any depth, can be UNKNOWN. */
export type Draft<T> =
  Unknown | (T extends (infer E)[] ? Draft<E>[] : T extends object ? { [K in keyof T]: Draft<T[K]> } : T);

/** `T` where each property, as a whole, can be UNKNOWN. */
export type Partially<T> = { [K in keyof T]: T[K] | Unknown };

export function isKnown<T>(value: T): value is Exclude<T, Unknown> {
  return value !== UNKNOWN;
}

/** Whether nothing inside a plain value is UNKNOWN. */
export function isWhollyKnown(value: unknown): boolean {
  if (value !== null && typeof value === "object") {
    return Object.values(value).every(isWhollyKnown);
  }
  return isKnown(value);
}

/** The value when nothing inside it is UNKNOWN, else UNKNOWN as a whole. */
export function wholly<T>(value: Draft<T>): T | Unknown {
  return isWhollyKnown(value) ? (value as T) : UNKNOWN;
}
