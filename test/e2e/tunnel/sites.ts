import { type Host, Lab, until } from "../../../lab";

/**
 * Two sites and the internet between them, on VLANs of the lab's switch; the lab's own network is where the operator comes
 * from:
 *
 *     lan-a -- LAN A -- gw-a -- internet -- rt-b (NAT) -- uplink B -- gw-b -- LAN B -- lan-b
 */
export const sites = {
  internet: { vlan: 100, a: "203.0.113.1", router: "203.0.113.2" },
  uplinkB: { vlan: 20, router: "192.168.20.1", b: "192.168.20.2" },
  lanA: { vlan: 11, network: "10.1.0.0/24", gateway: "10.1.0.1", machine: "10.1.0.10" },
  lanB: { vlan: 12, network: "10.2.0.0/24", gateway: "10.2.0.1", machine: "10.2.0.10" },
} as const;

interface Plug {
  vlan: number;
  address: string;
  gateway?: string;
}

const plugs: Record<string, Plug[]> = {
  "gw-a": [
    { vlan: sites.internet.vlan, address: sites.internet.a },
    { vlan: sites.lanA.vlan, address: sites.lanA.gateway },
  ],
  "rt-b": [
    { vlan: sites.internet.vlan, address: sites.internet.router },
    { vlan: sites.uplinkB.vlan, address: sites.uplinkB.router },
  ],
  "gw-b": [
    { vlan: sites.uplinkB.vlan, address: sites.uplinkB.b, gateway: sites.uplinkB.router },
    { vlan: sites.lanB.vlan, address: sites.lanB.gateway },
  ],
  "lan-a": [{ vlan: sites.lanA.vlan, address: sites.lanA.machine, gateway: sites.lanA.gateway }],
  "lan-b": [{ vlan: sites.lanB.vlan, address: sites.lanB.machine, gateway: sites.lanB.gateway }],
};

/** Boots the machines of both sites; on their disks, so that a reboot leaves them as they are. */
export async function startSites(): Promise<Lab> {
  const lab = await Lab.start({ hosts: Object.keys(plugs).map((name) => ({ name })) });
  try {
    await Promise.all(lab.hosts.map((host) => plugIn(host, plugs[host.name]!)));
    await makeRouter(lab.host("rt-b"));
    await until("the sites reach each other over the internet", 20_000, async () => {
      const { code } = await lab.host("gw-b").exec(`ping -c 1 -W 1 ${sites.internet.a}`, { check: false });
      return code === 0;
    });
  } catch (error) {
    await lab.stop();
    throw error;
  }
  return lab;
}

async function plugIn(host: Host, list: Plug[]): Promise<void> {
  const directory = "/etc/systemd/network";
  for (const { vlan, address, gateway } of list) {
    const name = `eth0.${vlan}`;
    await host.writeFile(
      `${directory}/20-${name}.netdev`,
      `[NetDev]\nName=${name}\nKind=vlan\n[VLAN]\nId=${vlan}\n`,
    );
    const route = gateway === undefined ? "" : `Gateway=${gateway}\n`;
    await host.writeFile(
      `${directory}/20-${name}.network`,
      `[Match]\nName=${name}\n[Network]\nAddress=${address}/24\n${route}IPv6AcceptRA=no\n`,
    );
  }
  const vlans = list.map(({ vlan }) => `VLAN=eth0.${vlan}\n`).join("");
  await host.writeFile(`${directory}/10-eth0.network.d/vlans.conf`, `[Network]\n${vlans}`);
  await host.exec("networkctl reload && networkctl reconfigure eth0");
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
    oifname "eth0.${sites.internet.vlan}" masquerade
  }
}
table ip filter {
  chain forward {
    type filter hook forward priority filter; policy drop;
    ct state established,related accept
    iifname "eth0.${sites.uplinkB.vlan}" accept
  }
}
`;
  await router.writeFile("/etc/nftables.conf", rules);
  await router.exec("sysctl -qp /etc/sysctl.d/90-router.conf && systemctl enable --now nftables");
}
