import { handOverSeconds, settleAfterStart } from "../simulate/timing";
import { FirewallPlan, HostPlan, InstanceConfig, LeaseWitness } from "../spec";
import { checkLines } from "./checks";
import { plainFile, RenderedFile } from "./file";
import { sinceLines } from "./floors";
import { FirewallRule } from "./firewall";
import { roleLines } from "./role";
import { gatewayLines } from "./gateway";
import { sourceLines } from "./keepalived-source";
import { fill } from "./template";
import { word } from "./word";

const directory = (cluster: string) => `/etc/vrrp-agent/${cluster}`;

/** What vrrp-agent is told about a host that runs keepalived, with what is written for it. */
export function nodeConf(plan: HostPlan, keepalivedConf: RenderedFile): RenderedFile {
  const sources = plan.instances.flatMap((instance) => {
    const address = sourceOf(instance);
    const property = instance.multicast ? "mcastSrcIp" : "unicastSrcIp";
    return address === undefined ? [] : [{ address, dev: instance.interface, property }];
  });
  const text = fill("agent/node.conf", {
    plan,
    w: word,
    // Instances of one host can share them.
    sources: [...new Map(sources.map((source) => [`${source.address} ${source.dev}`, source])).values()],
    sourceOf,
    vips: plan.instances.flatMap((instance) =>
      instance.virtualIpAddresses.map((vip) => ({
        instance: instance.name,
        address: `${vip.address}/${vip.prefixLength}`,
        dev: vip.dev ?? instance.interface,
      })),
    ),
    peers: plan.peers.flatMap((peer) => peer.addresses.map((address) => ({ name: peer.name, address }))),
    settle: settleAfterStart(plan.instances, plan.global.startupDelay, plan.witness),
    source: sourceLines(plan),
    since: sinceLines(keepalivedConf.text, plan.global),
    keepalivedConf: keepalivedConf.path,
    handOver: handOverSeconds(plan.instances, plan.witness),
    lease: plan.witness?.kind === "lease" ? leaseWords(plan.witness) : undefined,
    checks: [...checkLines(plan), ...roleLines(plan), ...gatewayLines(plan)],
  });
  return plainFile(`${directory(plan.cluster)}/node.conf`, text);
}

/** A witness, with its files as curl's options. */
function leaseWords({ endpoints, ttl, caFile, certFile, keyFile }: LeaseWitness) {
  const files = [
    { option: "cacert", path: caFile },
    { option: "cert", path: certFile },
    { option: "key", path: keyFile },
  ];
  return { ttl, endpoints: endpoints.map(urlWord), files: files.filter(({ path }) => path !== undefined) };
}

/** A URL as one word: brackets around an IPv6 address mean nothing to node.conf. */
function urlWord(url: string): string {
  word(url.replace(/[[\]]/g, ""), "witness.endpoints");
  return url;
}

/** The address that an instance's adverts come from; absent where keepalived chooses. */
function sourceOf(instance: InstanceConfig): string | undefined {
  return instance.multicast ? instance.mcastSrcIp : instance.unicastSrcIp;
}

/** What vrrp-agent is told about a host of which only the firewall is managed. */
export function firewallNodeConf(plan: FirewallPlan): RenderedFile {
  const [first] = plan.flows;
  if (first === undefined) {
    throw new Error("flows is empty: give at least one, with the interface that carries VRRP");
  }
  const sources = plan.flows.flatMap(({ source, interface: dev }) =>
    source === undefined ? [] : [{ address: source, dev }],
  );
  const text = fill("agent/firewall-node.conf", { plan, sources, dev: first.interface, w: word });
  return plainFile(`${directory(plan.cluster)}/node.conf`, text);
}

/** The rules, and drop-ins that put them back after a service that loads its own. None without a rule. */
export function firewallFiles(cluster: string, rules: FirewallRule[]): RenderedFile[] {
  if (rules.length === 0) {
    return [];
  }
  return [
    plainFile(`${directory(cluster)}/firewall.rules`, fill("agent/firewall.rules", { rules })),
    // netfilter-persistent knows no reload; with ours it would seem to, and load nothing but our part.
    dropIn("netfilter-persistent", `vrrp-${cluster}`, "firewall", { reloads: false }),
    ...["nftables", "iptables", "ip6tables"].map((unit) =>
      dropIn(unit, `vrrp-${cluster}`, "firewall", { reloads: true }),
    ),
  ];
}

/** The drop-in that brings a killed keepalived back and clears up behind a dead one. */
export function keepalivedUnit(): RenderedFile {
  return dropIn("keepalived", "vrrp-agent", "keepalived");
}

function dropIn(unit: string, name: string, template: string, values: object = {}): RenderedFile {
  return plainFile(
    `/etc/systemd/system/${unit}.service.d/${name}.conf`,
    fill(`systemd/${template}.conf`, values),
  );
}

/** Settings of the kernel, where the plan asks for any. */
export function sysctlFiles(plan: HostPlan): RenderedFile[] {
  if (!plan.nonlocalBind) {
    return [];
  }
  const families = [...new Set(plan.instances.map((instance) => instance.family))].sort();
  return [plainFile(`/etc/sysctl.d/60-vrrp-${plan.cluster}.conf`, fill("agent/sysctl.conf", { families }))];
}
