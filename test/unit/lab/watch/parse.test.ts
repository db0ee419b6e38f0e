import { parseAdvert } from "../../../../lab/watch/adverts";
import { parseFrame } from "../../../../lab/watch/capture";
import { longestPause, parseConnection } from "../../../../lab/watch/connections";
import { parseMonitorLine } from "../../../../lab/watch/monitorLine";
import { parseEcho, unwrap } from "../../../../lab/watch/probe";
import { Recorder } from "../../../../lab/watch/recorder";
import { spawn } from "node:child_process";

const at = Date.UTC(2026, 10, 21, 9, 55, 0) / 1000;
const stamped = (rest: string) => `[2026-11-21T09:55:00.845686] ${rest}`;

describe("a line of ip monitor", () => {
  it.each([
    [
      "[nsid 3]2: br0    inet 10.9.0.200/32 scope global eth0\\       valid_lft forever",
      { nsid: 3, address: "10.9.0.200", present: true, interfaceIndex: 2 },
    ],
    [
      "[nsid 3]Deleted 2: br0    inet 10.9.0.200/32 scope global eth0\\  ",
      { nsid: 3, address: "10.9.0.200", present: false },
    ],
    [
      "[nsid 0]7: if7    inet6 fd00::200/64 scope global tentative \\   ",
      { address: "fd00::200", interfaceIndex: 7 },
    ],
    [
      "[nsid current]1: lo    inet 127.113.0.1/32 scope host lo\\  ",
      { nsid: undefined, address: "127.113.0.1" },
    ],
  ])("tells an address: %s", (rest, expected) => {
    expect(parseMonitorLine(stamped(rest))).toMatchObject({ kind: "address", ...expected });
  });

  it.each([
    ["<BROADCAST,MULTICAST,UP,LOWER_UP>", true, true],
    ["<NO-CARRIER,BROADCAST,MULTICAST,UP>", true, false],
    ["<BROADCAST,MULTICAST>", false, false],
  ])("tells a link with %s", (flags, up, carrier) => {
    const line = stamped(
      `[nsid 0]2: eth0@if5: ${flags} mtu 1500 qdisc noqueue state UP group default \\    link/ether`,
    );
    expect(parseMonitorLine(line)).toMatchObject({ kind: "link", interface: "eth0", up, carrier });
  });

  it("tells that a namespace came or went, in the observer's numbering only", () => {
    const gone = parseMonitorLine(stamped("[nsid current]Deleted nsid 4 (iproute2 netns name: gw-a)"));
    expect(gone).toMatchObject({ kind: "namespace", nsid: 4, present: false });
    expect(parseMonitorLine(stamped("[nsid current]nsid 4 "))).toMatchObject({ nsid: 4, present: true });
    expect(parseMonitorLine(stamped("[nsid 1]nsid 0 (iproute2 netns name: gw-a)"))).toBeUndefined();
  });

  it("keeps the microseconds, in UTC", () => {
    expect(parseMonitorLine(stamped("[nsid 0]2: x    inet 10.0.0.1/24 "))?.at).toBeCloseTo(at + 0.845686, 6);
  });

  it("that is not understood is refused", () => {
    expect(() => parseMonitorLine("netlink receive error")).toThrow("line not understood");
  });
});

describe("a line of tcpdump", () => {
  const mac = "02:00:00:00:77:0b";
  const line = (rest: string) =>
    `1795254505.123456789 ${mac} > 01:00:5e:00:00:12, ethertype IPv4 (0x0800), length 60: ${rest}`;
  const hostOfMac = (seen: string) => (seen === mac ? "a" : undefined);

  it.each([
    [
      "10.0.0.11 > 10.0.0.12: VRRPv2, Advertisement, vrid 51, prio 100, authtype none, intvl 1s, length 20",
      2,
      100,
    ],
    [
      "10.0.0.11 > 10.0.0.12: VRRPv2, Advertisement, vrid 51, prio 0, authtype simple, intvl 1s, length 20",
      2,
      0,
    ],
    ["fe80::b > ff02::12: VRRPv3, Advertisement, vrid 51, prio 90, intvl 10cs, length 24", 3, 90],
  ])("tells an advert: %s", (rest, version, priority) => {
    const advert = parseAdvert(parseFrame(line(rest)), hostOfMac);
    expect(advert).toMatchObject({ host: "a", version, priority, virtualRouterId: 51 });
    expect(advert.at).toBeCloseTo(1795254505.123457, 5);
  });

  it.each([
    ["10.0.0.100 > 10.0.0.200: ICMP echo request, id 5, seq 7, length 64", "request"],
    ["fd00::200 > fd00::100: ICMP6, echo reply, id 5, seq 7, length 64", "reply"],
  ])("tells an echo: %s", (rest, kind) => {
    expect(parseEcho(parseFrame(line(rest)))).toEqual({ kind, sequence: 7 });
  });

  it("that is not understood is refused", () => {
    expect(() => parseFrame("tcpdump: pcap_loop: The interface disappeared")).toThrow("line not understood");
    expect(() => parseAdvert(parseFrame(line("10.0.0.11 > 10.0.0.12: carp")), hostOfMac)).toThrow(
      "no VRRP advert",
    );
  });
});

describe("the sequence of questions", () => {
  it.each([
    [1, 0, 1],
    [65535, 65534, 65535],
    [0, 65535, 65536],
    [3, 131073, 131075],
    [65535, 65536, 65535],
  ])("%d on the wire after %d is %d", (wire, last, expected) => {
    expect(unwrap(wire, last)).toBe(expected);
  });
});

describe("a recorder", () => {
  const record = (script: string, stdout: (line: string) => void = () => undefined) =>
    new Recorder("tool", spawn("sh", ["-c", script]), { stdout, stderr: () => undefined });

  it("that ends by itself has failed", async () => {
    const recorder = record("exit 3");
    expect(await recorder.wait("a miracle", () => false)).toBe(false);
    await recorder.stop();
    expect(recorder.life().failures).toEqual(["ended by itself with exit status 3"]);
  });

  it("that cannot be started has failed", async () => {
    const nothing = { stdout: () => undefined, stderr: () => undefined };
    const recorder = new Recorder("tool", spawn("/nonexistent/tool"), nothing);
    await recorder.stop();
    expect(() => recorder.assertStarted()).toThrow(/tool: could not be started/);
  });

  it("that is told to end has not, and its last line is read", async () => {
    const lines: string[] = [];
    const recorder = record("trap 'echo last; exit' INT; echo first; while :; do sleep 0.01; done", (line) =>
      lines.push(line),
    );
    await recorder.wait("the first line", () => lines.length > 0);
    await recorder.stop();
    expect(lines).toEqual(["first", "last"]);
    expect(recorder.life().failures).toEqual([]);
  });

  it("that writes what nobody understands has failed", async () => {
    const recorder = record("echo what", (line) => {
      throw new Error(`not understood: ${line}`);
    });
    await recorder.poll(() => false, 1);
    await recorder.stop();
    expect(recorder.life().failures).toContain("not understood: what");
  });
});

describe("a line of connect.mjs", () => {
  it.each([
    ["7 1763718900.250 3.4 answered gw-a", { sequence: 7, at: 1763718900.25, took: 0.0034, answer: "gw-a" }],
    ["8 1763718900.270 0.1 lost ECONNREFUSED", { at: 1763718900.27, reason: "ECONNREFUSED" }],
    ["9 1.000 1000.2 lost no answer within 1000 ms", { took: 1.0002, reason: "no answer within 1000 ms" }],
  ])("%s", (line, expected) => {
    expect(parseConnection(line)).toMatchObject(expected);
  });

  it("that is something else is an error", () => {
    expect(() => parseConnection("Warning: 7")).toThrow("line not understood: Warning: 7");
  });

  it("tells when the probe paused, at the edges too", () => {
    const begun = [2, 1, 3.5].map((at) => ({ at, took: 0, answer: "gw-a" }));
    expect(longestPause(begun, 0.5, 4)).toBe(1.5);
    expect(longestPause(begun, 0.5, 6)).toBe(2.5);
    expect(longestPause([], 1, 3)).toBe(2);
  });
});
