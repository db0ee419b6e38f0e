import { quote } from "../shell";
import { insist, Step } from "./errors";
import type { RunOnNode } from "./ssh";
import type { PveApi } from "./transport";

/** A node of the PVE cluster, and how the one that we are logged in to reaches it. */
export interface ClusterNode {
  name: string;
  /** Absent: it is the one that we are logged in to. */
  address?: string;
}

/** A node as its cluster has it. */
export interface NodeSeen extends ClusterNode {
  isOnline: boolean;
}

/** All nodes of the PVE cluster. */
export async function clusterNodes(api: PveApi, step: Step): Promise<NodeSeen[]> {
  const [status] = await insist(api, step, [{ method: "get", path: "/cluster/status" }]);
  const all = (Array.isArray(status) ? status : []) as Record<string, unknown>[];
  return all.flatMap(({ type, name, ip, local, online }) =>
    type === "node"
      ? [
          {
            name: String(name),
            ...(Number(local) !== 1 && { address: typeof ip === "string" ? ip : "" }),
            isOnline: Number(online) === 1 && (Number(local) === 1 || typeof ip === "string"),
          },
        ]
      : [],
  );
}

/** What a command on a node has come to. */
export interface NodeResult {
  code: number;
  out: string;
  err: string;
}

/** Prints a line for each: node, exit status, stdout and stderr in base64. The way to other nodes is PVE's own (PVE::SSHInfo). */
const PREPARE = `err=$(mktemp) || exit 1
trap 'rm -f "$err"' EXIT
on() {
  node=$1
  shift
  out=$(printf %s "$input" | "$@" 2>"$err")
  code=$?
  printf '%s %s %s %s\\n' "$node" "$code" "$(printf %s "$out" | base64 -w0)" "$(base64 -w0 <"$err")"
}
far() {
  known=/etc/pve/nodes/$1/ssh_known_hosts
  set -- "$1" "$2" "$3" -e none -o BatchMode=yes -o ConnectTimeout=10 -o "HostKeyAlias=$1"
  if [ -f "$known" ]; then
    set -- "$@" -o "UserKnownHostsFile=$known" -o GlobalKnownHostsFile=none
  fi
  node=$1 to=root@$2 command=$3
  shift 3
  on "$node" ssh "$@" "$to" "$command"
}`;

/** Runs a script on each of these nodes, with the same text as its stdin. */
export async function onNodes(
  run: RunOnNode,
  jobs: readonly { node: ClusterNode; script: string }[],
  input = "",
): Promise<Map<string, NodeResult>> {
  const commands = jobs.map(({ node: { name, address }, script }) =>
    address === undefined
      ? `on ${quote(name)} sh -c ${quote(script)}`
      : `far ${quote(name)} ${quote(address)} ${quote(`sh -c ${quote(script)}`)}`,
  );
  const text = await run([`input=${quote(input)}`, PREPARE, ...commands, ":"].join("\n"));
  const results = text
    .split("\n")
    .filter((line) => line !== "")
    .map((line): [string, NodeResult] => {
      const [name = "", code, out = "", err = ""] = line.split(" ");
      const plain = (base64: string) => Buffer.from(base64, "base64").toString();
      return [name, { code: Number(code), out: plain(out), err: plain(err).trim() }];
    });
  return new Map(results);
}
