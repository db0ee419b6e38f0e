import * as fc from "fast-check";
import {
  addressesOf,
  asPveWrites,
  bridgeOf,
  entriesOf,
  faultOf,
  firewallOf,
  GuestKind,
  macOf,
  parseNet,
  printNet,
  valueOf,
  withKey,
} from "../../../../hypervisor/pve/net";
import { NET_ROWS } from "./net-rows";

const kinds = fc.constantFrom<GuestKind>("qemu", "lxc");
const mac = fc
  .array(fc.integer({ min: 0, max: 255 }), { minLength: 5, maxLength: 5 })
  .map((bytes) => ["BC", ...bytes.map((b) => b.toString(16).padStart(2, "0").toUpperCase())].join(":"));
const word = fc.stringMatching(/^[a-z0-9][a-z0-9.;_-]{0,8}$/);

/** A NIC that PVE takes: its first key, the MAC in one of its spellings, and further keys in any order. */
const nets = fc
  .record({
    kind: kinds,
    mac,
    spelled: fc.boolean(),
    others: fc.uniqueArray(
      fc.tuple(fc.constantFrom("bridge", "firewall", "tag", "mtu", "rate", "trunks", "later", "ahead"), word),
      { selector: ([key]) => key },
    ),
    at: fc.nat(8),
  })
  .map(({ kind, mac, spelled, others, at }) => {
    const first =
      kind === "lxc"
        ? ["name=eth0", `hwaddr=${mac}`]
        : spelled
          ? ["model=virtio", `macaddr=${mac}`]
          : [`virtio=${mac}`];
    const parts = others.map(([key, value]) => `${key}=${key === "firewall" ? "1" : value}`);
    parts.splice(at, 0, ...first);
    return { kind, text: parts.join(",") };
  });

function without(text: string, key: string): string[] {
  return text.split(",").filter((part) => !part.startsWith(`${key}=`));
}

describe("a NIC of Proxmox VE", () => {
  it("is printed as it was read, whatever the text", () => {
    fc.assert(
      fc.property(kinds, fc.string({ unit: "grapheme" }), (kind, text) => {
        expect(printNet(parseNet(kind, text))).toBe(text);
      }),
    );
  });

  it("changes in one key, and every other part stays where it was as it was", () => {
    fc.assert(
      fc.property(nets, fc.constantFrom("0", "1", undefined), ({ kind, text }, value) => {
        const changed = withKey(parseNet(kind, text), "firewall", value);
        expect(valueOf(changed, "firewall")).toBe(value);
        expect(without(printNet(changed), "firewall")).toEqual(without(text, "firewall"));
        expect(faultOf(changed)).toBe(faultOf(parseNet(kind, text)));
      }),
    );
  });

  it("is what it was when a key that was absent is set and taken out again", () => {
    fc.assert(
      fc.property(nets, ({ kind, text }) => {
        const bare = withKey(parseNet(kind, text), "firewall", undefined);
        const back = withKey(withKey(bare, "firewall", "0"), "firewall", undefined);
        expect(printNet(back)).toBe(printNet(bare));
      }),
    );
  });

  it("is read back from PVE as it was written, once PVE has written it", () => {
    fc.assert(
      fc.property(nets, fc.constantFrom("0", "1", undefined), ({ kind, text }, value) => {
        const kept = asPveWrites(parseNet(kind, text));
        const changed = withKey(parseNet(kind, kept), "firewall", value);
        expect(asPveWrites(changed)).toBe(printNet(changed));
        expect(new Map(entriesOf(parseNet(kind, kept)))).toEqual(
          new Map([
            ...entriesOf(parseNet(kind, text)),
            ...(kind === "lxc" ? ([["type", "veth"]] as const) : []),
          ]),
        );
      }),
    );
  });

  it.each(NET_ROWS)("of a %s is read, and changed in its firewall only: %s", (kind, text, keys, off) => {
    const net = parseNet(kind, text);
    const others = entriesOf(net).filter(([key]) => key !== "firewall");
    expect(others.map(([key, value]) => `${key}=${value}`).join(" ")).toBe(keys);
    expect(printNet(withKey(net, "firewall", "0"))).toBe(off);
    expect(printNet(withKey(net, "firewall", "1"))).toBe(off.replace("firewall=0", "firewall=1"));
    expect(faultOf(net)).toBeUndefined();
  });

  it("has its MAC in each spelling, and none where none is written", () => {
    const macs = [
      "virtio=BC:24:11:0C:00:01",
      "model=virtio,macaddr=BC:24:11:0C:00:01",
      "virtio,bridge=vmbr0",
    ];
    expect(macs.map((text) => macOf(parseNet("qemu", text)))).toEqual([
      "BC:24:11:0C:00:01",
      "BC:24:11:0C:00:01",
      undefined,
    ]);
    expect(macOf(parseNet("lxc", "name=eth0,hwaddr=BC:24:11:0C:00:02"))).toBe("BC:24:11:0C:00:02");
    expect(bridgeOf(parseNet("qemu", "virtio,bridge=vmbr7"))).toBe("vmbr7");
  });

  it("is behind the firewall only where its flag says so, in any of PVE's spellings", () => {
    const texts = ["", ",firewall=0", ",firewall=1", ",firewall=On", ",firewall=no"];
    expect(texts.map((text) => firewallOf(parseNet("qemu", `virtio${text}`)))).toEqual([
      false,
      false,
      true,
      true,
      false,
    ]);
  });

  it("of a container has the addresses that PVE configures", () => {
    const text = "name=eth0,ip=192.0.2.9/24,ip6=2001:db8::9/64";
    expect(addressesOf(parseNet("lxc", text))).toEqual(["192.0.2.9/24", "2001:db8::9/64"]);
    expect(addressesOf(parseNet("lxc", "name=eth0,ip=dhcp,ip6=auto"))).toEqual([]);
  });

  it("changes its model or its MAC in the part that has both", () => {
    const net = parseNet("qemu", "virtio=BC:24:11:0C:00:01,bridge=vmbr0");
    expect(printNet(withKey(net, "macaddr", "BC:24:11:0C:00:09"))).toBe(
      "virtio=BC:24:11:0C:00:09,bridge=vmbr0",
    );
    expect(printNet(withKey(net, "model", "e1000"))).toBe("e1000=BC:24:11:0C:00:01,bridge=vmbr0");
    expect(printNet(withKey(net, "macaddr", undefined))).toBe("virtio,bridge=vmbr0");
  });

  it("is written by PVE in its own order and spelling", () => {
    expect(asPveWrites(parseNet("qemu", "bridge=vmbr0,firewall=on,macaddr=BC:24:11:0C:00:01,virtio"))).toBe(
      "virtio=BC:24:11:0C:00:01,bridge=vmbr0,firewall=1",
    );
    expect(asPveWrites(parseNet("lxc", "bridge=vmbr0,,name=eth0,link_down=no"))).toBe(
      "name=eth0,bridge=vmbr0,link_down=0,type=veth",
    );
  });

  it.each<[GuestKind, string, string]>([
    ["qemu", "bridge=vmbr0", "it names no model"],
    ["qemu", "virtio,e1000", "it has 'model' twice"],
    ["qemu", "virtio=BC:24:11:0C:00:01,macaddr=BC:24:11:0C:00:02", "it has 'macaddr' twice"],
    ["qemu", "virtio,bridge=", "'bridge=' is no KEY=VALUE"],
    ["qemu", "virtio,firewall=maybe", "'firewall=maybe' is no boolean"],
    ["qemu", "virtio=01:24:11:0C:00:01", "'01:24:11:0C:00:01' is no MAC address of one host"],
    ["lxc", "bridge=vmbr0", "it has no 'name'"],
    ["lxc", "eth0,name=eth0", "'eth0' is no KEY=VALUE"],
    ["lxc", "name=eth0,ip=dhcp,ip=manual", "it has 'ip' twice"],
  ])("that PVE would not take says why: %s %s", (kind, text, why) => {
    expect(faultOf(parseNet(kind, text))).toBe(why);
  });
});
