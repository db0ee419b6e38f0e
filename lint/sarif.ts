import { catalogue, ListedRule } from "./catalogue";
import { LintFinding, LintResult } from "./model";

/** What the log says of the tool. */
export interface SarifTool {
  version: string;
}

/** Findings as a SARIF 2.1.0 log (OASIS, 2020), which code hosts show beside the lines. */
export function sarifLog({ findings }: LintResult, tool: SarifTool): object {
  const rules = catalogue().filter(({ rule }) => findings.some((found) => found.rule === rule));
  return {
    $schema: "https://json.schemastore.org/sarif-2.1.0.json",
    version: "2.1.0",
    runs: [
      {
        tool: {
          driver: {
            name: "pulumi-keepalived",
            semanticVersion: tool.version,
            rules: rules.map(({ rule, why, fix, versions }) => ({
              id: rule,
              shortDescription: { text: versions === undefined ? why : `${why} (keepalived ${versions})` },
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

function resultOf(found: LintFinding, rules: ListedRule[]): object {
  const { rule, severity, message, fix, file, line, column, length } = found;
  return {
    ruleId: rule,
    ruleIndex: rules.findIndex((other) => other.rule === rule),
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
