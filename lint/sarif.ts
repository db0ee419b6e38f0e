import { catalogue, ListedRule } from "./catalogue";
import { FixedResult, LintFinding } from "./model";

/** What the log says of the tool. */
export interface SarifTool {
  version: string;
}

/**
 * Findings as a SARIF 2.1.0 log (OASIS, 2020), which code hosts show beside the lines. What was put right is told in
 * notifications: hosts raise an alert for each result, also for one that says it is gone.
 */
export function sarifLog({ findings, fixed }: FixedResult, tool: SarifTool): object {
  const told = new Set([...findings, ...(fixed ?? [])].map(({ rule }) => rule));
  const rules = catalogue().filter(({ rule }) => told.has(rule));
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
        ...(fixed !== undefined && {
          invocations: [
            {
              executionSuccessful: true,
              toolExecutionNotifications: fixed.map((found) => notificationOf(found, rules)),
            },
          ],
        }),
        results: findings.map((found) => resultOf(found, rules)),
      },
    ],
  };
}

function resultOf(found: LintFinding, rules: ListedRule[]): object {
  const { rule, severity, message, fix } = found;
  return {
    ruleId: rule,
    ruleIndex: indexOf(rule, rules),
    level: severity,
    message: { text: `${message}. Fix: ${fix}.` },
    locations: [locationOf(found)],
  };
}

function notificationOf(found: LintFinding, rules: ListedRule[]): object {
  const { rule, message } = found;
  return {
    associatedRule: { id: rule, index: indexOf(rule, rules) },
    level: "note",
    message: { text: `Fixed: ${message}.` },
    locations: [locationOf(found)],
  };
}

function indexOf(id: string, rules: ListedRule[]): number {
  return rules.findIndex(({ rule }) => rule === id);
}

function locationOf({ file, line, column, length }: LintFinding): object {
  return {
    physicalLocation: {
      artifactLocation: { uri: uriOf(file) },
      region: { startLine: line, startColumn: column, endColumn: column + length },
    },
  };
}

/** A path as a URI reference: relative ones stay relative, so that a log can be read in another checkout. */
function uriOf(file: string): string {
  const path = file.split("\\").join("/").split("/").map(encodeURIComponent).join("/");
  return path.startsWith("/") ? `file://${path}` : path;
}
