import type { Scenario } from "../../simulate/scenarios";
import type { StepResult, StepView } from "./compare";

/** One step of one virtual address of a scenario. */
export interface Row {
  scenario: Scenario;
  address: string;
  step: number;
  model: StepView;
  lab: StepView;
  result: StepResult;
}

/** `gw-a -> gw-b` */
export function sequenceText({ before, takings, after }: StepView): string {
  const way = [before.join("+") || "nobody", ...takings.map(({ node }) => node)];
  const end = after.join("+") || "nobody";
  return [...way, ...(way.at(-1) === end ? [] : [`(${end})`])].join(" -> ");
}

/** `2.65 s`; `-` where nothing moves. */
function gapsText(row: Row, of: "predicted" | "measured"): string {
  const gaps = row.result.gaps.map((gap) => gap[of].toFixed(3));
  return gaps.length > 0 ? `${gaps.join(", ")} s` : "-";
}

/** Seconds from the strike to each taking; the lab's hold the time that the strike itself takes, so they are not judged. */
function afterText({ takings }: StepView): string {
  return takings.length > 0 ? `${takings.map(({ after }) => after.toFixed(1)).join(", ")} s` : "-";
}

/** What is wrong with a row; empty: nothing. */
export function faultsOfRow(row: Row): string[] {
  const faults: string[] = [];
  if (!row.result.sameSequence) faults.push("other sequence");
  if (row.result.gaps.some(({ isClose }) => !isClose)) faults.push("other gap");
  return faults;
}

export function line(row: Row): string {
  const { scenario, address, step, model, lab } = row;
  const actions = (scenario.steps[step] ?? []).map((one) => `${one.do} ${one.node}`).join(", ");
  const wrong = faultsOfRow(row);
  const verdict = wrong.length === 0 ? "ok  " : "FAIL";
  return `${verdict} ${scenario.name} ${address} ${actions}: model ${sequenceText(model)} ${gapsText(row, "predicted")} after ${afterText(model)}; lab ${sequenceText(lab)} ${gapsText(row, "measured")} after ${afterText(lab)}`;
}

/** docs/model.md. */
export function page(rows: readonly Row[], keepalived: string): string {
  const gaps = rows.flatMap(({ result }) => result.gaps);
  const close = gaps.filter(({ isClose }) => isClose).length;
  const same = rows.filter(({ result }) => result.sameSequence).length;
  const names = new Set(rows.map(({ scenario }) => scenario.name));
  const head = [
    "scenario",
    "what strikes",
    "who takes, by the model",
    "by keepalived",
    "gap, by the model",
    "by keepalived",
    "after the strike, by the model",
    "by keepalived",
  ];
  const cells = rows.map((row) => {
    const { scenario, step, model, lab, address } = row;
    const actions = (scenario.steps[step] ?? []).map((one) => `${one.do} ${one.node}`).join(", ");
    return [
      `${scenario.name}${scenario.bothFamilies === true ? ` ${address}` : ""}`,
      actions,
      sequenceText(model),
      row.result.sameSequence ? "the same" : sequenceText(lab),
      gapsText(row, "predicted"),
      gapsText(row, "measured"),
      afterText(model),
      afterText(lab),
    ];
  });
  const widths = head.map((title, column) =>
    Math.max(title.length, ...cells.map((row) => row[column]!.length)),
  );
  const text = (row: string[]) =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column]!)).join(" | ")} |`;
  return `# The model against keepalived

Made by \`npm run test:model\`: ${names.size} scenarios (simulate/scenarios.ts) in the simulation and on real hosts of the lab with
${keepalived}. ${same} of ${rows.length} steps have the same sequence of masters; ${close} of ${gaps.length} gaps are within max(30 ms, 10 %)
of the prediction.

A gap is counted from the last advert of the former holder that the others could hear to the taking by the next one;
where nobody held before, from the strike; where the former holder goes on until it hears the new one, it is the time in
which nobody has the address. How long after the strike the next one takes is not judged: on a host the strike itself takes
time, and a check runs when it does. \`a -> b (a+b)\`: b takes it, and in the end both have it.

${[text(head), `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |`, ...cells.map(text)].join("\n")}
`;
}
