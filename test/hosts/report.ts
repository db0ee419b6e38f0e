import { type KindSeen, type Step, STEPS, type StepSeen } from "./bench";
import type { Kind } from "./kinds";

const seconds = (length: number) => `${length.toFixed(1)} s`;

export function line(name: string, { step, seconds: length, failures }: StepSeen): string {
  const verdict = failures.length === 0 ? "ok  " : "FAIL";
  const told = failures.map((one) => `\n     ${one}`).join("");
  return `${verdict} ${name}: ${step}, ${seconds(length)}${told}`;
}

const HEADS: Record<Step, string> = {
  alone: "by hand",
  up: "up",
  "no-op": "no-op",
  change: "change",
  failover: "failover",
  reload: "its own reload",
  reboot: "reboot",
  destroy: "destroy",
};

/** What the page says: of kinds that were not seen now, what `before` said. */
export function table(kinds: readonly Kind[], seen: readonly KindSeen[], before: string): string {
  const head = ["host", "keepalived", ...STEPS.map((step) => HEADS[step])];
  const said = before
    .split("\n")
    .filter((row) => row.startsWith("|"))
    .map((row) => row.split("|").slice(1, -1))
    .map((cells) => cells.map((one) => one.trim()));
  const rows = kinds.flatMap((kind) => {
    const own = seen.find((one) => one.kind === kind);
    if (own === undefined) return said.filter(([what]) => what === kind.what);
    const of = (step: Step) => own.steps.find((one) => one.step === step);
    return [[kind.what, [...new Set(own.facts)].join(", "), ...STEPS.map((step) => cell(step, of(step)))]];
  });
  const failures = seen.flatMap(({ kind, steps }) =>
    steps.flatMap(({ step, failures: own }) =>
      own.map((one) => `- ${kind.name}, ${step}: ${one.replaceAll("\n", " ")}`),
    ),
  );
  return [
    [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n"),
    ...(failures.length > 0 ? [failures.join("\n")] : []),
  ].join("\n\n");
}

function cell(step: Step, seen: StepSeen | undefined): string {
  if (seen === undefined) return "";
  if (seen.failures.length > 0) return "**failed**";
  return step === "alone" ? "two masters" : seconds(seen.seconds);
}
