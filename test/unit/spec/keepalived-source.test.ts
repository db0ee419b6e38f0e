import { checkCluster, formatProblems, hostPlan, parseCluster, parseInstance, UNKNOWN } from "../../../spec";
import { clusterInput, HOST_KEY, nodeInput } from "./cluster-input";

const SHA256 = "c61940d874154a560a54627ecf7ef47adebdf832164368d10bf242a4d9b7d49d";
const source = (change: Record<string, unknown> = {}) => ({
  url: "https://www.keepalived.org/software/keepalived-2.2.7.tar.gz",
  sha256: SHA256,
  version: "2.2.7",
  ...change,
});
const input = (change: Record<string, unknown> = {}) => clusterInput({ keepalivedSource: source(change) });

/** The source as a node is told of it. */
function planned(cluster: Record<string, unknown>, node = "gw-a") {
  const parsed = parseCluster(cluster);
  if ("problems" in parsed) throw new Error(formatProblems(parsed.problems));
  return hostPlan(parsed.value, node).keepalivedSource;
}

test("a cluster without keepalivedSource runs the distribution's", () => {
  expect(planned(clusterInput())).toBeUndefined();
});

test("a source is built below /opt/keepalived, in a directory of that very build", () => {
  expect(planned(input())).toEqual({
    url: "https://www.keepalived.org/software/keepalived-2.2.7.tar.gz",
    sha256: SHA256,
    version: "2.2.7",
    directory: expect.stringMatching(/^\/opt\/keepalived\/2\.2\.7-[0-9a-f]{8}$/) as string,
    configureOptions: [],
  });
  expect(planned(input({ prefix: "/usr/local/keepalived" }))?.directory).toMatch(
    /^\/usr\/local\/keepalived\/2\.2\.7-/,
  );
});

test("another tarball and other options are another build; another place to get it from is not", () => {
  const of = (change: Record<string, unknown>) => planned(input(change))!.directory;
  expect(of({ sha256: SHA256.replace("c", "d") })).not.toBe(of({}));
  expect(of({ configureOptions: ["--enable-json"] })).not.toBe(of({}));
  expect(of({ url: "file:///usr/src/keepalived.tar.gz" })).toBe(of({}));
});

test("a node can have a source of its own", () => {
  const nodes = [
    nodeInput("gw-a", 2),
    { ...nodeInput("gw-b", 3), keepalivedSource: source({ version: "2.3.4" }) },
  ];
  expect(planned(clusterInput({ nodes }))).toBeUndefined();
  expect(planned(clusterInput({ nodes }), "gw-b")?.version).toBe("2.3.4");
  expect(planned({ ...input(), nodes }, "gw-b")?.version).toBe("2.3.4");
  expect(planned({ ...input(), nodes }, "gw-a")?.version).toBe("2.2.7");
});

test("a low-level instance can have one, too", () => {
  const parsed = parseInstance({
    cluster: "gw",
    node: "gw-a",
    connection: { host: "10.0.0.2", privateKey: "KEY", hostKey: HOST_KEY },
    interface: "eth0",
    virtualRouterId: 51,
    virtualIpAddresses: ["192.168.1.1/24"],
    keepalivedSource: source(),
  });
  expect(parsed).toMatchObject({ value: { keepalivedSource: { version: "2.2.7" } } });
});

test("what is known later is not judged", () => {
  expect(checkCluster(input({ sha256: UNKNOWN, url: UNKNOWN }))).toEqual([]);
  expect(checkCluster(clusterInput({ keepalivedSource: UNKNOWN }))).toEqual([]);
});

test.each<[string, string[]]>([
  ["url", ["https://h/k.tar.gz", "http://10.0.0.9:8080/a/k-2.2.7.tar.gz?x=1", "file:///usr/src/k.tar.gz"]],
  ["version", ["2.0.5", "2.10.0", "3.0.0"]],
  [
    "prefix",
    ["/opt/keepalived", "/usr/local/keepalived", "/srv/x/y", "/var/lib/keepalived", "/data/keepalived"],
  ],
])("takes as %s: %j", (property, values) => {
  for (const value of values)
    expect([value, checkCluster(input({ [property]: value }))]).toEqual([value, []]);
});

test("takes options of configure", () => {
  const configureOptions = [
    "--disable-lvs",
    "--enable-snmp-rfcv3",
    "--with-kernel-dir=/usr/src/linux",
    "CFLAGS=-O2",
    "CC=gcc-12",
  ];
  expect(checkCluster(input({ configureOptions }))).toEqual([]);
});

test.each<[string, unknown[]]>([
  [
    "url",
    [
      "ftp://h/k.tar.gz",
      "https://user:pass@h/k.tar.gz",
      "file://usr/src/k.tar.gz",
      "https://h/k.tar.gz;reboot",
      "https://h/$(reboot)",
      "https://h/a b",
      "/usr/src/k.tar.gz",
      "https://h",
    ],
  ],
  ["sha256", ["", SHA256.slice(1), `${SHA256}0`, SHA256.toUpperCase(), `${SHA256.slice(1)}g`]],
  ["version", ["2.0.4", "1.3.9", "2.2", "v2.2.7", "2.2.7-1", "latest"]],
  [
    "prefix",
    [
      "/",
      "/usr",
      "/usr/local",
      "/usr/bin/keepalived",
      "/opt",
      "opt/keepalived",
      "/opt/keepalived/",
      "/opt/../etc",
      "/etc/keepalived",
      "/var/lib/vrrp-agent",
      "/var/lib/vrrp-agent/x",
      "/tmp/keepalived",
      "/opt/a b",
    ],
  ],
])("refuses as %s: %j", (property, values) => {
  for (const value of values) {
    expect([value, checkCluster(input({ [property]: value })).map(({ path }) => path)]).toEqual([
      value,
      [`keepalivedSource.${property}`],
    ]);
  }
});

test.each([
  "--prefix=/usr",
  "--sysconfdir=/x",
  "--with-init=upstart",
  "--with-systemdsystemunitdir=/etc/systemd/system",
  "--disable-vrrp",
  "--enable-x y",
  "--enable-x=$(reboot)",
  "CFLAGS=-O2 -g",
  "PATH=/x",
  "reboot",
  "--enable-x;reboot",
])("refuses as an option of configure: %s", (option) => {
  expect(
    checkCluster(input({ configureOptions: ["--disable-lvs", option] })).map(({ path }) => path),
  ).toEqual(["keepalivedSource.configureOptions[1]"]);
});
