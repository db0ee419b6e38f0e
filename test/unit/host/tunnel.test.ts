import { createHash } from "node:crypto";

import { bundleOf, type FakeHost, generation, type Shell, SHELLS } from "./fake-host";
import {
  peerKey,
  publicKey,
  secretKey,
  tunnelBundle,
  tunnelFiles,
  tunnelHost,
  tunnelSteps,
} from "./tunnel-tools";

const CONF = "etc/wireguard/wg0.conf";
const KEY = "etc/wireguard/wg0.key";
const PEERS = "fake/wg.wg0.peers";
const TOLD = "var/lib/vrrp-agent/tun/told/wg0";

/** Under which shells what is tested: what the modules are made of under all, the rest under one. */
const suites: [Shell, string][] = SHELLS.map((shell, index) => [shell, index === 0 ? "all" : "main"]);

describe.each(suites)("a tunnel under %s (%s)", (shell, extent) => {
  let host: FakeHost;
  beforeEach(async () => {
    host = await tunnelHost(shell);
  });
  afterEach(() => host.close());

  const { key, stage, activate, heard, confirm, applied, byHand } = tunnelSteps(() => host);

  test("its key is made once, for root only, and only the public half is printed", () => {
    expect(key("1")).toBe(`public-key ${publicKey(1)}\n`);
    expect(key("1")).toBe(`public-key ${publicKey(1)}\n`);
    expect(key("2")).toBe(`public-key ${publicKey(2)}\n`);
    const tree = host.tree("var/lib/vrrp-agent/tun/keys");
    expect(tree.match(/-rw------- \S+wg0\.[12] /g)).toHaveLength(2);
    expect(tree).toMatch(/drwx------ \S+keys /);
  });

  test("a first apply makes the interface with wg-quick, which starts at a boot from then on", () => {
    expect(applied()).toEqual([
      "systemctl enable wg-quick@wg0.service",
      "systemctl restart wg-quick@wg0.service",
      "wg-quick up wg0",
      "wg syncconf wg0",
      "wg set wg0 private-key /etc/wireguard/wg0.key",
    ]);
    expect(host.tree(KEY)).toContain("-rw-------");
    expect(host.read(KEY)).toBe(host.read("var/lib/vrrp-agent/tun/keys/wg0.1"));
  });

  test("a change goes in with syncconf, its keys merged in where nobody else can read them", () => {
    applied();
    host.addresses("wg0", ["10.99.0.1/24", "10.99.0.100/32"]);
    const psk = secretKey(9);
    const calls = activate(2, {
      mtu: 1380,
      address: "10.98.0.1/24",
      allowed: "10.99.0.2/32, 10.7.0.0/24",
      psk,
    });
    expect(calls).toEqual([
      "wg syncconf wg0",
      "ip address add 10.98.0.1/24 dev wg0",
      // The virtual address stays: it is keepalived's.
      "ip address del 10.99.0.1/24 dev wg0",
      "ip link set dev wg0 mtu 1380",
      "ip link set dev wg0 up",
      "ip -4 route del 10.99.0.100/32 dev wg0 proto boot",
      "ip -4 route show dev wg0 match 10.99.0.2/32",
      "ip -4 route show dev wg0 match 10.7.0.0/24",
      "ip -4 route add 10.7.0.0/24 dev wg0",
    ]);
    const synced = host.read("fake/synced").split("\n");
    expect(host.read("fake/synced-mode")).toBe("-rw-------\n");
    expect(synced).toContain(`PrivateKey = ${host.read(KEY).trim()}`);
    expect(synced).toContain(`PresharedKey = ${psk}`);
    expect(synced).toContain("PersistentKeepalive = off");
    expect(synced.filter((line) => /^(Address|MTU|PostUp)/.test(line))).toEqual([]);
    expect(host.tree("run/vrrp-agent")).not.toContain("/sync");
  });

  test("a tunnel made by hand gives its key, is changed as it runs and comes back byte for byte", () => {
    const text = byHand();
    expect(key("1")).toBe(`public-key P${secretKey(7).slice(1)}\n`);
    const before = host.tree("etc");
    expect(activate(1)).toContain("wg syncconf wg0");
    confirm(1);
    expect(host.read(CONF)).not.toContain("PrivateKey");
    expect(host.read("var/lib/vrrp-agent/tun/generations/0/files/etc/wireguard/wg0.conf")).toBe(text);
    host.calls();
    host.succeed(["restore", "tun", "me"]);
    expect(host.calls().filter((call) => /wg-quick|disable/.test(call))).toEqual([
      // Its MTU was wg-quick's to find.
      "systemctl stop wg-quick@wg0.service",
      "wg-quick down wg0",
      "systemctl restart wg-quick@wg0.service",
      "wg-quick up wg0",
    ]);
    expect(host.tree("etc")).toBe(before);
  });

  test("the timer and a boot undo what nobody confirmed, and a boot has systemd start it afterwards", () => {
    applied();
    const before = host.tree("etc");
    activate(2, { mtu: 1300 });
    host.uptime(2000);
    host.succeed(["undo", "tun", generation(2)]);
    expect(host.tree("etc")).toBe(before);
    expect(host.calls()).toContain("wg syncconf wg0");
    activate(3, { mtu: 1300 });
    host.write("/proc/sys/kernel/random/boot_id", "boot-2\n");
    host.remove("/sys/class/net/wg0");
    host.succeed(["recover"]);
    expect(host.tree("etc")).toBe(before);
    expect(host.calls().filter((call) => /wg/.test(call))).toEqual([
      "systemctl --no-block start wg-quick@wg0.service",
    ]);
  });

  test("observe tells whether packets come, and for how long the last handshake has been", () => {
    applied();
    const observe = () => host.succeed(["observe", "tun", generation(1)]).split("\n")[0];
    expect(observe()).toBe("tunnel wg0 b handshake never a 192.0.2.2:51820");
    heard(peerKey(1), 20);
    expect(observe()).toMatch(/^tunnel wg0 b handshake 2\d a 192\.0\.2\.2:51820$/);
    host.state("silent");
    expect(observe()).toBe("tunnel wg0 b handshake silent a 192.0.2.2:51820");
    heard(peerKey(1), 500);
    expect(observe()).toMatch(/handshake 50\d a/);
  });

  test("a peer's new key stands beside the former one until the peer comes with it", () => {
    applied();
    host.state(PEERS.slice(5), `${peerKey(1)} 10.99.0.2/32 203.0.113.9:1234\n`);
    expect(activate(2, { peer: peerKey(2), endpoint: "192.0.2.2:51820" })).toEqual([
      `wg set wg0 peer ${peerKey(2)} preshared-key /dev/null endpoint 203.0.113.9:1234`,
    ]);
    expect(host.read(PEERS)).toBe(
      `${peerKey(1)} 10.99.0.2/32 203.0.113.9:1234\n${peerKey(2)} - 203.0.113.9:1234\n`,
    );
    heard(peerKey(2));
    expect(host.succeed(["join", "tun", generation(2)])).toBe(`joined ${generation(2)}\n`);
    expect(host.read(PEERS)).toBe(`${peerKey(2)} 10.99.0.2/32,10.99.0.100/32 203.0.113.9:1234\n`);
    expect(host.succeed(["join", "tun", generation(2)])).toBe("nothing to join\n");
    expect(confirm(2).status).toBe(0);
  });

  test("status tells of interface and handshakes; drift of what somebody changed, and reapply puts it right", () => {
    applied();
    heard(peerKey(1), 30);
    host.addresses("wg0", ["10.99.0.1/24"]);
    const [cluster] = (JSON.parse(host.succeed(["status", "--json"])) as { clusters: unknown[] }).clusters;
    expect(cluster).toMatchObject({
      drift: [],
      tunnels: [
        {
          interface: "wg0",
          up: true,
          peers: [{ node: "b", handshakeAge: expect.any(Number) as number, endpoint: "192.0.2.2:51820" }],
        },
      ],
    });
    expect(host.succeed(["status"])).toMatch(
      / {2}tunnel wg0: up\n {4}b: handshake 3\d s ago, at 192\.0\.2\.2:51820\n/,
    );
    host.state("wg.wg0.key", `${secretKey(5)}\n`);
    host.write(`/${KEY}`, `${secretKey(5)}\n`, 0o644);
    host.write(`/${CONF}`, `${host.read(CONF)}PresharedKey = ${secretKey(6)}\n`);
    host.withoutState("tunnel-enabled");
    host.addresses("wg0", []);
    const drift = host.succeed(["drift", "tun"]);
    expect(drift.split("\n").filter((line) => line.startsWith("tunnel "))).toEqual([
      "tunnel wg-quick@wg0.service is disabled",
      "tunnel /etc/wireguard/wg0.key",
      "tunnel wg0 has another private key",
      "tunnel wg0 has no address 10.99.0.1/24",
    ]);
    expect(drift).toContain("|PresharedKey = ********\n");
    expect(drift).not.toContain(secretKey(6));
    const words = host.succeed(["reapply", "tun"]);
    expect(words).toContain("wg0 has another private key");
    host.addresses("wg0", ["10.99.0.1/24"]);
    expect(host.succeed(["reapply", "tun"])).toBe("nothing of tun has drifted\n");
    host.remove("/sys/class/net/wg0");
    expect(host.succeed(["status"])).toContain("changed by hand: wg0 is down");
    host.succeed(["reapply", "tun"]);
    expect(host.has("sys/class/net/wg0")).toBe(true);
  });

  test("a key within a command is shown neither by the note nor by drift; public keys are", () => {
    const secret = `${"s/+9".repeat(10)}abc=`;
    const commands = [
      `PostUp = echo ${secret} | wg set %i private-key /dev/stdin`,
      `PostUp = echo ${"x".repeat(360)} ${secret}`,
      `PostUp = A=${secret}; B=${secret}; wg set %i peer ${peerKey(2)} allowed-ips 10.6.0.0/24`,
      `# peer-to-be ${secret}`,
    ];
    byHand(`${commands.join("\n")}\n`);
    key("1");
    const { stderr } = stage(1);
    expect(stderr).toContain("note: -PostUp = echo ******** | wg set %i private ********");
    expect(stderr).toContain(
      `note: -PostUp = A=********; B=********; wg set %i peer ${peerKey(2)} allowed-ips`,
    );
    expect(stderr).toContain(`note:  PublicKey = ${peerKey(1)}`);
    expect(stderr).not.toContain(secret.slice(0, 16));
    activate(1);
    expect(confirm(1)).toMatchObject({ status: 0 });
    host.write(`/${CONF}`, `${host.read(CONF)}${commands.join("\n")}\n`);
    const drift = host.succeed(["drift", "tun"]);
    expect(drift).toContain("|PostUp = echo ******** | wg set %i private-key");
    expect(drift).toContain(`|PostUp = A=********; B=********; wg set %i peer ${peerKey(2)} allowed-ips`);
    expect(drift).toContain(`|PublicKey = ${peerKey(1)}\n`);
    expect(drift).toContain(`|tunnel-peer wg0 b ${peerKey(1)} 192.0.2.2:51820`);
    expect(drift).not.toContain(secret.slice(0, 16));
  });

  test("drift tells of AllowedIPs, listen port, MTU and routes that somebody changed, and reapply puts them right", () => {
    const allowed = "10.99.0.2/32, 10.7.0.9/24, fd00:0::2";
    applied(1, { allowed });
    host.addresses("wg0", ["10.99.0.1/24"]);
    const drift = () =>
      host
        .succeed(["drift", "tun"])
        .split("\n")
        .filter((line) => line.startsWith("tunnel "));
    // As the kernel says the same.
    const inForce = "fd00::2/128,10.99.0.2/32,10.7.0.0/24";
    host.state(PEERS.slice(5), `${peerKey(1)} ${inForce} 192.0.2.2:51820\n`);
    host.state("routes.wg0", inForce.replaceAll(",", "\n"));
    expect(drift()).toEqual([]);
    host.state(PEERS.slice(5), `${peerKey(1)} ${inForce},10.66.0.0/24 192.0.2.2:51820\n`);
    expect(drift()).toEqual(["tunnel wg0 has other AllowedIPs", "tunnel wg0 has no route to 10.66.0.0/24"]);
    host.state(PEERS.slice(5), `${peerKey(1)} fd00::2/128,10.99.0.2/32 192.0.2.2:51820\n`);
    host.state("wg.wg0.port", "51999\n");
    host.write("/sys/class/net/wg0/mtu", "1280\n");
    host.state("routes.wg0", "fd00::2/128\n");
    expect(drift()).toEqual([
      "tunnel wg0 has other AllowedIPs",
      "tunnel wg0 listens on port 51999, not 51820",
      "tunnel wg0 has an MTU of 1280, not 1420",
      "tunnel wg0 has no route to 10.99.0.2/32",
    ]);
    host.calls();
    host.succeed(["reapply", "tun"]);
    const calls = host.calls();
    expect(calls).toContain("wg syncconf wg0");
    expect(calls).toContain("ip link set dev wg0 mtu 1420");
    expect(calls).toContain("ip -4 route add 10.99.0.2/32 dev wg0");
    host.state("routes.wg0", "10.99.0.2/32\n10.7.0.9/24\n");
    expect(drift()).toEqual([]);
  });

  if (extent === "main") return;

  test("a key that is given replaces one only while nobody knows that", () => {
    expect(host.agent(["tunnel-key", "tun", "wg0", "1", "given"], "no key\n")).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/the private key on stdin is none; (?!.*no key)/) as string,
    });
    const give = (n: number) => host.agent(["tunnel-key", "tun", "wg0", "1", "given"], `${secretKey(n)}\n`);
    expect(give(1).stdout).toBe(`public-key P${secretKey(1).slice(1)}\n`);
    expect(give(2).stdout).toBe(`public-key P${secretKey(2).slice(1)}\n`);
    activate(1);
    expect(host.read(KEY)).toBe(`${secretKey(2)}\n`);
    const refused = give(3);
    expect(refused).toMatchObject({ status: 1, stdout: "" });
    expect(refused.stderr).toContain("key 1 of wg0 is another one, which is in use");
    expect(refused.stderr).not.toContain(secretKey(3));
    expect(give(2).status).toBe(0);
  });

  test.each([["0"], ["01"], ["x"], ["-1"]])("the key number %s is refused", (number) => {
    expect(host.agent(["tunnel-key", "tun", "wg0", number])).toMatchObject({ status: 2, stdout: "" });
  });

  test("an endpoint that moved stays unless the spec's own did", () => {
    applied();
    host.state(PEERS.slice(5), `${peerKey(1)} 10.99.0.2/32 203.0.113.9:1234\n`);
    activate(2, { mtu: 1400 });
    expect(host.read(PEERS)).toContain(" 203.0.113.9:1234\n");
    confirm(2);
    activate(3, { endpoint: "192.0.2.3:51820" });
    expect(host.read(PEERS)).toContain(" 192.0.2.3:51820\n");
  });

  test("a preshared key that the spec has no more is cleared", () => {
    applied(1, { psk: secretKey(9), endpoint: "b.example.net:51820" });
    activate(2);
    expect(host.read("fake/synced")).toContain(`PresharedKey = ${"A".repeat(43)}=\n`);
    expect(host.has("etc/wireguard/wg0.b.psk")).toBe(false);
  });

  test("what only wg-quick can change is changed by it, and goes down as it came up", () => {
    applied(1, { more: "PostDown = one" });
    const calls = activate(2, { more: "PostDown = two" });
    expect(calls.filter((call) => call.startsWith("wg-quick"))).toEqual([
      "wg-quick down wg0",
      "wg-quick up wg0",
    ]);
    expect(host.read("fake/down-with")).toContain("PostDown = one");
  });

  test("where it is started anew, a peer that it is not told where to find is where it was", () => {
    applied(1, { endpoint: "none", more: "PostDown = one" });
    host.state(PEERS.slice(5), `${peerKey(1)} 10.99.0.2/32 203.0.113.9:1234\n`);
    activate(2, { endpoint: "none", more: "PostDown = two" });
    expect(host.read(PEERS)).toContain(" 203.0.113.9:1234\n");
  });

  test("one that wg-quick cannot make takes the host back, with its own words and none of a key", () => {
    key("1");
    expect(stage(1).status).toBe(0);
    host.state("broken");
    const before = host.tree("etc").replaceAll(/ *drwx.*\n/g, "");
    const { status, stderr } = host.agent(["activate", "tun", generation(1)]);
    expect(status).toBe(1);
    expect(stderr).toContain("wg-quick cannot make wg0");
    expect(stderr).toContain("Address already in use");
    expect(host.tree("etc").replaceAll(/ *drwx.*\n/g, "")).toBe(before);
    expect(host.has("fake/tunnel-enabled")).toBe(false);
  });

  test("what wg says of a key that it does not take is not told", () => {
    applied();
    host.succeed(["stage"], tunnelBundle(2, { more: "# x\nFwMark = refused" }));
    const { status, stderr } = host.agent(["activate", "tun", generation(2)]);
    expect(status).toBe(1);
    expect(stderr).toContain("Key is not the correct length or format\n");
    expect(stderr).not.toContain(host.read(KEY).trim());
  });

  test.each([
    [
      "a key that is not on the host",
      { key: 3 },
      "key 3 of wg0 is not on this host; give the node a new keyNumber",
    ],
    [
      "an endpoint whose name nobody knows",
      { endpoint: "c.example.net:51820" },
      "the endpoint c.example.net has no address that this host finds",
    ],
    ["a preshared key that is none", { psk: "hello" }, "presharedKey in /etc/wireguard/wg0.b.psk is none"],
    [
      "a file that wg-quick does not take",
      { more: "nonsense" },
      "wg-quick does not accept /etc/wireguard/wg0.conf",
    ],
  ])("stage refuses %s", (_, tunnel, words) => {
    key("1");
    const { status, stderr } = stage(1, tunnel);
    expect(status).toBe(1);
    expect(stderr).toContain(words);
    expect(stderr).not.toContain("hello");
    // A key whose public half was told stays.
    expect(key("1")).toBe(`public-key ${publicKey(1)}\n`);
  });

  test("hosts may tell each other through the tunnel itself, which need not be there before", () => {
    key("1");
    expect(stage(1, { facts: "interface eth1" }).stderr).toContain("interface eth1 does not exist");
    activate(2, { facts: "interface wg0\npeer b 10.99.0.2" });
    host.state("ipv6", "1: wg0 inet6 fe80::1/64 scope link\n");
    host.uptime(2000);
    const word = createHash("sha256")
      .update(`tun b confirmed ${generation(2)}`)
      .digest("hex")
      .slice(0, 16);
    host.state(`told.fe80::${word.match(/..../g)!.join(":")}`);
    expect(host.succeed(["undo", "tun", generation(2)])).toBe(
      `confirmed ${generation(2)}, as another host is\n`,
    );
  });

  test("stage refuses a kernel without WireGuard, and an interface that is somebody else's", () => {
    key("1");
    host.withoutProgram("wireguard-go");
    host.program("ip", "exit 1");
    expect(stage(1).stderr).toContain("this kernel has no WireGuard and wireguard-go is not installed");
    host.write("/sys/module/wireguard/version", "1\n");
    expect(stage(1).status).toBe(0);
    host.write("/sys/class/net/wg0/mtu", "1420\n");
    host.state(PEERS.slice(5));
    expect(stage(1).stderr).toContain("wg0 is there already and not from /etc/wireguard/wg0.conf");
  });

  test.each([
    ["is known by %i", "/etc/wireguard/%i.key", false],
    ["a program gives", "<(secret)", true],
  ])("one made by hand whose key %s comes back with it", (_, path, anew) => {
    byHand(`MTU = 1420\nPostUp = wg set %i private-key ${path}\n`);
    host.write(`/${CONF}`, host.read(CONF).replace(/^PrivateKey.*\n/m, ""), 0o600);
    host.write(`/${KEY}`, `${secretKey(7)}\n`, 0o600);
    const before = host.tree("etc/wireguard");
    applied();
    host.calls();
    host.succeed(["restore", "tun", "me"]);
    expect(host.tree("etc/wireguard")).toBe(before);
    expect(host.calls().includes("wg-quick up wg0")).toBe(anew);
    if (!anew) expect(host.read("fake/wg.wg0.key")).toBe(`${secretKey(7)}\n`);
  });

  test("an address that changes within its network is there in the end", () => {
    applied();
    host.addresses("wg0", ["10.99.0.1/24"]);
    expect(activate(2, { address: "10.99.0.3/24" })).toEqual([
      "wg syncconf wg0",
      "ip address add 10.99.0.3/24 dev wg0",
      "ip address del 10.99.0.1/24 dev wg0",
      "ip address add 10.99.0.3/24 dev wg0",
      "ip link set dev wg0 up",
      "ip -4 route show dev wg0 match 10.99.0.2/32",
      "ip -4 route show dev wg0 match 10.99.0.100/32",
    ]);
    expect(host.read("fake/addresses.wg0")).toBe("2: wg0    inet 10.99.0.3/24 scope global wg0\n");
  });

  /** Has a program do something else first. */
  const first = (program: string, script: string) => {
    const was = host.read(`fake/bin/${program}`);
    host.program(program, `${script}\n${was}`);
    return () => host.program(program, was);
  };

  test("a machine that takes a peer's place is looked for by the name that the peer had", () => {
    const endpoint = "b.example.net:51820";
    applied(1, { endpoint });
    const resolved = `${peerKey(1)} 10.99.0.2/32 192.0.2.2:51820\n`;
    host.state(PEERS.slice(5), resolved);
    activate(2, { endpoint, peer: peerKey(2) });
    expect(host.read(PEERS)).toContain(`${peerKey(2)} - 192.0.2.2:51820\n`);
    host.succeed(["join", "tun", generation(2)]);
    expect(host.read(PEERS)).toBe(`${peerKey(2)} 10.99.0.2/32,10.99.0.100/32 ${endpoint}\n`);
    expect(host.read(TOLD)).toContain(`endpoint ${peerKey(2)} ${endpoint}\n`);
  });

  test("it goes back though nobody knows the former endpoint's name any more, and is told it later", () => {
    host.program("getent", ":");
    const endpoint = "old.example.net:51820";
    applied(1, { endpoint });
    activate(2, { endpoint: "192.0.2.3:51820", address: "10.98.0.1/24" });
    const found = first(
      "wg",
      `[ "$1" != syncconf ] || ! grep -q old.example.net "$3" || { echo "$WG_ENDPOINT_RESOLUTION_RETRIES" >>"$FAKE/retries"; echo "Name or service not known: \\\`${endpoint}'" >&2; exit 1; }`,
    );
    host.uptime(2000);
    const { status, stderr } = host.agent(["undo", "tun", generation(2)]);
    expect(status).toBe(0);
    expect(stderr).toContain(`wg does not find ${endpoint} for wg0; the peer stays where it is`);
    expect(host.read("fake/retries")).toBe("2\n");
    expect(host.read(PEERS)).toContain(" 192.0.2.3:51820\n");
    expect(host.read(TOLD)).toBe("address 10.99.0.1/24\n");
    found();
    activate(3, { endpoint, mtu: 1300 });
    expect(host.read(PEERS)).toContain(` ${endpoint}\n`);
  });

  test("a name that nobody knows keeps a peer out that is not there yet", () => {
    host.program("getent", ":");
    applied();
    const endpoint = "new.example.net:51820";
    const found = first(
      "wg",
      `[ "$1" != syncconf ] || ! grep -q new.example.net "$3" || { echo "Name or service not known" >&2; exit 1; }`,
    );
    host.state(PEERS.slice(5));
    host.succeed(["stage"], tunnelBundle(2, { endpoint }));
    expect(host.agent(["activate", "tun", generation(2)])).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/wg does not accept .*\nName or service not known\n/) as string,
    });
    found();
  });

  test("a way back that was cut short takes the routes of the change away the next time", () => {
    applied();
    host.addresses("wg0", ["10.99.0.1/24"]);
    activate(2, { allowed: "10.99.0.2/32, 203.0.113.0/24", mtu: 1300 });
    const whole = first("ip", `case $* in "link set dev wg0 mtu"*) exit 1 ;; esac`);
    host.uptime(2000);
    expect(host.agent(["undo", "tun", generation(2)]).status).not.toBe(0);
    const route = "ip -4 route del 203.0.113.0/24 dev wg0 proto boot";
    expect(host.calls()).not.toContain(route);
    whole();
    host.succeed(["undo", "tun", generation(2)]);
    expect(host.calls()).toContain(route);
    expect(host.read(TOLD)).toBe(`address 10.99.0.1/24\nendpoint ${peerKey(1)} 192.0.2.2:51820\n`);
  });

  test("an activate that was cut short before a peer's new key was told tells it the next time", () => {
    applied();
    host.succeed(["stage"], tunnelBundle(2, { peer: peerKey(2) }));
    // The step and the shell in it.
    const whole = first(
      "wg",
      `case $* in "set wg0 peer"*) kill -9 "$(awk '{ print $4 }' "/proc/$PPID/stat")" "$PPID"; exit 1 ;; esac`,
    );
    host.agent(["activate", "tun", generation(2)]);
    expect(host.has("var/lib/vrrp-agent/tun/pending")).toBe(true);
    whole();
    host.calls();
    host.succeed(["activate", "tun", generation(2)]);
    expect(host.read(PEERS)).toContain(`${peerKey(1)} 10.99.0.2/32,10.99.0.100/32 `);
    expect(host.read(PEERS)).toContain(`${peerKey(2)} - 192.0.2.2:51820\n`);
  });

  test("the file of one that saves itself as it goes down is kept as it was", () => {
    const text = byHand("SaveConfig = true\nPostUp = echo up\n");
    key("1");
    expect(activate(1)).toContain("wg-quick down wg0");
    host.succeed(["restore", "tun", "me"]);
    expect(host.read(CONF)).toBe(text);
  });

  test("the note of what is replaced shows no key", () => {
    byHand(`PostUp = wg set %i peer x preshared-key <(echo ${secretKey(8)})\n`);
    key("1");
    const { stderr } = stage(1);
    expect(stderr).toContain("note: -PrivateKey ********");
    expect(stderr).not.toContain(secretKey(7));
    expect(stderr).not.toContain(secretKey(8));
  });

  test("stage refuses a listen port that another interface of the host has", () => {
    key("1");
    host.write("/sys/class/net/wg9/mtu", "1420\n");
    host.state("wg.wg9.peers");
    host.state("wg.wg9.port", "51820\n");
    expect(stage(1)).toMatchObject({
      status: 1,
      stderr:
        "vrrp-agent: a: stage: wg0 cannot listen on UDP port 51820, which the WireGuard interface wg9 has on this host; give the tunnel another listenPort\n",
    });
    expect(host.has("var/lib/vrrp-agent/tun/generations")).toBe(false);
    host.state("wg.wg9.port", "51821\n");
    expect(stage(1).status).toBe(0);
  });

  test("stage refuses a listen port of another set's tunnel that is down, not that of an interface which goes", () => {
    applied();
    const wg1 = (set: string) => {
      const named = (text: string) => text.replaceAll("wg0", "wg1").replace(/tun$|tun(?=\/)/gm, set);
      const files = tunnelFiles().map(({ path, text }) => ({ path: named(path), text: named(text) }));
      host.succeed(["tunnel-key", set, "wg1", "1"]);
      return host.agent(["stage"], bundleOf(files, { cluster: set, generation: generation(2) }));
    };
    host.addresses("wg1", []);
    expect(wg1("tun")).toMatchObject({ status: 0, stderr: "" });
    host.remove("/sys/class/net/wg0");
    const { stderr } = wg1("nut");
    expect(stderr).toContain("wg1 cannot listen on UDP port 51820, which the WireGuard interface wg0 has");
  });
});

describe.each(SHELLS)("keepalived over a tunnel, under %s", (shell) => {
  let host: FakeHost;
  beforeEach(async () => {
    host = await tunnelHost(shell);
    host.succeed(["tunnel-key", "tun", "wg0", "1"]);
    host.succeed(["stage"], tunnelBundle(1, {}));
    host.succeed(["activate", "tun", generation(1)]);
    host.write("/sys/class/net/wg0/ifindex", "7\n");
    host.write("/etc/keepalived/keepalived.conf", "vrrp_instance gw {\n}\n");
    host.calls();
  });
  afterEach(() => host.close());

  const over = (dev: string) =>
    host.write("/etc/vrrp-agent/gw/node.conf", `cluster gw\nnode a\ninstance gw 4 51 ${dev}\n`);
  const uptime = () => Number(host.read("proc/uptime").split(".")[0]);
  const secondsOfBoot = () => {
    const before = uptime();
    const { stderr } = host.agent(["boot"]);
    return { seconds: uptime() - before, stderr };
  };

  test("that runs looks again when the interface is made anew under it, without waiting for that", () => {
    host.state("keepalived.pid", host.read("fake/daemon"));
    over("eth0");
    host.succeed(["tunnel-made", "wg0"]);
    expect(host.calls()).toEqual([]);
    over("wg0");
    host.succeed(["tunnel-made", "wg0"]);
    expect(host.calls()).toEqual(["systemctl --no-block reload keepalived.service"]);
    host.withoutState("keepalived.pid");
    host.succeed(["tunnel-made", "wg0"]);
    expect(host.calls()).toEqual([]);
  });

  test("starts when a peer was heard, at once, and where it does not use the tunnel", () => {
    host.state("handshakes", `${peerKey(1)}\t0\n`);
    over("eth0");
    expect(secondsOfBoot().seconds).toBe(0);
    over("wg0");
    host.state("handshakes", `${peerKey(1)}\t${Math.floor(Date.now() / 1000)}\n`);
    expect(secondsOfBoot().seconds).toBe(0);
  });

  test("waits for the first handshake of an interface for some seconds, and never again for the same one", () => {
    over("wg0");
    host.state("handshakes", `${peerKey(1)}\t0\n`);
    const first = secondsOfBoot();
    expect(first.seconds).toBe(25);
    expect(first.stderr).toContain("wg0 has no handshake after 25 s; keepalived starts all the same");
    expect(secondsOfBoot().seconds).toBe(0);
    host.write("/sys/class/net/wg0/ifindex", "8\n");
    expect(secondsOfBoot().seconds).toBe(25);
    // Whose endpoint's name is not known yet.
    host.remove("sys/class/net/wg0/ifindex");
    expect(secondsOfBoot().seconds).toBe(25);
  });
});
