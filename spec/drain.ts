import type { InstanceConfig } from "./model";

/** Puts a drained host below every healthy peer; -254 would be FAULT. keepalived keeps the sum within 1 to 254. */
const DRAINED = -253;

/**
 * What a drain adds to the priority. A backup with nopreempt takes over from nobody who is alive, whatever its priority:
 * there a drain is FAULT (0). Priority 255 knows no weights.
 */
export function drainWeight({
  nopreempt,
  priority,
}: Pick<InstanceConfig, "nopreempt" | "priority">): number | undefined {
  if (priority === 255) {
    return undefined;
  }
  return nopreempt ? 0 : DRAINED;
}
