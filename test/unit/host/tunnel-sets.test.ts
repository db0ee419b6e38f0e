import { bundleOf, type FakeHost, generation, nodeFiles, SHELLS } from "./fake-host";
import { tunnelBundle, tunnelFiles, tunnelHost, tunnelSteps, type Tunnel } from "./tunnel-tools";

const CONF = "etc/wireguard/wg0.conf";
const KEY = "etc/wireguard/wg0.key";

describe.each(SHELLS)("a tunnel beside others on its host, under %s", (shell) => {
  let host: FakeHost;
  beforeEach(async () => {
    host = await tunnelHost(shell);
  });
  afterEach(() => host.close());

  const { key, activate, heard, seen, confirm, applied, byHand } = tunnelSteps(() => host);

  describe("stage of a tunnel that forwards IPv6, on a host that does not yet", () => {
    const sysctl = { path: "/etc/sysctl.d/60-vrrp-tun.conf", text: "net.ipv6.conf.all.forwarding = 1\n" };
    const stageForwarding = (more = [sysctl]) => host.agent(["stage"], tunnelBundle(1, {}, more));
    const acceptRa = (value: number) => host.write("/proc/sys/net/ipv6/conf/eth0.7/accept_ra", `${value}\n`);
    beforeEach(() => {
      key("1");
      host.program(
        "ip",
        `[ "$*" != "-6 route show default proto ra" ] || cat "$FAKE/advertised"\n${host.read("fake/bin/ip")}`,
      );
      host.state("advertised", "default via fe80::1 dev eth0.7 metric 1024 expires 1795sec pref medium\n");
      host.write("/proc/sys/net/ipv6/conf/all/forwarding", "0\n");
      acceptRa(1);
    });

    test("refuses to cut its default route that comes from router advertisements", () => {
      expect(stageForwarding()).toMatchObject({
        status: 1,
        stderr:
          "vrrp-agent: a: stage: IPv6 forwarding would cost this host its default route, which eth0.7 has from router advertisements; set net.ipv6.conf.eth0/7.accept_ra = 2 here, in /etc/sysctl.d too, or leave IPv6 subnets out (forward: false)\n",
      });
      expect(stageForwarding([]).status).toBe(0);
    });

    test.each([
      ["accept_ra is 2", () => acceptRa(2)],
      ["its default route is of another kind", () => host.state("advertised")],
      ["it forwards already", () => host.write("/proc/sys/net/ipv6/conf/all/forwarding", "1\n")],
    ])("accepts it where %s", (_, change) => {
      change();
      expect(stageForwarding()).toEqual({ status: 0, stdout: `staged ${generation(1)}\n`, stderr: "" });
    });

    test("notes what a program makes of router advertisements in the kernel's place", () => {
      acceptRa(0);
      const { status, stderr } = stageForwarding();
      expect(status).toBe(0);
      expect(stderr).toMatch(/^note: the default route over eth0\.7 .*IPv6AcceptRA=yes/);
    });
  });

  test("restore takes away the interface, its keys and what starts it", () => {
    const before = host.tree("etc", "sys");
    applied();
    expect(host.succeed(["restore", "tun", "me"])).toContain("restored what was there before tun");
    expect(host.tree("etc", "sys")).toBe(before);
    expect(host.has("fake/tunnel-enabled")).toBe(false);
    expect(host.has("var/lib/vrrp-agent/tun")).toBe(false);
  });

  test("a boot with a first apply pending keeps wg-quick from starting what is not there any more", () => {
    key("1");
    activate(1);
    host.write("/proc/sys/kernel/random/boot_id", "boot-2\n");
    host.remove("/sys/class/net/wg0");
    host.succeed(["recover"]);
    expect(host.has(CONF)).toBe(false);
    expect(host.calls().filter((call) => /wg/.test(call))).toEqual([
      "systemctl disable wg-quick@wg0.service",
      "systemctl --no-block stop wg-quick@wg0.service",
    ]);
  });

  test.each([
    ["never", "a does not hear b over wg0 (no handshake yet"],
    ["silent", "b does not hear a over wg0 (the last handshake still holds, but no packet comes"],
    [180, "the last handshake is 180 s old"],
  ])("confirm refuses ends of which one says %s, and takes this host back", (word, words) => {
    key("1");
    activate(1);
    const { status, stderr } = confirm(1, seen(1, word));
    expect(status).toBe(1);
    expect(stderr).toContain(words);
    expect(stderr).toContain("this host is back at generation 0");
    expect(host.has("sys/class/net/wg0")).toBe(false);
  });

  test("confirm refuses a peer that was not observed, and an end that said nothing", () => {
    key("1");
    activate(1);
    const own = `tunnel wg0 b handshake 5 a none\ngeneration ${generation(1)} a\n`;
    expect(confirm(1, own).stderr).toContain("b was not observed");
    const silence = `generation ${generation(1)} a\ngeneration ${generation(1)} b\n`;
    expect(host.succeed(["generations", "tun"])).toContain("tun 0 current");
    host.succeed(["stage"], tunnelBundle(2));
    host.succeed(["activate", "tun", generation(2)]);
    expect(confirm(2, silence.replaceAll(generation(1), generation(2))).stderr).toContain(
      "a did not say whether it hears b over wg0",
    );
  });

  test("a repeated confirm judges by the handshakes that it sees", () => {
    key("1");
    activate(1);
    host.succeed(["rollback", "tun"]);
    expect(confirm(1).stderr).toContain("a does not hear b over wg0 (no handshake yet");
    heard();
    expect(confirm(1)).toMatchObject({ status: 0 });
    expect(host.read(CONF)).toContain("Address");
  });

  test("a new key of its own comes into force in join; one that goes back has the former key again", () => {
    applied();
    const former = host.read(KEY);
    key("2");
    expect(activate(2, { key: 2 })).toEqual([]);
    expect(host.read("fake/wg.wg0.key")).toBe(former);
    host.succeed(["join", "tun", generation(2)]);
    expect(host.read("fake/wg.wg0.key")).toBe(host.read("var/lib/vrrp-agent/tun/keys/wg0.2"));
    host.succeed(["rollback", "tun"]);
    expect(host.read("fake/wg.wg0.key")).toBe(former);
    expect(host.read(KEY)).toBe(former);
  });

  test("a confirm without a join does what join does", () => {
    applied();
    key("2");
    activate(2, { key: 2 });
    heard();
    expect(confirm(2)).toMatchObject({ status: 0 });
    expect(host.read("fake/wg.wg0.key")).toBe(host.read("var/lib/vrrp-agent/tun/keys/wg0.2"));
  });

  test("keys stay while a generation on the host needs them, and so do such as are to come", () => {
    for (const n of ["1", "2", "3", "9"]) key(n);
    applied();
    activate(2, { key: 3 });
    host.succeed(["join", "tun", generation(2)]);
    const kept = () => host.tree("var/lib/vrrp-agent/tun/keys").match(/wg0\.\d (?= *\n)/g)?.length;
    expect(kept()).toBe(4);
    expect(confirm(2).status).toBe(0);
    expect(kept()).toBe(3);
    expect(host.has("var/lib/vrrp-agent/tun/keys/wg0.2")).toBe(false);
    host.succeed(["rollback", "tun"]);
    expect(host.read(KEY)).toBe(host.read("var/lib/vrrp-agent/tun/keys/wg0.1"));
  });

  test("a pair and a tunnel on one host are sets of their own, and so are two tunnels but for the interface", () => {
    host.succeed(["stage"], bundleOf(nodeFiles(), { generation: generation(8) }));
    host.succeed(["activate", "gw", generation(8)]);
    const pair = host.tree("etc/keepalived", "etc/vrrp-agent/gw");
    const dropIn = { path: "/etc/systemd/system/keepalived.service.d/vrrp-tun.conf", text: "[Unit]\n" };
    key("1");
    host.succeed(["stage"], tunnelBundle(1, {}, [dropIn]));
    host.calls();
    host.succeed(["activate", "tun", generation(1)]);
    expect(host.calls().filter((call) => call.includes("keepalived"))).toEqual([]);
    expect(confirm(1).status).toBe(0);
    const other = tunnelBundle(2, { mtu: 1300 }).replaceAll("tun", "nut");
    expect(host.agent(["stage"], other)).toMatchObject({ status: 1 });
    host.succeed(["restore", "tun", "me"]);
    expect(host.tree("etc/keepalived", "etc/vrrp-agent/gw")).toBe(pair);
    expect(host.calls().filter((call) => call.includes("keepalived.service"))).toEqual([]);
  });

  describe("an interface that a set has renamed", () => {
    const apply = (cluster: string, dev: string, n: number, tunnel: Tunnel = {}) => {
      host.succeed(["tunnel-key", cluster, dev, "1"]);
      const files = tunnelFiles(tunnel).map(({ path, text }) => ({
        path: path.replace("wg0", dev).replace("/tun/", `/${cluster}/`),
        text: text
          .replace(/(ListenPort = |tunnel wg0 )51820/, `$1${dev === "wg0" ? 51820 : 51821}`)
          .replaceAll("wg0", dev)
          .replace("cluster tun", `cluster ${cluster}`),
      }));
      host.succeed(["stage"], bundleOf(files, { cluster, generation: generation(n) }));
      host.calls();
      host.succeed(["activate", cluster, generation(n)]);
      expect(host.agent(["confirm", cluster, generation(n)], seen(n).replaceAll("wg0", dev))).toMatchObject({
        status: 0,
      });
      return host.calls().filter((call) => /wg-quick|able/.test(call));
    };
    const ofWg0 = () => host.tree("etc/wireguard").match(/.*wg0.*/g);

    test("is left alone by it once another set has it, and so is its key", () => {
      apply("tun", "wg0", 1);
      expect(apply("tun", "wg1", 2)).toContain("wg-quick down wg0");
      // As if this had been confirmed by an agent that forgets nothing.
      const kept = "/var/lib/vrrp-agent/tun/generations/0/kept";
      const lines = [
        "tunnel wg0 disabled stopped",
        "absent /etc/wireguard/wg0.conf",
        "absent /etc/wireguard/wg0.key",
      ];
      host.write(kept, `${host.read(kept.slice(1))}${lines.join("\n")}\n`);
      expect(apply("two", "wg0", 3)).toContain("wg-quick up wg0");
      const before = ofWg0();
      expect(before).toHaveLength(4);
      expect(apply("tun", "wg1", 4, { mtu: 1300 })).toEqual([]);
      expect(ofWg0()).toEqual(before);
      host.succeed(["restore", "tun", "me"]);
      expect(host.calls().filter((call) => call.includes("wg0"))).toEqual([]);
      expect(ofWg0()).toEqual(before);
    });

    test("is left alone by it once somebody made one by hand, and comes back from then with a rollback", () => {
      apply("tun", "wg0", 1);
      apply("tun", "wg1", 2);
      byHand();
      host.write(`/${KEY}`, "their own\n", 0o600);
      const before = ofWg0();
      expect(apply("tun", "wg1", 3, { mtu: 1300 })).toEqual([]);
      expect(ofWg0()).toEqual(before);
      host.succeed(["rollback", "tun", generation(1)]);
      expect(ofWg0()).not.toEqual(before);
      host.succeed(["restore", "tun", "me"]);
      expect(ofWg0()).toEqual(before);
      expect(host.has("sys/class/net/wg0")).toBe(true);
    });

    test("is what it was before the first apply, for good", () => {
      byHand();
      const before = ofWg0();
      apply("tun", "wg0", 1);
      apply("tun", "wg1", 2);
      expect(ofWg0()).toEqual(before);
      expect(host.tree("var/lib/vrrp-agent/tun/generations/0")).not.toContain("wg0");
      host.write(`/${CONF}`, "another\n");
      host.succeed(["restore", "tun", "me"]);
      expect(host.read(CONF)).toBe("another\n");
      expect(host.has("sys/class/net/wg0")).toBe(true);
    });
  });

  test("a setting of the kernel that two sets want stays until the last of them goes", () => {
    const knob = "/proc/sys/net/ipv4/ip_forward";
    host.write(knob, "0\n");
    const sysctl = (set: string) => [
      { path: `/etc/sysctl.d/60-vrrp-${set}.conf`, text: "net.ipv4.ip_forward = 1\n" },
    ];
    host.succeed(["stage"], bundleOf(sysctl("one"), { cluster: "one", generation: generation(1) }));
    host.succeed(["activate", "one", generation(1)]);
    host.succeed(["stage"], bundleOf(sysctl("two"), { cluster: "two", generation: generation(2) }));
    host.succeed(["activate", "two", generation(2)]);
    host.succeed(["restore", "one", "me"]);
    expect(host.read(knob)).toBe("1\n");
    host.succeed(["restore", "two", "me"]);
    expect(host.read(knob)).toBe("0\n");
  });
});
