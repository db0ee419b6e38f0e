import { held, isSeen, type Observation } from "./observation";
import type { SwitchoverReport } from "./switchover";

/** A switchover in words. */
export function switchoverText({
  to,
  from,
  moved,
  gapMs,
  seconds,
  actions,
  notes,
}: SwitchoverReport): string {
  const lines = moved
    ? [
        `moved from ${from.join(", ") || "somewhere that was not reached"} to ${to} in ${seconds.toFixed(1)} s`,
        gapMs === undefined
          ? "gap: not known"
          : `gap: ${gapMs} ms without holder, by what the nodes have on their interfaces (looked at every 50 ms, by their own uptime)`,
        ...actions.map(
          ({ node, name, state, milliseconds, words }) =>
            `  ${node}: ${name} ${state} after ${(milliseconds / 1000).toFixed(2)} s${words ? `: ${words}` : ""}`,
        ),
      ]
    : [];
  return [...lines, ...notes].map((line) => `${line}\n`).join("");
}

/** All hosts, one below the other. */
export function statusText(observations: readonly Observation[]): string {
  const rows = observations.map((one) => {
    if (!isSeen(one)) return [one.node, "not seen", one.problem];
    const { node, running, status } = one;
    const { role } = status;
    const words = [
      ...(status.pending ? ["a change is not confirmed"] : []),
      ...(status.drained ? ["drained"] : []),
      ...(status.promoted ? ["promoted"] : []),
      ...(role === null
        ? []
        : [role.wanted === role.reached ? `role ${role.reached}` : `becomes ${role.wanted}`]),
      ...status.checks
        .filter(({ state }) => state !== "passing")
        .map(({ name, state }) => `${name} ${state}`),
    ];
    const states = [...new Set(status.instances.map(({ state }) => state))].join("/");
    return [node, running ? states : "STOPPED", held(one).join(" ") || "-", words.join(", ")];
  });
  const widths = [0, 1].map((at) => Math.max(...rows.map((row) => row[at]!.length)) + 2);
  return rows
    .map((row) =>
      row.map((cell, at) => (at < 2 ? cell.padEnd(widths[at]!) : at === 2 && row[3] ? `${cell}  ` : cell)),
    )
    .map((row) => `${row.join("").trimEnd()}\n`)
    .join("");
}
