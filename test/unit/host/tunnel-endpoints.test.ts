import { type BundleFile, type FakeHost, generation, SHELLS } from "./fake-host";
import { peerKey, type Tunnel, tunnelBundle, tunnelHost } from "./tunnel-tools";

const PEERS = "wg.wg0.peers";
const TIMER = "vrrp-endpoints-tun.timer";

const named = { endpoint: "b.example.net:51820" };
const timer: BundleFile[] = [{ path: `/etc/systemd/system/${TIMER}`, text: "[Timer]\nOnActiveSec=30\n" }];

describe.each(SHELLS)("endpoints that are names, under %s", (shell) => {
  let host: FakeHost;
  beforeEach(async () => {
    host = await tunnelHost(shell);
    host.state("resolved", "198.51.100.7\n");
    host.succeed(["tunnel-key", "tun", "wg0", "1"]);
  });
  afterEach(() => host.close());

  const apply = (n: number, tunnel: Tunnel, files: BundleFile[] = []) => {
    host.succeed(["stage"], tunnelBundle(n, tunnel, files));
    host.calls();
    host.succeed(["activate", "tun", generation(n)]);
    return host.calls().filter((call) => call.includes(TIMER) || call.includes("daemon-reload"));
  };
  const confirm = (n: number) => {
    const line = (ends: string) => `tunnel wg0 ${ends[2]} handshake 5 ${ends[0]} none\n`;
    const seen = ["a b", "b a"].map((ends) => `${line(ends)}generation ${generation(n)} ${ends[0]}\n`);
    expect(host.agent(["confirm", "tun", generation(n)], seen.join(""))).toMatchObject({ status: 0 });
  };
  /** A tunnel in force, the peer at an address that its name had. */
  const applied = (tunnel: Tunnel = named, files = timer) => {
    apply(1, tunnel, files);
    confirm(1);
    at("192.0.2.2:51820");
  };
  const at = (endpoint: string) => host.state(PEERS, `${peerKey(1)} 10.99.0.2/32 ${endpoint}\n`);
  const heard = (seconds: number) =>
    host.state("handshakes", `${peerKey(1)}\t${Math.floor(Date.now() / 1000) - seconds}\n`);
  const seek = (env: NodeJS.ProcessEnv = {}) => {
    host.calls();
    expect(host.agent(["endpoints", "tun"], "", env)).toMatchObject({ status: 0, stderr: "" });
    return host.calls();
  };
  const told = (endpoint: string) => [`wg set wg0 peer ${peerKey(1)} endpoint ${endpoint}`];

  test("a peer that is not heard is sought where its name leads now", () => {
    applied();
    heard(200);
    const { status, stdout } = host.agent(["endpoints", "tun"]);
    expect(status).toBe(0);
    expect(stdout).toBe(
      "b is sought at 198.51.100.7:51820 over wg0, where b.example.net leads now; it was not heard at 192.0.2.2:51820\n",
    );
    expect(host.read(`fake/${PEERS}`)).toContain(" 198.51.100.7:51820\n");
    expect(seek()).toEqual([]);
  });

  test("so is one that was never heard, and one at an address of IPv6", () => {
    applied();
    host.state("resolved", "2001:db8::7\n198.51.100.7\n");
    expect(seek()).toEqual(told("[2001:db8::7]:51820"));
    expect(seek()).toEqual([]);
  });

  test("one that is heard may have moved by itself, and stays where it is", () => {
    applied();
    at("203.0.113.9:1234");
    heard(120);
    expect(seek()).toEqual([]);
  });

  test("one that is at an address of its name stays there", () => {
    applied();
    heard(200);
    host.state("resolved", "198.51.100.7\n192.0.2.2\n");
    expect(seek()).toEqual([]);
  });

  test.each([
    ["an address", "192.0.2.9:51820"],
    ["none", "none"],
  ])("a peer whose endpoint is %s is never touched", (_, endpoint) => {
    applied({ endpoint });
    heard(200);
    expect(seek()).toEqual([]);
  });

  test("a resolver that is dead or knows no address changes nothing, in bounded time", () => {
    applied();
    heard(200);
    host.state("resolver-dead");
    const began = Date.now();
    expect(seek({ VRRP_RESOLVER_SECONDS: "1" })).toEqual([]);
    expect(Date.now() - began).toBeLessThan(10_000);
    host.withoutState("resolver-dead");
    host.withoutState("resolved");
    expect(seek()).toEqual([]);
  });

  test("a peer that is not there is not made, nor one sought whose key is about to change", () => {
    applied();
    host.state(PEERS, "");
    expect(seek()).toEqual([]);
    at("192.0.2.2:51820");
    apply(2, { ...named, peer: peerKey(2) }, timer);
    expect(seek()).toEqual([]);
    host.remove("/sys/class/net/wg0");
    expect(seek()).toEqual([]);
  });

  test("nothing is told to an interface that a step is changing", () => {
    applied();
    heard(200);
    host.program(
      "getent",
      'exec 9>>"$VRRP_ROOT/run/vrrp-agent/apply.lock"; flock 9; /bin/sleep 10 >/dev/null 2>&1 & echo 198.51.100.7',
    );
    expect(seek()).toEqual([]);
  });

  test("the timer runs where a peer has a name, begins anew when it changes, and goes with the name", () => {
    expect(apply(1, named, timer)).toEqual(["systemctl daemon-reload", `systemctl restart ${TIMER}`]);
    confirm(1);
    expect(apply(2, { ...named, mtu: 1380 }, timer)).toEqual([`systemctl start ${TIMER}`]);
    confirm(2);
    expect(apply(3, {})).toEqual(["systemctl daemon-reload", `systemctl stop ${TIMER}`]);
    confirm(3);
    expect(apply(4, { mtu: 1380 })).toEqual([]);
  });

  test("a timer that somebody stopped is drift, and reapply starts it", () => {
    applied();
    host.addresses("wg0", ["10.99.0.1/24"]);
    expect(host.succeed(["drift", "tun"])).not.toContain("timer is stopped");
    host.withoutState("seeking");
    expect(host.succeed(["drift", "tun"])).toContain(`tunnel ${TIMER} is stopped\n`);
    host.calls();
    host.succeed(["reapply", "tun"]);
    expect(host.calls()).toContain(`systemctl start ${TIMER}`);
    expect(host.succeed(["reapply", "tun"])).toBe("nothing of tun has drifted\n");
  });

  test("an undo and a destroy take the timer along", () => {
    apply(1, {});
    confirm(1);
    const files = () => host.tree("etc").replaceAll(/^drwx.*\n/gm, "");
    const before = files();
    apply(2, named, timer);
    host.uptime(2000);
    host.succeed(["undo", "tun", generation(2)]);
    expect(files()).toBe(before);
    expect(host.calls()).toContain(`systemctl stop ${TIMER}`);
    apply(3, named, timer);
    confirm(3);
    host.succeed(["restore", "tun", "me"]);
    expect(host.calls()).toContain(`systemctl stop ${TIMER}`);
    expect(host.has(`etc/systemd/system/${TIMER}`)).toBe(false);
  });
});
