import { firewallPath, guestPath, Read } from "./call";
import { BridgeSeen, GuestAt, GuestSeen, PendingItem, PveIpset, PveRule } from "./guest";
import { bridgeOf, GuestKind, parseNet } from "./net";

/** The answers of reads by their path; what is not there could not be read. */
export type Answers = Readonly<Record<string, unknown>>;

/** Every guest of a PVE cluster, with the node that it is on: a guest moves. */
export const FIND: Read = { path: "/cluster/resources", params: { type: "vm" } };

/** Where a guest is, from the answer to FIND; undefined: there is none with this id that may be seen. */
export function findGuest(answer: unknown, id: number): GuestAt | undefined {
  const found = listOf(answer).find((one) => Number(one["vmid"]) === id);
  const { node, type } = found ?? {};
  return typeof node === "string" && (type === "qemu" || type === "lxc")
    ? { host: node, kind: type, id }
    : undefined;
}

function pathsOf(at: GuestAt) {
  const guest = guestPath(at);
  const firewall = firewallPath(at);
  return {
    status: `${guest}/status/current`,
    config: `${guest}/config`,
    pending: `${guest}/pending`,
    options: `${firewall}/options`,
    rules: `${firewall}/rules`,
    ipsets: `${firewall}/ipset`,
    cluster: "/cluster/firewall/options",
    node: `/nodes/${at.host}/firewall/options`,
    ipset: (name: string) => `${firewall}/ipset/${name}`,
    bridge: (name: string) => `/nodes/${at.host}/network/${name}`,
    group: (name: string) => `/cluster/firewall/groups/${name}`,
  };
}

/** What is read of a guest first. */
export function readsOf(at: GuestAt): Read[] {
  const { status, config, pending, options, rules, ipsets, cluster, node } = pathsOf(at);
  return [
    { path: status },
    // Without `current` PVE answers with what is pending, as if it were in force.
    { path: config, params: { current: "1" } },
    { path: pending },
    { path: options },
    { path: rules },
    { path: ipsets },
    { path: cluster, optional: true },
    { path: node, optional: true },
  ];
}

/** What is read next: the entries of the ipsets, the bridges and the security groups that the first answers name. */
export function furtherReadsOf(at: GuestAt, answers: Answers): Read[] {
  const { config, ipsets, ipset, bridge, rules, group } = pathsOf(at);
  const bridges = Object.values(bridgesOf(at.kind, textsOf(answers[config])));
  return [
    ...listOf(answers[ipsets]).map(({ name }) => ({ path: ipset(String(name)) })),
    ...[...new Set(bridges)].map((name) => ({ path: bridge(name), optional: true as const })),
    ...groupsIn(rulesOf(answers[rules])).map((name) => ({ path: group(name), optional: true as const })),
  ];
}

/** The guest that all answers show. */
export function seenFrom(at: GuestAt, answers: Answers): GuestSeen {
  const paths = pathsOf(at);
  const status = recordOf(answers[paths.status]);
  const { digest, ...config } = textsOf(answers[paths.config]);
  const { digest: optionsDigest, ...options } = recordOf(answers[paths.options]);
  const cluster = answers[paths.cluster];
  const node = answers[paths.node];
  const { enable: nodeEnable, nftables } = recordOf(node);
  const lock = config["lock"] ?? status["lock"];
  const rules = rulesOf(answers[paths.rules]);
  return {
    ...at,
    ...(typeof status["name"] === "string" && { name: status["name"] }),
    status: typeof status["status"] === "string" ? status["status"] : "unknown",
    ...(typeof lock === "string" && { lock }),
    ...(isOn(config["template"], false) && { template: true }),
    config,
    digest: digest ?? "",
    pending: listOf(answers[paths.pending]) as unknown as PendingItem[],
    firewall: {
      clusterEnabled: cluster === undefined || isOn(recordOf(cluster)["enable"], false),
      nodeEnabled: isOn(nodeEnable, true),
      nftables: isOn(nftables, false),
      options,
      ...(typeof optionsDigest === "string" && { optionsDigest }),
      rules,
      groups: Object.fromEntries(
        groupsIn(rules).flatMap((name): [string, PveRule[]][] => {
          const answer = answers[paths.group(name)];
          return answer === undefined ? [] : [[name, rulesOf(answer)]];
        }),
      ),
      ipsets: ipsetsOf(listOf(answers[paths.ipsets]), (name) => answers[paths.ipset(name)]),
    },
    bridges: seenBridges(at, config, (name) => answers[paths.bridge(name)]),
    unread: [
      ...(cluster === undefined
        ? ["whether the firewall of the PVE cluster is on (right Sys.Audit on /)"]
        : []),
      ...(node === undefined ? [`the firewall of ${at.host} (right Sys.Audit on /nodes/${at.host})`] : []),
    ],
  };
}

function rulesOf(answer: unknown): PveRule[] {
  return listOf(answer) as unknown as PveRule[];
}

/** The security groups that are in force. */
function groupsIn(rules: readonly PveRule[]): string[] {
  return [
    ...new Set(rules.flatMap(({ type, enable, action }) => (type === "group" && enable ? [action] : []))),
  ];
}

function ipsetsOf(
  list: Record<string, unknown>[],
  entriesOf: (name: string) => unknown,
): Record<string, PveIpset> {
  return Object.fromEntries(
    list.map(({ name, comment }) => [
      String(name),
      {
        ...(typeof comment === "string" && { comment }),
        entries: listOf(entriesOf(String(name))).map((entry) => ({
          cidr: String(entry["cidr"]),
          ...(isOn(entry["nomatch"], false) && { nomatch: true }),
          ...(typeof entry["comment"] === "string" && { comment: entry["comment"] }),
        })),
      },
    ]),
  );
}

function seenBridges(
  { kind }: GuestAt,
  config: Record<string, string>,
  answerOf: (name: string) => unknown,
): Record<string, BridgeSeen> {
  return Object.fromEntries(
    Object.entries(bridgesOf(kind, config)).flatMap(([nic, name]): [string, BridgeSeen][] => {
      const answer = answerOf(name);
      if (answer === undefined) {
        return [];
      }
      const { type, "bridge-disable-mac-learning": still } = recordOf(answer);
      return [[nic, { name, ...(typeof type === "string" && { type }), learning: !isOn(still, false) }]];
    }),
  );
}

function bridgesOf(kind: GuestKind, config: Record<string, string>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(config).flatMap(([key, value]): [string, string][] => {
      const bridge = /^net\d+$/.test(key) ? bridgeOf(parseNet(kind, value)) : undefined;
      return bridge === undefined ? [] : [[key, bridge]];
    }),
  );
}

/** PVE's JSON has 1, "1" and true. */
export function isOn(value: unknown, otherwise: boolean): boolean {
  return value === undefined || value === null
    ? otherwise
    : ![0, "0", "", false, "false"].includes(value as string);
}

function recordOf(answer: unknown): Record<string, unknown> {
  return typeof answer === "object" && answer !== null && !Array.isArray(answer)
    ? (answer as Record<string, unknown>)
    : {};
}

function listOf(answer: unknown): Record<string, unknown>[] {
  return Array.isArray(answer) ? answer.map(recordOf) : [];
}

/** A guest's config is one of texts and numbers; what else is in it (`lxc`, raw lines) is nothing to us. */
function textsOf(answer: unknown): Record<string, string> {
  return Object.fromEntries(
    Object.entries(recordOf(answer)).flatMap(([key, value]): [string, string][] =>
      typeof value === "string" || typeof value === "number" ? [[key, String(value)]] : [],
    ),
  );
}
