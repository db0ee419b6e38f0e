import { restOf } from "../facts";
import { stoppedBy, testedBy } from "../../spec/rules/commands";
import type { Member } from "./cluster";

interface Line {
  /** Pattern of the `case` that it stands in; `-`: of none. */
  within: string;
  words: string;
}

/** What is told of the operator's scripts that a command runs. */
function linesOf({ view }: Member, command: string): Line[] {
  const paths = command.split(/[\s'"]+/).filter((word) => word.startsWith("/"));
  return paths.flatMap((path) =>
    view.all("script-line", path).map((fact): Line => ({ within: fact[2] ?? "-", words: restOf(fact, 3) })),
  );
}

const OF_BACKUP = /^-$|\*|backup|fault/i;

/** What the scripts of a command stop where a node is no master, and leave stopped. */
export function stoppedInScripts(member: Member, command: string): string[] {
  const lines = linesOf(member, command).filter(({ within }) => OF_BACKUP.test(within));
  return stoppedBy(lines.map(({ words }) => words).join("\n")).filter(
    (what) => !lines.some(({ words }) => /\bstart\b/.test(words) && words.includes(what)),
  );
}

/** What the scripts of a command ask for. */
export function testedInScripts(member: Member, command: string): string[] {
  return testedBy(
    linesOf(member, command)
      .map(({ words }) => words)
      .join("\n"),
  );
}
