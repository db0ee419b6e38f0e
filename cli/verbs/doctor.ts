import { CAUSES, type Cause } from "../../doctor";
import { diagnose } from "../../doctor/pair";
import { diagnosisText, isHealthy, repairPlan, reportOf } from "../../doctor/report";
import { examine, hostAt, type Look, lookAtHypervisor, mend, type MendReport } from "../../operate";
import { guestsOf } from "../guests";
import { findCluster, hostsHelp } from "../hosts";
import { readOptions } from "../options";
import { ExitCode, type Streams, UsageError, type Verb } from "../verb";

const options = {
  stack: { type: "string" },
  spec: { type: "string" },
  cluster: { type: "string" },
  json: { type: "boolean" },
  repair: { type: "boolean" },
  "dry-run": { type: "boolean" },
  window: { type: "string" },
  "no-probes": { type: "boolean" },
  "no-hypervisor": { type: "boolean" },
  only: { type: "string", multiple: true },
} as const;

const help = `usage: pulumi-keepalived doctor (--stack NAME | --spec FILE) [--cluster NAME] [--json] [--repair [--dry-run]]
                                [--only CAUSE]... [--window SECONDS] [--no-probes] [--no-hypervisor]

Says why the addresses of a cluster are not where they should be, or would not move: looks at all hosts at once, changes
nothing, and tells each cause with its node, what was seen, what was ruled out, and what to do. Where one more look would tell
two causes apart it looks once more, and says so.

${hostsHelp}
  --repair       puts right what it can by itself (vrrp-agent repair), one thing at a time, looks again after each, and takes
                 back one that makes it worse; what the spec or somebody has to change is told
  --dry-run      says what --repair would do, and does nothing
  --only CAUSE   repairs this cause only; may be given several times
  --window S     seconds of traffic that are looked at: 1 to 30 (3)
  --no-probes    sends no packets of its own, and makes no nftables table for the time of the look
  --no-hypervisor  does not ask what the nodes run on, where the spec names it (hypervisor, nodes[].guest)
  --json         {healthy, nodes, figures, symptoms, findings: [{cause, node, confidence, evidence, ruledOut, fix}]}, with
                 --repair also repairs: [{node, cause, action, outcome, words}] and held

On a host, without this program and the network: vrrp-agent diagnose CLUSTER and vrrp-agent repair CLUSTER.

Exit status: 0 every host was seen and nothing is wrong (any more); 1 something is; 2 it could not run, or saw no host.
`;

const NO_GUESTS: ReturnType<typeof guestsOf> = { guests: [], unread: [] };

async function run(args: string[], { out, err }: Streams): Promise<ExitCode> {
  const { values } = readOptions({ args, options });
  const { json = false, repair = false, "dry-run": dryRun = false, "no-probes": quiet = false } = values;
  const only = causesOf(values.only ?? []);
  if (only.length > 0 && !repair && !dryRun)
    throw new UsageError("--only: what is found is told whole; give it with --repair or --dry-run");
  const window = secondsOf(values.window);
  const { stack, spec, cluster: wanted } = values;
  const { hosts: addresses, input } = await findCluster({ stack, spec, cluster: wanted });
  const hosts = addresses.map(hostAt);
  const { cluster } = addresses[0]!;
  const { guests, unread } = values["no-hypervisor"] ? NO_GUESTS : guestsOf(input, cluster);
  // Once for all looks, beside the first: no repair changes anything there.
  const hypervisor = lookAtHypervisor(guests, cluster);
  const say = (line: string) => err(`${line}\n`);
  const look = async (more: readonly string[] = []): Promise<Look> => {
    const nodes = await examine(hosts, cluster, { window, quiet, more });
    const seen = await hypervisor;
    return { nodes, diagnosis: diagnose(nodes, { ...seen, unread: [...unread, ...seen.unread] }) };
  };
  let seen = await look();
  const { ask } = seen.diagnosis;
  if (ask !== undefined) {
    say(`looking once more (${ask.options.join(" ")}): ${ask.why}`);
    seen = await look(ask.options);
  }
  let mended: MendReport | undefined;
  if (dryRun) {
    for (const line of planText(seen, cluster, only)) say(line);
  } else if (repair) {
    mended = await mend({ hosts, cluster, first: seen, look, only, say });
    for (const { finding, because } of mended.held)
      say(`${finding.node}: ${finding.cause} is left: ${because}`);
    seen = mended.last;
  }
  const report = reportOf(seen.diagnosis, seen.nodes);
  out(
    json
      ? `${JSON.stringify({ ...report, ...(mended && { repairs: mended.repairs, held: mended.held }) }, undefined, 2)}\n`
      : diagnosisText(seen.diagnosis, seen.nodes, { cluster, ...terminal() }),
  );
  if (seen.nodes.every((node) => "problem" in node)) {
    err("pulumi-keepalived doctor: no host was seen\n");
    return ExitCode.Unable;
  }
  return isHealthy(seen.diagnosis, seen.nodes) ? ExitCode.Well : ExitCode.Problem;
}

function planText({ nodes, diagnosis }: Look, cluster: string, only: readonly Cause[]): string[] {
  const { steps, held } = repairPlan(diagnosis, nodes, only);
  return [
    ...(steps.length === 0 ? ["--repair would do nothing"] : []),
    ...steps.map(
      ({ node, finding, action }) =>
        `would run on ${node}, for ${finding.cause}: vrrp-agent repair ${cluster} ${action.join(" ")}`,
    ),
    ...held.map(({ finding, because }) => `would leave ${finding.cause} on ${finding.node}: ${because}`),
  ];
}

function causesOf(given: readonly string[]): Cause[] {
  const words = given.flatMap((text) => text.split(",")).filter((word) => word !== "");
  for (const word of words)
    if (!Object.hasOwn(CAUSES, word))
      throw new UsageError(`--only: ${word}; there are ${Object.keys(CAUSES).join(", ")}`);
  return words as Cause[];
}

function secondsOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d{1,2}$/.test(text) || Number(text) < 1 || Number(text) > 30)
    throw new UsageError(`--window: ${text}; give whole seconds, 1 to 30`);
  return Number(text);
}

/** How the terminal is, where there is one. */
function terminal(): { colours: boolean; width?: number } {
  const { isTTY, columns } = process.stdout;
  const colours = isTTY && (process.env.NO_COLOR ?? "") === "" && process.env.TERM !== "dumb";
  return { colours, ...(isTTY && columns > 40 && { width: Math.min(columns, 120) }) };
}

/** `doctor`: why the addresses do not move. */
export const doctor: Verb = {
  summary: "why the addresses are not where they should be, and what to do",
  help,
  run,
};
