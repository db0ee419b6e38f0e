import { createHash } from "node:crypto";
import fc from "fast-check";

import { bundle, generationOf, hostDigest, RenderedFile, renderHost } from "../../../render";
import { instance, plan } from "./plan";

const head = {
  cluster: "gw",
  owner: "project/stack/gw@host",
  generation: "0".repeat(64),
  packages: { keepalived: "keepalived" },
};

function file(path: string, text: string): RenderedFile {
  return { path, text, mode: "0644", owner: "root:root", secret: false };
}

/** Reads a bundle as the host does: the file lines say how many lines of the rest belong to each. */
function read(text: string): Map<string, string> {
  const lines = text.split("\n");
  const end = lines.indexOf("end");
  let at = end + 1;
  const files = new Map<string, string>();
  for (const line of lines.slice(0, end).filter((l) => l.startsWith("file "))) {
    const [, , , digest, count, path] = line.split(" ");
    const body = lines
      .slice(at, at + Number(count))
      .map((l) => `${l}\n`)
      .join("");
    at += Number(count);
    expect(createHash("sha256").update(body).digest("hex")).toBe(digest);
    files.set(path!, body);
  }
  expect(lines.slice(at)).toEqual([""]);
  return files;
}

test("what goes in comes out, whatever the texts hold", () => {
  const texts = fc.array(fc.string().map((text) => `${text}\n`));
  fc.assert(
    fc.property(texts, (contents) => {
      const files = contents.map((text, i) => file(`/etc/file${i}`, text));
      const expected = new Map(files.map((f) => [f.path, f.text]));
      expect(read(bundle({ ...head, files }))).toEqual(expected);
    }),
  );
});

test("the head says whose it is and what must be installed", () => {
  const text = bundle({ ...head, files: renderHost(plan()) });
  expect(text.split("\n").slice(0, 6)).toEqual([
    "vrrp-bundle 1",
    "cluster gw",
    "owner project/stack/gw@host",
    `generation ${"0".repeat(64)}`,
    expect.stringMatching(/^digest [0-9a-f]{64}$/),
    "package keepalived keepalived",
  ]);
});

test("a host's digest changes with a text, a path and a mode", () => {
  const files = [file("/etc/a", "a\n")];
  const digests = [
    files,
    [file("/etc/a", "b\n")],
    [file("/etc/b", "a\n")],
    [{ ...files[0]!, mode: "0600" }],
  ].map(hostDigest);
  expect(new Set(digests).size).toBe(digests.length);
});

test("a cluster's generation does not hang on the order of its hosts", () => {
  expect(generationOf(["a", "b"])).toBe(generationOf(["b", "a"]));
  expect(generationOf(["a", "b"])).not.toBe(generationOf(["a", "c"]));
});

test("a text without a newline at its end is refused, because the next file would run into it", () => {
  expect(() => bundle({ ...head, files: [file("/etc/a", "a")] })).toThrow(/\/etc\/a.*newline/);
});

test.each(["etc/a", "/etc/a b", "/etc/a\nfile", "/etc/../a", "/etc/.", "/etc//a", "/etc/a/", "/", "/etc/ä"])(
  "a path such as %j is refused",
  (path) => {
    expect(() => bundle({ ...head, files: [file(path, "a\n")] })).toThrow(/absolute/);
  },
);

test("a path that is there twice is refused", () => {
  expect(() => bundle({ ...head, files: [file("/etc/a", "a\n"), file("/etc/a", "b\n")] })).toThrow(
    "/etc/a: is there twice",
  );
});

test.each([
  ["cluster", { cluster: "gw\nend" }],
  ["owner", { owner: "a b" }],
  ["generation", { generation: "" }],
  ["packages", { packages: { keepalived: "keepalived\nfile" } }],
  ["packages", { packages: { "a b": "c" } }],
])("a head in which %s is not one word is refused: %j", (property, changes) => {
  expect(() => bundle({ ...head, files: [], ...changes })).toThrow(new RegExp(`^${property} holds `));
});

test("node.conf tells the agent the addresses, the peers and how long roles and drains take", () => {
  const conf = renderHost(plan([instance({ advertInt: 2 })])).find(
    (f) => f.path === "/etc/vrrp-agent/gw/node.conf",
  )!;
  expect(conf.text.split("\n")).toEqual([
    "cluster gw",
    "node gw-a",
    "interface eth0",
    "source 192.168.1.2 eth0",
    "instance gw 4 51 eth0",
    "agree gw 3 2 unicast 192.168.1.2",
    "vip gw 192.168.1.1/24 eth0",
    "peer gw-b 192.168.1.3",
    "peers-elsewhere no",
    "off-link no",
    "settle 9",
    "undo 300",
    "hand-over 9",
    "",
  ]);
});

test.each([
  [[4], ["net.ipv4.ip_nonlocal_bind = 1"]],
  [
    [4, 6],
    ["net.ipv4.ip_nonlocal_bind = 1", "net.ipv6.ip_nonlocal_bind = 1"],
  ],
] as const)("services may bind to an absent address of family %j only where asked", (families, settings) => {
  const instances = families.map((family) => instance({ family, name: `gw-${family}` }));
  const path = "/etc/sysctl.d/60-vrrp-gw.conf";
  const asked = renderHost(plan(instances, { nonlocalBind: true })).find((f) => f.path === path)!;
  expect(asked.text.split("\n").filter((line) => line.startsWith("net."))).toEqual(settings);
  expect(renderHost(plan(instances)).some((f) => f.path === path)).toBe(false);
});
