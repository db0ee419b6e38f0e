import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { join } from "node:path";

import { type FakeHost, generation, SHELLS } from "./fake-host";
import { peerKey, type Tunnel, tunnelBundle, tunnelHost } from "./tunnel-tools";

const PEERS = "fake/wg.wg0.peers";
const LINK = "fe80::1/64";
const GIVEN = `-6 address replace ${LINK} dev wg0 nodad`;

/** Where a node says a word of a generation of the tunnel. */
function wordAddress(node: string, word: string, n: number): string {
  const digest = createHash("sha256")
    .update(`tun ${node} ${word} ${generation(n)}`)
    .digest("hex");
  return `fe80::${digest.slice(0, 16).match(/..../g)!.join(":")}`;
}

describe.each(SHELLS)("what the hosts of a tunnel tell each other through it, under %s", (shell) => {
  let host: FakeHost;
  beforeEach(async () => {
    host = await tunnelHost(shell);
    host.state("ipv6", `1: wg0 inet6 ${LINK} scope link\n`);
  });
  afterEach(() => host.close());

  const stage = (n: number, tunnel: Tunnel = {}) => {
    host.succeed(["tunnel-key", "tun", "wg0", "1"]);
    host.succeed(["stage"], tunnelBundle(n, { link: LINK, ...tunnel }));
    host.calls();
  };
  const activate = (n: number, tunnel: Tunnel = {}) => {
    stage(n, tunnel);
    host.succeed(["activate", "tun", generation(n)]);
    // An interface without neighbours, as WireGuard's are.
    host.write("/sys/class/net/wg0/flags", "0x91\n");
    return host.calls();
  };
  const confirm = (n: number) => {
    const ends = ["a b", "b a"].map((pair) => pair.split(" "));
    const seen = ends.map(
      ([node, peer]) => `tunnel wg0 ${peer} handshake 5 ${node} none\ngeneration ${generation(n)} ${node}\n`,
    );
    return host.succeed(["confirm", "tun", generation(n)], seen.join(""));
  };
  /** What `ip -6 address` was told since the last time. */
  const telling = () => {
    const lines = host.has("fake/telling") ? host.read("fake/telling").trimEnd().split("\n") : [];
    host.state("telling");
    return lines.filter(Boolean);
  };
  const drift = () =>
    host
      .succeed(["drift", "tun"])
      .split("\n")
      .filter((line) => line.startsWith("tunnel "));

  test("an interface that wg-quick made gets an address of the link, and AllowedIPs that let such through", () => {
    expect(activate(1)).toContain(
      `wg set wg0 peer ${peerKey(1)} allowed-ips 10.99.0.2/32,10.99.0.100/32,fe80::/64`,
    );
    expect(telling()).toEqual([
      GIVEN,
      `-6 address replace ${wordAddress("a", "running", 1)}/128 dev wg0 nodad valid_lft 1800 preferred_lft 0`,
    ]);
    expect(host.read("var/lib/vrrp-agent/tun/told/wg0")).toContain(`link ${LINK}\n`);
    expect(host.read("etc/wireguard/wg0.conf")).not.toContain("fe80");
  });

  test("where IPv6 is off the tunnel is made all the same", () => {
    host.withoutState("ipv6");
    activate(1);
    expect(confirm(1)).toBe(`confirmed ${generation(1)}\n`);
    activate(2, { mtu: 1300 });
    expect(confirm(2)).toBe(`confirmed ${generation(2)}\n`);
    host.write("/proc/sys/net/ipv6/conf/wg0/disable_ipv6", "1\n");
    host.addresses("wg0", ["10.99.0.1/24"]);
    expect(drift()).toEqual([]);
  });

  test("a change of the tunnel leaves both where they are, and everything that was told", () => {
    activate(1);
    confirm(1);
    telling();
    const calls = activate(2, { mtu: 1300, address: "10.98.0.1/24" });
    expect(host.read("fake/synced")).toContain("AllowedIPs = fe80::/64\n");
    expect(host.read(PEERS)).toContain(" 10.99.0.2/32,10.99.0.100/32,fe80::/64 ");
    expect(calls.filter((call) => call.includes("fe80"))).toEqual([]);
    // activate takes back what it has said of the former generation; the tunnel's own part takes nothing.
    expect(telling()).toEqual([
      `-6 address del ${wordAddress("a", "confirmed", 1)}/128 dev wg0`,
      GIVEN,
      `-6 address replace ${wordAddress("a", "running", 2)}/128 dev wg0 nodad valid_lft 1800 preferred_lft 0`,
    ]);
  });

  test("a tunnel that has it no more loses both", () => {
    activate(1);
    confirm(1);
    telling();
    activate(2, { link: "" });
    expect(telling().filter((line) => !line.includes("/128"))).toEqual([`-6 address del ${LINK} dev wg0`]);
    expect(host.read(PEERS)).toContain(" 10.99.0.2/32,10.99.0.100/32 ");
    expect(host.read("var/lib/vrrp-agent/tun/told/wg0")).not.toContain("link");
  });

  test("an address of the tunnel's own file stays, though it was the one of the link before", () => {
    activate(1);
    telling();
    host.addresses("wg0", ["10.99.0.1/24", LINK]);
    const calls = activate(2, { link: "", address: LINK });
    expect(calls.filter((call) => call.includes("address"))).toEqual(["ip address del 10.99.0.1/24 dev wg0"]);
    expect(telling().filter((line) => line.includes("/64"))).toEqual([]);
  });

  test("an end that becomes the other one has one address of the two", () => {
    activate(1);
    telling();
    activate(2, { link: "fe80::2/64" });
    expect(telling().filter((line) => line.includes("/64"))).toEqual([
      `-6 address del ${LINK} dev wg0`,
      "-6 address replace fe80::2/64 dev wg0 nodad",
    ]);
  });

  test("stage refuses a host without the interface that the tunnel is to go over", () => {
    host.succeed(["tunnel-key", "tun", "wg0", "1"]);
    const { status, stderr } = host.agent(["stage"], tunnelBundle(1, { link: LINK, facts: "wan eth9" }));
    expect(status).toBe(1);
    expect(stderr).toContain("interface eth9 does not exist; this host has: eth0");
  });

  test("of an interface with several peers none gets the network of the other's words", () => {
    activate(1, { more: `[Peer]\nPublicKey = ${peerKey(9)}\nAllowedIPs = 10.99.0.9/32\n[Interface]` });
    expect(host.read(PEERS)).not.toContain("fe80");
    expect(telling()).not.toContain(GIVEN);
  });

  test("a peer's new key takes the words over with the addresses", () => {
    activate(1);
    confirm(1);
    activate(2, { peer: peerKey(2) });
    host.state("handshakes", `${peerKey(2)}\t${Math.floor(Date.now() / 1000)}\n`);
    const allowed = "10.99.0.2/32,10.99.0.100/32,fe80::/64";
    host.calls();
    host.succeed(["join", "tun", generation(2)]);
    expect(host.calls()).toContain(`wg set wg0 peer ${peerKey(2)} allowed-ips ${allowed}`);
    expect(host.read(PEERS)).toMatch(new RegExp(`^${peerKey(2)} ${allowed} \\S+\n$`));
  });

  test("drift tells when either was taken away, and reapply puts them back", () => {
    activate(1);
    confirm(1);
    host.write("/proc/sys/net/ipv6/conf/wg0/disable_ipv6", "0\n");
    host.addresses("wg0", ["10.99.0.1/24", LINK]);
    expect(drift()).toEqual([]);
    host.addresses("wg0", ["10.99.0.1/24"]);
    const endpoint = "192.0.2.2:51820";
    host.state(PEERS.slice(5), `${peerKey(1)} 10.99.0.2/32,10.99.0.100/32 ${endpoint}\n`);
    expect(drift()).toEqual(["tunnel wg0 has no address fe80::1/64", "tunnel wg0 has other AllowedIPs"]);
    telling();
    host.succeed(["reapply", "tun"]);
    // With the address the words were gone, too.
    const confirmed = `-6 address replace ${wordAddress("a", "confirmed", 1)}/128 dev wg0 nodad valid_lft forever preferred_lft 0`;
    expect(telling()).toEqual([GIVEN, confirmed]);
    expect(host.read(PEERS)).toContain(",fe80::/64 ");
  });

  test("an interface that is made anew tells again what was told, as long as it holds", () => {
    activate(1);
    confirm(1);
    host.write(
      "/run/vrrp-agent/gw/told",
      [
        "running 9 fe80::9 wg0 1500",
        "refused 8 fe80::8 wg0 1000",
        "running 7 fe80::7 eth0 1500",
        "running 6 fe80::6 wg0",
        "",
      ].join("\n"),
    );
    telling();
    host.state(PEERS.slice(5), `${peerKey(1)} 10.99.0.2/32 192.0.2.2:51820\n`);
    host.calls();
    host.succeed(["tunnel-made", "wg0"]);
    expect(host.calls()).toEqual([`wg set wg0 peer ${peerKey(1)} allowed-ips 10.99.0.2/32,fe80::/64`]);
    expect(telling()).toEqual([
      GIVEN,
      "-6 address replace fe80::9/128 dev wg0 nodad valid_lft 500 preferred_lft 0",
      `-6 address replace ${wordAddress("a", "confirmed", 1)}/128 dev wg0 nodad valid_lft forever preferred_lft 0`,
    ]);
    // Nothing is left to do.
    host.succeed(["tunnel-made", "wg0"]);
    expect(host.calls()).toEqual([]);
  });

  test("a word that is told again is in the list once, and for longer", () => {
    activate(1);
    const told = () => host.read("run/vrrp-agent/tun/told").trimEnd().split("\n");
    const line = (word: string, n: number) => `${word} ${generation(n)} ${wordAddress("a", word, n)} wg0`;
    confirm(1);
    const refused = () => host.agent(["activate", "tun", generation(5)]).status;
    expect(refused()).toBe(1);
    expect(told()).toEqual([`${line("confirmed", 1)} forever`, `${line("refused", 5)} 1060`]);
    host.uptime(1100);
    expect(refused()).toBe(1);
    expect(told()).toEqual([`${line("confirmed", 1)} forever`, `${line("refused", 5)} 1160`]);
  });

  describe("a change that is due", () => {
    const due = () => {
      activate(1);
      confirm(1);
      activate(2, { mtu: 1300 });
      host.uptime(2000);
      return wordAddress("b", "confirmed", 2);
    };
    const undo = () => {
      host.succeed(["undo", "tun", generation(2)]);
      return host.succeed(["generations", "tun"]).split("\n").slice(-2)[0];
    };
    const asked = () => host.read("fake/asked").trimEnd().split("\n");
    /** The answer of the peer is lost so often. */
    const lose = (times: number, address: string) =>
      host.program(
        "ping",
        `for last; do :; done
        echo "$*" >>"$FAKE/asked"
        [ "$last" = ${address} ] && [ "$(grep -c "$last" "$FAKE/asked")" -gt ${times} ]`,
      );

    it("is kept when the peer tells that it was confirmed, and one answer may be lost", () => {
      lose(1, due());
      expect(undo()).toBe(`tun ${generation(2)} current`);
      expect(asked()[0]).toBe(`-6 -c 1 -W 1 -I wg0 ${wordAddress("b", "confirmed", 2)}`);
    });

    it("goes back where nobody answers; what the table of neighbours says is no answer", () => {
      const address = due();
      lose(9, address);
      host.state(`neighbour.${address}`, `${address} dev wg0 lladdr 00:00:00:00:00:00 REACHABLE\n`);
      undo();
      expect(host.succeed(["generations", "tun"])).toContain(`tun ${generation(1)} current\n`);
    });
  });
});

describe.each([[["dash"]], [["busybox", "ash"]]])("whether an interface carries words, under %j", (shell) => {
  const modules = ["common", "network", "link"].map((name) =>
    join(__dirname, `../../../host/lib/${name}.sh`),
  );
  const carries = (flags: string, wg: string) => {
    const [program = "", ...before] = shell;
    const script = `. "$0"; . "$1"; . "$2"; has_arp() { [ ${flags} = arp ]; }; wg() { ${wg}; }; carries_words wg0`;
    const { status, stderr } = spawnSync(program, [...before, "-euc", script, ...modules], {
      encoding: "utf8",
    });
    expect(stderr).toBe("");
    return status === 0;
  };
  const allowed = (list: string) => `printf 'KEY\\t%s\\n' '${list}'`;

  test.each([
    ["10.99.0.2/32 fe80::/64", true],
    ["fe80::/10", true],
    ["10.99.0.2/32 ::/0", true],
    ["10.99.0.2/32", false],
    ["fe80::1/128 10.99.0.2/32", false],
    ["(none)", false],
  ])("WireGuard's does by its AllowedIPs: %s %p", (list, expected) => {
    expect(carries("none", allowed(list))).toBe(expected);
  });

  test("one with neighbours does, and so does a tunnel of another kind", () => {
    expect(carries("arp", allowed("10.99.0.2/32"))).toBe(true);
    expect(carries("none", "return 1")).toBe(true);
  });
});
