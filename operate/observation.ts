import { z } from "zod";
import type { Host } from "./host";

const timingSchema = z.object({
  version: z.union([z.literal(2), z.literal(3)]),
  advertInt: z.number(),
  downTimerAdverts: z.number(),
  /** The configured one: keepalived reports one only when its state changes, which may be one of a drain. */
  priority: z.number().nullable().default(null),
});

const instanceSchema = z.object({
  name: z.string(),
  state: z.string(),
  /** null: node.conf does not say it, or its agent is older than that. */
  timing: timingSchema.nullable().default(null),
  vips: z.array(z.object({ address: z.string(), held: z.boolean() })),
  reported: z
    .object({
      state: z.string(),
      priority: z.number().nullable(),
      heartbeatAge: z.number().nullable().default(null),
    })
    .nullable(),
});

const tunnelSchema = z.object({
  interface: z.string(),
  up: z.boolean(),
  peers: z.array(
    z.object({ node: z.string(), handshakeAge: z.number().nullable(), endpoint: z.string().nullable() }),
  ),
});

const roleSchema = z.object({
  wanted: z.string(),
  reached: z.string(),
  heartbeatAge: z.number().nullable(),
  doing: z.string().nullable(),
  actions: z.array(
    z.object({ name: z.string(), kind: z.string(), state: z.string(), words: z.string().optional() }),
  ),
});

const clusterSchema = z.object({
  cluster: z.string(),
  node: z.string(),
  generation: z.string(),
  pending: z.boolean(),
  drained: z.boolean(),
  promoted: z.boolean().default(false),
  keeps: z.boolean().default(false),
  /** Seconds within which a healthy peer takes over from a drained node. */
  handOver: z.number().nullable().default(null),
  /** Seconds for which a witness gives its vote, where a lease decides who holds. */
  lease: z.number().nullable().default(null),
  /** A drain lets go before a peer takes over. */
  drainIsFault: z.boolean().default(false),
  drift: z.array(z.string()).default([]),
  tunnels: z.array(tunnelSchema).default([]),
  checks: z.array(z.object({ name: z.string(), state: z.string(), words: z.string() })),
  role: roleSchema.nullable().default(null),
  instances: z.array(instanceSchema),
});

const statusSchema = z.object({
  facts: z.record(z.string(), z.unknown()).optional(),
  keepalived: z.object({ running: z.boolean() }),
  firewall: z.object({ ok: z.boolean(), problems: z.array(z.string()) }).optional(),
  clusters: z.array(clusterSchema),
});

/** What `vrrp-agent status --json` says of one cluster, as far as it is looked at here. */
export type ClusterStatus = z.infer<typeof clusterSchema>;

export type Tunnel = z.infer<typeof tunnelSchema>;

/** What was seen of a host: how it is, or why that is not known. */
export type Observation =
  | { node: string; address: string; problem: string }
  | {
      node: string;
      address: string;
      running: boolean;
      /** What the host is, as `vrrp-agent status --json` has it; undefined: its agent is older than that. */
      facts?: Record<string, unknown>;
      /** Where firewall rules of the agent are not in force. */
      firewall: string[];
      /** Of all sets of the host: a tunnel is one of its own. */
      tunnels: Tunnel[];
      status: ClusterStatus;
    };

export type Seen = Extract<Observation, { status: ClusterStatus }>;

export const isSeen = (observation: Observation): observation is Seen => "status" in observation;

/** Seconds that a host has to say how it is. */
const LOOK = 60;

/** Asks a host how a cluster is there. */
export async function observe(host: Host, cluster: string): Promise<Observation> {
  const unknown = (problem: string) => ({ node: host.address, address: host.address, problem });
  try {
    const { code, stdout, stderr } = await host.agent(["status", "--json"], LOOK);
    if (code !== 0) return unknown(stderr.trim() || `vrrp-agent status ended with ${code}`);
    const parsed = statusSchema.safeParse(JSON.parse(stdout));
    if (!parsed.success) return unknown("its vrrp-agent is of another version; apply the cluster again");
    const status = parsed.data.clusters.find((one) => one.cluster === cluster);
    if (status === undefined) return unknown(`there is no cluster ${cluster} on it; apply the cluster first`);
    const { keepalived, facts, firewall, clusters } = parsed.data;
    return {
      node: status.node,
      address: host.address,
      running: keepalived.running,
      facts,
      firewall: firewall?.problems ?? [],
      tunnels: clusters.flatMap(({ tunnels }) => tunnels),
      status,
    };
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return unknown("its vrrp-agent answers with something else than a status; apply the cluster again");
  }
}

/** Addresses of the cluster that a host has on its interfaces. */
export function held({ status }: Seen): string[] {
  return status.instances.flatMap(({ vips }) => vips.filter((vip) => vip.held).map(({ address }) => address));
}

/** Whether a host has all of the cluster's addresses, with a keepalived that minds them. */
export function holdsAll({ running, status }: Seen): boolean {
  return running && status.instances.every(({ vips }) => vips.every((vip) => vip.held));
}
