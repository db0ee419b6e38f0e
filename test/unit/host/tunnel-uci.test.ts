import { execFileSync } from "node:child_process";

import { bundleOf, type FakeHost, generation, type Shell, SHELLS } from "./fake-host";
import { peerKey, publicKey, type Tunnel, tunnelBundle, tunnelFiles, tunnelHost } from "./tunnel-tools";
import { NETWORK, withNetifd } from "./uci-tools";

const CONFIG = "etc/config/network";
const HOTPLUG = "etc/hotplug.d/iface/50-vrrp-agent";
const KEY = "etc/wireguard/wg0.key";

/** A private key as wg makes them. */
const secretKey = (n: number) => `S${String(n).padStart(42, "0").slice(1)}A=`;

const peerSection = (name: string, more = "") => `config wireguard_wg0 '${name}'
	option description 'b'
	option public_key '${peerKey(1)}'
${more}	list allowed_ips '10.99.0.2/32'
	list allowed_ips '10.99.0.100/32'
	option endpoint_host '192.0.2.2'
	option endpoint_port '51820'
	option route_allowed_ips '1'

`;

describe.each(SHELLS)("a tunnel that netifd makes, under %s", (shell: Shell) => {
  let host: FakeHost;
  beforeEach(async () => {
    host = await tunnelHost(shell);
    withNetifd(host);
  });
  afterEach(() => host.close());

  const key = (...words: string[]) => host.succeed(["tunnel-key", "tun", "wg0", ...words]);
  const stage = (tunnel: Tunnel = {}, n = 1) => host.agent(["stage"], tunnelBundle(n, tunnel));
  const ours = () => `config interface 'wg0'
	option proto 'wireguard'
	option private_key '${host.read(KEY).trim()}'
	option listen_port '51820'
	list addresses '10.99.0.1/24'
	option mtu '1420'

`;
  const activate = (n: number, bundle = tunnelBundle(n)) => {
    host.succeed(["stage"], bundle);
    host.calls();
    host.succeed(["activate", "tun", generation(n)]);
    return host.calls().filter((call) => !call.startsWith("systemd-run"));
  };
  const confirm = (n: number) =>
    host.succeed(
      ["confirm", "tun", generation(n)],
      ["a b", "b a"]
        .map((ends) => ends.split(" "))
        .map(
          ([node, peer]) =>
            `tunnel wg0 ${peer} handshake 5 ${node} none\ngeneration ${generation(n)} ${node}\n`,
        )
        .join(""),
    );
  const applied = (tunnel: Tunnel = {}) => {
    key("1");
    const calls = activate(1, tunnelBundle(1, tunnel));
    confirm(1);
    return calls;
  };
  /** What uci was told since the last time, without the keys. */
  const told = () => {
    const lines = host.has("fake/uci-commands") ? host.read("fake/uci-commands").split("\n") : [];
    if (host.has("fake/uci-commands")) host.withoutState("uci-commands");
    return lines.filter(Boolean);
  };
  const mode = () => host.tree(CONFIG).slice(0, 10);

  test("a first apply commits the sections once, and ifup makes the interface of them", () => {
    expect(applied()).toEqual(["uci commit", "ifup wg0"]);
    expect(host.read(CONFIG)).toBe(`${NETWORK}${ours()}${peerSection("wg0_b")}`);
    expect(mode()).toBe("-rw-------");
    expect(host.read("fake/wg.wg0.peers")).toBe(
      `${peerKey(1)} 10.99.0.2/32,10.99.0.100/32 192.0.2.2:51820\n`,
    );
    expect(host.agent(["drift", "tun"]).stdout).not.toMatch(/^tunnel /m);
  });

  test("the private key is in no argument and no message", () => {
    key("1");
    const words = host.succeed(["stage"], tunnelBundle(1));
    const all = words + host.succeed(["activate", "tun", generation(1)]) + host.read("fake/calls");
    expect(all).toContain("ifup wg0");
    expect(all).not.toContain(host.read(KEY).trim());
    expect(host.tree("run/vrrp-agent")).not.toContain("uci");
  });

  test("a preshared key, an endpoint of IPv6 and a keepalive are told as uci has them", () => {
    key("1");
    const tunnel = { psk: secretKey(9), endpoint: "[2001:db8::2]:4500" };
    const files = tunnelFiles(tunnel).map((file) => ({
      ...file,
      text: file.text.replace(" [2001:db8::2]:4500 0\n", " [2001:db8::2]:4500 25\n"),
    }));
    activate(1, bundleOf(files, { cluster: "tun", generation: generation(1) }));
    expect(host.read(CONFIG)).toContain(
      peerSection("wg0_b", `	option preshared_key '${secretKey(9)}'\n`)
        .replace("192.0.2.2", "2001:db8::2")
        .replace("'51820'\n", "'4500'\n	option persistent_keepalive '25'\n"),
    );
  });

  test("nothing is written where all of it is so already", () => {
    applied();
    const before = host.tree("etc/config", "etc/hotplug.d");
    expect(activate(2, tunnelBundle(2, { facts: "settle 5" }))).not.toContain("uci commit");
    expect(host.tree("etc/config", "etc/hotplug.d")).toBe(before);
  });

  test("a change goes into the interface as it runs, and in UCI changes what is different only", () => {
    applied();
    told();
    const calls = activate(2, tunnelBundle(2, { mtu: 1380, allowed: "10.99.0.2/32, 10.7.0.0/24" }));
    expect(calls.filter((call) => /^(uci|if|wg sync)/.test(call))).toEqual(["uci commit", "wg syncconf wg0"]);
    expect(told()).toEqual([
      "set ours.wg0.mtu=1380",
      "delete ours.wg0_b.allowed_ips",
      "add_list ours.wg0_b.allowed_ips=10.99.0.2/32",
      "add_list ours.wg0_b.allowed_ips=10.7.0.0/24",
    ]);
    // As netifd makes routes.
    expect(calls).toContain("ip -4 route del 10.99.0.100/32 dev wg0 proto static");
    expect(host.read("fake/routes.wg0")).toContain("10.7.0.0/24");
  });

  test("an interface that is gone is made anew with ifup", () => {
    applied();
    host.remove("/sys/class/net/wg0");
    host.calls();
    host.succeed(["reapply", "tun"]);
    expect(host.calls().filter((call) => /^(uci|if)/.test(call))).toEqual(["ifup wg0"]);
  });

  test("destroy takes out our sections and the hotplug script, and nothing else", () => {
    applied();
    const phone = "\nconfig wireguard_wg0 'phone'\n\toption public_key 'x'\n";
    host.write(`/${CONFIG}`, host.read(CONFIG).trimEnd() + "\n" + phone + "\n", 0o600);
    expect(host.has(HOTPLUG)).toBe(true);
    host.calls();
    host.succeed(["restore", "tun", "me"]);
    expect(host.calls().filter((call) => /^(uci|if)/.test(call))).toEqual(["ifdown wg0", "uci commit"]);
    expect(host.read(CONFIG)).toBe(`${NETWORK.trimEnd()}\n${phone}\n`);
    expect(host.has("etc/hotplug.d")).toBe(false);
    expect(host.has("sys/class/net/wg0")).toBe(false);
  });

  test("a tunnel that somebody has made in UCI gives its key, is changed as it runs, and comes back", () => {
    const byHand = `
config interface 'wg0'
	option proto 'wireguard'
	option private_key '${secretKey(7)}'
	option ip4table '100'
	option disabled '0'
	list addresses '10.99.0.1/24'
	list addresses '10.98.0.1'

config wireguard_wg0
	option description 'bob'\\''s
 list of	two'
	option public_key '${peerKey(1)}'
	option allowed_ips '10.99.0.2/32'

config wireguard_wg0 'other'
	option public_key '${peerKey(5)}'

`;
    const former = `${NETWORK.trimEnd()}\n${byHand}`;
    host.write(`/${CONFIG}`, former);
    execFileSync(host.command[0]!, [...host.command.slice(1), "-c", "ifup wg0"], { env: host.env });
    expect(key("1")).toBe(`public-key P${secretKey(7).slice(1)}\n`);
    const calls = activate(1);
    expect(calls.filter((call) => /^(uci|if|ip address|wg sync)/.test(call))).toEqual([
      "uci commit",
      "wg syncconf wg0",
      "ip address del 10.98.0.1/32 dev wg0",
    ]);
    confirm(1);
    const network = host.read(CONFIG);
    expect(network).toContain("\toption ip4table '100'\n");
    expect(network).toContain(peerSection("wg0_b"));
    // What comes back does not hang on what is in wg-quick's file.
    host.write("/etc/wireguard/wg0.conf", host.read("etc/wireguard/wg0.conf").replace(/^MTU.*\n/m, ""));
    for (const gone of ["disabled", "bob", peerKey(5)]) expect(network).not.toContain(gone);
    host.calls();
    host.succeed(["restore", "tun", "me"]);
    expect(host.calls().filter((call) => /^(uci|if)/.test(call))).toEqual([
      "ifdown wg0",
      "uci commit",
      "ifup wg0",
    ]);
    const lines = (text: string) => text.split("\n").filter(Boolean).sort();
    expect(lines(host.read(CONFIG))).toEqual(lines(former));
    expect(host.read(CONFIG)).toContain(
      byHand.slice(byHand.indexOf("config wireguard_wg0\n"), byHand.indexOf("config wireguard_wg0 'other'")),
    );
  });

  test("what was changed by hand is told and put back, as little as can be", () => {
    applied();
    const hand = host
      .read(CONFIG)
      .replace("option mtu '1420'", "option mtu '1500'")
      .replace("\toption route_allowed_ips '1'\n", "");
    host.write(`/${CONFIG}`, `${hand}\nconfig wireguard_wg0\n\toption public_key 'x'\n\n`, 0o644);
    host.remove(HOTPLUG);
    const said = host.succeed(["drift", "tun"]);
    expect(said.split("\n").filter((line) => line.startsWith("tunnel "))).toEqual([
      "tunnel network has a peer of wg0 that is not in the tunnel",
      "tunnel network.wg0 in UCI",
      "tunnel network.wg0_b in UCI",
      "tunnel /etc/config/network can be read by others",
      "tunnel /etc/hotplug.d/iface/50-vrrp-agent",
    ]);
    expect(said).not.toContain(host.read(KEY).trim());
    told();
    host.calls();
    host.succeed(["reapply", "tun"]);
    expect(host.calls().filter((call) => /^(uci|if)/.test(call))).toEqual(["uci commit"]);
    expect(told()).toEqual([
      "delete ours.@wireguard_wg0[1]",
      "set ours.wg0.mtu=1420",
      "set ours.wg0_b.route_allowed_ips=1",
    ]);
    expect(mode()).toBe("-rw-------");
    expect(host.succeed(["reapply", "tun"])).toBe("nothing of tun has drifted\n");
  });

  test("nodes whose names differ in a sign have different sections", () => {
    key("1");
    const names = ["gw-1", "gw.1", "gw_1", "gw_2d1"];
    const facts = names.map((name, i) => `tunnel-peer wg0 ${name} ${peerKey(i + 2)} none 0`).join("\n");
    activate(1, tunnelBundle(1, { facts }));
    const sections = [...host.read(CONFIG).matchAll(/config wireguard_wg0 '(\w+)'/g)].map(([, name]) => name);
    expect(sections).toEqual(["wg0_b", "wg0_gw_2d1", "wg0_gw_2e1", "wg0_gw_5f1", "wg0_gw_5f2d1"]);
  });

  test("changes of others that nobody has committed are not committed with ours", () => {
    key("1");
    const pending = "network.lan.ipaddr='192.168.2.1'\n";
    host.write("/fake/tmp-uci/network", pending);
    const before = host.tree("etc/config");
    expect(stage()).toMatchObject({
      status: 1,
      stderr: expect.stringContaining(
        "network has changes that nobody has committed; run: uci commit network, or: uci revert",
      ) as unknown,
    });
    expect(host.tree("etc/config")).toBe(before);
    // Made after the stage, they keep nobody from going on, or back.
    host.remove("/fake/tmp-uci/network");
    host.succeed(["stage"], tunnelBundle(1));
    host.write("/fake/tmp-uci/network", pending);
    host.succeed(["activate", "tun", generation(1)]);
    expect(host.read(CONFIG)).toBe(`${NETWORK}${ours()}${peerSection("wg0_b")}`);
    host.succeed(["restore", "tun", "me"]);
    expect(host.read(CONFIG)).toBe(NETWORK);
    expect(host.read("fake/tmp-uci/network")).toBe(pending);
  });

  test.each([
    [
      "an interface of another kind",
      "config interface 'wg0'\n\toption proto 'static'\n",
      "of proto static already",
    ],
    [
      "a section of a peer's name",
      "config interface 'wg0_b'\n",
      "network.wg0_b is a section of type interface already",
    ],
    ["a device of the same name", "config device 'wg0'\n", "network.wg0 is a section of type device already"],
  ])("%s is refused", (_, section, words) => {
    key("1");
    host.write(`/${CONFIG}`, `${NETWORK}${section}\n`);
    const before = host.tree("etc/config");
    expect(stage()).toMatchObject({ status: 1, stderr: expect.stringContaining(words) as unknown });
    expect(host.tree("etc/config")).toBe(before);
  });

  test("what only wg-quick can make is refused, and so is a netifd without the protocol", () => {
    key("1");
    expect(stage({ more: "PreUp = true" }).stderr).toContain(
      "wg0 has 'preup true', which netifd cannot make",
    );
    host.state("no-wireguard");
    expect(stage().stderr).toContain("netifd does not know WireGuard; install wireguard-tools");
  });

  test("a commit that uci could not make is an error", () => {
    key("1");
    host.succeed(["stage"], tunnelBundle(1));
    host.state("uci-full");
    expect(host.agent(["activate", "tun", generation(1)])).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/uci has not taken the sections of wg0.*\nuci: I\/O error/) as unknown,
    });
  });

  test("what somebody commits in the very moment is not lost", () => {
    key("1");
    host.succeed(["stage"], tunnelBundle(1));
    host.state("uci-meanwhile", "config interface 'wan'\n\toption proto 'dhcp'\n\n");
    const { status, stderr } = host.agent(["activate", "tun", generation(1)]);
    expect(status).toBe(1);
    expect(stderr).toContain("somebody has changed network meanwhile; try again");
    expect(host.read(CONFIG)).toBe(`${NETWORK}${host.read("fake/uci-meanwhile")}`);
  });

  test("a tunnel of UCI that is down gives its key, too", () => {
    const section = `config interface 'wg0'\n\toption proto 'wireguard'\n\toption private_key '${secretKey(7)}'\n\n`;
    host.write(`/${CONFIG}`, `${NETWORK}${section}`);
    expect(key("1")).toBe(`public-key P${secretKey(7).slice(1)}\n`);
  });

  test("an interface that netifd does not make in time is an error, and what was there comes back", () => {
    key("1");
    host.succeed(["stage"], tunnelBundle(1));
    host.state("broken");
    expect(host.agent(["activate", "tun", generation(1)])).toMatchObject({
      status: 1,
      stderr: expect.stringContaining("netifd has not made wg0 within 60 s; see: ifstatus wg0") as unknown,
    });
    expect(host.read(CONFIG)).toBe(NETWORK);
    expect(host.has(HOTPLUG)).toBe(false);
  });

  test("a new key is in UCI before it is in force", () => {
    applied();
    key("2");
    activate(2, tunnelBundle(2, { key: 2 }));
    const second = host.read("var/lib/vrrp-agent/tun/keys/wg0.2").trim();
    expect(host.read(CONFIG)).toContain(`option private_key '${second}'`);
    expect(host.read("fake/wg.wg0.key")).not.toContain(second);
    host.succeed(["join", "tun", generation(2)]);
    expect(host.read("fake/wg.wg0.key")).toContain(second);
    expect(publicKey(2)).toBe(`P${second.slice(1)}`);
  });

  test("the hotplug script tells the agent of each tunnel that netifd has made, and of nothing else", () => {
    applied();
    host.program("told-agent", `echo "agent $*" >>"$FAKE/calls"`);
    host.program("sysctl", `echo "sysctl $*" | sed "s|$VRRP_ROOT||" >>"$FAKE/calls"`);
    host.write("/etc/sysctl.d/60-vrrp-tun.conf", "net.ipv4.conf.wg0.rp_filter = 2\n");
    const script = host
      .read(HOTPLUG)
      .replace("/usr/lib/vrrp-agent/vrrp-agent", "told-agent")
      .replaceAll("/etc/", `${host.root}/etc/`);
    host.calls();
    for (const [ACTION, INTERFACE] of [
      ["ifup", "lan"],
      ["ifdown", "wg0"],
      ["ifupdate", "wg0"],
      ["ifup", "wg"],
      ["ifup", "wg0"],
    ]) {
      execFileSync(host.command[0]!, [...host.command.slice(1), "-c", script], {
        env: { ...host.env, ACTION, INTERFACE },
      });
    }
    expect(host.calls()).toEqual(["sysctl -q -e -p /etc/sysctl.d/60-vrrp-tun.conf", "agent tunnel-made wg0"]);
  });
});
