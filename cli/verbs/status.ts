import { hostAt, isSeen, observe, type Observation, statusText } from "../../operate";
import { findHosts, hostsHelp } from "../hosts";
import { readOptions } from "../options";
import { ExitCode, type Streams, type Verb } from "../verb";

const options = {
  stack: { type: "string" },
  spec: { type: "string" },
  cluster: { type: "string" },
  json: { type: "boolean" },
} as const;

const help = `usage: pulumi-keepalived status (--stack NAME | --spec FILE) [--cluster NAME] [--json]

Asks every host of a cluster how it is (vrrp-agent status): who has which addresses, what is drained or promoted, roles, and
checks that do not pass.

${hostsHelp}
  --json         [{node, address, running, facts, status}] (facts: what the host is), or
                 {node, address, problem} of a host that was not seen

Exit status: 0 every host was seen and runs, and every address is on one of them; 1 not so; 2 it could not run.
`;

async function run(args: string[], { out }: Streams): Promise<ExitCode> {
  const { json = false, ...from } = readOptions({ args, options }).values;
  const hosts = await findHosts(from);
  const seen = await Promise.all(hosts.map((host) => observe(hostAt(host), host.cluster)));
  out(json ? `${JSON.stringify(seen, undefined, 2)}\n` : statusText(seen));
  return isWell(seen) ? ExitCode.Well : ExitCode.Problem;
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
