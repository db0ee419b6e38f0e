import { hostAt, switchOver, switchoverText } from "../../operate";
import { findHosts, hostsHelp } from "../hosts";
import { readOptions } from "../options";
import { ExitCode, type Streams, UsageError, type Verb } from "../verb";

const options = {
  to: { type: "string" },
  stack: { type: "string" },
  spec: { type: "string" },
  cluster: { type: "string" },
  force: { type: "boolean" },
  wait: { type: "string" },
  json: { type: "boolean" },
} as const;

const help = `usage: pulumi-keepalived switchover --to NODE (--stack NAME | --spec FILE) [--cluster NAME] [--force] [--wait SECONDS] [--json]

Moves a cluster's addresses to a node while both serve: looks at all hosts, starts a keepalived that is dead, waits until
the node is well, has the holder's role get ready and give the addresses away (vrrp-agent drain), looks that NODE has all of
them and is master wholly, and ends the drain where they stay without it. Where they would not (prefer-primary), the former
holder stays drained until 'vrrp-agent undrain' there or the next switchover, and this says so. Nothing is edited.

  --to NODE      name of the node that is to have the addresses
${hostsHelp}
  --force        also where a check of NODE fails, its role is not reached or the holder cannot get ready or be reached;
                 never where NODE's keepalived does not run or is in FAULT
  --wait SECONDS that NODE may take to become well, and master: 1 to 3600 (120)
  --json         {ok, to, from, moved, gapMs, seconds, actions: [{node, name, state, milliseconds}], notes, problem}

The gap is from a former holder's letting go of its addresses to NODE's having all of them, as each node finds them on its
interfaces every 50 ms by its own uptime; the clocks are compared by the fastest line that each has sent here.

Exit status: 0 NODE has the addresses; 1 it has not, or not wholly, and why; 2 it could not run.
`;

async function run(args: string[], { out, err }: Streams): Promise<ExitCode> {
  const { to, force = false, wait = "120", json = false, ...from } = readOptions({ args, options }).values;
  if (to === undefined) throw new UsageError("--to: (missing); give the name of a node");
  if (!/^\d{1,4}$/.test(wait) || Number(wait) < 1 || Number(wait) > 3600)
    throw new UsageError(`--wait: ${wait}; give whole seconds, 1 to 3600`);
  const hosts = await findHosts(from);
  const report = await switchOver({
    hosts: hosts.map(hostAt),
    cluster: hosts[0]!.cluster,
    to,
    force,
    patience: Number(wait),
    say: (line) => err(`${line}\n`),
  });
  out(json ? `${JSON.stringify(report, undefined, 2)}\n` : switchoverText(report));
  if (report.problem !== undefined) err(`pulumi-keepalived switchover: ${report.problem}\n`);
  return report.ok ? ExitCode.Well : ExitCode.Problem;
}

/** `switchover`: moves the addresses on purpose. */
export const switchover: Verb = { summary: "move the addresses to a node, make-before-break", help, run };
