/** A series of Prometheus' text exposition format. */
export interface Sample {
  name: string;
  labels: Record<string, string>;
  value: number;
}

export interface Metric {
  name: string;
  help: string;
  type: string;
  samples: Sample[];
}

const NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const LABEL = /^[a-zA-Z_][a-zA-Z0-9_]*$/;

/**
 * Reads text exposition format 0.0.4 and throws at whatever it does not allow, or only tolerates: a metric without HELP and TYPE before its
 * samples, one whose samples are not together, a series that comes twice, a wrong escape, a blank too many, no newline at the end.
 */
export function parseExposition(text: string): Metric[] {
  if (!text.endsWith("\n")) throw new Error("the last line has no newline");
  const metrics: Metric[] = [];
  let help: { name: string; text: string } | undefined;
  for (const [index, line] of text.slice(0, -1).split("\n").entries()) {
    const fail = (why: string): never => {
      throw new Error(`line ${index + 1}: ${why}: ${line}`);
    };
    const [, about, name = "", rest = ""] = /^# (HELP|TYPE) (\S+) (.+)$/.exec(line) ?? [];
    if (about === "HELP") {
      if (help !== undefined) fail(`${help.name} has a HELP and no TYPE`);
      if (!NAME.test(name)) fail("no name of a metric");
      if (metrics.some((one) => one.name === name)) fail("a metric that there was before");
      help = { name, text: unescaped(rest, /\\(\\|n)/g, fail) };
    } else if (about === "TYPE") {
      if (help?.name !== name) fail("a TYPE without its HELP");
      if (!/^(counter|gauge|histogram|summary|untyped)$/.test(rest)) fail("no type");
      metrics.push({ name, help: help!.text, type: rest, samples: [] });
      help = undefined;
    } else if (line.startsWith("#") || line === "") {
      fail("a comment or an empty line, which nobody needs");
    } else {
      const sample = sampleOf(line, fail);
      const metric = metrics.at(-1);
      if (help !== undefined || metric?.name !== sample.name) fail("a sample that is not with its metric");
      const key = (labels: Record<string, string>) => JSON.stringify(Object.entries(labels).sort());
      if (metric!.samples.some((one) => key(one.labels) === key(sample.labels)))
        fail("a series that there was before");
      metric!.samples.push(sample);
    }
  }
  if (help !== undefined) throw new Error(`${help.name} has a HELP and no TYPE`);
  for (const { name, samples } of metrics) if (samples.length === 0) throw new Error(`${name} has no sample`);
  return metrics;
}

function sampleOf(line: string, fail: (why: string) => never): Sample {
  const [, name = "", , inner = "", number = ""] =
    /^([^\s{]+)(\{((?:[^"}]|"(?:[^"\\]|\\.)*")*)\})? (\S+)$/.exec(line) ?? fail("no sample");
  if (!NAME.test(name)) fail("no name of a metric");
  const labels: Record<string, string> = {};
  let left = inner;
  while (left !== "") {
    const [all, label = "", value = ""] =
      /^([^=]+)="((?:[^"\\]|\\.)*)"(?:,(?=.)|$)/.exec(left) ?? fail("no label");
    if (!LABEL.test(label) || label.startsWith("__")) fail(`no name of a label: ${label}`);
    if (label in labels) fail(`the label ${label} comes twice`);
    labels[label] = unescaped(value, /\\(\\|n|")/g, fail);
    left = left.slice(all.length);
  }
  if (!/^([-+]?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?|NaN|[-+]?Inf)$/.test(number)) fail("no number");
  return { name, labels, value: Number(number.replace("Inf", "Infinity")) };
}

function unescaped(text: string, escape: RegExp, fail: (why: string) => never): string {
  if (text.replace(escape, "").includes("\\")) fail("a backslash that escapes nothing");
  return text.replace(escape, (_all, sign: string) => (sign === "n" ? "\n" : sign));
}
