import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { hookLines, hookText, newPortFlag, portFlagsOf, wantOf, planOf } from "../../../../hypervisor/pve";
import { guest } from "./model";

const TEMPLATE = readFileSync(join(__dirname, "../../../../host/pve/nic-flags.sh"), "utf8");

const bridge = (more: { learning?: boolean; type?: string }) => ({
  net0: { name: "vmbr0", learning: true, ...more },
});

describe("a guest's hookscript", () => {
  test("says again what was written into it, and is none without a guest's id", () => {
    const line = fc.record({
      nic: fc.nat(31).map((number) => `net${number}`),
      owner: fc.stringMatching(/^[\w.-]{1,20}$/).map((name) => `vrrp-agent:${name}`),
      flags: fc.constantFrom([["learning", "on"] as const], [
        ["flood", "on"],
        ["mcast_router", "2"],
      ] as const),
    });
    fc.assert(
      fc.property(
        fc.array(line, { maxLength: 4 }),
        fc.integer({ min: 100, max: 999_999_999 }),
        (lines, id) => {
          const text = hookText(TEMPLATE, id, lines as never);
          const sorted = (all: unknown[]) => all.map((one) => JSON.stringify(one)).sort();
          expect(sorted(hookLines(text))).toEqual(sorted(lines));
          expect(text).toContain(`\nguest=${id}\n`);
          expect(hookText(TEMPLATE, id, hookLines(text))).toBe(text);
        },
      ),
    );
    expect(hookLines(TEMPLATE)).toEqual([]);
  });
});

describe("flags of a bridge's port", () => {
  test.each([
    ["promiscuous where the bridge learns", {}, []],
    [
      "promiscuous where it does not",
      { learning: true },
      [
        ["learning", "on"],
        ["flood", "on"],
        ["mcast_flood", "on"],
      ],
    ],
    ["a multicast router", { mcastRouter: 2 }, [["mcast_router", "2"]]],
  ] as const)("%s", (_, more, flags) => {
    const isPromiscuous = !("mcastRouter" in more);
    expect(portFlagsOf({ ...(isPromiscuous && { flood: true, mcastFlood: true }), ...more })).toEqual(flags);
  });

  test.each([
    ["learning", true, "on"],
    ["learning", false, "off"],
    ["flood", false, "off"],
    ["mcast_flood", false, "on"],
    ["mcast_router", false, "1"],
  ])("%s of a new port where learning is %s is %s", (flag, learning, value) => {
    expect(newPortFlag(guest({ bridges: bridge({ learning }) }), "net0", flag)).toBe(value);
  });

  test("are nothing to a port of Open vSwitch, but to the one on the firewall's bridge", () => {
    const needs = {
      interface: "eth0",
      vrrp: [{ family: 6 as const, source: "fe80::1", peers: ["fe80::2"], group: "ff02::12" }],
      addresses: [],
      virtualMac: true,
      also: [],
    };
    const flagsOn = (net0: string) => {
      const seen = guest({ bridges: bridge({ type: "OVSBridge", learning: false }), config: { net0 } });
      return planOf(seen, wantOf(needs, {}), { cluster: "gw" }).bridgePort;
    };
    expect(flagsOn("virtio=BC:24:11:00:00:01,bridge=vmbr0")).toEqual({});
    expect(flagsOn("virtio=BC:24:11:00:00:01,bridge=vmbr0,firewall=1")).toEqual({
      learning: true,
      mcastRouter: 2,
    });
  });
});
