import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Host } from "../../lab";

const script = readFileSync(join(__dirname, "facts.sh"), "utf8");

/** Name of the suite's cluster. */
export const clusterName = "gw";

/** What the suite reads of a host: everything that is not as a host at rest has it is in `unrest`. */
export interface HostState {
  /** The generation in force; "0": what was there before the first apply. */
  generation: string;
  unrest: string[];
  /** Steps of the agent that still run. */
  busy: string[];
  keepalived: string;
  addresses: string[];
}

interface Status {
  clusters: { cluster: string; generation: string; pending: boolean; drift: string[] }[];
}

/** Reads a host. One that cannot be read says so in its unrest. */
export async function stateOf(host: Host): Promise<HostState> {
  try {
    const { stdout } = await host.exec(["sh", "-s", clusterName], { stdin: script, timeout: 20_000 });
    return readState(stdout);
  } catch (error) {
    return {
      generation: "?",
      unrest: [`cannot be read: ${(error as Error).message}`],
      busy: [],
      keepalived: "?",
      addresses: [],
    };
  }
}

/** Reads what facts.sh tells. */
export function readState(text: string): HostState {
  const all = (word: string) =>
    [...text.matchAll(new RegExp(`^${word} (.*)$`, "gm"))].map(([, value]) => value ?? "");
  const [enabled = "?"] = all("enabled");
  const unrest = [
    ...all("undo").map((unit) => `an undo timer is there: ${unit}`),
    ...all("differs").map((file) => `a file is not the generation's: ${file}`),
    ...(enabled.startsWith("masked") ? [`keepalived is ${enabled}`] : []),
  ];
  let generation = "0";
  const status = all("status");
  if (status.length > 0) {
    try {
      const { clusters } = JSON.parse(status.join("\n")) as Status;
      const cluster = clusters.find((one) => one.cluster === clusterName);
      if (cluster?.pending) unrest.push("a change is pending");
      for (const path of cluster?.drift ?? []) unrest.push(`drift: ${path}`);
      generation = cluster?.generation ?? "0";
    } catch {
      unrest.push(`vrrp-agent status: ${status.join("\n")}`);
    }
  }
  return {
    generation,
    unrest,
    busy: all("busy"),
    keepalived: all("active")[0] ?? "?",
    addresses: all("address"),
  };
}
