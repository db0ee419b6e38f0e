import { run } from "./process";

/**
 * The one network of every lab. Labs do not share a namespace, so all of them use the same addresses.
 * Hosts are .11, .12, ...; the client is .100; .200 to .250 are free for virtual addresses.
 */
export const network = {
  prefix: "10.20.30",
  prefixLength: 24,
  prefix6: "fd20:30:40::",
  prefixLength6: 64,
} as const;

/** IPv4 address of a station of the lab's network. */
export const ipv4 = (station: number): string => `${network.prefix}.${station}`;

/** IPv6 address of a station: its decimal number read as hexadecimal digits, so .11 is ::11. */
export const ipv6 = (station: number): string => `${network.prefix6}${station}`;

/** MAC address of a station's NIC, eth0 being 0; a host keeps it over a reboot, as a real NIC does. */
export const mac = (station: number, nic = 0): string =>
  `02:4c:41:42:0${nic}:${station.toString(16).padStart(2, "0")}`;

const clientStation = 100;
export const clientAddress = ipv4(clientStation);
export const clientAddress6 = ipv6(clientStation);

/** Names of the namespaces of a lab. */
export const namespaces = (id: string) => ({ switch: `${id}-switch`, client: `${id}-client` });

/** Name of the switch port that a host or the client is plugged into. */
export const portOf = (station: string): string => `port-${station}`;

/** The same of its further NICs, from 1 on. */
export const portOfNic = (station: string, nic: number): string => `p${nic}-${station}`;

/** Name of the switch of a further segment. */
export const bridgeOf = (segment: string): string => `br-${segment}`;

/**
 * What the switch does to frames. A fault is a port's name in a set, so the kernel keeps the state, any process can
 * set or lift a fault, and doing it twice changes nothing. The hook on prerouting acts before the bridge learns.
 */
const switchRules = (ports: string[]) => `
table bridge faults {
  set silent { type ifname; }
  set deaf { type ifname; }
  set mute { type ifname; }
  set no-vrrp { type ifname; }
  ${ports.map((port) => `chain ${lossChain(port)} { }`).join("\n  ")}
  chain from-port {
    type filter hook prerouting priority filter;
    iifname @silent drop
    iifname @mute drop
    iifname @no-vrrp ether type ip ip protocol 112 drop
    iifname @no-vrrp ether type ip6 ip6 nexthdr 112 drop
    ${ports.map((port) => `iifname "${port}" jump ${lossChain(port)}`).join("\n    ")}
  }
  chain to-port {
    type filter hook forward priority filter;
    oifname @silent drop
    oifname @deaf drop
    oifname @no-vrrp ether type ip ip protocol 112 drop
    oifname @no-vrrp ether type ip6 ip6 nexthdr 112 drop
    ${ports.map((port) => `oifname "${port}" jump ${lossChain(port)}`).join("\n    ")}
  }
}
`;

/** Chain that loses frames from and to a port; empty while the cable is good. */
export const lossChain = (port: string): string => `loss-${port}`;

/** Makes the switch and the client's namespace, the client plugged in. */
export async function createNetwork(id: string, hosts: string[], segments: string[] = []): Promise<void> {
  const ns = namespaces(id);
  const port = portOf("client");
  await run(["ip", "netns", "add", ns.switch]);
  await run(["ip", "netns", "add", ns.client]);
  // A switch only forwards frames: it says nothing itself and does not look into IP packets.
  const quiet = "sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1";
  const blind =
    "[ ! -d /proc/sys/net/bridge ] || for f in /proc/sys/net/bridge/bridge-nf-call-*; do echo 0 >$f; done";
  await inNamespace(ns.switch, `${quiet}; ${blind}; nft -f -`, switchRules([...hosts, "client"].map(portOf)));
  const link = (lines: string[]) => lines.join("\n") + "\n";
  await run(["ip", "-n", ns.switch, "-batch", "-"], {
    stdin: link([
      "link add br0 type bridge stp_state 0 forward_delay 0 mcast_snooping 0",
      "link set br0 up",
      ...segments
        .map(bridgeOf)
        .flatMap((bridge) => [
          `link add ${bridge} type bridge stp_state 0 forward_delay 0 mcast_snooping 0`,
          `link set ${bridge} up`,
        ]),
      `link add ${port} type veth peer name eth0 address ${mac(clientStation)} netns ${ns.client}`,
      `link set ${port} master br0 up`,
    ]),
  });
  await run(["ip", "-n", ns.client, "-batch", "-"], {
    stdin: link([
      "link set lo up",
      "link set eth0 up",
      `address add ${clientAddress}/${network.prefixLength} dev eth0`,
      `address add ${clientAddress6}/${network.prefixLength6} dev eth0 nodad`,
    ]),
  });
}

/** Runs a shell command in a network namespace of the lab. */
export async function inNamespace(ns: string, command: string, stdin?: string): Promise<string> {
  const argv = ["nsenter", `--net=/run/netns/${ns}`, "sh", "-euc", command];
  return (await run(argv, { stdin })).stdout;
}
