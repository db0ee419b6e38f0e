import { bundleOf, FakeHost, generation, nodeFiles, SHELLS } from "./fake-host";

const CONF = "etc/keepalived/keepalived.conf";
const AUTH = "etc/keepalived/gw.auth.conf";
const SYSCTL = "etc/sysctl.d/60-vrrp-gw.conf";
const KNOB = "proc/sys/net/ipv4/ip_nonlocal_bind";

describe.each(SHELLS)("drift under %s", (shell) => {
  let host: FakeHost;
  beforeEach(async () => {
    host = await FakeHost.create(shell);
  });
  afterEach(() => host.close());

  const observations = (n: number) =>
    `vip 10.0.0.100 holder a\nvip 10.0.0.100 free b\ngeneration ${generation(n)} a\ngeneration ${generation(n)} b\n`;

  function apply(n: number, changes: Record<string, string> = {}): void {
    host.succeed(["stage"], bundleOf(nodeFiles(changes), { generation: generation(n) }));
    host.succeed(["activate", "gw", generation(n)]);
    host.succeed(["confirm", "gw", generation(n)], observations(n));
    host.calls();
  }

  /** What drift prints of one path, with its text. */
  function drift(path: string): string[] {
    const lines = host.succeed(["drift", "gw"]).split("\n");
    const at = lines.findIndex((line) => line.split(" ")[1] === `/${path}`);
    const rest = lines.slice(at + 1);
    return [
      lines[at]!,
      ...rest.slice(
        0,
        rest.findIndex((line) => !line.startsWith("|")),
      ),
    ];
  }

  const OWNER = "\\S+:\\S+";

  test("what is as it was applied is told with its text, and a secret file without", () => {
    apply(1);
    const text = host.succeed(["drift", "gw"]);
    const lines = text.split("\n");
    expect(lines.slice(0, 3)).toEqual([
      "vrrp-drift 1",
      `generation ${generation(1)}`,
      "service enabled running",
    ]);
    expect(text).toMatch(
      new RegExp(
        `^file /${CONF} 0644 ${OWNER} 2 ended\n\\|vrrp_instance gw \\{\n\\|\\}\nsecret /${AUTH} 0600 ${OWNER} same\n`,
        "m",
      ),
    );
    expect(text).not.toContain("|secret");
    expect(text.endsWith("\nend\n")).toBe(true);
  });

  test("each kind of change to a file has its word", () => {
    apply(1);
    host.write(CONF, "by hand\nno newline", 0o4666);
    host.write(AUTH, "another secret\n", 0o640);
    expect(drift(CONF)).toEqual([
      expect.stringMatching(`^file /${CONF} 4666 ${OWNER} 2 open$`),
      "|by hand",
      "|no newline",
    ]);
    expect(drift(AUTH)).toEqual([expect.stringMatching(`^secret /${AUTH} 0640 ${OWNER} changed$`)]);
    host.remove(CONF);
    expect(drift(CONF)).toEqual([`absent /${CONF}`]);
    host.link("/elsewhere", CONF);
    expect(drift(CONF)).toEqual([`other /${CONF} a symbolic link to /elsewhere`]);
    host.remove(CONF);
    host.write(`${CONF}/file`, "");
    expect(drift(CONF)).toEqual([`other /${CONF} no plain file`]);
  });

  test("a password that somebody wrote into a file that is shown is not", () => {
    apply(1);
    host.write(CONF, "authentication { auth_pass hushhush }\nauth_pass  hush\n");
    const text = host.succeed(["drift", "gw"]);
    expect(text).toContain("|authentication { auth_pass ********\n|auth_pass  ********\n");
    expect(text).not.toContain("hush");
  });

  test("a huge file is cut", () => {
    apply(1);
    host.write(CONF, "0123456789abcde\n".repeat(20_000));
    expect(drift(CONF)[0]).toMatch(/ 16384 cut$/);
  });

  test("a stopped or disabled service, a sysctl and a firewall that cannot be read are told", () => {
    apply(1, {
      [`/${SYSCTL}`]: "net.ipv4.ip_nonlocal_bind = 1\n",
      "/etc/vrrp-agent/gw/firewall.rules": "nft4 input ip\n",
    });
    expect(host.succeed(["drift", "gw"])).not.toMatch(/^(sysctl|firewall)/m);
    host.withoutState("enabled");
    host.withoutState("keepalived.pid");
    host.write(KNOB, "0\n");
    host.program("nft", "echo no netlink; exit 1");
    const text = host.succeed(["drift", "gw"]);
    expect(text).toContain("\nservice disabled stopped\n");
    expect(text).toContain("\nsysctl net.ipv4.ip_nonlocal_bind 0 1\n");
    expect(text).toMatch(/^firewall .*nft list ruleset failed$/m);
    expect(text).toMatch(/\nend\n$/);
  });

  test("drift changes nothing, and says when nothing is applied or a change is pending", () => {
    expect(host.succeed(["drift", "gw"])).toBe("vrrp-drift 1\ngeneration 0\nend\n");
    apply(1);
    host.write(CONF, "by hand\n");
    const before = host.tree("etc", "var", "usr");
    host.succeed(["drift", "gw"]);
    expect(host.tree("etc", "var", "usr")).toBe(before);
    expect(host.calls()).toEqual([]);
    host.succeed(["stage"], bundleOf(nodeFiles({ [`/${CONF}`]: "2\n" }), { generation: generation(2) }));
    host.succeed(["activate", "gw", generation(2)]);
    expect(host.succeed(["drift", "gw"])).toContain("\npending\n");
  });

  test("status shows what is not as it was applied", () => {
    apply(1);
    host.write(CONF, "by hand\n");
    host.withoutState("enabled");
    host.withoutState("keepalived.pid");
    expect(host.succeed(["status"])).toContain(
      [
        `  changed by hand: /${CONF}`,
        "  changed by hand: keepalived.service is disabled",
        "  changed by hand: keepalived.service is stopped",
        "",
      ].join("\n"),
    );
    const { clusters } = JSON.parse(host.succeed(["status", "--json"])) as {
      clusters: { drift: string[] }[];
    };
    expect(clusters[0]!.drift).toEqual([
      `/${CONF}`,
      "keepalived.service is disabled",
      "keepalived.service is stopped",
    ]);
  });

  describe("reapply", () => {
    test("puts files back, keeps what was there for root only, and reloads once", () => {
      apply(1);
      const applied = host.tree("etc");
      host.write(CONF, "by hand\n", 0o666);
      host.write(AUTH, "secret by hand\n", 0o644);
      const said = host.succeed(["reapply", "gw", generation(1)]);
      expect(host.tree("etc")).toBe(applied);
      expect(host.calls()).toEqual(["systemctl reload keepalived.service"]);
      const [, kept] = /what was there is kept in (\S+)\n/.exec(said)!;
      expect(host.read(`${kept}/${CONF}`)).toBe("by hand\n");
      expect(host.tree(kept!.slice(1))).toMatch(/^drwx------ \S+by-hand\/[^/ ]+ /m);
      expect(said).toContain(`\n  /${CONF}\n`);
      expect(said).not.toContain("secret by hand");
    });

    test("enables and starts keepalived, and reloads nothing that was not changed", () => {
      apply(1);
      host.withoutState("enabled");
      host.withoutState("keepalived.pid");
      expect(host.succeed(["reapply", "gw"])).toContain("keepalived.service is stopped");
      expect(host.calls()).toEqual([
        "systemctl enable keepalived.service",
        "systemctl start keepalived.service",
      ]);
    });

    test("does nothing where nothing has drifted", () => {
      apply(1);
      const before = host.tree("etc", "var");
      expect(host.succeed(["reapply", "gw", "-"], `${generation(1)}\n`)).toBe("nothing of gw has drifted\n");
      expect(host.tree("etc", "var")).toBe(before);
      expect(host.calls()).toEqual([]);
    });

    test.each([
      ["nothing is applied", () => undefined, /nothing of the cluster gw is applied/],
      [
        "a change is pending",
        () => {
          apply(1);
          host.succeed(
            ["stage"],
            bundleOf(nodeFiles({ [`/${CONF}`]: "2\n" }), { generation: generation(2) }),
          );
          host.succeed(["activate", "gw", generation(2)]);
        },
        /a change of gw is under way/,
      ],
      [
        "the host was rolled back",
        () => {
          apply(2);
          apply(1, { [`/${CONF}`]: "1\n" });
          host.succeed(["rollback", "gw"]);
        },
        /rolled back here/,
      ],
      [
        "a directory is in the way",
        () => {
          apply(1);
          host.remove(CONF);
          host.write(`${CONF}/file`, "");
        },
        /is a directory; move it away/,
      ],
      [
        "keepalived does not accept the applied config any more",
        () => {
          apply(1);
          host.write(CONF, "by hand\n");
          host.state("refused");
        },
        /keepalived does not accept its config/,
      ],
    ])("changes nothing and fails when %s", (_, prepare, message) => {
      prepare();
      host.calls();
      const before = host.tree("etc", "var/lib");
      const { status, stderr } = host.agent(["reapply", "gw", generation(1)]);
      expect(status).toBe(1);
      expect(stderr).toMatch(message);
      expect(host.tree("etc", "var/lib")).toBe(before);
      expect(host.calls()).toEqual([]);
    });

    test("leaves the files as they were changed by hand when keepalived does not run with the applied ones", () => {
      apply(1);
      host.write(CONF, "by hand\n");
      host.remove(AUTH);
      host.state("dies");
      const { status, stderr } = host.agent(["reapply", "gw"]);
      expect(status).toBe(1);
      expect(stderr).toContain("the files are again as they were changed by hand");
      expect(host.read(CONF)).toBe("by hand\n");
      expect(host.has(AUTH)).toBe(false);
    });

    test("keeps the copies of the last five times", () => {
      apply(1);
      for (let i = 0; i < 7; i++) {
        host.program("date", `case $* in *%s*) echo ${1000 + i} ;; *) /usr/bin/date "$@" ;; esac`);
        host.write(CONF, `by hand ${i}\n`);
        host.succeed(["reapply", "gw"]);
      }
      const copies = host.tree("var/lib/vrrp-agent/gw/by-hand").match(/ \S+\/by-hand\/[^/\s]+ /g);
      expect(copies).toHaveLength(5);
      expect(
        host.read("var/lib/vrrp-agent/gw/by-hand/1970-01-01T00:16:46Z/etc/keepalived/keepalived.conf"),
      ).toBe("by hand 6\n");
    });
  });
});
