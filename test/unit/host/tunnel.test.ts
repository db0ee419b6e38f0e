import { createHash } from "node:crypto";

import { bundleOf, type FakeHost, generation, nodeFiles, type Shell, SHELLS } from "./fake-host";
import { peerKey, publicKey, type Tunnel, tunnelBundle, tunnelFiles, tunnelHost } from "./tunnel-tools";

const CONF = "etc/wireguard/wg0.conf";
const KEY = "etc/wireguard/wg0.key";
const PEERS = "fake/wg.wg0.peers";
const TOLD = "var/lib/vrrp-agent/tun/told/wg0";

/** A private key as wg makes them. */
const secretKey = (n: number) => `S${String(n).padStart(42, "0").slice(1)}A=`;

/** Under which shells what is tested: what the modules are made of under all, the rest under one. */
const suites: [Shell, string][] = SHELLS.map((shell) => [shell, shell === "dash" ? "all" : "main"]);

describe.each(suites)("a tunnel under %s (%s)", (shell, extent) => {
  let host: FakeHost;
  beforeEach(async () => {
    host = await tunnelHost(shell);
  });
  afterEach(() => host.close());

  const key = (...words: string[]) => host.succeed(["tunnel-key", "tun", "wg0", ...words]);
  const stage = (n: number, tunnel: Tunnel = {}) => host.agent(["stage"], tunnelBundle(n, tunnel));
  const activate = (n: number, tunnel: Tunnel = {}) => {
    host.succeed(["stage"], tunnelBundle(n, tunnel));
    host.calls();
    host.succeed(["activate", "tun", generation(n)]);
    return host.calls().filter((call) => !call.startsWith("systemd-run"));
  };
  const ago = (seconds: number) => Math.floor(Date.now() / 1000) - seconds;
  const heard = (peer = peerKey(1), seconds = 5) => host.state("handshakes", `${peer}\t${ago(seconds)}\n`);
  const seen = (n: number, word: string | number = 5) =>
    ["a b", "b a"]
      .map((ends) => ends.split(" "))
      .map(
        ([node, peer]) =>
          `tunnel wg0 ${peer} handshake ${word} ${node} none\ngeneration ${generation(n)} ${node}\n`,
      )
      .join("");
  const confirm = (n: number, observations = seen(n)) =>
    host.agent(["confirm", "tun", generation(n)], observations);
  const applied = (n = 1, tunnel: Tunnel = {}) => {
    key(String(tunnel.key ?? 1));
    const calls = activate(n, tunnel);
    expect(confirm(n)).toMatchObject({ status: 0, stderr: "" });
    return calls;
  };
  /** A tunnel that somebody made with wg-quick. */
  const byHand = (more = "") => {
    const peer = `[Peer]\nPublicKey = ${peerKey(1)}\nEndpoint = 192.0.2.2:51820\nAllowedIPs = 10.99.0.2/32\n`;
    const text = `[Interface]\nPrivateKey = ${secretKey(7)}\nAddress = 10.99.0.1/24, 10.98.0.1\n${more}${peer}`;
    host.write(`/${CONF}`, text, 0o600);
    host.state("tunnel-enabled");
    host.state("tunnel-active");
    host.state(PEERS.slice(5), `${peerKey(1)} 10.99.0.2/32 192.0.2.2:51820\n`);
    host.state("wg.wg0.key", `${secretKey(7)}\n`);
    host.write("/sys/class/net/wg0/mtu", "1420\n");
    host.addresses("wg0", ["10.99.0.1/24", "10.98.0.1/32"]);
    return text;
  };

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
      const { status, stdout } = stageForwarding();
      expect(status).toBe(0);
      expect(stdout).toMatch(/^note: the default route over eth0\.7 .*IPv6AcceptRA=yes/);
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
