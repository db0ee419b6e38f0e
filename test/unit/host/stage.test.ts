import { bundleOf, FakeHost, generation, nodeFiles, EVERY_SHELL } from "./fake-host";

const OPTIONS = "--quiet=2 --yes --option DPkg::Lock::Timeout=60 --option Dpkg::Use-Pty=0";

describe.each(EVERY_SHELL)("stage under %s", (shell) => {
  let host: FakeHost;
  beforeEach(async () => {
    host = await FakeHost.create(shell);
  });
  afterEach(() => host.close());

  const stage = (text: string) => host.agent(["stage"], text);
  /** Stages a bundle that must be refused; the line of the error. The host must be as before. */
  const refuse = (text: string, env = {}): string => {
    const before = host.tree("etc", "var/lib/vrrp-agent/gw");
    const { status, stdout, stderr } = host.agent(["stage"], text, env);
    expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
    expect(host.tree("etc", "var/lib/vrrp-agent/gw")).toBe(before);
    expect(host.calls().filter((call) => !call.includes("mask"))).toEqual([]);
    return stderr;
  };
  const nodeConf = (from: string, to: string) => {
    const conf = nodeFiles().find((file) => file.path.endsWith("node.conf"))!.text;
    expect(conf).toContain(from);
    return nodeFiles({ "/etc/vrrp-agent/gw/node.conf": conf.replace(from, to) });
  };

  test("a good bundle is staged, twice, with nothing in force", () => {
    const text = bundleOf(nodeFiles());
    for (let i = 0; i < 2; i++) {
      expect(stage(text)).toEqual({ status: 0, stdout: `staged ${generation(1)}\n`, stderr: "" });
    }
    expect(host.has("etc/keepalived")).toBe(false);
    expect(host.calls()).toEqual([]);
    expect(host.tree(`var/lib/vrrp-agent/gw/generations/${generation(1)}`)).toMatch(
      /-rw------- var\/lib\/vrrp-agent\/gw\/generations\/\w+\/files\/etc\/keepalived\/gw.auth.conf/,
    );
    expect(host.tree("var/lib/vrrp-agent")).toMatch(/^drwx------ var\/lib\/vrrp-agent $/m);
  });

  test.each([
    ["nothing", () => "", "it has no end line"],
    ["another version", () => "vrrp-bundle 9\n", "line 1: is no vrrp-bundle of version 1"],
    ["a bundle cut off in its head", () => bundleOf(nodeFiles()).split("end\n")[0]!, "it has no end line"],
    ["a bundle cut off in a file", () => bundleOf(nodeFiles()).slice(0, -11), "it is cut off: file 4 of 4"],
    ["more than it announces", () => `${bundleOf(nodeFiles())}more\n`, "more lines than the files have"],
    [
      "a path that climbs",
      () => bundleOf([{ path: "/etc/../root/x", text: "x\n" }]),
      "no plain absolute path",
    ],
    ["a relative path", () => bundleOf([{ path: "etc/x", text: "x\n" }]), "no plain absolute path"],
    [
      "a path twice",
      () => bundleOf([1, 2].map(() => ({ path: "/etc/x", text: "x\n" }))),
      "listed twice: /etc/x",
    ],
    ["no mode", () => bundleOf([{ path: "/etc/x", text: "x\n", mode: "rwx" }]), "no mode: rwx"],
    ["an unknown word", () => bundleOf(nodeFiles()).replace("owner", "ower"), "unknown word ower"],
    ["no owner", () => bundleOf(nodeFiles()).replace("owner me\n", ""), "it has no owner line"],
    ["a cluster that is a path", () => bundleOf([], { cluster: "../x" }), "no cluster name: ../x"],
    ["a generation that is no digest", () => bundleOf([], { generation: "7" }), "generation is no sha256: 7"],
  ])("%s is refused", (_, text, words) => {
    const stderr = refuse(text());
    expect(stderr).toMatch(/^vrrp-agent: .*: stage: cannot read the bundle; send it again/);
    expect(stderr).toContain(words);
  });

  test("a file that is not what its digest says is refused", () => {
    expect(refuse(bundleOf(nodeFiles()).replace("vrrp_instance gw", "vrrp_instance wg"))).toMatch(
      /stage: the bundle's \/etc\/keepalived\/keepalived.conf does not have the sha256/,
    );
  });

  test("an empty file and a file without write permission arrive as they are", () => {
    const files = [
      ...nodeFiles(),
      { path: "/etc/empty", text: "" },
      { path: "/etc/last", text: "\n\n  two  blanks\\n\n", mode: "0400" },
    ];
    expect(stage(bundleOf(files)).status).toBe(0);
    expect(host.read(`var/lib/vrrp-agent/gw/generations/${generation(1)}/files/etc/empty`)).toBe("");
    expect(host.read(`var/lib/vrrp-agent/gw/generations/${generation(1)}/files/etc/last`)).toBe(
      "\n\n  two  blanks\\n\n",
    );
  });

  test("an interface that is not there is refused, with those that are", () => {
    expect(refuse(bundleOf(nodeConf("interface eth0", "interface eth7")))).toMatch(
      /^vrrp-agent: a: stage: interface eth7 does not exist; this host has: eth0\n$/,
    );
  });

  test("a keepalived that cannot test the scripts of a user tests them as root, when that user is there", () => {
    // 2.2.7 ends itself with SIGTERM then.
    host.program("keepalived", `! grep -q "script_user checker" "$3" || exit 143`);
    const text = bundleOf(
      nodeFiles({ "/etc/keepalived/keepalived.conf": "global_defs {\n    script_user checker\n}\n" }),
    );
    host.program("id", `[ "$1" != checker ] || { echo "id: 'checker': no such user"; exit 1; }`);
    const refused = stage(text);
    expect(refused.status).toBe(1);
    expect(refused.stderr).toContain("scriptUser checker is no user on this host");
    host.program("id", ":");
    expect(stage(text)).toEqual({ status: 0, stdout: `staged ${generation(1)}\n`, stderr: "" });
    expect(host.tree("var/lib/vrrp-agent/gw")).not.toContain("keepalived.conf.test");
  });

  test("a notify program that keepalived could not run is refused, and one that it can is staged", () => {
    const words = ["notify_fault /opt/notify", "notify_master \"/opt/notify 'a b' c\""];
    const withNotify = (word: string) =>
      bundleOf(nodeFiles({ "/etc/keepalived/keepalived.conf": `vrrp_instance gw {\n    ${word}\n}\n` }));
    for (const word of words) {
      expect(refuse(withNotify(word))).toBe(
        `vrrp-agent: a: stage: ${word.split(" ")[0]} runs /opt/notify, which is no program on this host; install it or correct the spec\n`,
      );
    }
    host.write("opt/notify", "#!/bin/sh\n");
    expect(refuse(withNotify(words[0]!))).toContain("no program on this host");
    host.remove("opt/notify");
    host.write("opt/notify", "#!/bin/sh\n", 0o755);
    for (const word of words) expect(stage(withNotify(word))).toMatchObject({ status: 0, stderr: "" });
  });

  test("a notify program behind a link to a directory is refused where keepalived would drop it: from 2.3.0 on", () => {
    const conf = 'vrrp_instance gw {\n    notify_master "/bin/notify x"\n}\n';
    const text = bundleOf(nodeFiles({ "/etc/keepalived/keepalived.conf": conf }));
    const version = (words: string) =>
      host.program("keepalived", `[ "$1" != --version ] || echo 'Keepalived v${words}'`);
    host.write("usr/bin/notify", "#!/bin/sh\n", 0o755);
    host.link("usr/bin", "bin");
    version("2.2.8 (x)");
    expect(stage(text).status).toBe(0);
    version("2.3.3 (x)");
    expect(refuse(text)).toBe(
      "vrrp-agent: a: stage: notify_master runs /bin/notify behind a link to a directory, which keepalived 2.3.3 does not; write /usr/bin/notify\n",
    );
    const direct = { "/etc/keepalived/keepalived.conf": conf.replace("/bin", "/usr/bin") };
    expect(stage(bundleOf(nodeFiles(direct))).status).toBe(0);
  });

  test("a source address that is not on the interface is refused, with those that are", () => {
    expect(refuse(bundleOf(nodeConf("source 10.0.0.1", "source 10.0.0.9")))).toMatch(
      /^vrrp-agent: a: stage: unicastSrcIp 10\.0\.0\.9 is not on eth0, which has 10\.0\.0\.1\/24;/,
    );
  });

  test("a virtual address outside every network of the interface is refused, unless it is routed here", () => {
    expect(refuse(bundleOf(nodeConf("vip gw 10.0.0.100", "vip gw 10.0.1.100")))).toMatch(
      /^vrrp-agent: a: stage: virtual address 10\.0\.1\.100 is on no network of eth0, which has 10\.0\.0\.1\/24; .*vipOffLink/,
    );
    const routed = nodeConf("vip gw 10.0.0.100", "vip gw 10.0.1.100").map((file) => ({
      ...file,
      text: file.text.replace("off-link no", "off-link yes"),
    }));
    expect(stage(bundleOf(routed)).status).toBe(0);
  });

  test("a virtual address that a stranger answers for is refused, with his MAC; a peer may have it", () => {
    host.state("arp.10.0.0.100", "Unicast reply from 10.0.0.100 [AA:BB:CC:DD:EE:01]  0.6ms\n");
    expect(refuse(bundleOf(nodeFiles()))).toMatch(
      /^vrrp-agent: a: stage: virtual address 10\.0\.0\.100 is in use on eth0 by aa:bb:cc:dd:ee:01, which is no peer/,
    );
    host.state("neighbour.10.0.0.2", "10.0.0.2 lladdr aa:bb:cc:dd:ee:01 REACHABLE\n");
    expect(stage(bundleOf(nodeFiles())).status).toBe(0);
  });

  test("without arping, ping and the neighbour table tell; without either, that is said", () => {
    host.program("arping", 'echo "ARPing 2.23, by Thomas Habets"');
    host.state("neighbour.10.0.0.100", "10.0.0.100 lladdr aa:bb:cc:dd:ee:01 REACHABLE\n");
    expect(refuse(bundleOf(nodeFiles()))).toContain("is in use on eth0 by aa:bb:cc:dd:ee:01");
    host.state("neighbour.10.0.0.100", "10.0.0.100 lladdr aa:bb:cc:dd:ee:01 STALE\n");
    expect(stage(bundleOf(nodeFiles())).stdout).toBe(`staged ${generation(1)}\n`);
  });

  test("a virtual address that this host has for another reason is refused; one of a keepalived set up by hand is taken over", () => {
    host.addresses("eth0", ["10.0.0.1/24", "10.0.0.100/24"]);
    expect(refuse(bundleOf(nodeFiles()))).toContain("10.0.0.100 is already configured on eth0 of this host");
    host.write("/etc/keepalived/keepalived.conf", "virtual_ipaddress { 10.0.0.100/24 }\n");
    host.state("keepalived.pid", host.read("fake/daemon"));
    expect(stage(bundleOf(nodeFiles())).status).toBe(0);
  });

  test("a config that keepalived refuses is refused with keepalived's own words", () => {
    host.state("refused");
    expect(refuse(bundleOf(nodeFiles()))).toBe(
      "vrrp-agent: a: stage: keepalived does not accept its config; correct the spec\n(line 3) Unknown keyword 'nonsense'\n",
    );
  });

  test("firewall rules that nft refuses, and lines of an unknown form, are refused", () => {
    const rules = (text: string) => bundleOf(nodeFiles({ "/etc/vrrp-agent/gw/firewall.rules": text }));
    expect(refuse(rules("nft9 input x\n"))).toContain("lines of an unknown form\nnft9 input x");
    host.state("nft-refuses");
    expect(refuse(rules("nft4 input nonsense\n"))).toContain(
      "nft does not accept firewall.rules\nError: syntax error",
    );
  });

  test("a path that another cluster on the host has is refused unless both want the same there", () => {
    host.succeed(["stage"], bundleOf(nodeFiles()));
    host.succeed(["activate", "gw", generation(1)]);
    host.calls();
    const other = { cluster: "other", owner: "you", generation: generation(2) };
    const path = "/etc/keepalived/keepalived.conf";
    expect(refuse(bundleOf([{ path, text: "other\n" }], other))).toContain(
      `${path} belongs to the cluster gw on this host`,
    );
    expect(stage(bundleOf([{ path, text: "vrrp_instance gw {\n}\n" }], other)).status).toBe(0);
  });

  test("a cluster that another stack manages is refused", () => {
    host.succeed(["stage"], bundleOf(nodeFiles()));
    expect(refuse(bundleOf(nodeFiles(), { owner: "you" }))).toContain(
      "the cluster gw on this host is managed by another stack",
    );
  });

  test("a node may get another name or address within what manages it", () => {
    const owner = "project/stack/gw/gw-a@192.168.1.2";
    host.succeed(["stage"], bundleOf(nodeFiles(), { owner }));
    expect(stage(bundleOf(nodeFiles(), { owner: "project/stack/gw/gw-c@192.168.1.9" })).status).toBe(0);
    expect(refuse(bundleOf(nodeFiles(), { owner: "project/stack/other/gw-a@192.168.1.2" }))).toContain(
      "the cluster gw on this host is managed by another stack",
    );
  });

  test("a disk without room is refused", () => {
    host.program(
      "df",
      'printf "Filesystem 1024-blocks Used Available Capacity Mounted\\n/dev/x 9 9 12 99%% /\\n"',
    );
    expect(refuse(bundleOf(nodeFiles()))).toMatch(/stage: .* has 12 KiB free, \d+ KiB are needed; make room/);
  });

  test("a missing program without a package source is one error that names it, and the host stays as it was", () => {
    host.program("apt-get", 'echo "E: Unable to locate package cowsay"; exit 100');
    host.program("dpkg-query", 'echo "ii  bash:all"');
    expect(refuse(bundleOf(nodeFiles(), { packages: ["no-such-program cowsay"] }))).toBe(
      "vrrp-agent: a: stage: missing: no-such-program; apt-get cannot install cowsay: give the host a package source or install by hand\nE: Unable to locate package cowsay\n",
    );
  });

  test("what is missing is installed, written down, and taken away again when the stage fails after all", () => {
    host.program(
      "apt-get",
      'echo "apt-get $*" >>"$FAKE/calls"; case $* in *purge*) ;; *) cp "$FAKE/bin/nft" "$FAKE/bin/no-such-program" ;; esac',
    );
    host.program(
      "dpkg-query",
      '[ ! -e "$FAKE/bin/no-such-program" ] || echo "ii cowsay:all"; echo "ii bash:all"',
    );
    host.state("refused");
    const text = bundleOf(nodeFiles(), { packages: ["no-such-program cowsay"] });
    expect(stage(text).status).toBe(1);
    expect(host.calls().filter((call) => call.startsWith("apt-get"))).toEqual([
      `apt-get ${OPTIONS} --no-install-recommends install cowsay`,
      "apt-get --simulate --quiet=2 purge cowsay:all",
      `apt-get ${OPTIONS} purge cowsay:all`,
    ]);
    expect(host.has("var/lib/vrrp-agent/gw")).toBe(false);
    host.withoutState("refused");
    host.withoutProgram("no-such-program");
    expect(stage(text).status).toBe(0);
    expect(host.read("var/lib/vrrp-agent/gw/packages")).toBe("cowsay:all\n");
  });

  test("a step that waits in vain for another says who holds the lock", () => {
    host.succeed(["stage"], bundleOf(nodeFiles()));
    host.program("flock", "exit 1");
    expect(refuse(bundleOf(nodeFiles()))).toMatch(
      /stage: another step holds the lock for more than 1 s: stage \(pid \d+\); wait until it has ended/,
    );
  });

  test.each([[[]], [["dance"]], [["activate", "gw"]], [["activate", "../gw", "x"]], [["stage", "gw"]]])(
    "called wrongly, as with %j, it exits 2",
    (args) => {
      const { status, stderr } = host.agent(args);
      expect(status).toBe(2);
      expect(stderr).toMatch(/^vrrp-agent: /);
    },
  );
});
