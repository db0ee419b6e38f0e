import { parseArgs } from "node:util";
import { CAUSES } from "../../doctor/causes";

/** What the matrix is told on its command line. */
export interface Options {
  /** Only cases of these causes, or `pair`, or `healthy`. */
  only?: string[];
  /** Only the case of this number, or those from one to another. */
  cases?: readonly [number, number];
  /** Only cases of these worlds. */
  worlds?: string[];
  /** Worlds side by side. */
  jobs: number;
  /** The short list of `npm test`. */
  sample: boolean;
  /** Write the table into docs/doctor.md. */
  docs: boolean;
  /** Print the cases and do nothing. */
  list: boolean;
  /** Ask the doctor; else each fault is only made, seen and taken back. */
  asks: boolean;
  /** A file in which outcomes add up, so that a whole run may be made in parts: the last one of each case counts. */
  record?: string;
  /** Only cases that have not passed by the record. */
  left: boolean;
  /** Where the facts of every node go of which the doctor did not make the right answer. */
  facts?: string;
}

/** Reads the command line; throws with what is wrong. */
export function readOptions(args: string[]): Options {
  const { values } = parseArgs({
    args,
    options: {
      only: { type: "string", multiple: true },
      case: { type: "string" },
      world: { type: "string", multiple: true },
      jobs: { type: "string", default: "2" },
      sample: { type: "boolean", default: false },
      "no-docs": { type: "boolean", default: false },
      "no-doctor": { type: "boolean", default: false },
      left: { type: "boolean", default: false },
      record: { type: "string" },
      facts: { type: "string" },
      list: { type: "boolean", default: false },
    },
  });
  const jobs = Number(values.jobs);
  if (!Number.isSafeInteger(jobs) || jobs < 1)
    throw new Error(`--jobs: ${values.jobs}, allowed is a whole number from 1`);
  const only = values.only?.flatMap((words) => words.split(","));
  const families = [...Object.keys(CAUSES), "pair", "healthy"];
  const unknown = only?.find((one) => !families.includes(one));
  if (unknown !== undefined) throw new Error(`--only: ${unknown}, allowed is one of ${families.join(", ")}`);
  const range = /^(\d+)(?:-(\d+))?$/.exec(values.case ?? "");
  if (values.case !== undefined && range === null)
    throw new Error(`--case: ${values.case}, allowed is a number, or two with '-' between them`);
  return {
    jobs,
    sample: values.sample,
    docs: !values["no-docs"],
    asks: !values["no-doctor"],
    list: values.list,
    left: values.left,
    ...(values.record !== undefined && { record: values.record }),
    ...(values.facts !== undefined && { facts: values.facts }),
    ...(only !== undefined && { only }),
    ...(values.world !== undefined && { worlds: values.world.flatMap((words) => words.split(",")) }),
    ...(range !== null && { cases: [Number(range[1]), Number(range[2] ?? range[1])] as const }),
  };
}
