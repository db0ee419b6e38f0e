import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { linkLocal, switchFilter } from "../../../../lab/pve/filter";
import { Store } from "../../../../lab/pve/store";

const mac = "02:4C:41:42:00:0B";
let directory: string;
let store: Store;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "pve-"));
  store = new Store(directory, ["pve1"]);
  store.write("firewall/cluster.fw", "[OPTIONS]\nenable: 1\n");
  store.write("nodes/pve1/qemu-server/101.conf", `net0: virtio=${mac},bridge=vmbr0,firewall=1\n`);
});
afterEach(() => rmSync(directory, { recursive: true }));

const chain = (name: string) => {
  const text = switchFilter(store, [{ id: 101, ports: { net0: "port-gw-a" } }]);
  const body = new RegExp(`  chain ${name} \\{\\n([^}]*(?:\\{[^}]*\\}[^}]*)*?)  \\}\\n`).exec(
    text.split("flush table")[1] ?? "",
  );
  return body?.[1]?.trim().split(/\n\s*/);
};
const guest = (text: string) => store.write("firewall/101.fw", text);

test("filters a NIC only while its flag, its guest's firewall and the cluster's are on", () => {
  expect(chain("in-101-net0")).toBeUndefined();
  guest("[OPTIONS]\nenable: 1\n");
  expect(chain("in-101-net0")).toBeDefined();
  for (const [path, off] of [
    ["firewall/cluster.fw", "[OPTIONS]\nenable: 0\n"],
    ["firewall/101.fw", "[OPTIONS]\nenable: 0\n"],
    ["nodes/pve1/qemu-server/101.conf", `net0: virtio=${mac},bridge=vmbr0,firewall=0\n`],
  ] as const) {
    const on = store.read(path);
    store.write(path, off);
    expect(chain("in-101-net0")).toBeUndefined();
    store.write(path, on);
  }
  store.write("nodes/pve1/host.fw", "[OPTIONS]\nenable: 0\n");
  expect(chain("in-101-net0")).toBeDefined();
});

test("lets in neighbours, DHCP and what rules name, and by default nothing else", () => {
  guest(
    "[OPTIONS]\nenable: 1\n[RULES]\nIN ACCEPT -source 10.20.30.12 -p vrrp\n|IN ACCEPT -p tcp\nIN DROP -i net1\n",
  );
  const lines = chain("in-101-net0") ?? [];
  expect(lines).toContain("ether type ip ip saddr { 10.20.30.12 } meta l4proto 112 return");
  expect(lines.filter((line) => / l4proto 6/.test(line))).toEqual([]);
  expect(lines.at(-1)).toBe("drop");
});

test("lets out all by default, from the NIC's own MAC", () => {
  guest("[OPTIONS]\nenable: 1\n");
  expect(chain("out-101-net0")).toContain(`ether saddr != ${mac} drop`);
  expect(chain("out-101-net0")?.at(-1)).toBe("return");
  guest("[OPTIONS]\nenable: 1\nmacfilter: 0\n");
  expect(chain("out-101-net0")?.join()).not.toContain("ether saddr");
});

test("lets out only the sources of the NIC's set, ARP's too, with its link-local address", () => {
  guest("[OPTIONS]\nenable: 1\n[IPSET ipfilter-net0]\n10.20.30.0/24\n10.20.30.11\n!10.20.30.9\n");
  expect(chain("from-101-net0")).toEqual([
    "ip6 saddr fe80::004c:41ff:fe42:000b return",
    "ip saddr 10.20.30.11 return",
    "ip saddr 10.20.30.9 drop",
    "ip saddr 10.20.30.0/24 return",
    "ip6 saddr fe80::/10 drop",
    "drop",
  ]);
  expect(chain("out-101-net0")).toContain("ether type arp arp saddr ip != { 10.20.30.0/24 } drop");
});

test("makes a link-local address of a MAC", () => {
  expect(linkLocal("02:4C:41:42:00:0B")).toBe("fe80::004c:41ff:fe42:000b");
});
