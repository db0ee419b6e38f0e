import { HostConfig, HostFirewall, KeepalivedInstance, KeepalivedInstanceArgs } from "../../../components";
import { find, HOST_KEY, registeredBy, secretValue, visible } from "./mocks";

const CONFIG = "pulumi-keepalived:index:HostConfig";
const connection = { host: "192.168.1.2", privateKey: "PRIVATE", hostKey: HOST_KEY };

function instance(changes: Partial<KeepalivedInstanceArgs> = {}): KeepalivedInstanceArgs {
  return {
    connection,
    interface: "eth0",
    virtualRouterId: 51,
    unicastSrcIp: "192.168.1.2",
    unicastPeers: ["192.168.1.3"],
    virtualIpAddresses: ["192.168.1.1/24"],
    ...changes,
  };
}

describe("KeepalivedInstance", () => {
  test("renders what was asked, also what keepalived could not work with, for the policy pack to reject", async () => {
    const registered = await registeredBy(() => {
      new KeepalivedInstance("gw", instance({ unicastSrcIp: undefined, nopreempt: true, priority: 255 }));
    });
    const files = find(registered, CONFIG, "gw").inputs.files as Record<string, string>;
    const conf = files["/etc/keepalived/keepalived.conf"]!;
    expect(conf).not.toContain("unicast_src_ip");
    expect(conf).toContain("nopreempt\n");
    expect(conf).toContain("priority 255\n");
  });

  test("checks types and bounds at once", () => {
    const attempt = () => new KeepalivedInstance("gw", instance({ virtualRouterId: 0, priority: 256 }));
    expect(attempt).toThrow(/virtualRouterId/);
    expect(attempt).toThrow(/priority/);
  });

  test("keeps its password to a secret file", async () => {
    const registered = await registeredBy(() => {
      new KeepalivedInstance("gw", instance({ version: 2, authPass: "hushhush" }));
    });
    expect(visible(registered)).not.toContain("hushhush");
    expect(secretValue(find(registered, CONFIG, "gw").inputs.secretFiles)).toHaveProperty([
      "/etc/keepalived/gw.auth.conf",
    ]);
  });
});

describe("HostFirewall", () => {
  test("brings the rules and nothing of keepalived", async () => {
    const registered = await registeredBy(() => {
      const sources = ["192.168.1.2"];
      const peers = ["192.168.1.3"];
      new HostFirewall("fw", { connection, interface: "eth0", sources, peers });
    });
    const files = find(registered, CONFIG, "fw").inputs.files as Record<string, string>;
    expect(Object.keys(files).filter((path) => path.includes("keepalived"))).toEqual([]);
    expect(files["/etc/vrrp-agent/fw/firewall.rules"]).toContain("ip saddr 192.168.1.3 ip daddr 192.168.1.2");
  });

  test("refuses an address that no packet can come from", () => {
    const args = { connection, interface: "eth0", sources: ["224.0.0.18"], peers: ["192.168.1.3"] };
    expect(() => new HostFirewall("fw", args)).toThrow(/sources\[0\]/);
  });
});

describe("HostConfig", () => {
  test("applies its files by itself unless a parent does", async () => {
    const registered = await registeredBy(() => {
      const args = { connection, cluster: "x", files: { "/etc/x": "x\n" } };
      new HostConfig("alone", args);
      new HostConfig("led", { ...args, apply: false });
    });
    const commands = registered.filter((r) => r.type === "command:remote:Command").map((r) => r.name);
    expect(commands).toContain("alone-activate");
    expect(commands.filter((name) => name.startsWith("led"))).toEqual([]);
  });

  test("sends a secret file with mode 0600 and any other with 0644", async () => {
    const registered = await registeredBy(() => {
      const secretFiles = { "/etc/b": "hush\n" };
      new HostConfig("h", { connection, cluster: "x", files: { "/etc/a": "a\n" }, secretFiles });
    });
    const bundle = secretValue(find(registered, "command:remote:Command", "h-stage").inputs.stdin);
    expect(bundle).toMatch(/^file 0644 root:root [0-9a-f]{64} 1 \/etc\/a$/m);
    expect(bundle).toMatch(/^file 0600 root:root [0-9a-f]{64} 1 \/etc\/b$/m);
    expect(visible(registered)).not.toContain("hush");
  });
});
