import { type Host, Lab, Stack, until } from "../../lab";
import { holders, privateKeyOf } from "../e2e/pair/cluster";
import { differences, type Foreign, foreignOf } from "../hosts/state";

const VIP = "10.99.0.100";

/** examples/two-sites on hosts like OpenWrt: netifd makes the tunnel by UCI, fw4 lets it and what it carries through. */
describe("a tunnel and a pair inside it, on hosts like OpenWrt", () => {
  let lab: Lab;
  let stack: Stack;
  let a: Host;
  let b: Host;
  const before: Record<string, Foreign> = {};

  beforeAll(async () => {
    lab = await Lab.start({
      hosts: [
        { name: "gw-a", image: "openwrt-like" },
        { name: "gw-b", image: "openwrt-like" },
      ],
    });
    [a, b] = lab.hosts as [Host, Host];
    for (const host of lab.hosts) before[host.name] = await foreignOf(host);
    stack = await Stack.create({ client: lab.client, program: "examples/two-sites" });
    const config = {
      hostA: a.address,
      hostB: b.address,
      hostKeyA: a.hostKey,
      hostKeyB: b.hostKey,
      endpointA: a.address,
      uplinkTarget: lab.client.address,
    };
    const named = Object.entries(config).map(([key, value]) => [`two-sites:${key}`, value]);
    await stack.configure(Object.fromEntries(named) as Record<string, string>, {
      privateKey: privateKeyOf(lab),
    });
  });
  afterAll(async () => {
    stack?.remove();
    await lab?.stop();
  });

  test("one pulumi up from nothing makes both", async () => {
    await stack.up();
    expect(await holders(lab.hosts, VIP)).toEqual(["gw-a"]);
    expect((await a.exec("vrrp-agent status")).stdout).toMatch(
      /tunnel wg0: up\n\s+site-b: handshake \d+ s ago/,
    );
    expect((await a.exec("uci get network.wg0.proto")).stdout).toBe("wireguard\n");
    expect((await stack.up()).stdout).toMatch(/Resources:\n +\d+ unchanged/);
  });

  test("the tunnel is there again after a reboot, and the address stays with the other one meanwhile", async () => {
    await a.reboot();
    await until("gw-b has it", 30_000, async () => (await holders(lab.hosts, VIP)).join() === "gw-b");
    await until("gw-a hears gw-b again", 60_000, async () =>
      /site-b: handshake \d+ s ago/.test((await a.exec("vrrp-agent status")).stdout),
    );
    await until("gw-a is a backup", 30_000, async () =>
      /keepalived reported BACKUP/.test((await a.exec("vrrp-agent status")).stdout),
    );
    expect(await holders(lab.hosts, VIP)).toEqual(["gw-b"]);
  });

  test("destroy leaves each file of UCI as it was", async () => {
    await stack.destroy();
    for (const host of lab.hosts) {
      expect(differences(before[host.name]!, await foreignOf(host))).toEqual([]);
      expect((await host.exec("ip link show wg0", { check: false })).code).not.toBe(0);
    }
  });
});
