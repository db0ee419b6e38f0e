import { parseArgs } from "node:util";
import { type Kind, kinds } from "./cases";

/** What the suite is told on its command line. */
export interface Options {
  seed: number;
  count: number;
  /** Only cases of this kind. */
  only?: Kind;
  /** Only the cases from this number to that one, both included. */
  cases?: readonly [number, number];
  /** The short list with every kind once, instead of `count` cases. */
  sample: boolean;
  /** Labs side by side. */
  jobs: number;
}

/** The seed of the suite: the same cases on every run, unless another one is asked for. */
export const defaultSeed = 4;

/** Reads the command line; throws with what is wrong. */
export function readOptions(args: string[]): Options {
  const { values } = parseArgs({
    args,
    options: {
      seed: { type: "string", default: String(defaultSeed) },
      count: { type: "string", default: "200" },
      only: { type: "string" },
      case: { type: "string" },
      sample: { type: "boolean", default: false },
      jobs: { type: "string", default: "2" },
    },
  });
  const whole = (name: "seed" | "count" | "jobs", least: number) => {
    const value = Number(values[name]);
    if (!Number.isSafeInteger(value) || value < least) {
      throw new Error(`--${name}: ${values[name]}, allowed is a whole number from ${least}`);
    }
    return value;
  };
  const only = kinds.find((kind) => kind === values.only);
  if (values.only !== undefined && only === undefined) {
    throw new Error(`--only: ${values.only}, allowed is one of ${kinds.join(", ")}`);
  }
  const range = /^(\d+)(?:-(\d+))?$/.exec(values.case ?? "");
  if (values.case !== undefined && range === null) {
    throw new Error(`--case: ${values.case}, allowed is a number, or two with '-' between them`);
  }
  return {
    seed: whole("seed", 0),
    count: whole("count", 1),
    jobs: whole("jobs", 1),
    only,
    sample: values.sample,
    ...(range !== null && { cases: [Number(range[1]), Number(range[2] ?? range[1])] as const }),
  };
}
