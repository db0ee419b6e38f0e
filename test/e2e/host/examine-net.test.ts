import { type Host, Lab, mute, unmute, until } from "../../../lab";
import { Pair, VIP } from "./pair";

/** Lets in what was let in before, and ping; adverts as long as their rule is there. */
const STATEFUL = `
  add table inet filter
  add chain inet filter input { type filter hook input priority 0; policy drop; }
  add rule inet filter input iifname "lo" accept
  add rule inet filter input ct state established,related accept
  add rule inet filter input meta l4proto { icmp, ipv6-icmp } accept
  add rule inet filter input ip protocol 112 accept`;

/** What a look could leave: rules, processes, files, connections of its own. */
async function traces(host: Host): Promise<string> {
  const { stdout } = await host.exec(`
    nft -s list ruleset
    ps -e -o args= | grep -E '^(ping|arping|nft|tcpdump) |vrrp-agent[ ]examine' | sort
    find /tmp /var/tmp /dev/shm /run/vrrp-agent /etc /var/lib/vrrp-agent | sort`);
  return stdout;
}

describe("what examine sees of the traffic of a pair", () => {
  let lab: Lab;
  let pair: Pair;
  let a: Host;
  let b: Host;

  beforeAll(async () => {
    lab = await Lab.start({ hosts: [{ name: "gw-a" }, { name: "gw-b" }] });
    [a, b] = lab.hosts as [Host, Host];
    pair = new Pair(lab);
    await pair.begin();
  });
  afterAll(() => lab?.stop());

  /** Both hosts' facts, looked at together. */
  async function look(): Promise<[Facts, Facts]> {
    const [ofA, ofB] = await Promise.all([a, b].map((host) => host.exec("vrrp-agent examine gw --window 2")));
    return [new Facts(ofA!.stdout), new Facts(ofB!.stdout)];
  }

  const countersOf = async (host: Host) => {
    await host.exec("rm -f /tmp/keepalived.stats; kill -USR2 $(cat /run/keepalived.pid)");
    await until("keepalived tells its counters", 5000, async () => {
      const { stdout } = await host.exec("cat /tmp/keepalived.stats 2>/dev/null; :");
      return stdout.includes("Priority Zero");
    });
    return (await host.exec("cat /tmp/keepalived.stats; rm /tmp/keepalived.stats")).stdout;
  };
  const errorsOf = async (host: Host) => {
    const counters = await countersOf(host);
    return counters.slice(counters.indexOf("Packet Errors"));
  };
  const heardBy = async (host: Host) => Number(/Received: (\d+)/.exec(await countersOf(host))![1]);
  // What it says when it is asked for its counters or its data, as this test and other parts of the look do, is not meant.
  const logOf = async (host: Host) =>
    (await host.exec("journalctl -q -u keepalived -o cat | grep -v '^Printing VRRP '")).stdout;
  const ruleset = (host: Host, text: string) => host.exec("nft -f -", { stdin: `flush ruleset\n${text}\n` });

  /** Takes away what was in the way of the adverts to b, until they have ended whatever turn as master it took meanwhile. */
  async function clear(): Promise<void> {
    await ruleset(b, "");
    const before = await heardBy(b);
    await until("gw-b hears adverts again", 20_000, async () => (await heardBy(b)) > before);
    await pair.isHeldBy(a, 20_000);
  }

  test("a healthy pair: probes and adverts pass, keepalived has nothing to say of them, and nothing is left", async () => {
    const before = await Promise.all([a, b].map(traces));
    const quiet = await Promise.all([a, b].flatMap((host) => [logOf(host), errorsOf(host)]));
    const [ofA, ofB] = await look();
    expect(await Promise.all([a, b].flatMap((host) => [logOf(host), errorsOf(host)]))).toEqual(quiet);
    expect(await Promise.all([a, b].map(traces))).toEqual(before);

    for (const [facts, peer] of [
      [ofA, b],
      [ofB, a],
    ] as const) {
      const [entered, left] = facts.numbers("sent", peer.name, peer.address, "unicast", "probe");
      expect(entered).toBeGreaterThan(10);
      expect(left).toBe(entered);
      const came = facts.numbers("came", peer.name, peer.address, "unicast", "probe");
      expect(came[0]).toBeGreaterThan(5);
      expect(came).toEqual([came[0], came[0], came[0]]);
      expect(facts.rests("echo", peer.name, peer.address)).toEqual(["yes"]);
      expect(facts.rests("unreachable", peer.name, peer.address)).toEqual(["0"]);
      expect(facts.rests("verdict")).toEqual([]);
      expect(facts.rests("lacks").filter((line) => /^(nft|ping|tcpdump)/.test(line))).toEqual([]);
    }
    expect(ofA.rests("vip", "gw", VIP)).toEqual(["eth0 held"]);
    expect(ofB.rests("vip", "gw", VIP)).toEqual(["eth0 free"]);
    expect(ofA.numbers("sent", "gw-b", b.address, "unicast", "advert")[1]).toBeGreaterThan(0);
    expect(ofB.numbers("came", "gw-a", a.address, "unicast", "advert")[2]).toBeGreaterThan(0);
    expect(ofB.rests("heard", a.address)).toEqual([expect.stringMatching(/^51 2 \d+ unicast [1-9]/)]);
    expect(ofA.rests("heard")).toEqual([]);
    const mac = (await a.readFile("/sys/class/net/eth0/address")).trim();
    expect(ofB.rests("answers", VIP)).toEqual([mac]);
    expect(ofB.rests("mac", "gw-a")).toEqual([mac]);
    expect(ofA.rests("duplicate")).toEqual([]);
  });

  test("a rule that drops is named, with what it drops", async () => {
    await ruleset(
      b,
      `add table inet filter
       add chain inet filter early { type filter hook input priority -10; }
       add chain inet filter bad
       add rule inet filter early ip saddr ${a.address} jump bad
       add rule inet filter bad ip protocol 112 counter drop comment "no (verdict accept)"`,
    );
    const [, ofB] = await look();
    await clear();
    for (const what of ["probe", "advert"]) {
      const [nic, entered, passed] = ofB.numbers("came", "gw-a", a.address, "unicast", what);
      expect(nic).toBeGreaterThan(0);
      expect([entered, passed]).toEqual([nic, 0]);
      expect(ofB.rests("verdict", "in", "gw-a", what)).toEqual([
        'drop - inet:filter bad ip protocol vrrp counter drop comment "no (verdict accept)"',
      ]);
    }
    expect(ofB.rests("verdict", "out")).toEqual([]);
  });

  test("a rule of iptables that rejects is named, and the sender hears of it", async () => {
    await b.exec("iptables -A INPUT -p 112 -j REJECT --reject-with icmp-host-prohibited");
    const [ofA, ofB] = await look();
    await clear();
    expect(ofB.numbers("came", "gw-a", a.address, "unicast", "probe")[2]).toBe(0);
    expect(ofB.rests("verdict", "in", "gw-a", "probe")).toEqual([
      expect.stringMatching(/^reject - ip:filter INPUT .*reject/),
    ]);
    expect(ofA.numbers("unreachable", "gw-b", b.address)[0]).toBeGreaterThan(0);
  });

  test("what passes only because of former adverts is told by the probe", async () => {
    await ruleset(b, STATEFUL);
    const [, open] = await look();
    expect(open.numbers("came", "gw-a", a.address, "unicast", "probe")[2]).toBeGreaterThan(0);
    // A probe that goes out must not be what lets adverts in.
    const { stdout } = await b.exec("grep ' 112 .*zone=0 ' /proc/net/nf_conntrack");
    expect(stdout.trim().split("\n")).toEqual([
      expect.stringMatching(new RegExp(`src=${a.address} dst=${b.address} \\[UNREPLIED\\]`)),
    ]);

    // Its own adverts make the connection one that both ends have used.
    await a.exec("systemctl stop keepalived");
    await pair.isHeldBy(b, 20_000);
    await a.exec("systemctl start keepalived");
    await pair.isHeldBy(a, 20_000);
    await b.exec(
      `nft delete rule inet filter input handle $(nft -a list chain inet filter input | sed -n 's/.*vrrp accept # handle //p')`,
    );
    const [, closed] = await look();
    expect(closed.numbers("came", "gw-a", a.address, "unicast", "advert")[2]).toBeGreaterThan(0);
    const [, entered, passed] = closed.numbers("came", "gw-a", a.address, "unicast", "probe");
    expect(entered).toBeGreaterThan(0);
    expect(passed).toBe(0);
    expect(closed.rests("verdict", "in", "gw-a")).toEqual(["probe drop - inet:filter input policy drop"]);
    const zones = await b.exec(
      "grep -c ' zone=0 ' /proc/net/nf_conntrack; grep ' 112 ' /proc/net/nf_conntrack",
    );
    expect(
      zones.stdout.split("\n").filter((line) => / 112 /.test(line) && line.includes("zone=0")),
    ).toHaveLength(1);
    await ruleset(b, "");
  });

  test("what is lost on its way reaches no interface, and has left the sender", async () => {
    await mute(a);
    const [ofA, ofB] = await look();
    await unmute(a);
    expect(ofA.numbers("sent", "gw-b", b.address, "unicast", "probe")[1]).toBeGreaterThan(0);
    expect(ofB.numbers("came", "gw-a", a.address, "unicast", "probe")).toEqual([0, 0, 0]);
    expect(ofB.numbers("frames", "gw-a", a.address)).toEqual([0]);
    expect(ofB.rests("echo", "gw-a", a.address)).toEqual(["no"]);
    expect(ofA.numbers("came", "gw-b", b.address, "unicast", "probe")[0]).toBeGreaterThan(0);
    await pair.isHeldBy(a, 20_000);
  });

  test("a look that is ended in the middle leaves nothing, one that was killed only until the next", async () => {
    const before = await traces(b);
    const start = async () => {
      const look = b.spawn(["vrrp-agent", "examine", "gw", "--window", "20"]);
      await until("a table counts", 10_000, async () =>
        (await b.exec("nft list tables; pgrep -x ping; :")).stdout.includes("netdev vrrp_doctor_"),
      );
      const { stdout } = await b.exec("nft list tables | sed -n 's/.*netdev vrrp_doctor_//p'");
      return { look, pid: stdout.trim() };
    };
    const ended = await start();
    await b.exec(`kill -TERM ${ended.pid}`);
    await until("nothing is left", 3000, async () => (await traces(b)) === before);

    const killed = await start();
    await b.exec(`kill -KILL ${killed.pid}`);
    expect((await b.exec("nft list tables")).stdout).toContain(`vrrp_doctor_${killed.pid}`);
    await b.exec("vrrp-agent examine gw --window 1");
    expect((await b.exec("nft list tables")).stdout).not.toContain("vrrp_doctor");
  });
});

/** Lines of a look, each in words. */
class Facts {
  private readonly lines: string[];

  constructor(text: string) {
    this.lines = text.trimEnd().split("\n");
  }

  /** What follows these words, of every line that begins with them. */
  rests(...words: string[]): string[] {
    const head = `${words.join(" ")} `;
    return this.lines.filter((line) => line.startsWith(head)).map((line) => line.slice(head.length));
  }

  /** The numbers that follow these words on the one line that begins with them. */
  numbers(...words: string[]): number[] {
    const found = this.rests(...words);
    if (found.length !== 1)
      throw new Error(`${words.join(" ")}: ${found.length} lines of\n${this.lines.join("\n")}`);
    return found[0]!.split(" ").map(Number);
  }
}
