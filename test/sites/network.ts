import { type Host, Image, Lab, until } from "../../lab";
import { makeWitness, type Witness } from "./witness";

/**
 * Two sites and the internet between them, each network with a switch of its own; the lab's own network is where the operator
 * comes from:
 *
 *     lan-a -- LAN A -- gw-a -- internet -- rt-b (NAT) -- uplink B -- gw-b -- LAN B -- lan-b
 *                                  |
 *                                third, a witness, where one is asked for
 */
export const sites = {
  internet: { a: "203.0.113.1", router: "203.0.113.2", witness: "203.0.113.9" },
  uplinkB: { router: "192.168.20.1", b: "192.168.20.2" },
  lanA: { network: "10.1.0.0/24", gateway: "10.1.0.1", machine: "10.1.0.10" },
  lanB: { network: "10.2.0.0/24", gateway: "10.2.0.1", machine: "10.2.0.10" },
} as const;

interface Plug {
  segment: "internet" | "uplinkb" | "lana" | "lanb";
  address: string;
  gateway?: string;
}

/** eth1, eth2 of each host. */
const plugs: Record<string, Plug[]> = {
  "gw-a": [
    { segment: "internet", address: sites.internet.a },
    { segment: "lana", address: sites.lanA.gateway },
  ],
  "rt-b": [
    { segment: "internet", address: sites.internet.router },
    { segment: "uplinkb", address: sites.uplinkB.router },
  ],
  "gw-b": [
    { segment: "uplinkb", address: sites.uplinkB.b, gateway: sites.uplinkB.router },
    { segment: "lanb", address: sites.lanB.gateway },
  ],
  "lan-a": [{ segment: "lana", address: sites.lanA.machine, gateway: sites.lanA.gateway }],
  "lan-b": [{ segment: "lanb", address: sites.lanB.machine, gateway: sites.lanB.gateway }],
};

const third: Plug[] = [{ segment: "internet", address: sites.internet.witness }];

/** Boots the machines of both sites; what they are lies on their disks, so that a reboot leaves them as they are. */
export async function startSites(
  log?: (line: string) => void,
  { witness }: { witness?: Witness } = {},
): Promise<Lab> {
  const all: Record<string, Plug[]> = witness === undefined ? plugs : { ...plugs, third };
  const hosts = Object.entries(all).map(([name, list]) => ({
    name,
    segments: list.map(({ segment }) => segment),
    image: name === "third" ? Image.Witness : Image.Full,
  }));
  const lab = await Lab.start({ hosts, log });
  try {
    await Promise.all(lab.hosts.map((host) => configure(host, all[host.name]!)));
    await makeRouter(lab.host("rt-b"));
    if (witness !== undefined) {
      const gateways = ["gw-a", "gw-b"].map((name) => lab.host(name));
      await makeWitness(lab.host("third"), witness, gateways);
    }
    await until("site B reaches site A over the internet", 20_000, async () => {
      const { code } = await lab.host("gw-b").exec(`ping -c 1 -W 1 ${sites.internet.a}`, { check: false });
      return code === 0;
    });
  } catch (error) {
    await lab.stop();
    throw error;
  }
  return lab;
}

async function configure(host: Host, list: Plug[]): Promise<void> {
  for (const [i, { address, gateway }] of list.entries()) {
    const name = `eth${i + 1}`;
    const route = gateway === undefined ? "" : `Gateway=${gateway}\n`;
    await host.writeFile(
      `/etc/systemd/network/20-${name}.network`,
      `[Match]\nName=${name}\n[Network]\nAddress=${address}/24\n${route}IPv6AcceptRA=no\n`,
    );
  }
  await host.exec("networkctl reload");
  await until(`${host.name} has its addresses`, 20_000, async () => {
    const { stdout } = await host.exec("ip -o -4 address show");
    return list.every(({ address }) => stdout.includes(` ${address}/24`));
  });
}

/** Forwards between its networks, and hides what is behind it, as the router of a home or a small office does. */
async function makeRouter(router: Host): Promise<void> {
  await router.writeFile("/etc/sysctl.d/90-router.conf", "net.ipv4.ip_forward = 1\n");
  const rules = `flush ruleset
table ip nat {
  chain postrouting {
    type nat hook postrouting priority srcnat;
    oifname "eth1" masquerade
  }
}
table ip filter {
  chain forward {
    type filter hook forward priority filter; policy drop;
    ct state established,related accept
    iifname "eth2" accept
  }
}
`;
  await router.writeFile("/etc/nftables.conf", rules);
  await router.exec("sysctl -qp /etc/sysctl.d/90-router.conf && systemctl enable --now nftables");
}
