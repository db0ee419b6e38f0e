import { isDeepStrictEqual } from "node:util";
import { isObject, type Properties, type Value } from "./values";

/** How one property differs. */
export type Change = "ADD" | "UPDATE" | "DELETE";

/** The changes between old and new inputs by property path, such as `triggers[0]`; a secret differs as a whole. */
export function diff(olds: Properties, news: Properties): Record<string, Change> {
  const changes: Record<string, Change> = {};
  diffObjects(olds, news, "", changes);
  return changes;
}

function diffObjects(
  olds: Properties,
  news: Properties,
  prefix: string,
  changes: Record<string, Change>,
): void {
  for (const key of new Set([...Object.keys(olds), ...Object.keys(news)])) {
    diffValue(olds[key], news[key], prefix === "" ? key : `${prefix}.${key}`, changes);
  }
}

function diffValue(
  old: Value | undefined,
  now: Value | undefined,
  path: string,
  changes: Record<string, Change>,
): void {
  if (Array.isArray(old) && Array.isArray(now)) {
    for (let i = 0; i < Math.max(old.length, now.length); i++)
      diffValue(old[i], now[i], `${path}[${i}]`, changes);
  } else if (isObject(old) && isObject(now)) {
    diffObjects(old, now, path, changes);
  } else if (!isDeepStrictEqual(old, now)) {
    changes[path] = old === undefined ? "ADD" : now === undefined ? "DELETE" : "UPDATE";
  }
}
