import type { Cause } from "../causes";
import { Confidence, type Finding } from "../model";
import { grouped } from "./found";

const SURE: readonly Confidence[] = [Confidence.Possible, Confidence.Likely, Confidence.Certain];
export const surety = ({ confidence }: Finding) => SURE.indexOf(confidence);

/** Causes that are judged over all nodes together, by all that a node alone could judge them by. */
const TOGETHER: readonly Cause[] = [
  "conf-foreign-vrid",
  "conf-vrid",
  "conf-version",
  "conf-auth",
  "conf-advert-int",
  "conf-vip-list",
  "conf-unicast-src",
  "conf-unicast-peer",
  "conf-interface",
];

/** Causes that one node can suspect, and that all together may tell better. */
const SUSPECTED: readonly Cause[] = [
  "tunnel-handshake",
  "tunnel-mtu",
  "conf-priority",
  "vip-duplicate",
  "arp-stale",
];

/** What the nodes tell by themselves, and what they tell together: each cause once for each node. */
export function merged(local: readonly Finding[], together: readonly Finding[]): Finding[] {
  const surer = local.filter(
    (one) =>
      !TOGETHER.includes(one.cause) &&
      (!SUSPECTED.includes(one.cause) ||
        one.confidence === Confidence.Certain ||
        !together.some(({ cause }) => cause === one.cause)),
  );
  return grouped([...together, ...surer], ({ cause, node }) => `${cause} ${node}`).flatMap(joined);
}

/** Findings of one cause on one node; those that ask for different things stay apart. */
function joined(same: Finding[]): Finding[] {
  const asks = grouped(same, ({ fix }) => fix.action?.join(" ") ?? "");
  const [withoutAction, withAction] = [
    asks.filter(([one]) => one!.fix.action === undefined),
    asks.filter(([one]) => one!.fix.action !== undefined),
  ];
  // What the agent can do is what there is to be done.
  const groups =
    withAction.length > 0
      ? withAction.map((group, i) => (i === 0 ? [...group, ...withoutAction.flat()] : group))
      : asks;
  return groups.map((group) => {
    const best = [...group].sort((a, b) => surety(b) - surety(a))[0]!;
    return {
      ...best,
      evidence: unique(group.flatMap(({ evidence }) => evidence)),
      ruledOut: [
        ...new Map(group.flatMap(({ ruledOut }) => ruledOut).map((one) => [one.cause, one])).values(),
      ],
      fix: group[0]!.fix,
    };
  });
}

function unique(words: string[]): string[] {
  return [...new Set(words)];
}
