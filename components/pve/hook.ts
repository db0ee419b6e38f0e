import { readFileSync } from "node:fs";
import { join } from "node:path";
import {
  Change,
  GuestSeen,
  guestName,
  hookFile,
  HookNode,
  HookPlan,
  hookPlan,
  HookSeen,
  hookVolume,
  HookWork,
  isBridged,
  Owner,
  Plan,
  PortFlag,
  portFlagsOf,
  portsOf,
} from "../../hypervisor/pve";
import { quote } from "../shell";
import { insist, Step } from "./errors";
import { ClusterNode, clusterNodes, NodeResult, NodeSeen, onNodes } from "./hookNodes";
import type { RunOnNode } from "./ssh";
import { isRefused, PveApi, refusalText } from "./transport";

const TEMPLATE = join(__dirname, "..", "..", "host", "pve", "nic-flags.sh");

const PATH = "PATH=$PATH:/usr/sbin:/sbin";

/** A look at a guest's hookscript: whose NIC, and which flags its ports need. */
export interface HookLook {
  api: PveApi;
  guest: string;
  seen: GuestSeen;
  nic: string;
  flags: readonly PortFlag[];
  owner: Owner;
}

/** The plan with what its bridge ports need besides; nothing is looked at where no hookscript is, and none is needed. */
export async function withHook(look: Omit<HookLook, "flags">, plan: Plan): Promise<Plan> {
  if (plan.refusals.length > 0) return plan;
  const flags = portFlagsOf(plan.bridgePort);
  const { seen, nic, api } = look;
  if (api.shell === undefined) {
    // What only a bridge with a querier needs is told by bridgePortWarning, with the commands.
    const needs = flags.filter(([flag]) => flag !== "mcast_router");
    if (needs.length === 0) return plan;
    return { ...plan, changes: [], refusals: [tokenRefusal(seen, nic)] };
  }
  if (flags.length === 0 && !mayCallOurs(seen)) return plan;
  const { change, refusals, notes } = await planned({ ...look, flags });
  if (refusals.length > 0) return { ...plan, changes: [], refusals };
  return {
    ...plan,
    // Last: a NIC that is plugged anew has lost its flags.
    changes: [...plan.changes, ...(change === undefined ? [] : [change])],
    notes: [...plan.notes, ...notes],
    ...(change !== undefined && seen.lock !== undefined && { busy: seen.lock }),
  };
}

/** What takes a NIC's flags back; `mayBe`: flags may have been set though the guest names no hookscript. */
export async function hookBack(
  look: Omit<HookLook, "flags">,
  mayBe: boolean,
): Promise<{ changes: Change[]; notes: string[] }> {
  const { api, seen } = look;
  if (api.shell === undefined || (!mayBe && !mayCallOurs(seen))) {
    return { changes: [], notes: [] };
  }
  const { change, notes } = await planned({ ...look, flags: [] });
  return { changes: change === undefined ? [] : [change], notes };
}

/** It is ours, or may call ours. */
const mayCallOurs = ({ config }: GuestSeen) => config["hookscript"]?.startsWith("local:snippets/") ?? false;

function tokenRefusal(seen: GuestSeen, nic: string): string {
  return (
    `${nic} of ${guestName(seen)} needs flags of its ports on the bridge, which a hookscript sets, and Proxmox VE lets no token set one (root@pam alone): ` +
    `give 'connection' in place of 'endpoint' and 'token', or leave promiscuous and the virtual MAC out`
  );
}

async function planned(look: HookLook): Promise<HookPlan> {
  const { seen, nic, flags, owner } = look;
  if (!isBridged(seen, nic)) return { refusals: [], notes: [] };
  const template = readFileSync(TEMPLATE, "utf8");
  return hookPlan({ seen, nic, flags, owner, template }, await hookSeen(look));
}

interface Place {
  nodes: NodeSeen[];
  directory: string;
  problem?: string;
}

const textOf = (value: unknown) => (typeof value === "string" ? value : undefined);

async function placeOf(api: PveApi, step: Step): Promise<Place> {
  const nodes = await clusterNodes(api, step);
  const [storage = { data: {} }] = await api.ask([{ method: "get", path: "/storage/local" }]);
  const known = isRefused(storage) ? {} : (storage.data as Record<string, unknown>);
  const { path, content, shared, "content-dirs": directories } = known;
  const contents = (textOf(content) ?? "").split(",");
  const [, own] = /(?:^|,)snippets=([^,]+)/.exec(textOf(directories) ?? "") ?? [];
  const problem = isRefused(storage)
    ? `a hookscript is put into the storage 'local', and that cannot be read: ${refusalText(storage.refusal)}`
    : contents.includes("snippets")
      ? undefined
      : `the storage 'local' takes no snippets (content: ${contents.join(",")}), so no hookscript can be put there: run 'pvesm set local --content ${[...contents, "snippets"].join(",")}' and run it again`;
  return {
    // A shared storage has the file once.
    nodes: Number(shared) === 1 ? nodes.filter(({ address }) => address === undefined) : nodes,
    directory: `${textOf(path) ?? "/var/lib/vz"}/${own ?? "snippets"}`,
    ...(problem !== undefined && { problem }),
  };
}

async function hookSeen({ api, guest, seen, nic }: HookLook): Promise<HookSeen> {
  const { nodes, directory, problem } = await placeOf(api, { guest, what: "reading its hookscript" });
  const isNear = ({ address }: ClusterNode) => address === undefined;
  const jobs = nodes
    .filter(({ isOnline }) => isOnline)
    .map((node) => ({
      node,
      script: [
        PATH,
        fileLook(`${directory}/${hookFile(seen.id)}`),
        ...(node.name === seen.host ? [guestLook(seen, nic, directory)] : []),
        ...(isNear(node) ? [namedLook(seen)] : []),
        ":",
      ].join("\n"),
    }));
  const results = await onNodes(api.shell!, jobs);
  const lines = [...results.values()].flatMap(({ out }) => out.split("\n"));
  const other = lines.map((line) => /^other (.*)$/.exec(line)?.[1]).find((text) => text !== undefined);
  const named = Number(lines.map((line) => /^named (\d+)$/.exec(line)?.[1]).find(Boolean) ?? 0);
  return {
    nodes: nodes.map((node) => nodeSeen(node.name, results.get(node.name))),
    directory,
    ...(problem !== undefined && { storageProblem: problem }),
    ...(other !== undefined && { other: Buffer.from(other, "base64").toString() }),
    named: named - Number(seen.config["hookscript"] === hookVolume(seen.id)),
    ports: Object.fromEntries(
      lines.flatMap((line) => {
        const [, port = "", flags = ""] = /^port (\S+) (.*)$/.exec(line) ?? [];
        const pairs = [...flags.matchAll(/(?<= )(learning|flood|mcast_flood|mcast_router) (\S+)/g)];
        return pairs.length === 0
          ? []
          : [[port, Object.fromEntries(pairs.map(([, flag, value]) => [flag, value]))]];
      }),
    ),
  };
}

function nodeSeen(name: string, result: NodeResult | undefined): HookNode {
  if (result === undefined) return { name, problem: "it is offline" };
  if (result.code !== 0) return { name, problem: result.err || `ssh has ended with ${result.code}` };
  const [, mode, text] = /^file (\S) (.*)$/m.exec(result.out) ?? [];
  return text === undefined
    ? { name }
    : { name, text: Buffer.from(text, "base64").toString(), executable: mode === "x" };
}

function fileLook(file: string): string {
  return `f=${quote(file)}
if [ -x "$f" ]; then echo "file x $(base64 -w0 "$f")"; elif [ -f "$f" ]; then echo "file - $(base64 -w0 "$f")"; fi`;
}

/** Flags of ports as `bridge -d link` shows them, and another hookscript's text. */
function guestLook(seen: GuestSeen, nic: string, directory: string): string {
  const [, other] = /^local:snippets\/([^/]+)$/.exec(seen.config["hookscript"] ?? "") ?? [];
  return `for p in ${portsOf(seen, nic).join(" ")}; do
  s=$(bridge -d link show dev "$p" 2>/dev/null) && [ -n "$s" ] && echo "port $p" $s
done
${other === undefined ? "" : `f=${quote(`${directory}/${other}`)}; [ ! -f "$f" ] || echo "other $(base64 -w0 "$f")"`}`;
}

/** How often guests name the script, in snapshots as well. */
function namedLook({ id }: GuestSeen): string {
  const all = "/etc/pve/nodes/*/qemu-server/*.conf /etc/pve/nodes/*/lxc/*.conf";
  return `echo "named $(cat ${all} 2>/dev/null | grep -cxF ${quote(`hookscript: ${hookVolume(id)}`)})"`;
}

/** Carries out a change: its call, and what goes with it on the nodes. */
export async function carryChange(
  api: PveApi,
  step: Step,
  { call, hook }: Change,
  seen: GuestSeen,
): Promise<void> {
  if (hook === undefined) {
    await insist(api, step, [call]);
    return;
  }
  const work = new Work(api, step, hook, await placeOf(api, step), seen);
  await work.put();
  await insist(api, step, [call]);
  await work.now();
  await work.remove();
}

/** A script on nodes: put there, called, removed. */
class Work {
  private readonly file: string;
  private readonly run: RunOnNode;

  constructor(
    api: PveApi,
    private readonly step: Step,
    private readonly hook: HookWork,
    private readonly place: Place,
    private readonly seen: GuestSeen,
  ) {
    this.run = api.shell!;
    this.file = `${place.directory}/${hookFile(seen.id)}`;
  }

  /** At once or not at all, for a guest may start meanwhile. */
  async put(): Promise<void> {
    const { nodes, text } = this.hook.put;
    const file = quote(this.file);
    const script = `mkdir -p ${quote(this.place.directory)} && base64 -d >${file}.new && chmod 755 ${file}.new && mv -f ${file}.new ${file}`;
    await this.on(nodes, script, Buffer.from(text).toString("base64"));
  }

  async now(): Promise<void> {
    const { now } = this.hook;
    if (now.length === 0) return;
    const script = [PATH, ...now.map((words) => words.map(quote).join(" "))].join("\n");
    await this.on([this.seen.host], script);
  }

  async remove(): Promise<void> {
    await this.on(this.hook.remove, `rm -f ${quote(this.file)}`);
  }

  private async on(names: readonly string[], script: string, input?: string): Promise<void> {
    if (names.length === 0) return;
    const nodes = this.place.nodes.filter(({ name }) => names.includes(name));
    const results = await onNodes(
      this.run,
      nodes.map((node) => ({ node, script })),
      input,
    );
    const failed = names.flatMap((name) => {
      const { code, err } = results.get(name) ?? { code: 1, err: "it did not answer" };
      return code === 0 ? [] : [`${name}: ${err || `it has ended with ${code}`}`];
    });
    if (failed.length > 0)
      throw new Error(
        `${this.step.guest}: ${this.step.what}: ${failed.join("; ")}; mend that and run it again`,
      );
  }
}
