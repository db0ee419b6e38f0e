import { applyEdits, ConfFile, Edit, insertInBlock, remove, setArgument, Statement } from "../conf";
import { hostsOf } from "./hosts";
import { Traced, trace } from "./lint";
import { LintFinding, LintOptions } from "./model";

/** What puts a finding right; undefined: somebody must choose. */
type Fix = (traced: Traced, files: ConfFile[]) => Edit | undefined;

/** A fix can bring to light what the former state of the file hid; more rounds than rules that follow each other. */
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
  const edits: Edit[] = [];
  const fixed: LintFinding[] = [];
  for (const traced of trace(hostsOf(files), options)) {
    const edit = FIXES[traced.finding.rule]?.(traced, files);
    // Two rules that mean one place: the second has its turn in the next round, if it still has anything to say.
    if (edit !== undefined && !edits.some((other) => meet(edit, other))) {
      edits.push(edit);
      fixed.push(traced.finding);
    }
  }
  return { files: files.map((file) => ({ ...file, text: applyEdits(file, edits) })), fixed };
}

function meet(a: Edit, b: Edit): boolean {
  return a.file === b.file && a.offset <= b.offset + b.length && b.offset <= a.offset + a.length;
}

/** The one statement of a keyword in a finding's instance, where no condition decides on it. */
function own({ member }: Traced, keyword: string): Statement | undefined {
  const found = member?.read.statement.body?.filter((statement) => statement.keyword === keyword) ?? [];
  return found.length === 1 && found[0]!.condition === undefined ? found[0] : undefined;
}

function removing(keyword: string): Fix {
  return (traced, files) => {
    const statement = own(traced, keyword);
    return statement && remove(files, statement);
  };
}

/** The statement on a finding's line, of some blocks. */
function onLine({ finding }: Traced, blocks: Statement[]): Statement | undefined {
  return blocks
    .flatMap(({ body }) => body ?? [])
    .find(({ position }) => position.file === finding.file && position.line === finding.line);
}

/** Puts all arguments of a statement into one pair of quotes. */
function quoted(statement: Statement | undefined, files: ConfFile[]): Edit | undefined {
  const [first, last] = [statement?.args[0], statement?.args.at(-1)];
  if (statement?.literal !== true || first === undefined || last === undefined) {
    return undefined;
  }
  const { file, offset } = first.position;
  const length = last.position.offset + last.position.length - offset;
  const text = files.find(({ name }) => name === file)?.text.slice(offset, offset + length) ?? "";
  return text === "" || /["'\\\r\n]/.test(text) ? undefined : { file, offset, length, text: `"${text}"` };
}

/** What keepalived makes of an interval that the version cannot carry. */
function roundedInterval({ member }: Traced): string | undefined {
  const { advertInt, version } = member?.instance ?? {};
  if (typeof advertInt !== "number" || typeof version !== "number") {
    return undefined;
  }
  const [step, most] = version === 2 ? [1, 255] : [0.01, 40.95];
  const rounded = Math.min(most, Math.max(step, Math.round(advertInt / step) * step));
  return String(Number(rounded.toFixed(2)));
}

/** Only where it changes nothing else: BACKUP brings void words to life, and a priority that is not stated to 100. */
const toBackup: Fix = (traced) => {
  const state = own(traced, "state");
  const { nopreempt, preemptDelay, priority } = traced.member?.instance ?? {};
  const isAlone = nopreempt === false && preemptDelay === 0 && priority !== 255;
  return isAlone && own(traced, "priority") !== undefined && state?.args[0]?.text === "MASTER"
    ? setArgument(state, 0, "BACKUP")
    : undefined;
};

const FIXES: Readonly<Record<string, Fix>> = {
  "byte-order-mark": ({ finding: { file, length } }) => ({ file, offset: 0, length, text: "" }),
  // BACKUP would bring the void word to life; without it the pair does what it has done.
  "nopreempt-with-master": removing("nopreempt"),
  "preempt-delay-with-master": removing("preempt_delay"),
  "state-master-twice": toBackup,
  "state-against-priority": toBackup,
  "preempt-delay-with-nopreempt": removing("preempt_delay"),
  "advert-int-range": (traced) => {
    const [statement, seconds] = [own(traced, "advert_int"), roundedInterval(traced)];
    return statement === undefined || seconds === undefined ? undefined : setArgument(statement, 0, seconds);
  },
  "auth-too-long": (traced) => {
    const password = own(traced, "authentication")?.body?.find(({ keyword }) => keyword === "auth_pass");
    const word = password?.args[0];
    const text = Buffer.from(word?.text ?? "")
      .subarray(0, 8)
      .toString();
    // No text ends within a character.
    return password && word?.text.startsWith(text) ? setArgument(password, 0, text) : undefined;
  },
  "auth-with-v3": removing("authentication"),
  // AH is ignored; without PASS a node begins to hear those that have none.
  "auth-over-ipv6": (traced, files) =>
    traced.finding.severity === "warning" ? removing("authentication")(traced, files) : undefined,
  "multicast-group-with-unicast": removing("mcast_dst_ip"),
  "vmac-with-unicast": ({ member }, files) =>
    member && insertInBlock(files, member.read.statement, "vmac_xmit_base"),
  "script-arguments-unquoted": (traced, files) =>
    quoted(
      onLine(
        traced,
        traced.host.conf.scripts.map(({ statement }) => statement),
      ),
      files,
    ),
  "notify-arguments-unquoted": (traced, files) =>
    quoted(onLine(traced, traced.member === undefined ? [] : [traced.member.read.statement]), files),
};

/** Rules whose findings `--fix` can put right. */
export const FIXABLE: readonly string[] = Object.keys(FIXES);
