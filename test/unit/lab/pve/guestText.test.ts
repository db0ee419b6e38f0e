import { createHash } from "node:crypto";
import { parseGuest, printGuest, sha1 } from "../../../../lab/pve/guestText";

const qemu = `#gateway %3A a
#second line
boot: order=scsi0
cores: 2
memory: 2048
name: gw-a
net0: virtio=BC:24:11:AA:BB:CC,bridge=vmbr0,firewall=1
net10: virtio=BC:24:11:AA:BB:CD,bridge=vmbr1
net2: virtio=BC:24:11:AA:BB:CE,bridge=vmbr1
onboot: 1
scsi0: local-lvm:vm-101-disk-0,size=8G

[PENDING]
cores: 4
delete: net2

[before]
#snapshot
cores: 1
name: gw-a
snaptime: 1700000000
`;

const lxc = `#container
arch: amd64
hostname: gw-b
net0: name=eth0,bridge=vmbr0,firewall=1,hwaddr=BC:24:11:AA:BB:CF,ip=dhcp,type=veth
ostype: debian
lxc.apparmor.profile: unconfined

[pve:pending]
memory: 512
`;

test("a configuration that PVE wrote is written back byte for byte", () => {
  expect(printGuest("qemu", parseGuest("qemu", 101, qemu))).toBe(qemu);
  expect(printGuest("lxc", parseGuest("lxc", 102, lxc))).toBe(lxc);
});

test("the digest is the SHA-1 of the text as it lies there", () => {
  expect(parseGuest("qemu", 101, qemu).digest).toBe(createHash("sha1").update(qemu).digest("hex"));
  expect(sha1("")).toBe("da39a3ee5e6b4b0d3255bfef95601890afd80709");
});

test("a description is decoded, and encoded again", () => {
  expect(parseGuest("qemu", 101, qemu).main.values.get("description")).toBe("gateway : a\nsecond line");
});

test("what a virtual machine's reader does not understand is warned of and lost, a container's is kept", () => {
  const warned: string[] = [];
  const text = "name: a\nnew_thing: 1\n";
  expect(
    printGuest(
      "qemu",
      parseGuest("qemu", 101, text, {}, (line) => warned.push(line)),
    ),
  ).toBe("name: a\n");
  expect(warned).toEqual(["vm 101 - unable to parse value of 'new_thing' - unknown setting 'new_thing'"]);
  expect(printGuest("lxc", parseGuest("lxc", 101, text))).toContain("new_thing: 1");
});

test("settings of any order are written by name, in the order of bytes", () => {
  const shuffled = parseGuest("qemu", 101, "net2: virtio,bridge=b\nname: a\nnet10: virtio,bridge=b\n");
  expect(printGuest("qemu", shuffled)).toBe("name: a\nnet10: virtio,bridge=b\nnet2: virtio,bridge=b\n");
});
