import * as pulumi from "@pulumi/pulumi";

import { formatProblems, Problem } from "../spec";

/** Everything that is wrong with the arguments of a component. Pulumi shows its message without a stack. */
export class SpecError extends pulumi.RunError {
  constructor(
    name: string,
    readonly problems: Problem[],
  ) {
    const indented = formatProblems(problems).replace(/^/gm, "  ");
    super(`${name}: ${problems.length} problem${problems.length === 1 ? "" : "s"}\n${indented}`);
  }
}
