import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { bundleOf, SHELLS, FakeHost, generation, nodeFiles } from "./fake-host";

const NODE_CONF = "/etc/vrrp-agent/gw/node.conf";
const UNIT = "/etc/systemd/system/keepalived.service";
const LINK = "/etc/systemd/system/multi-user.target.wants/keepalived.service";
const TARBALL = "/usr/src/keepalived.tar.gz";
const PLACE = "/opt/keepalived/9.9.9-0123abcd";
const BUILT = `${PLACE}/sbin/keepalived`;

/** A configure that knows where its make is to install. */
const CONFIGURE = `#!/bin/sh
echo "configure $*" >>"$FAKE/calls"
[ ! -e "$FAKE/configure-fails" ] || { echo "configure: error: no acceptable C compiler"; exit 1; }
for word; do case $word in --prefix=*) echo "\${word#--prefix=}" >place ;; esac; done
`;

/** What it builds says which one it is. */
const MAKE = `
echo "make \${1-}" >>"$FAKE/calls"
case \${1-} in
install) ;;
*) [ ! -e "$FAKE/make-fails" ] || { echo "vrrp.c:1: error: what is this"; exit 2; }; exit ;;
esac
into=\${2#DESTDIR=}$(cat place)
mkdir -p "$into/sbin"
cat >"$into/sbin/keepalived" <<'BUILT'
#!/bin/sh
case $1 in
--version) echo "Keepalived v9.9.9 (x)"; echo "Config options:  VRRP BFD" ;;
*) echo "built keepalived $1" >>"$FAKE/calls" ;;
esac
BUILT
chmod 755 "$into/sbin/keepalived"`;

describe.each(SHELLS)("a keepalived from a tarball, under %s", (shell) => {
  let host: FakeHost;
  let digest: string;
  beforeEach(async () => {
    host = await FakeHost.create(shell);
    host.program("make", MAKE);
    const tree = join(host.root, "tree", "keepalived-9.9.9");
    mkdirSync(tree, { recursive: true });
    mkdirSync(join(host.root, "usr/src"), { recursive: true });
    mkdirSync(join(host.root, "opt"));
    writeFileSync(join(tree, "configure"), CONFIGURE);
    chmodSync(join(tree, "configure"), 0o755);
    execFileSync("tar", ["-czf", join(host.root, TARBALL), "-C", join(tree, ".."), "keepalived-9.9.9"]);
    host.remove("tree");
    digest = createHash("sha256")
      .update(readFileSync(join(host.root, TARBALL)))
      .digest("hex");
  });
  afterEach(() => host.close());

  interface Source {
    place?: string;
    version?: string;
    url?: string;
    sha256?: string;
    options?: string[];
  }

  /** A bundle whose keepalived is built; `undefined`: the distribution's. */
  function bundle(n: number, source?: Source): string {
    const nodeConf = nodeFiles().find((file) => file.path === NODE_CONF)!.text;
    if (source === undefined) return bundleOf(nodeFiles(), { generation: generation(n) });
    const {
      place = PLACE,
      version = "9.9.9",
      url = `file://${TARBALL}`,
      sha256 = digest,
      options = [],
    } = source;
    const lines = [
      `keepalived-source ${version} ${sha256} ${place} ${url}`,
      ...options.map((option) => `keepalived-source-option ${option}`),
    ];
    const files = nodeFiles({
      [NODE_CONF]: `${nodeConf}${lines.join("\n")}\n`,
      [UNIT]: `[Service]\nExecStart=${place}/sbin/keepalived\n`,
    });
    return bundleOf(files, { generation: generation(n) });
  }

  const stage = (n: number, source?: Source) => host.agent(["stage"], bundle(n, source));
  const calls = (...of: string[]) => host.calls().filter((call) => of.some((word) => call.startsWith(word)));

  function confirm(n: number): void {
    const observed = ["a", "b"].map(
      (node) =>
        `vip 10.0.0.100 ${node === "a" ? "holder" : "free"} ${node}\ngeneration ${generation(n)} ${node}\n`,
    );
    host.succeed(["confirm", "gw", generation(n)], observed.join(""));
  }

  /** A change that comes into force and stays; keepalived is started as systemd would, through the drop-in. */
  function apply(n: number, source?: Source): void {
    host.succeed(["stage"], bundle(n, source));
    host.succeed(["activate", "gw", generation(n)]);
    host.succeed(["boot"]);
    confirm(n);
  }

  test("is built by the stage with what was asked for, tests the files, and is not in force yet", () => {
    const { status, stdout } = stage(1, { options: ["--enable-json", "CFLAGS=-O2"] });
    expect({ status, stdout }).toEqual({
      status: 0,
      stdout: `keepalived 9.9.9 VRRP BFD\nstaged ${generation(1)}\n`,
    });
    expect(calls("configure", "make", "built", "systemctl")).toEqual([
      `configure --prefix=${PLACE} --sysconfdir=/etc --localstatedir=/var --enable-bfd --enable-json CFLAGS=-O2`,
      "make -j",
      "make install",
      "built keepalived -t",
    ]);
    expect(host.has(BUILT)).toBe(true);
    expect(host.has(UNIT)).toBe(false);
    expect(host.has("/var/lib/vrrp-agent/.builds/work")).toBe(false);
  });

  test("is built once", () => {
    stage(1, {});
    host.calls();
    expect(stage(2, {}).status).toBe(0);
    expect(calls("configure", "make")).toEqual([]);
  });

  test("of which only a part is there, after a step that was killed, is built again", () => {
    host.write("/var/lib/vrrp-agent/.builds/work/tree/keepalived-9.9.9/configure", "exit 1\n", 0o755);
    host.write("/var/lib/vrrp-agent/.builds/list", `${PLACE}\n`);
    host.write(`${PLACE}/share/half`, "");
    host.write(`${PLACE}.new/sbin/keepalived`, "half", 0o755);
    expect(stage(1, {}).status).toBe(0);
    expect([host.has(BUILT), host.has(`${PLACE}/share/half`), host.has(`${PLACE}.new`)]).toEqual([
      true,
      false,
      false,
    ]);
  });

  test.each<[string, Source, RegExp, string | undefined]>([
    [
      "another sha256",
      { sha256: "0".repeat(64) },
      /has the sha256 [0-9a-f]{64}, and .* is 0{64}; nothing of it was unpacked/,
      undefined,
    ],
    [
      "no tarball",
      { url: "file:///usr/src/none.tar.gz" },
      /cannot get file:\/\/\/usr\/src\/none\.tar\.gz; correct .*\n.*No such file/,
      undefined,
    ],
    [
      "another version",
      { version: "9.9.8" },
      /builds keepalived 9\.9\.9, and keepalivedSource\.version is 9\.9\.8/,
      undefined,
    ],
    [
      "a configure that fails",
      {},
      /the configure of keepalived 9\.9\.9 failed; .*\nconfigure: error: no acceptable C/,
      "configure-fails",
    ],
    [
      "a make that fails",
      {},
      /keepalived 9\.9\.9 cannot be compiled here; .*\nvrrp\.c:1: error: what is this/,
      "make-fails",
    ],
  ])("with %s is refused, and the host is as it was", (_what, source, words, state) => {
    if (state !== undefined) host.state(state);
    const before = host.tree("etc", "opt", "var/lib/vrrp-agent/gw");
    const { status, stdout, stderr } = stage(1, source);
    expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
    expect(stderr).toMatch(words);
    expect(host.tree("etc", "opt", "var/lib/vrrp-agent/gw")).toBe(before);
    expect(host.has("/var/lib/vrrp-agent/.builds")).toBe(false);
  });

  test("with another sha256 is not unpacked", () => {
    stage(1, { sha256: "0".repeat(64) });
    expect(calls("configure")).toEqual([]);
  });

  test("does not take the place of what somebody else has there", () => {
    host.write(BUILT, "theirs", 0o755);
    expect(stage(1, {}).stderr).toContain(`${PLACE} is there already and is none of ours; move it away`);
    expect(host.read(BUILT)).toBe("theirs");
  });

  test("needs systemd", () => {
    host.remove("run/systemd/system");
    expect(stage(1, {}).stderr).toContain("there is no systemd on this host to start what is built");
  });

  test("is fetched by curl from a server, over http or https only", () => {
    host.program(
      "curl",
      `echo "curl $*" >>"$FAKE/calls"; while [ "$1" != --output ]; do shift; done; cp "$VRRP_ROOT${TARBALL}" "$2"`,
    );
    expect(stage(1, { url: "https://h/keepalived.tar.gz" }).status).toBe(0);
    expect(calls("curl")[0]).toMatch(/ --proto =http,https .* https:\/\/h\/keepalived\.tar\.gz$/);
    host.program("curl", `echo "curl: (22) 404"; exit 22`);
    const other = { place: "/opt/keepalived/9.9.9-00000000", url: "https://h/none.tar.gz" };
    expect(stage(2, other).stderr).toMatch(/cannot get https:\/\/h\/none\.tar\.gz; .*\ncurl: \(22\) 404/);
  });

  test("starts in the place of the other one, by a restart, and only then", () => {
    const other = { place: "/opt/keepalived/9.9.9-00000000" };
    const verbs = () =>
      calls("systemctl").flatMap((call) => /^systemctl (\w+) keepalived/.exec(call)?.[1] ?? []);
    apply(1);
    expect(verbs()).toEqual(["enable", "start"]);
    apply(2, {});
    expect(host.read(UNIT)).toContain(PLACE);
    expect(verbs()).toEqual(["restart"]);
    apply(3, other);
    expect(verbs()).toEqual(["restart"]);
    apply(4, { ...other, options: ["--enable-json"] });
    expect(verbs()).toEqual([]);
    apply(5);
    expect(host.has(UNIT)).toBe(false);
    expect(verbs()).toEqual(["restart"]);
  });

  test("goes back with its generation, whose build is still there", () => {
    const other = { place: "/opt/keepalived/9.9.9-00000000" };
    apply(1, {});
    apply(2, other);
    host.calls();
    host.succeed(["rollback", "gw"]);
    expect(host.read(UNIT)).toContain(PLACE);
    expect(calls("systemctl restart", "configure")).toEqual(["systemctl restart keepalived.service"]);
  });

  test("goes back on the host that holds the addresses, too, behind a drain", () => {
    apply(1, {});
    apply(2, { place: "/opt/keepalived/9.9.9-00000000" });
    host.addresses("eth0", ["10.0.0.1/24", "10.0.0.100/24"]);
    host.calls();
    const { status, stdout, stderr } = host.agent(["rollback", "gw"]);
    expect({ status, stdout }).toEqual({
      status: 0,
      stdout: expect.stringContaining(generation(1)) as string,
    });
    expect(stderr).toContain("no peer took over within");
    expect(calls("systemctl restart")).toEqual(["systemctl restart keepalived.service"]);
  });

  test("stays as long as the host can go back to it, and no longer", () => {
    const other = { place: "/opt/keepalived/9.9.9-00000000" };
    apply(1, {});
    for (const n of [2, 3, 4, 5]) apply(n, { ...other, options: [`--enable-x${n}`] });
    expect(host.has(BUILT)).toBe(true);
    apply(6, { ...other, options: ["--enable-x6"] });
    expect(host.has(BUILT)).toBe(false);
    expect(host.has(`${other.place}/sbin/keepalived`)).toBe(true);
  });

  test("leaves nothing behind: no build, no directory above it, no link that enabled its unit", () => {
    apply(1, {});
    host.write(LINK, "");
    host.remove(LINK);
    host.link(UNIT, LINK);
    host.succeed(["restore", "gw", "me"]);
    expect([UNIT, "/opt/keepalived", "/var/lib/vrrp-agent/.builds"].map((path) => host.has(path))).toEqual([
      false,
      false,
      false,
    ]);
    expect(host.tree("etc/systemd", "opt")).not.toMatch(/keepalived\.service|9\.9\.9/);
    expect(host.has("/opt")).toBe(true);
  });
});
