import { ConfFile, Note, Position } from "../conf";
import {
  FACT_RULES,
  Finding,
  HOST_RULES,
  isIn,
  Judged,
  Problem,
  rangeText,
  Rule,
  RuleInfo,
  RULES,
} from "../spec";
import { newKeywords, readHost } from "./facts";
import { groupMachines, groupRouters } from "./groups";
import { hostsOf, LintHost } from "./hosts";
import { LintMember, membersOfHost, placeOf } from "./members";
import { LintFinding, LintNote, LintOptions, LintResult } from "./model";
import { NOTES } from "./notes";
import { inConfWords, placeText, withConfWords } from "./words";

/** Every rule over instances that a keepalived.conf is held against. */
export const CONF_RULES: readonly Rule[] = [...RULES, ...FACT_RULES];

/** What a set of files says that is wrong: one node a file, but for files that another one includes. */
export function lint(files: ConfFile[], options: LintOptions = {}): LintResult {
  return lintHosts(hostsOf(files), options);
}

/** A finding with what it was found in. */
export interface Traced {
  finding: LintFinding;
  /** What the rule said; undefined: it is a note of the parser's. */
  found?: Finding;
  host: LintHost;
  /** undefined: it is about the host. */
  member?: LintMember;
}

/** What is wrong on machines whose configurations have been read. */
export function lintHosts(hosts: LintHost[], options: LintOptions = {}): LintResult {
  return {
    findings: trace(hosts, options).map(({ finding }) => finding),
    notes: hosts.flatMap(({ conf }) =>
      conf.notes.filter(({ severity }) => severity === "unknown").map(unknownNote),
    ),
    nodes: hosts.map(({ node, conf }) => ({ name: node, file: conf.file })),
  };
}

/** What every rule says about machines, by place. */
export function trace(hosts: LintHost[], options: LintOptions): Traced[] {
  const members = hosts.map(membersOfHost);
  // Whether an instance under an open condition is there, and beside which others, only its host knows.
  const sure = members.flat().filter(({ read }) => read.condition === undefined);
  const routers = groupRouters(sure);
  const segment = routers.flatMap((group, router) => group.map((member) => ({ ...member, router })));
  const groups: Record<Rule["scope"], LintMember[][]> = {
    instance: members.flat().map((member) => [member]),
    pair: routers,
    node: groupMachines(sure),
    segment: [segment],
  };
  const traced = [
    ...hosts.flatMap(noteFindings),
    ...CONF_RULES.flatMap((rule) =>
      groups[rule.scope].flatMap((group) =>
        rule(group satisfies Judged[]).flatMap((found) =>
          memberFinding(rule, found, group[found.at]!, options),
        ),
      ),
    ),
    ...hostFindings(hosts, members, options),
  ];
  return once(traced).sort((a, b) => byPlace(a.finding, b.finding));
}

function hostFindings(hosts: LintHost[], members: LintMember[][], options: LintOptions): Traced[] {
  const readings = hosts.map((host, at) => readHost(host, members[at]!));
  return HOST_RULES.flatMap((rule) =>
    rule(
      readings.map(({ facts }) => facts),
      options,
    ).flatMap((found) => {
      const { facts, places } = readings[found.at]!;
      const host = hosts[found.at]!;
      const start = { file: host.conf.file, line: 1, column: 1, offset: 0, length: 0 };
      const scripts = typeof facts.scripts === "symbol" ? [] : facts.scripts;
      const what = found.property.startsWith("scripts[")
        ? placeText(found.property, (_list, i) => scripts[i]?.name).replace("scripts", "vrrp_script")
        : placeText(found.property.replace(/\[.*/, ""), () => undefined);
      const position = placeOf(places, found.property, start);
      return finding(rule, found, { host, position, what }, options);
    }),
  );
}

function memberFinding(rule: Rule, found: Finding, member: LintMember, options: LintOptions): Traced[] {
  const { read, places, instance, host } = member;
  const position = placeOf(places, found.property, read.statement.position);
  const nameOf = (list: string, i: number) => {
    const items: unknown = instance[list as keyof typeof instance];
    const item: unknown = Array.isArray(items) ? items[i] : undefined;
    return item !== null && typeof item === "object" && "name" in item ? String(item.name) : undefined;
  };
  const place = placeText(found.property, nameOf);
  const what = place === "" ? read.name : `${read.name}: ${place}`;
  return finding(rule, found, { host, member, position, what }, options);
}

interface Where {
  host: LintHost;
  member?: LintMember;
  position: Position;
  what: string;
}

/** A finding of a rule, or none where it does no harm in the version that runs the file. */
function finding(rule: RuleInfo, found: Finding, where: Where, options: LintOptions): Traced[] {
  const severity = severityOf(rule, found, options.version);
  if (severity === undefined) {
    return [];
  }
  const { host, member, position, what } = where;
  const { doc, fix } = { ...rule, ...rule.foreign };
  const finding: LintFinding = {
    rule: rule.id,
    severity,
    ...placeIn(host, position),
    message: withConfWords(`${[what, found.value].filter(Boolean).join(": ")}; allowed: ${found.allowed}`),
    why: inConfWords(doc),
    fix: inConfWords(fix),
    ...(rule.bites === undefined ? {} : { versions: rangeText(rule.bites) }),
  };
  return [{ finding, found, host, member }];
}

/** What a finding in a foreign file weighs for a version; undefined: nothing. */
function severityOf(rule: RuleInfo, found: Finding, version?: string): Problem["severity"] | undefined {
  const isOutside = version !== undefined && rule.bites !== undefined && !isIn(version, rule.bites);
  return isOutside ? rule.outside : (found.severity ?? rule.foreign?.severity ?? rule.severity);
}

/** What the parser says of a host, but for words that a newer version knows in that block: of these `keyword-too-new` speaks. */
function noteFindings(host: LintHost): Traced[] {
  const newer = newKeywords(host.conf.statements).map(({ position }) => position);
  const isNewer = ({ kind, position: { file, offset } }: Note) =>
    kind === "keyword-unknown" && newer.some((place) => place.file === file && place.offset === offset);
  return host.conf.notes.filter((note) => !isNewer(note)).flatMap((note) => noteFinding(note, host));
}

function noteFinding({ kind, severity, message, position }: Note, host: LintHost): Traced[] {
  const { doc: why, fix } = NOTES[kind];
  return severity === "unknown"
    ? []
    : [{ finding: { rule: kind, severity, ...placeIn(host, position), message, why, fix }, host }];
}

/** Where a finding is. */
function placeIn({ node }: LintHost, { file, line, column, length }: Position) {
  return { file, line, column, length, node };
}

function unknownNote({ message, position: { file, line, column } }: Note): LintNote {
  return { file, line, column, message };
}

/** What two nodes share, as an included file, is told once. */
function once(traced: Traced[]): Traced[] {
  const seen = new Set<string>();
  return traced.filter(({ finding: { rule, file, line, column, message } }) => {
    const key = [rule, file, line, column, message].join("\n");
    return !seen.has(key) && seen.add(key);
  });
}

function byPlace(a: LintFinding, b: LintFinding): number {
  return (
    a.file.localeCompare(b.file) || a.line - b.line || a.column - b.column || a.rule.localeCompare(b.rule)
  );
}
