import { partsOf, readStruck } from "../../faults/host";
import { type Expected, judgeStates, judgeTimeline } from "../../faults/judge";
import { type HostState, readState } from "../../faults/state";
import { timelineOf } from "./timelines";

const VIP = "10.20.30.200";
const MORE = "10.20.30.201";

const expected: Expected = {
  allVips: [VIP, MORE],
  generations: [
    { name: "old", generation: "aaa", vips: [VIP] },
    { name: "new", vips: [VIP, MORE] },
  ],
};

const host = (generation: string, addresses: string[], more: Partial<HostState> = {}): HostState => ({
  generation,
  addresses,
  unrest: [],
  busy: [],
  keepalived: "active",
  ...more,
});

const judge = (a: HostState, b: HostState) =>
  judgeStates(
    new Map([
      ["gw-a", a],
      ["gw-b", b],
    ]),
    expected,
  );

describe("the hosts after an interruption", () => {
  test("are right when all are at the old generation and one holds its address", () => {
    expect(judge(host("aaa", [VIP]), host("aaa", []))).toEqual({
      problems: [],
      outcome: "old",
      generation: "aaa",
    });
  });

  test("are right when all are at the new generation and each of its addresses has one holder", () => {
    expect(judge(host("bbb", []), host("bbb", [VIP, MORE]))).toMatchObject({ problems: [], outcome: "new" });
  });

  test("are wrong on different generations", () => {
    expect(judge(host("aaa", [VIP]), host("bbb", [])).problems).toEqual([
      "not one generation: gw-a at aaa, gw-b at bbb",
    ]);
  });

  test.each([
    ["two holders", [VIP], [VIP], `${VIP} is held by gw-a and gw-b, must be held by 1`],
    ["no holder", [], [], `${VIP} is held by nobody, must be held by 1`],
    ["an address of the other generation", [VIP, MORE], [], `${MORE} is held by gw-a, must be held by 0`],
  ])("are wrong with %s", (_what, a, b, problem) => {
    expect(judge(host("aaa", a), host("aaa", b)).problems).toEqual([problem]);
  });

  test("are wrong while anything is at work, or keepalived is not", () => {
    const a = host("aaa", [VIP], { unrest: ["a change is pending"], busy: ["77 sh"] });
    const b = host("aaa", [], { keepalived: "inactive" });
    expect(judge(a, b).problems).toEqual([
      "gw-a: a change is pending",
      "gw-a: a step still runs: 77 sh",
      "gw-b: keepalived is inactive, must be active",
    ]);
  });

  test("need no holder and no daemon where nothing was applied before", () => {
    const nothing = host("0", [], { keepalived: "inactive" });
    const states = new Map([
      ["gw-a", nothing],
      ["gw-b", nothing],
    ]);
    const generations = [{ name: "old" as const, generation: "0", vips: [] }];
    expect(judgeStates(states, { ...expected, generations }).problems).toEqual([]);
  });
});

describe("what a host says", () => {
  const status = (cluster: object) =>
    `status ${JSON.stringify({ clusters: [{ cluster: "gw", generation: "aaa", pending: false, drift: [], ...cluster }] })}`;

  test("is read", () => {
    const text = `enabled enabled\nactive active\naddress 127.0.0.1\naddress ${VIP}\n${status({})}\n`;
    expect(readState(text)).toEqual({
      generation: "aaa",
      unrest: [],
      busy: [],
      keepalived: "active",
      addresses: ["127.0.0.1", VIP],
    });
  });

  test("is unrest where it is a pending change, an undo timer, a changed file or a mask; a running step is told", () => {
    const text = [
      "busy 77 sh vrrp-agent activate gw -",
      "undo vrrp-agent-undo-gw-1.timer loaded",
      "enabled masked-runtime",
      "differs ./etc/keepalived/keepalived.conf: FAILED",
      status({ pending: true, drift: ["/etc/keepalived/keepalived.conf"] }),
    ].join("\n");
    const { unrest, busy } = readState(text);
    expect(unrest).toHaveLength(5);
    expect(busy).toEqual(["77 sh vrrp-agent activate gw -"]);
  });

  test("is unrest where status does not answer", () => {
    expect(readState("status vrrp-agent: no room").unrest).toEqual([
      "vrrp-agent status: vrrp-agent: no room",
    ]);
  });
});

describe("the processes of a step", () => {
  const told = [
    "where 12 mv",
    "process 40 /bin/sh /opt/faults/tools/mv a b ",
    "process 39 /bin/sh /usr/lib/vrrp-agent/vrrp-agent activate gw - ",
    "process 38 /bin/sh /usr/lib/vrrp-agent/vrrp-agent activate gw - ",
    "process 37 /usr/bin/timeout 180 /usr/lib/vrrp-agent/vrrp-agent activate gw - ",
    "process 36 /bin/sh /opt/faults/bin/timeout 180 /usr/lib/vrrp-agent/vrrp-agent activate gw - ",
    "process 35 sshd: root@notty ",
    "process 34 sshd: /usr/sbin/sshd -D ",
  ].join("\n");

  test("are the agent's topmost shell, what sshd started, and the session", () => {
    const struck = readStruck(`${told}\n`);
    expect(struck.where).toBe("mv");
    expect(partsOf(struck)).toEqual({ agent: 38, shell: 36, session: 35, all: [40, 39, 38, 37, 36] });
  });
});

describe("a timeline", () => {
  test("is right with a hand-over of a moment, and tells the gap", () => {
    const timeline = timelineOf([
      ["gw-a", VIP, 0, 10],
      ["gw-b", VIP, 9.95, 20],
      ["gw-a", VIP, 20.5, 30],
    ]);
    const verdict = judgeTimeline(timeline, [VIP], [VIP]);
    expect(verdict.problems).toEqual([]);
    expect(verdict.gap).toBeCloseTo(0.5);
    expect(verdict.overlap).toBeCloseTo(0.05);
  });

  test("has no gap where an address is not in both generations", () => {
    const timeline = timelineOf([
      ["gw-a", MORE, 0, 10],
      ["gw-a", MORE, 20, 30],
    ]);
    expect(judgeTimeline(timeline, [VIP, MORE], [VIP]).gap).toBe(0);
  });

  test("is wrong with two holders for longer, and says since when", () => {
    const timeline = timelineOf([
      ["gw-a", VIP, 0, 30],
      ["gw-b", VIP, 10, 12],
    ]);
    expect(judgeTimeline({ ...timeline, marks: [{ at: 9, label: "kill" }] }, [VIP], []).problems).toEqual([
      `${VIP}: gw-a and gw-b held it for 2.000 s, from 1.0 s after 'kill'`,
    ]);
  });

  test("is wrong when a recorder was blind", () => {
    const timeline = timelineOf([["gw-a", VIP, 0, 30]]);
    const recorders = [{ recorder: "addresses", from: 0, to: 3, failures: ["ended by itself"] }];
    expect(judgeTimeline({ ...timeline, recorders }, [VIP], []).problems).toEqual([
      "recorder addresses: ended by itself",
    ]);
  });
});
