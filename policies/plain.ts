import { UnknownValueError } from "@pulumi/policy";
import { UNKNOWN } from "../spec";

/** The value, or UNKNOWN where it is known only after preview. */
function read(get: () => unknown): unknown {
  try {
    return plain(get());
  } catch (error) {
    if (error instanceof UnknownValueError) {
      return UNKNOWN;
    }
    throw error;
  }
}

/** A resource's properties as plain data, with UNKNOWN in place of what preview cannot know: rules judge the rest. */
export function plain(value: unknown): unknown {
  if (Array.isArray(value)) {
    return Array.from({ length: value.length }, (_item, i) => read(() => value[i] as unknown));
  }
  if (value !== null && typeof value === "object") {
    const object = value as Record<string, unknown>;
    return Object.fromEntries(Object.keys(object).map((key) => [key, read(() => object[key])]));
  }
  return value;
}

/** The value itself, without the proxy that looks for unknowns in it: one and the same for all policies. */
export function bare<T>(value: T): T {
  const target = (value as Record<string, unknown> | undefined)?.["__getSpecialProxyTarget"];
  return target === undefined ? value : (target as T);
}
