import { SpecContext } from "./context";
import { Access, accessProblems, hasAccess, problem } from "./hypervisor-access";
import { Guest, Hypervisor, HypervisorKind } from "./hypervisor-model";
import { Problem } from "./model";
import { Path } from "./path";
import { ClusterInput, NodeInput } from "./schema/cluster";
import { GuestInput, HypervisorInput } from "./schema/hypervisor";
import { Draft, isKnown, Unknown, UNKNOWN } from "./unknown";

type Known<T> = Exclude<Draft<T>, Unknown>;
/** The neutral words of a NIC. */
export const WORDS = ["firewall", "promiscuous", "macChanges", "forgedTransmits"] as const;

export const NIC = "net0";

/** What is kept of a hypervisor: how it is reached is the component's own. */
export function hypervisorWithDefaults(input: Draft<HypervisorInput>): Draft<Hypervisor> {
  if (!isKnown(input)) return UNKNOWN;
  const { kind } = input;
  const words = WORDS.filter((word) => input[word] !== undefined).map((word) => [word, input[word]]);
  return { kind, ...(Object.fromEntries(words) as Partial<Hypervisor>) };
}

export function guestWithDefaults(input: Draft<GuestInput>): Draft<Guest> {
  if (!isKnown(input)) return UNKNOWN;
  const { id, nic = NIC, portGroup } = input;
  return { nic, ...(id !== undefined && { id }), ...(portGroup !== undefined && { portGroup }) };
}

/** What is wrong with a cluster's hypervisor and guests, as far as it is known. */
export function hypervisorProblems(input: Known<ClusterInput>, context: SpecContext): Problem[] {
  const { hypervisor } = input;
  if (!isKnown(hypervisor) || !isKnown(input.nodes)) return [];
  const guests = input.nodes.flatMap((node, i) =>
    isKnown(node) && node.guest !== undefined ? [{ node, i }] : [],
  );
  if (hypervisor === undefined) {
    return guests.map(({ i }) =>
      problem(
        "guest-without-hypervisor",
        ["nodes", i, "guest"],
        "(an object)",
        "a guest only where `hypervisor` says what it runs on",
        "give hypervisor: { kind, connection }, or remove guest",
      ),
    );
  }
  if (guests.length === 0 && input.nodes.every(isKnown)) {
    return [
      problem(
        "hypervisor-without-guest",
        ["nodes", 0, "guest"],
        "(missing)",
        "a guest of at least one node",
        hypervisor.kind === HypervisorKind.Esxi
          ? "give nodes[].guest: { portGroup }"
          : "give nodes[].guest: { id }, the VMID that the node has in Proxmox VE",
      ),
    ];
  }
  const { kind } = hypervisor;
  const needsAccess = guests.some(({ node: { guest } }) => isKnown(guest) && !hasAccess(guest!));
  return [
    ...wordProblems(hypervisor, ["hypervisor"]),
    ...(hasAccess(hypervisor) || needsAccess
      ? accessProblems(hypervisor, kind, ["hypervisor"], context)
      : []),
    ...guests.flatMap(({ node, i }) => guestProblems(node, kind, ["nodes", i, "guest"], context)),
    ...twice(guests),
    ...leadsToGuest(hypervisor, input.nodes),
  ];
}

/** Words that are none on a hypervisor, or contradict each other there. */
export function wordProblems(input: Known<Hypervisor>, path: Path): Problem[] {
  const { kind, firewall, macChanges, forgedTransmits } = input;
  if (kind === HypervisorKind.Esxi) {
    if (firewall === undefined) return [];
    return [
      problem(
        "hypervisor-words",
        [...path, "firewall"],
        String(firewall),
        "nothing: a port group of ESXi has no filter of addresses and protocols",
        "remove firewall",
      ),
    ];
  }
  const differ =
    typeof macChanges === "boolean" && typeof forgedTransmits === "boolean" && macChanges !== forgedTransmits;
  if (!differ) return [];
  return [
    problem(
      "hypervisor-words",
      [...path, "forgedTransmits"],
      String(forgedTransmits),
      "what macChanges is: in Proxmox VE both are one switch, macfilter",
      "give one of them",
    ),
  ];
}

function guestProblems(
  node: Known<NodeInput>,
  kind: HypervisorKind | Unknown,
  path: Path,
  context: SpecContext,
): Problem[] {
  const { guest } = node;
  if (!isKnown(guest) || guest === undefined || !isKnown(kind)) return [];
  const esxi = kind === HypervisorKind.Esxi;
  const needed = esxi ? "portGroup" : "id";
  const strange = (esxi ? (["id", "nic"] as const) : (["portGroup"] as const)).filter(
    (key) => guest[key] !== undefined,
  );
  return [
    ...(guest[needed] === undefined
      ? [
          problem(
            "guest-unnamed",
            [...path, needed],
            "(missing)",
            esxi
              ? "the name of the port group that the node's NIC is in"
              : "the VMID of the guest, 100 to 999999999",
            `give ${needed}`,
          ),
        ]
      : []),
    ...strange.map((key) =>
      problem(
        "guest-unnamed",
        [...path, key],
        key,
        `nothing: hypervisor.kind is '${kind}'`,
        `remove it, and name the guest by ${needed}`,
      ),
    ),
    ...(hasAccess(guest) ? accessProblems(guest, kind, path, context) : []),
  ];
}

/** Two nodes in one guest are a copied line. */
function twice(guests: { node: Known<NodeInput>; i: number }[]): Problem[] {
  const seen = new Set<unknown>();
  return guests.flatMap(({ node: { guest }, i }) => {
    if (!isKnown(guest) || guest?.id === undefined || !isKnown(guest.id) || hasAccess(guest)) return [];
    if (!seen.has(guest.id)) {
      seen.add(guest.id);
      return [];
    }
    return [
      problem(
        "guest-twice",
        ["nodes", i, "guest", "id"],
        String(guest.id),
        "a guest of its own for each node",
        "give the VMID of this node's guest",
      ),
    ];
  });
}

function leadsToGuest({ connection }: Access, nodes: readonly Draft<NodeInput>[]): Problem[] {
  if (!isKnown(connection) || connection === undefined || !isKnown(connection.host)) return [];
  const { host } = connection;
  const same = nodes.find(
    (node) => isKnown(node) && isKnown(node.connection) && node.connection.host === host,
  );
  if (same === undefined || !isKnown(same)) return [];
  return [
    problem(
      "hypervisor-is-node",
      ["hypervisor", "connection", "host"],
      host,
      "the hypervisor's own address",
      `give the host that runs the guests: ${host} is the node ${isKnown(same.name) ? same.name : ""} itself`,
    ),
  ];
}
