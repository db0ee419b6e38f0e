import { type Host, Image, Lab, Stack, until } from "../../lab";
import { configure, holders, nodeOf } from "../e2e/pair/cluster";
import { Transfer } from "../sites/transfer";

/**
 *     inside -- LAN -- gw-a, gw-b -- internet -- outside
 *
 * The gateways hide the LAN behind the virtual address of the other side, and let nothing through that they know no connection of.
 */
const LAN = { vip: "10.1.0.1", inside: "10.1.0.10" };
const INTERNET = { vip: "192.0.2.1", outside: "192.0.2.10" };

const RULES = `flush ruleset
table inet hosts {
  chain input {
    type filter hook input priority filter; policy drop;
    ct state established,related accept
    iifname "lo" accept
    meta l4proto { icmp, ipv6-icmp } accept
    iifname "eth0" accept
  }
}
table ip router {
  chain forward {
    type filter hook forward priority filter; policy drop;
    ct state established,related accept
    iifname "eth1" tcp flags & (syn | ack) == syn ct state new accept
    iifname "eth1" ip protocol icmp accept
  }
  chain postrouting {
    type nat hook postrouting priority srcnat;
    oifname "eth2" snat to ${INTERNET.vip}
  }
}
`;

describe("the connections that a pair of routers forwards", () => {
  let lab: Lab;
  let stack: Stack;
  let a: Host;
  let b: Host;
  let inside: Host;
  let outside: Host;
  let transfer: Transfer;

  beforeAll(async () => {
    const router = { segments: ["lan", "internet"], image: Image.Services };
    lab = await Lab.start({
      hosts: [
        { name: "gw-a", ...router },
        { name: "gw-b", ...router },
        { name: "inside", segments: ["lan"] },
        { name: "outside", segments: ["internet"] },
      ],
    });
    [a, b, inside, outside] = ["gw-a", "gw-b", "inside", "outside"].map((name) => lab.host(name)) as [
      Host,
      Host,
      Host,
      Host,
    ];
    stack = await Stack.create({ client: lab.client });
    await Promise.all([
      address(inside, "eth1", LAN.inside, LAN.vip),
      address(outside, "eth1", INTERNET.outside),
      ...[a, b].map(async (host, i) => {
        await address(host, "eth1", `10.1.0.${2 + i}`);
        await address(host, "eth2", `192.0.2.${2 + i}`);
        await host.writeFile("/etc/nftables.conf", RULES);
        await host.writeFile(
          "/etc/sysctl.d/90-router.conf",
          "net.ipv4.ip_forward = 1\nnet.netfilter.nf_conntrack_tcp_loose = 0\n",
        );
        await host.exec("systemctl --quiet enable --now nftables && sysctl -qp /etc/sysctl.d/90-router.conf");
      }),
    ]);
  });
  afterAll(async () => {
    stack?.remove();
    await lab?.stop();
  });

  /** Lies on the disk: a reboot leaves it. */
  const address = async (host: Host, dev: string, text: string, gateway?: string) => {
    const route = gateway === undefined ? "" : `Gateway=${gateway}\n`;
    await host.writeFile(
      `/etc/systemd/network/20-${dev}.network`,
      `[Match]\nName=${dev}\n[Network]\nAddress=${text}/24\n${route}IPv6AcceptRA=no\n`,
    );
    await host.exec("networkctl reload");
    await until(`${host.name} has ${text}`, 20_000, async () =>
      (await host.exec("ip -o -4 address show")).stdout.includes(` ${text}/24`),
    );
  };

  const apply = async (changes: Record<string, unknown>) => {
    const nodes = [a, b].map((host, i) => ({
      ...nodeOf(host),
      interface: "eth1",
      unicastSrcIp: `10.1.0.${2 + i}`,
    }));
    const internet = {
      name: "internet",
      virtualRouterId: 52,
      virtualIpAddresses: [`${INTERNET.vip}/24`],
      syncGroup: true,
      nodes: nodes.map(({ name }, i) => ({ name, interface: "eth2", unicastSrcIp: `192.0.2.${2 + i}` })),
    };
    await configure(stack, lab, nodes, {
      virtualIpAddresses: [`${LAN.vip}/24`],
      virtualRouters: [internet],
      preemption: "sticky",
      ...changes,
    });
    await stack.up();
  };
  const holds = (host: Host) =>
    until(`${host.name} alone holds both`, 60_000, async () => {
      const both = await Promise.all([LAN.vip, INTERNET.vip].map((vip) => holders([a, b].filter(isOn), vip)));
      return both.every((list) => list.join() === host.name);
    });
  afterEach(() => transfer?.kill());
  const isOn = (host: Host) => host.isOn;
  /** Whether more comes of a transfer than has. */
  const goesOn = async (transfer: Transfer) => {
    const { bytes } = await transfer.look();
    return until("the transfer goes on", 30_000, async () => (await transfer.look()).bytes > bytes + 200_000);
  };
  const flows = async (host: Host) =>
    (await host.exec(`conntrack -L -p tcp --dst ${INTERNET.outside} 2>/dev/null`, { check: false })).stdout;

  it("break with the power of the holder where the other one knows none of them", async () => {
    await apply({});
    await holds(a);
    transfer = await Transfer.start(inside, outside, INTERNET.outside);
    await goesOn(transfer);
    await a.powerOff();
    await holds(b);
    await until("another connection passes", 20_000, async () => {
      const { code } = await inside.exec(`ping -c 1 -W 1 ${INTERNET.outside}`, { check: false });
      return code === 0;
    });
    await expect(goesOn(transfer)).rejects.toThrow("the transfer goes on");
    await transfer.stop();
    await a.boot();
  });

  it("are in the other one's kernel while they last, where the spec says so", async () => {
    await apply({ connectionState: {} });
    await holds(b);
    transfer = await Transfer.start(inside, outside, INTERNET.outside);
    await until("gw-a knows it", 30_000, async () => (await flows(a)).includes("ESTABLISHED"));
    await goesOn(transfer);
    expect((await transfer.stop()).connections).toBe(1);
    const rules = (await a.exec("nft list ruleset")).stdout;
    expect(rules).toMatch(/ip saddr 10\.1\.0\.3 udp dport 3780 .*accept/);
  });

  it("go on through the loss of the holder's power, and of the other one's once it has returned", async () => {
    transfer = await Transfer.start(inside, outside, INTERNET.outside);
    for (const [dies, survives] of [
      [b, a],
      [a, b],
    ] as const) {
      await until(`${survives.name} knows it`, 30_000, async () =>
        (await flows(survives)).includes("ESTABLISHED"),
      );
      await dies.powerOff();
      await holds(survives);
      await goesOn(transfer);
      await dies.boot();
      await holds(survives);
    }
    expect((await transfer.stop()).connections).toBe(1);
  });

  it("go on through a drain and back", async () => {
    transfer = await Transfer.start(inside, outside, INTERNET.outside);
    await until("gw-a knows it", 30_000, async () => (await flows(a)).includes("ESTABLISHED"));
    await b.exec("vrrp-agent drain gw");
    await holds(a);
    await goesOn(transfer);
    await b.exec("vrrp-agent undrain gw");
    await a.exec("vrrp-agent drain gw");
    await holds(b);
    await goesOn(transfer);
    await a.exec("vrrp-agent undrain gw");
    expect((await transfer.stop()).connections).toBe(1);
  });

  it("and a returning primary knows them before it takes the addresses back", async () => {
    await apply({ connectionState: {}, preemption: "prefer-primary" });
    await holds(a);
    transfer = await Transfer.start(inside, outside, INTERNET.outside);
    await until("gw-b knows it", 30_000, async () => (await flows(b)).includes("ESTABLISHED"));
    await a.powerOff();
    await holds(b);
    await goesOn(transfer);
    await a.boot();
    await holds(a);
    await goesOn(transfer);
    expect((await transfer.stop()).connections).toBe(1);
  });

  it("leave nothing behind when it is destroyed", async () => {
    await stack.destroy();
    for (const host of [a, b]) {
      const { stdout } = await host.exec(
        "pgrep -x conntrackd; ls /etc/systemd/system | grep -e vrrp -e keepalived; systemctl --failed --plain --no-legend",
        { check: false },
      );
      expect(stdout).toBe("");
    }
  });
});
