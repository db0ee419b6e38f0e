import { renderHost } from "../../../render";
import { Bfd, InstanceConfig } from "../../../spec";
import { impactOf, impactText, INTERRUPTION_MS } from "../../../simulate/impact";
import { instance, plan, session } from "../render/plan";

const NODE = "/etc/vrrp-agent/gw/node.conf";
const lines = [
  "cluster gw",
  "instance gw 4 51 eth0",
  "agree gw 3 1 unicast 10.0.0.1",
  "ttl gw any 255",
  "vip gw 10.0.0.100/24 eth0",
  "peer gw-b 10.0.0.2",
  "settle 5",
];

/** The files with one line in place of another; "" takes it away. */
function files(former = "", next = ""): Record<string, string> {
  const text = lines.map((line) => (line === former ? next : line)).filter(Boolean);
  return { [NODE]: `${text.join("\n")}\n` };
}

describe("what a change does to the addresses", () => {
  test.each([
    ["virtual_router_id", "instance gw 4 51 eth0", "instance gw 4 52 eth0", "virtual_router_id"],
    ["the interface", "instance gw 4 51 eth0", "instance gw 4 51 eth1", "interface"],
    ["unicast_src_ip", "agree gw 3 1 unicast 10.0.0.1", "agree gw 3 1 unicast 10.0.0.9", "unicast_src_ip"],
    [
      "unicast to multicast",
      "agree gw 3 1 unicast 10.0.0.1",
      "agree gw 3 1 multicast 10.0.0.1",
      "unicast <->",
    ],
  ])("%s interrupts them once, and the sentence says for how long", (_, former, next, word) => {
    const impact = impactOf("gw", files(), files(former, next))!;
    expect(impact.kind).toBe("interrupt");
    expect(impact.causes).toEqual([expect.stringContaining(word)]);
    expect(impactText("gw", impact)).toContain(
      `this change interrupts the addresses once, about ${INTERRUPTION_MS} ms`,
    );
  });

  test.each([
    ["advert_int", "agree gw 3 1 unicast 10.0.0.1", "agree gw 3 0.5 unicast 10.0.0.1", "advert_int"],
    ["the version", "agree gw 3 1 unicast 10.0.0.1", "agree gw 2 1 unicast 10.0.0.1", "version"],
    ["another address", "vip gw 10.0.0.100/24 eth0", "vip gw 10.0.0.101/24 eth0", "virtual_ipaddress"],
    ["a TTL", "ttl gw any 255", "ttl gw 255 255", "unicast_ttl or min_ttl"],
    ["a peer that moves", "peer gw-b 10.0.0.2", "peer gw-b 10.0.0.3", "unicast_peer"],
  ])("%s leaves them where they are, while the others are stopped", (_, former, next, word) => {
    const impact = impactOf("gw", files(), files(former, next))!;
    expect(impact).toEqual({ kind: "reload", causes: [expect.stringContaining(word)] });
    expect(impactText("gw", impact)).toMatch(/without a gap; the other nodes stop keepalived/);
  });

  test("that one node takes all addresses first is told where a cluster has several virtual routers, and only there", () => {
    const web = (change: Record<string, string>) => ({
      [NODE]: change[NODE]!.replace(
        "instance gw 4 51 eth0\n",
        (line) => `${line}instance gw-web 4 61 eth0\n`,
      ),
    });
    const change = ["agree gw 3 1 unicast 10.0.0.1", "agree gw 3 2 unicast 10.0.0.1"] as const;
    const [one, several] = [
      impactOf("gw", files(), files(...change))!,
      impactOf("gw", web(files()), web(files(...change)))!,
    ];
    expect(impactText("gw", one)).not.toContain("takes all first");
    expect(impactText("gw", several)).toMatch(
      /; where several nodes hold addresses, one of them takes all first, and by their priorities they go back after it$/,
    );
    expect(impactOf("gw", web(files()), web(files("settle 5", "settle 6")))).toBeUndefined();
  });

  test("another password, or none any more, is told without a word of it", () => {
    const secret = (text: string) => ({ ...files(), "/etc/keepalived/gw.auth.conf": `auth_pass ${text}\n` });
    for (const next of [secret("other"), files()]) {
      const impact = impactOf("gw", secret("former"), next)!;
      expect(impact).toEqual({ kind: "reload", causes: ["auth_pass"] });
      expect(impactText("gw", impact)).not.toMatch(/former|other"/);
    }
  });

  test("a plain reload, a peer that is new, and a first apply are not worth a word", () => {
    expect(impactOf("gw", files(), files("settle 5", "settle 9"))).toBeUndefined();
    expect(impactOf("gw", files("peer gw-b 10.0.0.2"), files())).toBeUndefined();
    expect(impactOf("gw", {}, files())).toBeUndefined();
  });
});

describe("BFD with weight 0", () => {
  const rendered = (bfd: Bfd[], changes: Partial<InstanceConfig> = {}) =>
    Object.fromEntries(
      renderHost(plan([instance({ bfd, ...changes })])).map(({ path, text }) => [path, text]),
    );
  const up = session();

  test("that a running pair gets puts the holder in FAULT, and the sentence says for how long", () => {
    const impact = impactOf("gw", rendered([]), rendered([up]))!;
    expect(impact).toEqual({ kind: "move", causes: ["bfd_instance up with weight 0"], seconds: 3 });
    expect(impactText("gw", impact)).toBe(
      "gw: bfd_instance up with weight 0: a node is in FAULT for about 3 s, until its session is up: " +
        "the addresses move from the node that holds them to another one",
    );
  });

  test.each([
    ["a second session", [up], [up, session({ name: "isp" })], "isp", 3],
    ["another neighbour", [up], [session({ neighborIp: "192.168.1.253" })], "up", 3],
    ["a slow session", [], [session({ idleTx: 2000 })], "up", 6],
  ])("%s does the same", (_, former, next, name, seconds) => {
    expect(impactOf("gw", rendered(former), rendered(next))).toEqual({
      kind: "move",
      causes: [`bfd_instance ${name} with weight 0`],
      seconds,
    });
  });

  test.each([
    ["a session with a weight", [], [session({ weight: -10 })]],
    ["one that was there, with other timers", [up], [session({ minRx: 100 })]],
    ["one that goes", [up], []],
  ])("%s costs nothing", (_, former, next) => {
    expect(impactOf("gw", rendered(former), rendered(next))).toBeUndefined();
  });

  test("is a gap where the other nodes are stopped meanwhile", () => {
    const impact = impactOf("gw", rendered([]), rendered([up], { advertInt: 0.5 }))!;
    expect(impact.kind).toBe("gap");
    expect(impact.causes).toEqual(["advert_int or version", "bfd_instance up with weight 0"]);
    expect(impactText("gw", impact)).toMatch(
      /about 3 s, .*: nobody has the addresses meanwhile; the other nodes stop keepalived/,
    );
  });

  test("adds nothing where the agent holds the addresses by hand, and nothing to an instance that is new", () => {
    expect(impactOf("gw", rendered([]), rendered([up], { virtualRouterId: 52 }))).toMatchObject({
      kind: "interrupt",
    });
    expect(impactOf("gw", {}, rendered([up]))).toBeUndefined();
  });
});
