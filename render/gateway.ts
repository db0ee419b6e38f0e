import { Gateway, gatewayPlace, GatewayPlace, HostPlan, probeFile, Upstream } from "../spec";
import { plainFile, RenderedFile } from "./file";
import { fill } from "./template";
import { rest, word } from "./word";

const UNITS = "/etc/systemd/system";

/** The lines of node.conf about the gateway, in the words of lib/nginx.sh. */
export function gatewayLines({ gateway, cluster }: HostPlan): string[] {
  if (gateway === undefined) {
    return [];
  }
  const { unit, binary, conf, prefix } = gatewayPlace(gateway, cluster);
  const one = (key: string, value: string | number | undefined) =>
    value === undefined ? [] : [`gateway ${key} ${rest(`${value}`, `gateway.${key}`)}`];
  return [
    ...one("unit", unit),
    ...one("prefix", prefix),
    ...one("binary", binary),
    ...one("conf", conf),
    ...one("runs", gateway.runs),
    ...gateway.listen.flatMap((port) => one("listen", port)),
    ...one("path", gateway.checkPath),
    ...one("host", gateway.serverName),
    ...gateway.upstreams.flatMap(({ address, port }) =>
      one("upstream", `${word(address, "upstreams")} ${port}`),
    ),
  ];
}

/** The files of a cluster's gateway: nginx.conf, what starts it, and its probe. */
export function gatewayFiles(plan: HostPlan): RenderedFile[] {
  const { gateway, cluster } = plan;
  if (gateway === undefined) {
    return [];
  }
  const place = gatewayPlace(gateway, cluster);
  const files = [plainFile(place.conf, nginxConf(plan, gateway, place)), unitFile(gateway, place, cluster)];
  const { probe } = gateway;
  if (probe !== undefined) {
    const listens = families(plan).map((family) => (family === 4 ? `${probe.port}` : `[::]:${probe.port}`));
    files.push(
      plainFile(probeFile(cluster), fill("gateway/probe.conf", { cluster, path: probe.path, listens })),
    );
  }
  return files;
}

/** IPv4 always, which the check asks; IPv6 where the cluster has it: a host without it could not start nginx. */
function families({ instances }: HostPlan): (4 | 6)[] {
  return instances.some(({ family }) => family === 6) ? [4, 6] : [4];
}

function nginxConf(plan: HostPlan, gateway: Gateway, place: GatewayPlace): string {
  if (gateway.config !== undefined) {
    return gateway.config.endsWith("\n") ? gateway.config : `${gateway.config}\n`;
  }
  return fill("gateway/nginx.conf", {
    gateway,
    isPackage: place.prefix === undefined && gateway.program === "nginx",
    servers: gateway.upstreams.map((upstream) => ({ ...upstream, server: serverOf(upstream) })),
    listens: gateway.listen.flatMap((port) => listensOf(plan, gateway, port)),
    probeFile: probeFile(plan.cluster),
  });
}

function serverOf({ address, port }: Upstream): string {
  return `${bracketed(word(address, "gateway.upstreams"))}:${port}`;
}

const bracketed = (address: string) => (address.includes(":") ? `[${address}]` : address);

/** Where a port is listened on; on loopback, too, where the check asks. */
function listensOf(plan: HostPlan, { listenOn }: Gateway, port: number): string[] {
  if (listenOn === "all") {
    return families(plan).map((family) => (family === 4 ? `${port}` : `[::]:${port}`));
  }
  const vips = plan.instances.flatMap(({ virtualIpAddresses }) =>
    virtualIpAddresses.map(({ address }) => word(address, "virtualIpAddresses")),
  );
  return [`127.0.0.1:${port}`, ...vips.map((address) => `${bracketed(address)}:${port}`)];
}

/** A build of one's own has no unit; a package's gets what differs. */
function unitFile({ runs }: Gateway, place: GatewayPlace, cluster: string): RenderedFile {
  return place.prefix === undefined
    ? plainFile(
        `${UNITS}/${place.unit}.service.d/vrrp-${cluster}.conf`,
        fill("gateway/drop-in.conf", { runs, cluster }),
      )
    : plainFile(`${UNITS}/${place.unit}.service`, fill("gateway/unit.service", { runs, cluster, place }));
}
