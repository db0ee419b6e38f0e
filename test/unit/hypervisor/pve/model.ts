import { createHash } from "node:crypto";
import {
  Call,
  Change,
  GuestSeen,
  GuestWant,
  keptAfter,
  Owner,
  planOf,
  PveRule,
  Undo,
} from "../../../../hypervisor/pve";

/** What is read of a guest in these tests unless they say otherwise. */
export function guest(
  change: Partial<GuestSeen> = {},
  firewall: Partial<GuestSeen["firewall"]> = {},
): GuestSeen {
  return renewed({
    host: "pve1",
    kind: "qemu",
    id: 101,
    name: "gw-a",
    status: "running",
    config: { net0: "virtio=BC:24:11:00:00:01,bridge=vmbr0,firewall=1" },
    digest: "",
    pending: [],
    bridges: {},
    unread: [],
    ...change,
    firewall: {
      clusterEnabled: true,
      nodeEnabled: true,
      nftables: false,
      options: { enable: 1 },
      rules: [],
      ipsets: {},
      ...firewall,
    },
  });
}

function digestOf(value: unknown): string {
  return createHash("sha1").update(JSON.stringify(value)).digest("hex");
}

/** Positions and digests as PVE gives them. */
export function renewed(seen: GuestSeen): GuestSeen {
  const rules = seen.firewall.rules.map(({ digest: _old, ...rule }, pos) => ({ ...rule, pos }));
  const digest = digestOf(rules);
  return {
    ...seen,
    digest: digestOf(seen.config),
    firewall: {
      ...seen.firewall,
      rules: rules.map((rule) => ({ ...rule, digest })),
      optionsDigest: digestOf(seen.firewall.options),
    },
  };
}

function check(asked: string | undefined, is: string | undefined): void {
  if (asked !== undefined && asked !== is) {
    throw new Error("detected modified configuration - file changed by other user? Try again.");
  }
}

/** A NIC as PVE prints it: what names the model or the guest's interface first, the others by name. */
function printed(kind: GuestSeen["kind"], text: string): string {
  const [first = "", ...rest] = text.split(",");
  const sorted = rest.sort();
  const isTyped = kind === "qemu" || sorted.some((part) => part.startsWith("type="));
  return [first, ...(isTyped ? sorted : [...sorted, "type=veth"])].join(",");
}

/** How PVE carries a call out, on one guest. It throws where PVE refuses. */
export function applied(seen: GuestSeen, { method, path, params }: Call): GuestSeen {
  const next = structuredClone(seen);
  const base = `/nodes/${seen.host}/${seen.kind}/${seen.id}/`;
  if (!path.startsWith(base)) {
    throw new Error(`no such guest: ${path}`);
  }
  const [room, ...rest] = path.slice(base.length).split("/").map(decodeURIComponent);
  const { digest, ...values } = params;
  if (room === "config" && method === "set") {
    if (seen.lock !== undefined) {
      throw new Error(`VM is locked (${seen.lock})`);
    }
    check(digest, seen.digest);
    for (const [key, value] of Object.entries(values)) {
      next.config[key] = printed(seen.kind, value);
    }
    return renewed(next);
  }
  const { firewall } = next;
  const [what, name, entry] = rest;
  if (what === "options" && method === "set") {
    check(digest, seen.firewall.optionsDigest);
    const { delete: gone, ...set } = values;
    for (const key of gone?.split(",") ?? []) {
      delete firewall.options[key];
    }
    Object.entries(set).forEach(([key, value]) => {
      firewall.options[key] = /^\d+$/.test(value) ? Number(value) : value;
    });
  } else if (what === "rules") {
    changeRules(firewall.rules, method, name, values, () => check(digest, seen.firewall.rules[0]?.digest));
  } else if (what === "ipset") {
    changeIpsets(firewall.ipsets, method, name, entry, values);
  } else {
    throw new Error(`no such path: ${path}`);
  }
  return renewed(next);
}

function changeRules(
  rules: PveRule[],
  method: Call["method"],
  pos: string | undefined,
  values: Record<string, string>,
  isAsRead: () => void,
): void {
  if (method === "create") {
    const { enable = "0", ...rule } = values;
    rules.unshift({ ...rule, enable: Number(enable), pos: 0 } as unknown as PveRule);
    return;
  }
  isAsRead();
  const rule = rules[Number(pos)];
  if (rule === undefined) {
    throw new Error(`no rule at position ${pos}`);
  }
  if (method === "delete") {
    rules.splice(Number(pos), 1);
  } else if (values["moveto"] !== undefined) {
    rules.splice(Number(pos), 1);
    rules.splice(Number(values["moveto"]), 0, rule);
  } else {
    rule.enable = Number(values["enable"]);
  }
}

function changeIpsets(
  ipsets: GuestSeen["firewall"]["ipsets"],
  method: Call["method"],
  name: string | undefined,
  entry: string | undefined,
  { name: made, ...values }: Record<string, string>,
): void {
  if (name === undefined) {
    ipsets[made!] = { comment: values["comment"]!, entries: [] };
    return;
  }
  const set = ipsets[name];
  if (set === undefined) {
    throw new Error(`no such IPSet '${name}'`);
  }
  if (method === "create") {
    if (set.entries.some(({ cidr }) => cidr === values["cidr"])) {
      throw new Error(`address '${values["cidr"]}' already exists`);
    }
    set.entries.unshift(values as unknown as (typeof set.entries)[number]);
  } else if (entry !== undefined) {
    set.entries = set.entries.filter(({ cidr }) => cidr !== entry);
  } else if (set.entries.length > 0 && values["force"] === undefined) {
    throw new Error(`IPSet '${name}' is not empty`);
  } else {
    delete ipsets[name];
  }
}

/** Calls in their order, read and planned again wherever a plan says so, until none is left. */
export function run(
  start: GuestSeen,
  kept: readonly Undo[],
  planned: (seen: GuestSeen, kept: readonly Undo[]) => readonly Change[],
): { seen: GuestSeen; kept: Undo[]; done: Change[] } {
  let seen = start;
  let keeps = [...kept];
  const done: Change[] = [];
  for (let round = 0; round < 60; round++) {
    const changes = planned(seen, keeps);
    if (changes.length === 0) {
      return { seen, kept: keeps, done };
    }
    for (const change of changes) {
      seen = applied(seen, change.call);
      keeps = keptAfter(keeps, [change]);
      done.push(change);
      if (change.call.reread) {
        break;
      }
    }
  }
  throw new Error(`no end: ${done.map(({ says }) => says).join("; ")}`);
}

export function runPlan(seen: GuestSeen, want: GuestWant, owner: Owner, kept: readonly Undo[] = []) {
  return run(seen, kept, (now, keeps) => planOf(now, want, owner, keeps).changes);
}

/** What a NIC sends or is sent. */
export interface Packet {
  way: "in" | "out";
  proto: "vrrp" | "arp";
  source: string;
  dest: string;
  mac?: string;
}

/** Whether PVE's firewall lets a packet through, by the order of its chains. A security group drops all. */
export function passes(seen: GuestSeen, nic: string, packet: Packet): boolean {
  const text = seen.config[nic]!;
  const { clusterEnabled, nftables, options, rules, ipsets } = seen.firewall;
  if (!/,firewall=1/.test(text) || !clusterEnabled || !options["enable"]) {
    return true;
  }
  const own = /(?:virtio|hwaddr)=([^,]+)/.exec(text)![1];
  if (packet.way === "out") {
    if (options["macfilter"] !== 0 && packet.mac !== undefined && packet.mac !== own) {
      return false;
    }
    const set = ipsets[`ipfilter-${nic}`];
    const isFiltered = nftables ? options["ipfilter"] === 1 : set !== undefined || options["ipfilter"] === 1;
    const isAsked = packet.proto === "vrrp" || set !== undefined;
    if (isFiltered && isAsked && !inSet(set?.entries ?? [], packet.source)) {
      return false;
    }
  }
  if (packet.proto === "arp") {
    return true;
  }
  for (const rule of rules) {
    const isOf = rule.enable && (rule.iface === undefined || rule.iface === nic);
    if (isOf && rule.type === "group") {
      return false;
    }
    if (
      isOf &&
      rule.type === packet.way &&
      ["vrrp", "112", undefined].includes(rule.proto) &&
      (rule.source === undefined || contains(rule.source, packet.source)) &&
      (rule.dest === undefined || contains(rule.dest, packet.dest))
    ) {
      return rule.action === "ACCEPT";
    }
  }
  return (options[`policy_${packet.way}`] ?? (packet.way === "in" ? "DROP" : "ACCEPT")) === "ACCEPT";
}

/** The addresses of these tests are 192.0.2.N, and the networks /24. */
function contains(spec: string, address: string): boolean {
  return spec === address || (spec === "192.0.2.0/24" && address.startsWith("192.0.2."));
}

function inSet(entries: { cidr: string; nomatch?: boolean }[], address: string): boolean {
  const exact = entries.find(({ cidr }) => cidr === address);
  const wide = entries.find(({ cidr }) => cidr !== address && contains(cidr, address));
  const decides = exact ?? wide;
  return decides !== undefined && !decides.nomatch;
}
