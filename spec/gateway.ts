import { CheckEffect, GatewayCheck } from "./check-model";
import { Gateway, GatewayListenOn, GatewayProgram, GatewayRuns, Upstream } from "./gateway-model";
import { parseUpstream } from "./gateway-upstream";
import { OpenPort } from "./model";
import { GATEWAY } from "./names";
import { GatewayAction, OnFailure, Role } from "./role-model";
import { SETTLE } from "./role";
import { GatewayInput } from "./schema/gateway";
import { Draft, isKnown, UNKNOWN, Unknown } from "./unknown";

/** A gateway with its defaults. */
export function gatewayWithDefaults(input: Draft<GatewayInput>): Draft<Gateway> {
  if (!isKnown(input)) {
    return UNKNOWN;
  }
  const { prefix, upstreams = [], probe, config, user } = input;
  const program = input.program ?? GatewayProgram.Nginx;
  // Of a package it is the distribution's to say; Debian's has no user of its own built in.
  const isPackage = program === GatewayProgram.Nginx && prefix === undefined;
  return {
    program,
    prefix,
    config,
    listen: input.listen ?? [80],
    listenOn: input.listenOn ?? GatewayListenOn.All,
    serverName: input.serverName,
    upstreams: isKnown(upstreams) ? upstreams.map(upstreamWithDefaults) : UNKNOWN,
    user: user ?? (isPackage && config === undefined ? "www-data" : undefined),
    connectTimeout: input.connectTimeout ?? 3,
    readTimeout: input.readTimeout ?? 60,
    checkPath: input.checkPath ?? "/",
    runs: input.runs ?? GatewayRuns.Both,
    probe: probe === undefined || !isKnown(probe) ? probe : { port: probe.port, path: probe.path ?? "/" },
    after: input.after,
  };
}

type UpstreamInput = Draft<NonNullable<GatewayInput["upstreams"]>[number]>;

function upstreamWithDefaults(input: UpstreamInput): Draft<Upstream> {
  if (!isKnown(input) || !isKnown(input.address)) {
    return UNKNOWN;
  }
  const parsed = parseUpstream(input.address);
  return "upstream" in parsed
    ? { ...parsed.upstream, weight: input.weight ?? 1, backup: input.backup ?? false }
    : UNKNOWN;
}

/** Whether services must be able to bind to an address that their host does not hold now. */
export function gatewayBindsElsewhere(gateway: Draft<GatewayInput | undefined>): boolean | Unknown {
  if (!isKnown(gateway)) {
    return UNKNOWN;
  }
  const listenOn = gateway?.listenOn ?? GatewayListenOn.All;
  return isKnown(listenOn) ? listenOn === GatewayListenOn.Vip : UNKNOWN;
}

/** The check that a gateway brings. A weight lowers the holder only, and with preemptDelay the other node would wait for that long. */
export function checksOfGateway(preemptDelay: number | Unknown): Draft<GatewayCheck>[] {
  return [
    {
      name: GATEWAY,
      kind: GATEWAY,
      interval: 2,
      // An answer is awaited for 1.5 s, after a restart for 3 s; the rest is for hosts that are overloaded.
      timeout: 10,
      fall: 2,
      rise: 2,
      effect: isKnown(preemptDelay) ? (preemptDelay > 0 ? CheckEffect.Fault : CheckEffect.Yield) : UNKNOWN,
    },
  ];
}

/** The role of a cluster with what its gateway adds: where the loop that minds it is, its probe finds who is master. */
export function roleWithGateway(role: Role | undefined, gateway: Gateway | undefined): Role | undefined {
  if (gateway === undefined) {
    return role;
  }
  const action: GatewayAction = {
    name: GATEWAY,
    kind: GATEWAY,
    timeout: 30,
    retries: 2,
    // The check speaks for it; what comes behind may not depend on it.
    onFailure: OnFailure.Continue,
    settled: false,
  };
  const { settle, actions } = role ?? { settle: SETTLE, actions: [] };
  // -1, none, is before the first.
  const place = actions.findIndex(({ name }) => name === gateway.after) + 1;
  return { settle, actions: [...actions.slice(0, place), action, ...actions.slice(place)] };
}

/** The ports that the hosts' firewall lets in, those of a gateway among them, each once. */
export function portsWithGateway(
  ports: OpenPort[],
  gateway: Gateway | undefined,
  firewall: boolean,
): OpenPort[] {
  if (gateway === undefined || !firewall) {
    return ports;
  }
  const isOpen = (port: number) =>
    ports.some((open) => open.protocol === "tcp" && open.port === port && open.from === undefined);
  const own = [...gateway.listen, ...(gateway.probe === undefined ? [] : [gateway.probe.port])];
  return [
    ...ports,
    ...own.filter((port) => !isOpen(port)).map((port) => ({ protocol: "tcp" as const, port })),
  ];
}

/** Where a gateway's program and its files are. */
export interface GatewayPlace {
  /** Unit of systemd without suffix, or script of /etc/init.d. */
  unit: string;
  binary: string;
  conf: string;
  /** Directory of a build of the user's own, whose unit is ours. */
  prefix?: string;
  /** Program -> package that must be there. */
  packages: Record<string, string>;
}

const OPENRESTY = "/usr/local/openresty/nginx";

/** Where the program of a cluster's gateway is. */
export function gatewayPlace(
  { program, prefix }: Pick<Gateway, "program" | "prefix">,
  cluster: string,
): GatewayPlace {
  if (prefix !== undefined) {
    return {
      unit: `vrrp-gateway-${cluster}`,
      binary: `${prefix}/sbin/nginx`,
      conf: `${prefix}/conf/nginx.conf`,
      prefix,
      packages: {},
    };
  }
  return program === GatewayProgram.OpenResty
    ? {
        unit: "openresty",
        binary: `${OPENRESTY}/sbin/nginx`,
        conf: `${OPENRESTY}/conf/nginx.conf`,
        packages: { openresty: "openresty" },
      }
    : {
        unit: "nginx",
        binary: "/usr/sbin/nginx",
        conf: "/etc/nginx/nginx.conf",
        packages: { nginx: "nginx" },
      };
}

/** The file of a gateway's probe, for its own nginx.conf to include. */
export const probeFile = (cluster: string) => `/etc/vrrp-agent/${cluster}/gateway-probe.conf`;
