import { appendFileSync, existsSync, readFileSync } from "node:fs";
import type { Case } from "./case";
import type { Outcome } from "./runCase";

const keyOf = ({ family, name, world }: Case) => `${family}: ${name} (${world})`;

/** Outcomes, of this run and, where there is a file, of former ones; the last one of each case counts. */
export class Record {
  readonly ofThisRun: Outcome[] = [];

  constructor(private readonly file?: string) {}

  add(outcome: Outcome): void {
    this.ofThisRun.push(outcome);
    if (this.file === undefined) return;
    const { case: one, ...rest } = outcome;
    appendFileSync(this.file, `${JSON.stringify({ ...rest, key: keyOf(one), evidence: undefined })}\n`);
  }

  /** The last outcome of each of these cases that has one. */
  of(cases: readonly Case[]): Outcome[] {
    if (this.file === undefined || !existsSync(this.file)) return [];
    const last = new Map<string, Omit<Outcome, "case">>();
    for (const line of readFileSync(this.file, "utf8").split("\n").filter(Boolean)) {
      const { key, ...outcome } = JSON.parse(line) as Omit<Outcome, "case"> & { key: string };
      last.set(key, { ...outcome, evidence: [] });
    }
    return cases.flatMap((one) => {
      const outcome = last.get(keyOf(one));
      return outcome === undefined ? [] : [{ ...outcome, case: one }];
    });
  }
}
