import { bundleOf, FakeHost, generation, nodeFiles, SHELLS } from "./fake-host";

const CONF = "/etc/keepalived/keepalived.conf";
const NODE_CONF = "/etc/vrrp-agent/gw/node.conf";
const STAGED = `var/lib/vrrp-agent/gw/generations/${generation(1)}`;

const TEXT = [
  "global_defs {",
  "    enable_script_security",
  "    vrrp_startup_delay 2",
  "    vrrp_rt_priority 50",
  "    vrrp_rlimit_rttime 500000",
  "}",
  "vrrp_instance gw {",
  "    unicast_ttl 64",
  "    down_timer_adverts 5",
  "}",
  "",
].join("\n");

const CHOSEN = [
  `since 2.0.14 chosen startupDelay ${CONF} vrrp_startup_delay 2`,
  `since 2.1.0 chosen realtime.rlimitRttime ${CONF} vrrp_rlimit_rttime 500000`,
];
const ASKED = [
  `since 2.1.0 asked unicastTtl ${CONF} unicast_ttl`,
  `since 2.2.3 asked downTimerAdverts ${CONF} down_timer_adverts`,
];

describe.each(SHELLS)("versions of keepalived under %s", (shell) => {
  let host: FakeHost;
  beforeEach(async () => {
    host = await FakeHost.create(shell);
  });
  afterEach(() => host.close());

  /** A keepalived of this version, which accepts everything. */
  function version(words: string): void {
    host.program("keepalived", `[ "$1" != --version ] || printf '%s\\n' '${words}' >&2`);
  }

  /** A bundle whose node.conf says these lines. */
  function bundle(since: string[], n = 1): string {
    const nodeConf = nodeFiles().find((file) => file.path === NODE_CONF)!.text;
    const changes = { [NODE_CONF]: `${nodeConf}${since.join("\n")}\n`, [CONF]: TEXT };
    return bundleOf(nodeFiles(changes), { generation: generation(n) });
  }

  const stage = (since: string[]) => host.agent(["stage"], bundle(since));

  /** The text with these of its lines left out. */
  const without = (...words: string[]) =>
    TEXT.split("\n")
      .filter((line) => !words.includes(line.trim()))
      .join("\n");

  test.each([
    "Keepalived v2.2.7 (01/16,2022)",
    "Keepalived v2.2.3",
    "Keepalived v2.10.0 (x), git commit v2.9.9",
  ])(
    "%s knows what is since 2.2.3: everything stays as it was sent, and the stage tells the version",
    (words) => {
      version(words);
      expect(stage([...CHOSEN, ...ASKED])).toEqual({
        status: 0,
        stdout: `keepalived ${/v([0-9.]+)/.exec(words)![1]}\nstaged ${generation(1)}\n`,
        stderr: "",
      });
      expect(host.read(`${STAGED}/files${CONF}`)).toBe(TEXT);
      expect(host.has(`${STAGED}/left-out`)).toBe(false);
    },
  );

  test("what was asked for is refused by an older one, all at once, and the host stays as it was", () => {
    version("Keepalived v2.0.20 (01/22,2020)");
    const before = host.tree("etc", "var/lib/vrrp-agent/gw");
    const { status, stdout, stderr } = stage(ASKED);
    expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
    expect(stderr).toBe(
      "vrrp-agent: a: stage: keepalived 2.0.20 on this host does not know unicast_ttl (unicastTtl; since 2.1.0), " +
        "down_timer_adverts (downTimerAdverts; since 2.2.3); update it to 2.2.3, or remove what is named in the spec\n",
    );
    expect(host.tree("etc", "var/lib/vrrp-agent/gw")).toBe(before);
  });

  test("only what an older one does not know is refused", () => {
    version("Keepalived v2.1.5 (07/13,2020)");
    const { status, stderr } = stage(ASKED);
    expect(status).toBe(1);
    expect(stderr).toContain(
      "does not know down_timer_adverts (downTimerAdverts; since 2.2.3); update it to 2.2.3",
    );
    expect(stderr).not.toContain("unicast_ttl");
  });

  test("what nobody asked for is left out, and a note says so", () => {
    version("Keepalived v2.0.10 (11/12,2018)");
    const { status, stdout, stderr } = stage(CHOSEN);
    expect({ status, stdout }).toEqual({
      status: 0,
      stdout: `keepalived 2.0.10\nstaged ${generation(1)}\n`,
    });
    expect(stderr).toBe(
      `note: vrrp_startup_delay 2 is left out of ${CONF}: keepalived knows it since 2.0.14, this host has 2.0.10\n` +
        `note: vrrp_rlimit_rttime 500000 is left out of ${CONF}: keepalived knows it since 2.1.0, this host has 2.0.10\n`,
    );
    expect(host.read(`${STAGED}/files${CONF}`)).toBe(
      without("vrrp_startup_delay 2", "vrrp_rlimit_rttime 500000"),
    );
    expect(host.tree(`${STAGED}/files/etc/keepalived`)).toMatch(/^-rw-r--r-- \S+keepalived\.conf/m);
  });

  test("only lines that it does not know are left out", () => {
    version("Keepalived v2.0.20 (01/22,2020)");
    stage(CHOSEN);
    expect(host.read(`${STAGED}/files${CONF}`)).toBe(without("vrrp_rlimit_rttime 500000"));
  });

  test("the manifest says what is staged, line by line", () => {
    version("Keepalived v2.0.10 (11/12,2018)");
    stage(CHOSEN);
    const file = host
      .read(`${STAGED}/manifest`)
      .split("\n")
      .find((line) => line.endsWith(CONF))!
      .split(" ");
    expect([file[1], file[4]]).toEqual(["0644", "8"]);
    expect(host.tree(`${STAGED}/files/etc/keepalived`)).toContain(`${file[3]}  ${STAGED}/files${CONF}`);
  });

  test("where the version cannot be read, keepalived's own test decides", () => {
    version("no idea");
    expect(stage([...CHOSEN, ...ASKED])).toEqual({
      status: 0,
      stdout: `staged ${generation(1)}\n`,
      stderr: expect.stringMatching(/^note: which version keepalived has was not found/) as string,
    });
    expect(host.read(`${STAGED}/files${CONF}`)).toBe(TEXT);
  });

  test("a stage tells with what the host's keepalived was built, each time", () => {
    version(
      "Keepalived v2.2.7 (01/16,2022)\n\nconfigure options: --prefix=/usr\n\nConfig options:  NFTABLES LVS VRRP VRRP_AUTH BFD INIT=systemd\n\nSystem options:  VSYSLOG",
    );
    const told = `keepalived 2.2.7 NFTABLES LVS VRRP VRRP_AUTH BFD INIT=systemd\nstaged ${generation(1)}\n`;
    expect(stage([]).stdout).toBe(told);
    expect(stage([]).stdout).toBe(told);
  });

  describe("a host that left a line out", () => {
    beforeEach(() => {
      version("Keepalived v2.0.10 (11/12,2018)");
      stage(CHOSEN);
      host.succeed(["activate", "gw", generation(1)]);
      host.succeed(
        ["confirm", "gw", generation(1)],
        ["a", "b"]
          .map(
            (n) => `vip 10.0.0.100 ${n === "a" ? "holder" : "free"} ${n}\ngeneration ${generation(1)} ${n}\n`,
          )
          .join(""),
      );
    });

    /** The text of keepalived.conf as drift tells it. */
    function told(): string {
      const lines = host.succeed(["drift", "gw"]).split("\n");
      const at = lines.findIndex((line) => line.startsWith(`file ${CONF} `));
      const count = Number(lines[at]!.split(" ")[4]);
      return lines
        .slice(at + 1, at + 1 + count)
        .map((line) => `${line.slice(1)}\n`)
        .join("");
    }

    test("runs without it, and shows no drift: its text is told as the spec has it", () => {
      expect(host.read(CONF.slice(1))).toBe(without("vrrp_startup_delay 2", "vrrp_rlimit_rttime 500000"));
      expect(told()).toBe(TEXT);
      expect(host.succeed(["reapply", "gw", generation(1)])).toBe("nothing of gw has drifted\n");
    });

    test("shows what is changed by hand, and nothing else", () => {
      const changed = host.read(CONF.slice(1)).replace("unicast_ttl 64", "unicast_ttl 1");
      host.write(CONF.slice(1), changed);
      expect(told()).toBe(TEXT.replace("unicast_ttl 64", "unicast_ttl 1"));
      host.succeed(["reapply", "gw", generation(1)]);
      expect(told()).toBe(TEXT);
    });

    test("does not tell a line twice that somebody has added by hand", () => {
      const changed = host
        .read(CONF.slice(1))
        .replace("vrrp_instance", "    vrrp_startup_delay 2\nvrrp_instance");
      host.write(CONF.slice(1), changed);
      expect(told().match(/vrrp_startup_delay 2/g)).toHaveLength(1);
    });

    test("is not said to be changed by hand when the next generation comes", () => {
      const { status, stderr } = host.agent(["stage"], bundle([...CHOSEN, "since 2.0.1 asked x /x x"], 2));
      expect(status).toBe(0);
      expect(stderr).not.toContain("by hand");
    });
  });
});
