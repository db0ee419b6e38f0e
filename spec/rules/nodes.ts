import { canonical } from "../addresses";
import { Connection, Problem } from "../model";
import { Draft, isKnown, Unknown } from "../unknown";

/** What the nodes of a cluster and of a tunnel have in common. */
export type NodesDraft = Draft<{ name: string; connection: Connection }[]>;

/** Texts that are known, with their places. */
export interface Placed {
  path: string;
  text: string;
}

/** A text with its place, when it is known. */
export function place(path: string, text: string | Unknown | undefined): Placed[] {
  return typeof text === "string" ? [{ path, text }] : [];
}

/** A problem that stops a change. */
export function error(rule: string, path: string, value: string, allowed: string, fix: string): Problem {
  return { rule, severity: "error", path, value, allowed, fix };
}

/** A problem for each text that stands for the second time. */
export function duplicates(placed: Placed[], rule: string, fix: string): Problem[] {
  return placed.flatMap(({ path, text }, i) => {
    const first = placed.slice(0, i).find((other) => other.text === text);
    return first === undefined
      ? []
      : [
          {
            rule,
            severity: "error" as const,
            path,
            value: text,
            allowed: `another one than ${first.path}'s`,
            fix,
          },
        ];
  });
}

function known(nodes: NodesDraft) {
  return (isKnown(nodes) ? nodes : []).flatMap((node, at) => (isKnown(node) ? [{ ...node, at }] : []));
}

/** The names of nodes, as far as they are known. */
export function nodeNames(nodes: NodesDraft): Placed[] {
  return known(nodes).flatMap((node) => place(`nodes[${node.at}].name`, node.name));
}

/** Every node is a machine of its own: no two have one SSH server. */
export function sharedHosts(nodes: NodesDraft): Problem[] {
  const hosts = known(nodes).flatMap(({ connection, at }) => {
    if (!isKnown(connection)) {
      return [];
    }
    const { host, port, proxy } = connection;
    const hop = isKnown(proxy) && proxy !== undefined ? proxy : undefined;
    const isComparable = [host, port, proxy, hop?.host, hop?.port].every(isKnown) && host !== undefined;
    const via = hop === undefined ? "" : ` via ${String(hop.host)}:${String(hop.port)}`;
    return isComparable
      ? place(`nodes[${at}].connection.host`, `${canonical(String(host))}:${String(port)}${via}`)
      : [];
  });
  return duplicates(hosts, "duplicate-host", "name the SSH server of the other machine");
}

/** Every name or address that is connected to over SSH; `first`: the one that this machine itself connects to. */
export function sshHosts(nodes: NodesDraft): (Placed & { at: number; first: boolean })[] {
  return known(nodes).flatMap(({ connection, at }) => {
    if (!isKnown(connection)) {
      return [];
    }
    const { host, proxy } = connection;
    const hop = isKnown(proxy) && proxy !== undefined ? proxy.host : undefined;
    return [
      ...place(`nodes[${at}].connection.host`, host).map((p) => ({ ...p, at, first: proxy === undefined })),
      ...place(`nodes[${at}].connection.proxy.host`, hop).map((p) => ({ ...p, at, first: true })),
    ];
  });
}

/** A virtual address moves: SSH over it would configure whichever node holds it. */
export function sshOverVips(nodes: NodesDraft, vips: string[]): Problem[] {
  return sshHosts(nodes)
    .filter(({ text }) => vips.includes(canonical(text)))
    .map(({ path, text }) => ({
      rule: "vip-is-ssh-address",
      severity: "error",
      path,
      value: text,
      allowed: "no virtual address: it moves from node to node",
      fix: "connect to the node's own address",
    }));
}
