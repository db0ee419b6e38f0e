import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ConfFile } from "../../conf";
import {
  catalogue,
  catalogueText,
  FixedResult,
  fixFiles,
  isKeepalivedConf,
  isProgram,
  lint as lintConfs,
  lintText,
  sarifLog,
} from "../../lint";
import { parseVersion } from "../../spec";
import { emptyNodes } from "../confFiles";
import { readText } from "../file";
import { readOptions } from "../options";
import { ExitCode, type Streams, UsageError, type Verb } from "../verb";

const options = {
  json: { type: "boolean" },
  sarif: { type: "boolean" },
  fix: { type: "boolean" },
  rules: { type: "boolean" },
  "keepalived-version": { type: "string" },
} as const;

const help = `usage: pulumi-keepalived lint FILE... [--json | --sarif] [--fix] [--keepalived-version VERSION]
       pulumi-keepalived lint --rules [--json]

Says what is wrong with keepalived.conf files of any origin. Give the files of all nodes of a cluster together, and the
files that they include: one file is one node, but for those that another one includes. Which nodes form a cluster is
taken from what they say: a shared virtual address, each other's address as unicast peer, one virtual_router_id. The
scripts that they run may be given, too.

  --json                        {nodes, findings: [{rule, severity, file, line, column, node, message, why, fix}], notes}
  --sarif                       a SARIF 2.1.0 log
  --fix                         writes what can be put right without a choice into the files, and tells the rest;
                                with --json also what was done, as fixed: [{rule, ...}]; with --sarif as
                                toolExecutionNotifications, for what is put right is no result; places as before
  --keepalived-version VERSION  as in 2.2.7: what other versions do wrong is not told (any version)

  --rules                       every rule: what must hold, what happens where it does not, and the fix

What depends on an include that was not given, or on a condition that only the host can decide, is not judged; a note
says so. A password is never shown.

Exit status: 0 no error was found (warnings may have been); 1 an error was found; 2 it could not run.
`;

function run(args: string[], { out, err }: Streams): ExitCode {
  const { values, positionals } = readOptions({ args, options, allowPositionals: true });
  const { json = false, sarif = false, fix = false, rules = false, "keepalived-version": version } = values;
  if (rules) {
    out(`${json ? JSON.stringify(catalogue(), undefined, 2) : catalogueText()}\n`);
    return ExitCode.Well;
  }
  if (positionals.length === 0) {
    throw new UsageError("FILE: (missing); give the keepalived.conf files of all nodes, or see --help");
  }
  if (json && sarif) {
    throw new UsageError("--json, --sarif: both are given; choose one");
  }
  if (version !== undefined && parseVersion(version) === undefined) {
    throw new UsageError(`--keepalived-version: ${version}; give a version as in 2.2.7`);
  }
  const given = withoutEmpty(
    [...new Set(positionals)].map((name): ConfFile => ({ name, text: readText(name) })),
    err,
  );
  if (!given.some(({ text }) => isKeepalivedConf(text, "any") && !isProgram(text))) {
    throw new UsageError(
      `${positionals.join(", ")}: no word that keepalived reads outside of blocks (vrrp_instance, virtual_server, include ...); give keepalived.conf files`,
    );
  }
  const { files, fixed: done } = fix ? fixed(given, { version }, err) : { files: given };
  const result = lintConfs(files, { version });
  for (const { file, line, message } of result.notes) {
    err(`${file}:${line}: not judged: ${message}\n`);
  }
  out(`${shown({ ...result, ...(done && { fixed: done }) }, { json, sarif })}\n`);
  return result.findings.some(({ severity }) => severity === "error") ? ExitCode.Problem : ExitCode.Well;
}

/** Says of empty files that they are none of a node, and leaves them out. */
function withoutEmpty(files: ConfFile[], err: Streams["err"]): ConfFile[] {
  const empty = emptyNodes(files);
  for (const name of empty) {
    err(`${name}: nothing but blanks and comments; not counted as a node\n`);
  }
  return files.filter(({ name }) => !empty.includes(name));
}

function shown(result: FixedResult, { json, sarif }: { json: boolean; sarif: boolean }): string {
  if (sarif) {
    return JSON.stringify(sarifLog(result, { version: toolVersion() }), undefined, 2);
  }
  return json ? JSON.stringify(result, undefined, 2) : lintText(result);
}

function toolVersion(): string {
  const text = readFileSync(join(__dirname, "../../package.json"), "utf8");
  return (JSON.parse(text) as { version: string }).version;
}

/** Puts right what can be, writes the files that changed, and says so. */
function fixed(files: ConfFile[], options: { version?: string }, err: Streams["err"]) {
  const { files: next, fixed: done } = fixFiles(files, options);
  for (const { name, text } of next) {
    if (files.find((file) => file.name === name)?.text !== text) {
      write(name, text);
    }
  }
  for (const { file, line, rule, message } of done) {
    err(`${file}:${line}: fixed: ${message} [${rule}]\n`);
  }
  return { files: next, fixed: done };
}

function write(name: string, text: string): void {
  try {
    writeFileSync(name, text);
  } catch (error) {
    throw new UsageError(`--fix: ${(error as Error).message}; give files that can be written`);
  }
}

/** `lint`: what is wrong with keepalived.conf files. */
export const lint: Verb = { summary: "what is wrong with keepalived.conf files of any origin", help, run };
