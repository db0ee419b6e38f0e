import type { Instant } from "./timeline";

/** One line of `ip -o -ts monitor all-nsid`, as far as holders are concerned. */
export type MonitorLine =
  | { kind: "address"; at: Instant; nsid?: number; interfaceIndex: number; address: string; present: boolean }
  | { kind: "link"; at: Instant; nsid?: number; interface: string; up: boolean; carrier: boolean }
  | { kind: "namespace"; at: Instant; nsid: number; present: boolean };

const stamp = /^\[(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\.(\d{6})\] \[nsid (\d+|current)\](Deleted )?(.*)$/;
const addressLine = /^(\d+): \S+ +inet6? ([0-9a-f.:]+)/;
const namespaceLine = /^nsid (\d+)/;
const linkLine = /^\d+: ([^:@]+)[^:]*: <([A-Z_,-]*)>/;

/**
 * Reads one line. Names of interfaces in address lines are of the wrong namespace and are not read; an `nsid` line
 * counts only where it tells the observer's own numbering. Undefined: a line of no interest.
 */
export function parseMonitorLine(line: string): MonitorLine | undefined {
  const [, date, micros, scope, deleted, rest = ""] = stamp.exec(line) ?? [];
  if (date === undefined || scope === undefined) throw new Error(`ip monitor: line not understood: ${line}`);
  const at = Date.parse(`${date}Z`) / 1000 + Number(micros) / 1e6;
  const nsid = scope === "current" ? undefined : Number(scope);
  const present = deleted === undefined;

  const [, interfaceIndex, address] = addressLine.exec(rest) ?? [];
  if (interfaceIndex !== undefined && address !== undefined) {
    return { kind: "address", at, nsid, interfaceIndex: Number(interfaceIndex), address, present };
  }
  const [, other] = namespaceLine.exec(rest) ?? [];
  if (other !== undefined) {
    return nsid === undefined ? { kind: "namespace", at, nsid: Number(other), present } : undefined;
  }
  const [, name, flagList] = linkLine.exec(rest) ?? [];
  if (name !== undefined && flagList !== undefined) {
    const flags = flagList.split(",");
    const up = present && flags.includes("UP");
    return { kind: "link", at, nsid, interface: name, up, carrier: up && !flags.includes("NO-CARRIER") };
  }
  return undefined;
}
