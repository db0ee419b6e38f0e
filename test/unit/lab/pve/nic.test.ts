import fc from "fast-check";
import { normalNic, readNic } from "../../../../lab/pve/nic";

const mac = "BC:24:11:AA:BB:CC";

describe("a NIC's text", () => {
  test.each([
    ["qemu", `bridge=vmbr0,virtio=${mac},firewall=1`, `virtio=${mac},bridge=vmbr0,firewall=1`],
    ["qemu", `model=virtio,macaddr=${mac},bridge=vmbr0`, `virtio=${mac},bridge=vmbr0`],
    [
      "qemu",
      `e1000=${mac},tag=5,rate=1.5,queues=4,mtu=1,link_down=off`,
      `e1000=${mac},link_down=0,mtu=1,queues=4,rate=1.5,tag=5`,
    ],
    ["qemu", `virtio=${mac},trunks=2;5-9,host-tunnel=1`, `virtio=${mac},host-tunnel=1,trunks=2;5-9`],
    [
      "lxc",
      `hwaddr=${mac},bridge=vmbr0,name=eth0,ip=dhcp`,
      `name=eth0,bridge=vmbr0,hwaddr=${mac},ip=dhcp,type=veth`,
    ],
    [
      "lxc",
      `name=eth0,ip=10.0.0.5/24,gw=10.0.0.1,firewall=yes,hwaddr=${mac}`,
      `name=eth0,firewall=1,gw=10.0.0.1,hwaddr=${mac},ip=10.0.0.5/24,type=veth`,
    ],
  ] as const)("of %s %s is written %s", (kind, text, written) => {
    expect(normalNic(kind, text)).toBe(written);
    expect(normalNic(kind, written)).toBe(written);
  });

  test("without a MAC gets a new one of Proxmox's own prefix each time", () => {
    const [first, second] = [1, 2].map(() => normalNic("qemu", "virtio,bridge=vmbr0"));
    expect(first).toMatch(/^virtio=BC:24:11:[0-9A-F:]{8},bridge=vmbr0$/);
    expect(second).not.toBe(first);
  });

  test.each([
    ["qemu", "virtio,e1000=BC:24:11:AA:BB:CC", "key alias 'model' is already defined"],
    ["qemu", `virtio=${mac},fire=1`, "format error"],
    ["qemu", `virtio=${mac},tag=4095`, "format error"],
    ["qemu", "virtio=01:00:5E:00:00:12", "format error"],
    ["qemu", `virtio=${mac},tag=1,tag=2`, "duplicate key in comma-separated list property: tag"],
    ["qemu", "bridge=vmbr0", "format error"],
    ["lxc", "eth0,bridge=vmbr0", "value without key, but schema does not define a default key"],
    ["lxc", "name=eth0,ip=10.0.0.5", "format error"],
    ["lxc", "name=eth0,ip=10.0.0.5/7", "format error"],
  ] as const)("%s %s is refused", (kind, text, message) => {
    expect(() => readNic(kind, text)).toThrow(message);
  });

  test("is refused a key that an old PVE lacks", () => {
    expect(() => readNic("qemu", `virtio=${mac},host-tunnel=1`, ["host-tunnel"])).toThrow("format error");
  });

  test("in whatever order its keys are given is written in one", () => {
    const keys = [
      `virtio=${mac}`,
      "bridge=vmbr0",
      "firewall=1",
      "tag=7",
      "mtu=1400",
      "queues=2",
      "trunks=1;2-3",
    ];
    fc.assert(
      fc.property(fc.shuffledSubarray(keys, { minLength: keys.length }), (order) =>
        expect(normalNic("qemu", order.join(","))).toBe(
          `virtio=${mac},bridge=vmbr0,firewall=1,mtu=1400,queues=2,tag=7,trunks=1;2-3`,
        ),
      ),
    );
  });
});
