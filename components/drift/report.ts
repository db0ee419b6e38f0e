/** What `vrrp-agent drift` prints, read. */
export interface Report {
  /** The current generation; `0` when nothing is applied. */
  generation: string;
  /** A change is under way. */
  pending: boolean;
  /** Every managed path. */
  paths: string[];
  files: Record<string, string>;
  /** Path -> whether it is as it was applied. */
  secretFiles: Record<string, boolean>;
  /** Path -> mode and owner. */
  rights: Record<string, string>;
  service?: string;
  firewall: string[];
  sysctls: string[];
  tunnels: string[];
  gateway: string[];
}

/** Reads what `vrrp-agent drift` printed; nothing printed means that there is no agent. */
export function parseReport(text: string): Report | undefined {
  if (text === "") return undefined;
  const report: Report = {
    generation: "0",
    pending: false,
    paths: [],
    files: {},
    secretFiles: {},
    rights: {},
    firewall: [],
    sysctls: [],
    tunnels: [],
    gateway: [],
  };
  const lines = text.split("\n");
  if (lines.shift() !== "vrrp-drift 1") throw new Error("vrrp-agent drift printed something unknown");
  for (let line = lines.shift(); line !== "end"; line = lines.shift()) {
    if (line === undefined) throw new Error("what vrrp-agent drift printed is cut off");
    read(line, lines, report);
  }
  return report;
}

/** What the lines that are about no file say; what follows a semicolon is for a person on the host. */
const FACTS: Record<string, (rest: string, report: Report) => void> = {
  generation: (rest, report) => (report.generation = rest),
  pending: (_, report) => (report.pending = true),
  service: (rest, report) => (report.service = rest.replace(" ", ", ")),
  firewall: (rest, report) => report.firewall.push(rest.replace(/;.*/, "")),
  tunnel: (rest, report) => report.tunnels.push(rest),
  gateway: (rest, report) => report.gateway.push(rest),
  sysctl: (rest, report) => report.sysctls.push(rest.replace(/^(\S+) (.*) (\S+)$/, "$1 is $2, not $3")),
};

/** Reads a line, and those that follow it where it is about a file. */
function read(line: string, following: string[], report: Report): void {
  const [word = "", path = "", mode, owner, fourth, end] = line.split(" ");
  const rest = line.slice(word.length + 1);
  const fact = FACTS[word];
  if (fact !== undefined) {
    fact(rest, report);
    return;
  }
  report.paths.push(path);
  if (word === "secret" || word === "file") report.rights[path] = `${mode} ${owner}`;
  if (word === "other") report.files[path] = `(${rest.slice(path.length + 1)})\n`;
  else if (word === "secret") report.secretFiles[path] = fourth === "same";
  else if (word === "file") report.files[path] = textOf(following.splice(0, Number(fourth)), end);
  else if (word !== "absent") throw new Error(`vrrp-agent drift printed something unknown: ${word}`);
}

function textOf(lines: string[], end: string | undefined): string {
  const text = lines.map((line) => `${line.slice(1)}\n`).join("");
  if (end === "open") return text.slice(0, -1);
  return end === "cut" ? `${text}(and more)\n` : text;
}
