/** Versions of keepalived: `from` on, and only those before `before`. */
export interface VersionRange {
  from?: string;
  before?: string;
}

/** Reads `2.2.7`, `v2.2.7` or `2.2`; undefined when it is no version. */
export function parseVersion(text: string): number[] | undefined {
  return /^v?\d+(\.\d+){1,2}$/.test(text) ? text.replace(/^v/, "").split(".").map(Number) : undefined;
}

/** Negative, 0 or positive as the first version is older, the same or newer. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [a, b].map((text) => parseVersion(text) ?? []);
  for (let i = 0; i < 3; i++) {
    const difference = (left![i] ?? 0) - (right![i] ?? 0);
    if (difference !== 0) {
      return difference;
    }
  }
  return 0;
}

function list(ranges: VersionRange | readonly VersionRange[]): readonly VersionRange[] {
  return Array.isArray(ranges) ? (ranges as readonly VersionRange[]) : [ranges as VersionRange];
}

/** Whether a version is in one of the ranges. */
export function isIn(version: string, ranges: VersionRange | readonly VersionRange[]): boolean {
  return list(ranges).some(
    ({ from, before }) =>
      (from === undefined || compareVersions(version, from) >= 0) &&
      (before === undefined || compareVersions(version, before) < 0),
  );
}

/** `before 2.3.3`, `from 2.0.6 on`, `before 2.2.5 and from 2.4.0 on`. */
export function rangeText(ranges: VersionRange | readonly VersionRange[]): string {
  return list(ranges)
    .map(({ from, before }) =>
      [
        ...(from === undefined ? [] : [before === undefined ? `from ${from} on` : `from ${from}`]),
        ...(before === undefined ? [] : [`before ${before}`]),
      ].join(" and "),
    )
    .join(" and ");
}
