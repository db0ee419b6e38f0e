import type { Access } from "../components/pve/transport";
import { userContext } from "../components/userContext";
import type { Unread } from "../doctor";
import { nodeGuest } from "../hypervisor/pve";
import type { GuestAddress, HostAddress } from "../operate";
import { HypervisorKind, parseCluster, parseConnection, type Problem } from "../spec";
import { hasAccess } from "../spec/hypervisor-access";
import { isObject } from "./file";
import { dialled } from "./hosts";
import { withoutConnections } from "./specFile";

type Way = Access<HostAddress["connection"]>;

/** The guests that HaPair's arguments say its nodes are, and how what they run on is reached; `unread`: those that cannot be. */
export function guestsOf(input: unknown, name: string): { guests: GuestAddress[]; unread: Unread[] } {
  if (!isObject(input) || !isObject(input.hypervisor) || !Array.isArray(input.nodes))
    return { guests: [], unread: [] };
  const { hypervisor } = input;
  const nodes = input.nodes.filter(isObject).filter(({ guest }) => isObject(guest));
  const parsed = parseCluster(withoutConnections(input), { name });
  const found = nodes.map((node): GuestAddress | Unread => {
    const label = String(node.name);
    const told = (problem: string) => ({
      node: label,
      words: `its hypervisor was not looked at: ${problem}`,
    });
    if ("problems" in parsed) return told(`the spec is refused: ${wordsOf(parsed.problems)}`);
    const given = node.guest as Record<string, unknown>;
    const way = wayOf(hasAccess(given) ? given : hypervisor);
    if ("problem" in way) return told(way.problem);
    const cluster = parsed.value;
    const { kind, ...said } = cluster.hypervisor!;
    const own = cluster.nodes.find((one) => one.name === label);
    if (own === undefined) return told("the spec names no such node");
    const { guest, interface: dev } = own;
    const common = { node: label, dev, said };
    if (kind === HypervisorKind.Pve) return { ...common, kind, ...nodeGuest(cluster, label), access: way };
    if (!("connection" in way)) return told("ESXi is reached over SSH: give connection");
    return { ...common, kind, portGroup: guest!.portGroup!, connection: way.connection };
  });
  return {
    guests: found.filter((one) => "kind" in one),
    unread: found.filter((one) => "words" in one),
  };
}

/** A way as the spec has it, with what it leaves to this machine. */
function wayOf({
  connection,
  endpoint,
  token,
  caCertificate,
  insecure,
}: Record<string, unknown>): Way | { problem: string } {
  if (connection === undefined)
    return { endpoint, token, caCertificate, insecure } as Extract<Way, { endpoint: string }>;
  const parsed = parseConnection(connection, userContext());
  return "problems" in parsed
    ? { problem: `the connection to it: ${wordsOf(parsed.problems)}` }
    : { connection: dialled(parsed.value) };
}

/** No value of a connection is told: somebody may have written a password there. */
function wordsOf(problems: readonly Problem[]): string {
  const { path, allowed, fix } = problems.find(({ severity }) => severity === "error")!;
  return `${path}: allowed is ${allowed}; ${fix}`;
}
