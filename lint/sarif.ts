import { CONF_RULES } from "./lint";
import { HOST_RULES, rangeText, RuleInfo } from "../spec";
import { LintFinding, LintResult } from "./model";
import { NOTES } from "./notes";
import { inConfWords } from "./words";

/** What the log says of the tool. */
export interface SarifTool {
  version: string;
}

interface Described {
  id: string;
  doc: string;
  fix: string;
}

function described(rule: RuleInfo): Described {
  const { id, doc, fix, bites } = { ...rule, ...rule.foreign };
  const versions = bites === undefined ? "" : ` (keepalived ${rangeText(bites)})`;
  return { id, doc: `${inConfWords(doc)}${versions}`, fix: inConfWords(fix) };
}

/** Findings as a SARIF 2.1.0 log (OASIS, 2020), which code hosts show beside the lines. */
export function sarifLog({ findings }: LintResult, tool: SarifTool): object {
  const rules: Described[] = [
    ...[...CONF_RULES, ...HOST_RULES].map(described),
    ...Object.entries(NOTES).map(([id, { doc, fix }]) => ({ id, doc, fix })),
  ].filter(({ id }) => findings.some(({ rule }) => rule === id));
  return {
    $schema: "https://json.schemastore.org/sarif-2.1.0.json",
    version: "2.1.0",
    runs: [
      {
        tool: {
          driver: {
            name: "pulumi-keepalived",
            semanticVersion: tool.version,
            rules: rules.map(({ id, doc, fix }) => ({
              id,
              shortDescription: { text: doc },
              help: { text: `Fix: ${fix}.` },
            })),
          },
        },
        columnKind: "utf16CodeUnits",
        results: findings.map((found) => resultOf(found, rules)),
      },
    ],
  };
}

function resultOf(found: LintFinding, rules: Described[]): object {
  const { rule, severity, message, fix, file, line, column, length } = found;
  return {
    ruleId: rule,
    ruleIndex: rules.findIndex(({ id }) => id === rule),
    level: severity,
    message: { text: `${message}. Fix: ${fix}.` },
    locations: [
      {
        physicalLocation: {
          artifactLocation: { uri: uriOf(file) },
          region: { startLine: line, startColumn: column, endColumn: column + length },
        },
      },
    ],
  };
}

/** A path as a URI reference: relative ones stay relative, so that a log can be read in another checkout. */
function uriOf(file: string): string {
  const path = file.split("\\").join("/").split("/").map(encodeURIComponent).join("/");
  return path.startsWith("/") ? `file://${path}` : path;
}
