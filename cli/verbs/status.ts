import { hostAt, isSeen, observe, type Observation, statusText } from "../../operate";
import { findHosts, hostsHelp } from "../hosts";
import { readOptions } from "../options";
import { ExitCode, type Streams, UsageError, type Verb } from "../verb";
import { watchStatus } from "../watchStatus";

const options = {
  stack: { type: "string" },
  spec: { type: "string" },
  cluster: { type: "string" },
  json: { type: "boolean" },
  watch: { type: "boolean" },
  interval: { type: "string" },
} as const;

const help = `usage: pulumi-keepalived status (--stack NAME | --spec FILE) [--cluster NAME] [--json]
       pulumi-keepalived status --watch (--stack NAME | --spec FILE) [--cluster NAME] [--interval SECONDS]

Asks every host of a cluster how it is (vrrp-agent status): who has which addresses, what is drained or promoted, roles, and
checks that do not pass.

${hostsHelp}
  --watch        goes on until Ctrl-C: redraws the terminal in place (NO_COLOR is respected); a line for each change where it is none
  --interval S   seconds from one look at a host to the next: 1 to 60 (2)
  --json         [{node, address, running, facts, firewall, tunnels, status}] (facts: what the host is), or
                 {node, address, problem} of a host that was not seen

Exit status: 0 every host was seen and runs, and every address is on one of them; 1 not so; 2 it could not run.
`;

async function run(args: string[], { out }: Streams): Promise<ExitCode> {
  const { json = false, watch = false, interval, ...from } = readOptions({ args, options }).values;
  const seconds = intervalOf(interval, watch);
  if (json && watch) throw new UsageError("--json, --watch: both are given; choose one");
  const hosts = await findHosts(from);
  if (watch) {
    const last = await watchStatus(hosts, seconds, out);
    out(statusText(last));
    return last.length === hosts.length && isWell(last) ? ExitCode.Well : ExitCode.Problem;
  }
  const seen = await Promise.all(hosts.map((host) => observe(hostAt(host), host.cluster)));
  out(json ? `${JSON.stringify(seen, undefined, 2)}\n` : statusText(seen));
  return isWell(seen) ? ExitCode.Well : ExitCode.Problem;
}

function intervalOf(given: string | undefined, isWatched: boolean): number {
  if (given === undefined) return 2;
  if (!isWatched) throw new UsageError("--interval: is for --watch; give both, or neither");
  if (!/^\d{1,2}$/.test(given) || Number(given) < 1 || Number(given) > 60)
    throw new UsageError(`--interval: ${given}; give whole seconds, 1 to 60`);
  return Number(given);
}

/** Whether each address has one holder, and each host could take it. */
function isWell(observations: readonly Observation[]): boolean {
  const seen = observations.filter(isSeen);
  if (seen.length < observations.length || seen.some(({ running }) => !running)) return false;
  const count = new Map<string, number>();
  for (const { status } of seen)
    for (const { address, held } of status.instances.flatMap(({ vips }) => vips))
      count.set(address, (count.get(address) ?? 0) + Number(held));
  return [...count.values()].every((holders) => holders === 1);
}

/** `status`: all hosts side by side. */
export const status: Verb = { summary: "how every host of a cluster is", help, run };
