import { Lab, Stack, until } from "../../../lab";
import {
  type Instant,
  type Watch,
  between,
  holdersOf,
  judge,
  now,
  preemptionOverlap,
} from "../../../lab/watch";
import { watchLab } from "../../../lab/watchLab";
import { masterDownInterval } from "../../../simulate/timing";
import { configure, errorsOf, nodeOf } from "./cluster";
import { fresh, slack } from "./watchedPair";

/** Held by gw-a while both hosts are well. */
const OWN = "10.20.30.200";
/** Held by gw-b while both hosts are well. */
const OTHER = "10.20.30.201";
const advertInt = 0.1;
const wasMissed = masterDownInterval({ version: 3, advertInt, priority: 90 }) + slack;
/** Seconds looked at after an event has settled. */
const tail = 0.3;

const web = {
  name: "web",
  virtualRouterId: 52,
  virtualIpAddresses: [`${OTHER}/24`],
  primary: "gw-b",
};

/** One pair with two virtual routers, each host the primary of one. */
describe("a pair of which each host holds some of the addresses", () => {
  let lab: Lab;
  let stack: Stack;
  let watch: Watch;
  let spec: Record<string, unknown> = { advertInt, undoAfter: 30, virtualRouters: [web] };

  beforeAll(async () => {
    lab = await Lab.start({ hosts: [{ name: "gw-a" }, { name: "gw-b" }] });
    stack = await Stack.create({ client: lab.client });
    watch = await watchLab(lab, [OWN, OTHER]);
    await apply();
    await settled("gw-a", "gw-b");
  });
  afterAll(async () => {
    await watch?.stop();
    stack?.remove();
    await lab?.stop();
  });

  const change = (changes: Record<string, unknown>) => {
    spec = { ...spec, ...changes };
    return configure(
      stack,
      lab,
      lab.hosts.map((host) => nodeOf(host)),
      spec,
    );
  };
  const apply = async (changes: Record<string, unknown> = {}) => {
    await change(changes);
    return stack.up();
  };

  /** Waits until each address is held by one host alone, which answers. */
  const settled = (own: string, other: string) =>
    until(`${own} alone holds ${OWN}, and ${other} ${OTHER}`, 60_000, () =>
      (
        [
          [OWN, own],
          [OTHER, other],
        ] as const
      ).every(([vip, host]) => {
        const answer = watch.lastAnswer(vip);
        return answer?.host === host && now() - answer.at < fresh && watch.holders(vip).join() === host;
      }),
    );

  const answeredFor = async (seconds: number) => {
    const end = now() + seconds;
    await until("the client is answered", 20_000, () =>
      [OWN, OTHER].every((vip) => (watch.lastAnswer(vip)?.at ?? 0) > end),
    );
  };

  const since = async (from: Instant) => {
    const to = now() + tail;
    await answeredFor(tail);
    return between(await watch.timeline(), from, to);
  };

  /** What is wrong with an address that is to have moved along `hosts` since an instant, never away and never doubled. */
  const wentAlong = async (
    from: Instant,
    vip: string,
    hosts: string[],
    withoutHolder = preemptionOverlap,
  ) => {
    const { sequence, gaps, overlaps } = holdersOf(await since(from), vip);
    const longest = (spans: typeof gaps) => Math.max(0, ...spans.map((span) => span.to - span.from));
    expect(sequence).toEqual(hosts);
    expect(longest(gaps)).toBeLessThanOrEqual(withoutHolder);
    expect(longest(overlaps)).toBeLessThanOrEqual(preemptionOverlap);
  };

  const linesOf = (words: string) =>
    Promise.all(
      lab.hosts.map(async (host) => {
        const { stdout } = await host.exec(`grep -h -E '^ *${words}' /etc/keepalived/keepalived.conf`);
        return stdout
          .split("\n")
          .map((line) => line.trim())
          .filter(Boolean);
      }),
    );

  it("keeps each address where it is through a change that a reload takes up", async () => {
    const from = now();
    await answeredFor(tail);
    await apply({ garpMasterDelay: 7 });
    const timeline = await since(from);
    for (const [vip, virtualRouterId, host] of [
      [OWN, 51, "gw-a"],
      [OTHER, 52, "gw-b"],
    ] as const) {
      const expected = { vip, virtualRouterId, before: host, after: host, silence: slack };
      expect(judge(timeline, expected).failures).toEqual([]);
    }
    expect(await linesOf("garp_master_delay")).toEqual(Array(2).fill(Array(2).fill("garp_master_delay 7")));
  });

  it("has the survivor hold all when a host loses power, and gives its address back when it returns", async () => {
    const from = now();
    await answeredFor(tail);
    await lab.host("gw-b").powerOff();
    await settled("gw-a", "gw-a");
    await lab.host("gw-b").boot();
    await settled("gw-a", "gw-b");
    await wentAlong(from, OTHER, ["gw-b", "gw-a", "gw-b"], wasMissed);
    await wentAlong(from, OWN, ["gw-a"], 0);
  });

  it("drains a host of what it holds, and undrain brings it back", async () => {
    const from = now();
    await answeredFor(tail);
    const { stdout } = await lab.host("gw-a").exec("vrrp-agent drain");
    expect(stdout).toBe(`gw is drained\n${OWN} is held by gw-b\n${OTHER} is held by gw-b\n`);
    await lab.host("gw-a").exec("vrrp-agent undrain");
    await settled("gw-a", "gw-b");
    await wentAlong(from, OWN, ["gw-a", "gw-b", "gw-a"]);
    await wentAlong(from, OTHER, ["gw-b"], 0);
  });

  it.each<[string, Record<string, unknown>, number, string]>([
    ["another advertInt", { advertInt: 0.2 }, preemptionOverlap, "advert_int 0.2"],
    [
      "another virtual_router_id",
      { virtualRouters: [{ ...web, virtualRouterId: 53 }] },
      slack,
      "virtual_router_id",
    ],
  ])(
    "%s: one host holds all addresses while the daemons change, then each its own",
    async (_what, changes, gap, words) => {
      const from = now();
      await answeredFor(tail);
      await apply(changes);
      await settled("gw-a", "gw-b");
      // The host that is changed first gives way to the other, which is changed alone.
      await wentAlong(from, OWN, ["gw-a", "gw-b", "gw-a"], gap);
      await wentAlong(from, OTHER, ["gw-b"], gap);
      const [a, b] = await linesOf(words);
      expect(a).toEqual(b);
      expect(a).toHaveLength(2);
    },
  );

  it("goes back as one when such a change fails on the host that holds all, and the next up makes it", async () => {
    const from = now();
    await answeredFor(tail);
    const broken = "/etc/systemd/system/keepalived.service.d/zz-broken.conf";
    await lab
      .host("gw-b")
      .exec(
        `printf '[Service]\\nExecReload=\\nExecReload=/bin/false\\n' >${broken}; systemctl daemon-reload`,
      );
    await change({ advertInt });
    const failed = await stack.up([], { check: false });
    expect(errorsOf(failed)[0]!.text).toMatch(/gw-b: finish: keepalived: systemctl reload failed/);
    await lab.host("gw-b").exec(`rm ${broken} && systemctl daemon-reload`);
    await settled("gw-a", "gw-b");
    expect(await linesOf("advert_int")).toEqual(Array(2).fill(Array(2).fill("advert_int 0.2")));
    // Both confirms fail: the hosts try together, without an order of steps.
    await stack.up();
    await settled("gw-a", "gw-b");
    expect(await linesOf("advert_int")).toEqual(Array(2).fill(Array(2).fill(`advert_int ${advertInt}`)));
    for (const vip of [OWN, OTHER]) {
      const { overlaps, gaps } = holdersOf(await since(from), vip);
      for (const span of [...overlaps, ...gaps]) expect(span.to - span.from).toBeLessThanOrEqual(slack);
    }
  });

  it("takes a virtual router away again, and nobody holds its address any more", async () => {
    await apply({ virtualRouters: [] });
    await until("nobody holds it", 10_000, () => watch.holders(OTHER).length === 0);
    await until("gw-a holds its own", 20_000, () => watch.holders(OWN).join() === "gw-a");
    expect((await linesOf("virtual_router_id"))[1]).toEqual(["virtual_router_id 51"]);
  });
});
