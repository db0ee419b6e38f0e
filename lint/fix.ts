import { ConfFile, Position, Statement } from "../conf";
import { hostsOf } from "./hosts";
import { Traced, trace } from "./lint";
import { LintFinding, LintOptions } from "./model";

/** A stretch of a file and the text in its place. */
interface Splice {
  file: string;
  offset: number;
  length: number;
  text: string;
}

/** What puts a finding right; undefined: somebody must choose. */
type Fix = (traced: Traced, textOf: (file: string) => string) => Splice[] | undefined;

/** Each fix can bring to light what the former state of the file hid; more rounds than rules that follow each other. */
const ROUNDS = 5;

/**
 * Puts right what can be without a choice, and leaves every other character of the files as it is. What was done is in
 * `fixed`, with the places of the files as they were in that round.
 */
export function fixFiles(
  files: ConfFile[],
  options: LintOptions = {},
): { files: ConfFile[]; fixed: LintFinding[] } {
  const fixed: LintFinding[] = [];
  let next = files;
  for (let round = 0; round < ROUNDS; round++) {
    const done = fixOnce(next, options);
    if (done.fixed.length === 0) {
      break;
    }
    next = done.files;
    fixed.push(...done.fixed);
  }
  return { files: next, fixed };
}

function fixOnce(files: ConfFile[], options: LintOptions): { files: ConfFile[]; fixed: LintFinding[] } {
  const textOf = (name: string) => files.find((file) => file.name === name)?.text ?? "";
  const taken: Splice[] = [];
  const fixed: LintFinding[] = [];
  for (const traced of trace(hostsOf(files), options)) {
    const splices = FIXES[traced.finding.rule]?.(traced, textOf);
    // Two rules that mean one place: the second has its turn in the next round, if it still has anything to say.
    if (splices !== undefined && !splices.some((splice) => taken.some((other) => meet(splice, other)))) {
      taken.push(...splices);
      fixed.push(traced.finding);
    }
  }
  return {
    files: files.map(({ name, text }) => ({
      name,
      text: spliced(
        text,
        taken.filter(({ file }) => file === name),
      ),
    })),
    fixed,
  };
}

function meet(a: Splice, b: Splice): boolean {
  return a.file === b.file && a.offset <= b.offset + b.length && b.offset <= a.offset + a.length;
}

function spliced(text: string, splices: Splice[]): string {
  return [...splices]
    .sort((a, b) => b.offset - a.offset)
    .reduce(
      (rest, { offset, length, text: put }) => rest.slice(0, offset) + put + rest.slice(offset + length),
      text,
    );
}

/** The statement of a keyword in a finding's instance, where the file has it word for word. */
function own({ member }: Traced, keyword: string): Statement | undefined {
  const found = member?.read.statement.body?.filter((statement) => statement.keyword === keyword) ?? [];
  return found.length === 1 ? literal(found[0]) : undefined;
}

function literal(statement: Statement | undefined): Statement | undefined {
  return statement?.literal === true && statement.condition === undefined ? statement : undefined;
}

function replaced({ file, offset, length }: Position, text: string): Splice {
  return { file, offset, length, text };
}

/** Puts another word in place of a keyword's first argument. */
function argument(statement: Statement | undefined, text: string | undefined): Splice[] | undefined {
  const word = statement?.args[0];
  return word === undefined || text === undefined ? undefined : [replaced(word.position, text)];
}

/** Takes a statement out: with its line, or lines, where nothing else is there but a comment of its own. */
function removed(statement: Statement | undefined, textOf: (file: string) => string): Splice[] | undefined {
  if (statement === undefined) {
    return undefined;
  }
  const { file, offset } = statement.position;
  const text = textOf(file);
  const end = endOf(statement);
  const lineStart = text.lastIndexOf("\n", offset - 1) + 1;
  const lineEnd = (text.indexOf("\n", end) + 1 || text.length + 1) - 1;
  const isAlone =
    text.slice(lineStart, offset).trim() === "" && /^[ \t\r]*(?:[#!].*)?$/.test(text.slice(end, lineEnd));
  return isAlone
    ? [{ file, offset: lineStart, length: Math.min(lineEnd + 1, text.length) - lineStart, text: "" }]
    : [{ file, offset, length: end - offset, text: "" }];
}

function endOf({ position, args, close }: Statement): number {
  const last = close ?? args.at(-1)?.position ?? position;
  return last.offset + last.length;
}

/** Puts all arguments of a statement into one pair of quotes. */
function quoted(statement: Statement | undefined, textOf: (file: string) => string): Splice[] | undefined {
  const [first, last] = [statement?.args[0], statement?.args.at(-1)];
  if (literal(statement) === undefined || first === undefined || last === undefined) {
    return undefined;
  }
  const { file, offset } = first.position;
  const length = last.position.offset + last.position.length - offset;
  const text = textOf(file).slice(offset, offset + length);
  return /["'\\\n]/.test(text) ? undefined : [{ file, offset, length, text: `"${text}"` }];
}

/** What keepalived makes of an interval that the version cannot carry. */
function roundedInterval({ member }: Traced): string | undefined {
  const { advertInt, version } = member?.instance ?? {};
  if (typeof advertInt !== "number" || typeof version === "symbol" || version === undefined) {
    return undefined;
  }
  const [step, most] = version === 2 ? [1, 255] : [0.01, 40.95];
  const rounded = Math.min(most, Math.max(step, Math.round(advertInt / step) * step));
  return String(Number(rounded.toFixed(2)));
}

const toBackup: Fix = (traced) => {
  const state = own(traced, "state");
  return state?.args[0]?.text === "MASTER" ? argument(state, "BACKUP") : undefined;
};

const withoutAuthentication: Fix = (traced, textOf) => removed(own(traced, "authentication"), textOf);

const FIXES: Readonly<Record<string, Fix>> = {
  "nopreempt-with-master": toBackup,
  "preempt-delay-with-master": toBackup,
  "state-master-twice": toBackup,
  "state-against-priority": toBackup,
  "preempt-delay-with-nopreempt": (traced, textOf) => removed(own(traced, "preempt_delay"), textOf),
  "advert-int-range": (traced) => argument(own(traced, "advert_int"), roundedInterval(traced)),
  "auth-too-long": (traced) => {
    const password = literal(
      own(traced, "authentication")?.body?.find(({ keyword }) => keyword === "auth_pass"),
    );
    const word = password?.args[0];
    return word === undefined || word.quoted || word.text.length !== word.position.length
      ? undefined
      : argument(password, word.text.slice(0, 8));
  },
  "auth-with-v3": withoutAuthentication,
  "multicast-group-with-unicast": (traced, textOf) => removed(own(traced, "mcast_dst_ip"), textOf),
  "vmac-with-unicast": (traced, textOf) => {
    const statement = own(traced, "use_vmac");
    if (statement === undefined) {
      return undefined;
    }
    const { file, offset } = statement.position;
    const text = textOf(file);
    const indent = text.slice(text.lastIndexOf("\n", offset - 1) + 1, offset);
    // In front of it: behind it there may be a comment, or the brace of a block in one line.
    return indent.trim() === ""
      ? [{ file, offset, length: 0, text: `vmac_xmit_base\n${indent}` }]
      : undefined;
  },
  "script-arguments-unquoted": ({ finding, host }, textOf) =>
    quoted(
      host.conf.scripts
        .flatMap(({ statement }) => statement.body ?? [])
        .find(({ position }) => position.file === finding.file && position.line === finding.line),
      textOf,
    ),
  "notify-arguments-unquoted": ({ finding, member }, textOf) =>
    quoted(
      member?.read.statement.body?.find(
        ({ position }) => position.file === finding.file && position.line === finding.line,
      ),
      textOf,
    ),
};

/** Rules whose findings `--fix` can put right. */
export const FIXABLE: readonly string[] = Object.keys(FIXES);
