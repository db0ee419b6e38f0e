import { spawn, spawnSync } from "node:child_process";
import { join } from "node:path";

import { bundleOf, FakeHost, generation, nodeFiles, SHELLS } from "./fake-host";

const PROGRAM = join(__dirname, "../../../host/vrrp-check");
const STATE = "run/vrrp-agent/gw/checks/c";
const EVENTS = "var/log/vrrp-agent/events.jsonl";
const CONF = "/etc/vrrp-agent/gw/node.conf";

/** `answers.ADDRESS` in the fake directory has the address answer a ping. */
const PING = 'for last; do :; done; echo "ping $*" >>"$FAKE/calls"; [ -e "$FAKE/answers.$last" ]';
const IP = `
  case $* in
  "-4 route show default") cat "$FAKE/route4" 2>/dev/null ;;
  "-6 route show default") cat "$FAKE/route6" 2>/dev/null ;;
  *) exit 1 ;;
  esac; exit 0`;
const WG = `
  [ "$2" != eth0 ] || exit 1
  case $3 in
  peers) cut -d ' ' -f 1 "$FAKE/peers" ;;
  latest-handshakes) awk '{ print $1 "\\t" $2 }' "$FAKE/peers" ;;
  transfer) awk '{ print $1 "\\t" $3 "\\t" $4 }' "$FAKE/peers" ;;
  persistent-keepalive) awk '{ print $1 "\\t" $5 }' "$FAKE/peers" ;;
  esac`;

describe.each(SHELLS)("vrrp-check under %s", (shell) => {
  let host: FakeHost;
  let clock: number;
  beforeEach(async () => {
    host = await FakeHost.create(shell);
    host.withoutProgram("sleep");
    host.program("ping", PING);
    host.program("ip", IP);
    host.program("wg", WG);
    host.program("logger", 'echo "logger $*" >>"$FAKE/calls"');
    clock = 1_700_000_000;
  });
  afterEach(() => host.close());

  /** Gives the host one check, `c`. */
  const configure = (kind: string, settings: string[], counts = "2 2 2") =>
    host.write(
      CONF,
      [
        "cluster gw",
        "node a",
        "peer b 10.0.0.2",
        "peer b 10.0.0.22",
        "vip gw 10.0.0.100/24 eth0",
        `check c ${kind} ${counts}`,
        ...settings.map((setting) => `check-set c ${setting}`),
        "check other command 2 2 2",
        "check-set other command /bin/false",
        "",
      ].join("\n"),
    );
  const tick = (seconds: number) => (clock += seconds);
  const run = (...args: string[]) => {
    host.program("date", `[ "$*" != +%s ] || { echo ${clock}; exit; }; exec ${dateProgram()} "$@"`);
    const [program = "", ...before] = host.command;
    const { status, stdout, stderr } = spawnSync(
      program,
      [...before, PROGRAM, ...(args.length > 0 ? args : ["gw", "c"])],
      { env: host.env, encoding: "utf8" },
    );
    return { status, stdout, stderr };
  };
  const dateProgram = () => (shell === "busybox" ? "/bin/busybox date" : "/bin/date");
  /** One run: its exit status, and what it wrote down. */
  const check = () => {
    const { status, stderr } = run();
    expect(stderr).toBe("");
    return [status, value("verdict"), value("broken"), value("words")];
  };
  const value = (key: string) => new RegExp(`^${key} (.*)$`, "m").exec(host.read(STATE))?.[1];
  const logged = () => host.calls().filter((call) => call.startsWith("logger"));

  describe("counts its runs", () => {
    const program = (status: number) => host.write("opt/probe", `#!/bin/sh\nexit ${status}\n`, 0o755);

    test("and tells of a change when keepalived sees it, then once each five minutes", () => {
      configure("command", ["command /opt/probe"], "2 3 2");
      program(0);
      expect(check()).toEqual([0, "passing", "no", ""]);
      expect([value("row"), value("since"), value("logged")]).toEqual(["1", "1700000000", "0"]);
      program(1);
      tick(2);
      expect(check()).toEqual([1, "failing", "no", "/opt/probe ended with 1"]);
      tick(2);
      check();
      expect(logged()).toEqual([]);
      expect([value("row"), value("since")]).toEqual(["2", "1700000002"]);
      tick(2);
      check();
      expect(logged()).toEqual([
        "logger -t vrrp-check -p daemon.notice -- check c of gw is failing: /opt/probe ended with 1",
      ]);
      expect(value("logged")).toBe("1700000006");
      for (let i = 0; i < 3; i++) check();
      tick(299);
      check();
      expect(logged()).toEqual([]);
      tick(1);
      check();
      expect(logged()).toHaveLength(1);
      program(0);
      check();
      expect(logged()).toEqual([]);
      check();
      expect(logged()).toEqual(["logger -t vrrp-check -p daemon.notice -- check c of gw is passing"]);
      tick(1000);
      check();
      expect(logged()).toEqual([]);
      const events = host.read(EVENTS).trimEnd().split("\n");
      for (const line of events) expect(JSON.parse(line)).not.toHaveProperty("priority");
      expect(events.map((line) => JSON.parse(line) as object)).toEqual([
        expect.objectContaining({ kind: "CHECK", cluster: "gw", node: "a", name: "c", state: "failing" }),
        expect.objectContaining({ state: "failing", words: "/opt/probe ended with 1" }),
        expect.objectContaining({ state: "passing" }),
      ]);
    });

    test("and a broken one goes on as it was, passing at first, and says so", () => {
      configure("command", ["command /opt/probe 'a b'"], "2 1 1");
      expect(check()).toEqual([0, "passing", "yes", "/opt/probe is not there"]);
      expect(logged()).toEqual([
        "logger -t vrrp-check -p daemon.notice -- check c of gw is broken: /opt/probe is not there; it goes on as passing",
      ]);
      host.write("opt/probe", "#!/bin/sh\nexit 1\n");
      expect(check()).toEqual([0, "passing", "yes", "/opt/probe is not executable"]);
      program(1);
      expect(check()).toEqual([1, "failing", "no", "/opt/probe ended with 1"]);
      tick(7);
      program(127);
      expect(check().slice(0, 3)).toEqual([1, "failing", "yes"]);
      expect(value("since")).toBe("1700000007");
      host.write("opt/probe", "#!/no/such/shell\n", 0o755);
      expect(check().slice(0, 3)).toEqual([1, "failing", "yes"]);
      expect([value("row"), logged().length]).toEqual(["0", 2]);
      program(0);
      expect(check()).toEqual([0, "passing", "no", ""]);
    });

    test("and of a check that keeps changing tells four times in five minutes, then that it does, and how it ends", () => {
      configure("command", ["command /opt/probe"], "2 1 1");
      const told = () => logged().map((call) => call.replace(/^.* check c of gw /, ""));
      for (let i = 0; i < 20; i++) {
        program(i % 2 === 0 ? 1 : 0);
        check();
        tick(10);
      }
      expect(told()).toEqual([
        "is failing: /opt/probe ended with 1",
        "is passing",
        "is failing: /opt/probe ended with 1",
        "is passing",
        "changes often, now failing: /opt/probe ended with 1",
      ]);
      tick(99);
      check();
      expect(told()).toEqual([]);
      tick(1);
      check();
      check();
      expect(told()).toEqual(["is passing"]);
    });

    test("and one that was broken passes again when `rise` runs say so", () => {
      configure("command", ["command /opt/probe"], "2 1 3");
      for (let i = 0; i < 5; i++) check();
      logged();
      program(0);
      check();
      check();
      expect(logged()).toEqual([]);
      check();
      expect(logged()).toEqual([expect.stringMatching(/is passing$/)]);
    });

    test("and without a place to write it tells each five minutes", () => {
      configure("command", ["command /opt/probe"], "2 1 1");
      host.write("run/vrrp-agent", "");
      program(1);
      run();
      tick(300 - (clock % 300));
      run();
      tick(2);
      run();
      expect(logged()).toHaveLength(1);
    });

    test("and knows as well as keepalived whether it counts as failing", () => {
      configure("command", ["command /opt/probe"], "2 3 2");
      const statuses = [1, 0, 1, 0, 0, 1, 1, 0, 1, 1, 127, 0, 1, 0, 0];
      const conditions = statuses.map((status) => {
        program(status);
        check();
        return value("condition")!.charAt(0);
      });
      // The first run decides; a broken one ends as the one before it did.
      expect(conditions.join("")).toBe("ffffppppppffffp");
    });

    test("and what a check of another kind has found under its name is nothing", () => {
      configure("command", ["command /opt/probe"], "2 1 2");
      program(1);
      check();
      configure("file", ["path /srv/x", "present no"], "2 1 2");
      expect(check()).toEqual([0, "passing", "no", ""]);
      expect([value("row"), value("kind"), value("condition")]).toEqual(["1", "file", "failing"]);
      configure("ferret", []);
      expect(check().slice(0, 3)).toEqual([0, "passing", "yes"]);
    });

    test("and a clock that was put back does not keep it silent", () => {
      configure("command", ["command /opt/probe"], "2 1 1");
      program(1);
      check();
      expect(logged()).toHaveLength(1);
      tick(-100_000);
      check();
      expect(logged()).toHaveLength(1);
    });

    test("and without a place to write it still has a result", () => {
      configure("command", ["command /opt/probe"]);
      host.write("run/vrrp-agent", "");
      program(1);
      expect(run().status).toBe(1);
      program(0);
      expect(run()).toEqual({ status: 0, stdout: "", stderr: "" });
    });

    test("and a state file that is damaged is as none", () => {
      configure("command", ["command /opt/probe"]);
      host.write(STATE, "verdict sideways\nrow x\nsince\nlogged 9; rm -rf /\nbroken maybe\nwords\n");
      program(0);
      expect(check()).toEqual([0, "passing", "no", ""]);
      expect(value("row")).toBe("1");
    });
  });

  test.each([
    ["the check is not in node.conf", () => host.write(CONF, "cluster gw\n"), "there is no check c in "],
    ["the kind is none that the agent knows", () => configure("ferret", []), "knows no check of kind ferret"],
    ["there is no node.conf", () => undefined, "there is no check c in "],
  ])("where %s it is broken and passes", (_what, prepare, words) => {
    prepare();
    const [status, verdict, broken, why] = check();
    expect([status, verdict, broken]).toEqual([0, "passing", "yes"]);
    expect(why).toContain(words);
  });

  test("called wrongly it exits 2", () => {
    expect(run("gw").status).toBe(2);
    expect(run("gw", "../c").status).toBe(2);
  });

  describe("of kind command", () => {
    test("takes the words apart as keepalived does, and nothing else", () => {
      const text = `/opt/probe  'a  b' c'd e'f $HOME ; * \t'' "x`.replace(' "x', "");
      configure("command", [`command ${text}`]);
      host.write(
        "opt/probe",
        `#!/bin/sh\nfor word; do printf '<%s>' "$word"; done >${host.root}/said\n`,
        0o755,
      );
      expect(check()[0]).toBe(0);
      expect(host.read("said")).toBe("<a  b><cd ef><$HOME><;><*><>");
    });

    // Were it not ended, it would end well.
    test.each(["exec /bin/sleep 20", "trap '' TERM; /bin/sleep 20; /bin/sleep 20"])(
      "fails when it heeds no signal in time: %s",
      (script) => {
        configure("command", ["command /opt/probe"], "1 1 1");
        host.write("opt/probe", `#!/bin/sh\n${script}\n`, 0o755);
        expect(check()).toEqual([1, "failing", "no", "/opt/probe did not end in time"]);
      },
    );

    test("has failed when keepalived ends its run", async () => {
      configure("command", ["command /opt/probe"], "3 1 1");
      host.write("opt/probe", `#!/bin/sh\ntouch ${host.root}/began\ntrap '' TERM\n/bin/sleep 20\n`, 0o755);
      host.uptime(4321);
      const [program = "", ...before] = host.command;
      const child = spawn(program, [...before, PROGRAM, "gw", "c"], { env: host.env, detached: true });
      try {
        const ended = new Promise((resolve) => child.on("exit", (_code, signal) => resolve(signal)));
        while (!host.has("began")) await new Promise((resolve) => setTimeout(resolve, 10));
        process.kill(-child.pid!, "SIGTERM");
        expect(await ended).toBe("SIGTERM");
        expect([value("verdict"), value("row"), value("ran")]).toEqual(["failing", "1", "4321"]);
        expect(value("words")).toBe("did not end in time");
      } finally {
        // As keepalived does with what is left of the group.
        try {
          process.kill(-child.pid!, "SIGKILL");
        } catch {
          // Nothing is left.
        }
      }
    });

    test("fails when it does not end in time, before keepalived would end it", () => {
      configure("command", ["command /opt/probe"], "1 1 1");
      host.write("opt/probe", "#!/bin/sh\nexec /bin/sleep 20\n", 0o755);
      expect(check()).toEqual([1, "failing", "no", "/opt/probe did not end in time"]);
    });
  });

  describe("of kind network", () => {
    const ofCluster = "the gateway of the default route is an address of the cluster";
    const network = (targets: string[], least = 1, count = 1) =>
      configure("network", [
        ...targets.map((target) => `target ${target}`),
        `count ${count}`,
        `min-successes ${least}`,
      ]);
    const answering = (...addresses: string[]) =>
      addresses.forEach((address) => host.state(`answers.${address}`));
    beforeEach(() => host.state("route4", "default via 10.0.0.254 dev eth0\n"));

    test.each([
      ["all answer", ["gateway", "peer"], 1, ["10.0.0.254", "10.0.0.22"], 0, ""],
      ["the peer is silent", ["gateway", "peer"], 1, ["10.0.0.254"], 0, "silent: peer"],
      ["the peer is silent and both are wanted", ["gateway", "peer"], 2, ["10.0.0.254"], 0, "silent: peer"],
      ["the gateway is silent", ["gateway", "peer"], 1, ["10.0.0.2"], 0, "silent: gateway"],
      [
        "the gateway is silent and both are wanted",
        ["gateway", "peer"],
        2,
        ["10.0.0.2"],
        1,
        "silent: gateway",
      ],
      ["all are silent", ["gateway", "peer"], 1, [], 1, "silent: gateway peer"],
      [
        "two of three answer and two are wanted",
        ["10.9.0.1", "10.9.0.2", "fd00::9"],
        2,
        ["10.9.0.2", "fd00::9"],
        0,
        "silent: 10.9.0.1",
      ],
    ])("when %s", (_what, targets, least, answers, status, words) => {
      network(targets, least);
      answering(...answers);
      expect(check()).toEqual([status, status === 0 ? "passing" : "failing", "no", words]);
    });

    test.each([
      ["none", "", "", undefined],
      [
        "one without a gateway, then one with",
        "default dev ppp0 scope link\ndefault via 10.2.2.2 dev eth0 metric 9\n",
        "",
        "10.2.2.2",
      ],
      [
        "one by the peer, then one that is not",
        "default via 10.0.0.2 dev eth0\ndefault via 10.2.2.2 dev eth0 metric 9\n",
        "",
        "10.2.2.2",
      ],
      [
        "one that is down, then one that is not",
        "default via 10.1.1.1 dev eth1 linkdown\ndefault via 10.2.2.2 dev eth0\n",
        "",
        "10.2.2.2",
      ],
      [
        "only one of IPv6",
        "",
        "default via fe80::1 dev eth0 proto ra metric 1024\n",
        "-6 -c 1 -W 2 -I eth0 fe80::1",
      ],
      ["one of IPv4 over IPv6", "default via inet6 fe80::7 dev eth0\n", "", "-I eth0 fe80::7"],
    ])("looks the default route up at each run: %s", (_what, route4, route6, asked) => {
      network(["gateway"]);
      host.state("route4", route4);
      host.state("route6", route6);
      const address = asked?.split(" ").at(-1);
      if (address !== undefined) answering(address);
      expect(check()[0]).toBe(asked === undefined ? 1 : 0);
      const pings = host.calls().filter((call) => call.startsWith("ping"));
      expect(pings).toEqual(asked === undefined ? [] : [expect.stringContaining(asked)]);
    });

    test.each([
      ["has no gateway to ask", "default dev ppp0 scope link\n", "the default route has no gateway to ask"],
      ["goes by a virtual address", "default via 10.0.0.100 dev eth0\n", ofCluster],
      ["goes by a peer", "default via 10.0.0.22 dev eth0\n", ofCluster],
    ])("a default route that %s says nothing of this node", (_what, route, words) => {
      host.state("route4", route);
      network(["gateway", "peer"]);
      expect(check()).toEqual([0, "passing", "yes", `${words}; name another target near this host`]);
      // What it failed for before is no reason any more.
      host.state("route4", "");
      expect(check()[0]).toBe(1);
      host.state("route4", route);
      expect(check().slice(0, 3)).toEqual([0, "passing", "yes"]);
      network(["gateway", "peer", "10.9.9.9"], 2);
      answering("10.9.9.9");
      expect(check().slice(0, 3)).toEqual([0, "passing", "no"]);
      host.withoutState("answers.10.9.9.9");
      expect(check().slice(0, 3)).toEqual([1, "failing", "no"]);
    });

    test.each([
      [["gateway", "peer", "10.9.9.9"], 2, ["10.0.0.254"], 0],
      [["gateway", "peer", "10.9.9.9"], 2, ["10.9.9.9"], 0],
      [["gateway", "peer", "10.9.9.9"], 2, [], 1],
      [["gateway", "peer", "10.9.9.9"], 2, ["10.0.0.2"], 1],
      [["gateway", "peer", "10.9.9.9"], 3, ["10.0.0.254"], 1],
      [["gateway", "peer", "10.9.9.9"], 3, ["10.0.0.254", "10.9.9.9"], 0],
    ])(
      "a silent peer does not decide: of %j %d are wanted, and %j answers",
      (targets, least, answers, status) => {
        network(targets, least);
        answering(...answers);
        expect(check()[0]).toBe(status);
      },
    );

    test("asks a peer's address of one link on the interface of the instance", () => {
      network(["peer"]);
      host.write(CONF, `interface eth7\npeer b fe80::2\n${host.read(CONF)}`);
      check();
      const pings = host.calls().filter((call) => call.startsWith("ping"));
      expect(pings).toContainEqual(expect.stringContaining("-I eth7 fe80::2"));
      expect(pings).toContainEqual(expect.stringMatching(/-c 1 -W 2 10\.0\.0\.2$/));
    });

    test("asks a target as often as count says", () => {
      network(["gateway"], 1, 3);
      expect(check()[0]).toBe(1);
      expect(host.calls().filter((call) => call.startsWith("ping"))).toHaveLength(3);
    });

    test("counts a ping that hangs as silent, in time", () => {
      host.program("ping", "exec /bin/sleep 20");
      configure("network", ["target 10.9.9.9", "count 2", "min-successes 1"], "1 1 1");
      expect(check().slice(0, 2)).toEqual([1, "failing"]);
    });
  });

  describe("of kind tunnel", () => {
    const tunnel = (...settings: string[]) =>
      configure("tunnel", ["interface wg0", "max-handshake-age 200", "uplink gateway", ...settings]);
    /** PUBLIC-KEY SECONDS-AGO RECEIVED SENT KEEPALIVE */
    const peers = (...lines: [string, number, number, number, string][]) =>
      host.state(
        "peers",
        lines
          .map(
            ([key, age, got, gave, keepalive]) =>
              `${key} ${age < 0 ? 0 : clock - age} ${got} ${gave} ${keepalive}\n`,
          )
          .join(""),
      );
    beforeEach(() => {
      host.write("sys/class/net/wg0/flags", "0x91\n");
      host.state("route4", "default via 10.0.0.254 dev eth0\n");
      tunnel();
    });

    test("passes with a fresh handshake and asks nobody", () => {
      peers(["K1=", 179, 5, 5, "25"]);
      expect(check()).toEqual([0, "passing", "no", ""]);
      expect(host.calls()).toEqual([]);
    });

    test("passes with an old one while the uplink answers: the survivor of a takeover stays", () => {
      peers(["K1=", 5000, 5, 5, "25"]);
      host.state("answers.10.0.0.254");
      expect(check()).toEqual([
        0,
        "passing",
        "no",
        "the last handshake on wg0 is 5000 s old; the uplink answers, so it is the peer or the way to it",
      ]);
    });

    test("with an old one and no uplink that can be asked it says nothing of this node", () => {
      peers(["K1=", 5000, 5, 5, "25"]);
      for (const route of ["default dev ppp0 scope link\n", "default via 10.0.0.2 dev eth0\n"]) {
        host.state("route4", "");
        expect(check()[0]).toBe(1);
        host.state("route4", route);
        expect(check().slice(0, 3)).toEqual([0, "passing", "yes"]);
        expect(value("words")).toMatch(
          /is 5000 s old, and there is no uplink to ask: the .*; name an address as uplink$/,
        );
      }
    });

    test.each([
      [201, "the last handshake on wg0 is 201 s old, and the uplink is silent"],
      [-1, "no handshake yet on wg0, and the uplink is silent"],
    ])("fails with one %p s old while the uplink is silent, too", (age, words) => {
      peers(["K1=", age, 5, 5, "25"]);
      expect(check()).toEqual([1, "failing", "no", words]);
    });

    test("of a peer without keepalive an old one says nothing, unless packets were sent that nobody answered", () => {
      peers(["K1=", 900, 500, 70, "off"]);
      expect(check()[0]).toBe(0);
      tick(2);
      peers(["K1=", 902, 500, 70, "off"]);
      expect(check()[0]).toBe(0);
      peers(["K1=", 902, 500, 71, "off"]);
      expect(check()[0]).toBe(1);
      // Heard again.
      peers(["K1=", 902, 501, 90, "off"]);
      expect(check()[0]).toBe(0);
      peers(["K1=", 902, 501, 91, "off"]);
      expect(check()[0]).toBe(1);
    });

    test.each([
      ["there is no such interface", () => host.remove("sys/class/net/wg0"), "there is no interface wg0"],
      ["it is down", () => host.write("sys/class/net/wg0/flags", "0x90\n"), "wg0 is down"],
      ["it has no peer", () => host.state("peers"), "wg0 has no peer"],
      ["it knows none of the peers", () => tunnel("peer K9="), "wg0 knows none of the peers that count"],
    ])("fails whatever the uplink says when %s", (_what, strike, words) => {
      host.state("answers.10.0.0.254");
      peers(["K1=", 10, 5, 5, "25"]);
      strike();
      expect(check()).toEqual([1, "failing", "no", words]);
    });

    test("of several peers those count that are named, and one that is heard is enough", () => {
      peers(["K1=", 10, 5, 5, "25"], ["K2=", 900, 5, 5, "25"], ["K3=", 900, 5, 5, "25"]);
      expect(check().slice(2)).toEqual(["yes", "wg0 has several peers; name those that count (peers)"]);
      tunnel("peer K2=", "peer K8=");
      expect(check()[0]).toBe(1);
      tunnel("peer K2=", "peer K1=");
      expect(check()[0]).toBe(0);
    });

    test("is broken without wg, and on an interface that is none of WireGuard's", () => {
      configure("tunnel", ["interface eth0", "max-handshake-age 200", "uplink gateway"]);
      host.write("sys/class/net/eth0/flags", "0x1\n");
      expect(check()).toEqual([0, "passing", "yes", "eth0 is no WireGuard interface"]);
      host.withoutProgram("wg");
      if (spawnSync("sh", ["-c", "command -v wg"], { env: host.env }).status !== 0) {
        expect(check().slice(2)).toEqual(["yes", "there is no wg on this host"]);
      }
    });
  });

  describe("of kind http", () => {
    /** Answers with a status and a text, or ends with a status of curl's. */
    const curl = (code: number, text = "", status = 0) =>
      host.program(
        "curl",
        `echo "curl $*" >>"$FAKE/calls"
        [ ${status} = 0 ] || { printf 'curl: (${status}) no way\\n\\n000'; exit ${status}; }
        case $* in *"-o /dev/null"*) ;; *) printf '%s' '${text}' ;; esac
        printf '\\n${code}'`,
      );
    const http = (...settings: string[]) =>
      configure("http", ["url http://127.0.0.1:8/a?b=c&d=[1]", ...settings]);

    test.each([
      [200, "200-399", 0, ""],
      [399, "200-399", 0, ""],
      [404, "200-399", 1, "http://127.0.0.1:8/a?b=c&d=[1] answers 404"],
      [204, "204", 0, ""],
      [200, "204", 1, "http://127.0.0.1:8/a?b=c&d=[1] answers 200"],
    ])("with an answer of %d where %s is expected", (code, expected, status, words) => {
      http(`status ${expected}`);
      curl(code);
      expect(check()).toEqual([status, status === 0 ? "passing" : "failing", "no", words]);
      expect(host.calls().join("")).toContain("--url http://127.0.0.1:8/a?b=c&d=[1]");
    });

    test("looks for a text in the answer", () => {
      http("status 200", "text a [b]* c");
      curl(200, "x\ny a [b]* c z\n");
      expect(check()[0]).toBe(0);
      curl(200, "a b c");
      expect(check()[3]).toBe("the answer of http://127.0.0.1:8/a?b=c&d=[1] lacks 'a [b]* c'");
    });

    test("fails when nobody answers, and is broken when curl is", () => {
      http("status 200");
      curl(0, "", 7);
      expect(check()).toEqual([1, "failing", "no", "curl: (7) no way "]);
      curl(0, "", 127);
      expect(check().slice(0, 3)).toEqual([1, "failing", "yes"]);
    });
  });

  describe("of kind file", () => {
    const file = (...settings: string[]) => configure("file", ["path /srv/a b", ...settings]);

    test("looks whether it is there, or is not", () => {
      file("present yes");
      expect(check()).toEqual([1, "failing", "no", "/srv/a b is not there"]);
      host.write("srv/a b", "");
      expect(check()[0]).toBe(0);
      file("present no");
      expect(check()).toEqual([1, "failing", "no", "/srv/a b is there"]);
      host.remove("srv/a b");
      expect(check()[0]).toBe(0);
    });

    test("and when it was written", () => {
      host.write("srv/a b", "");
      clock = Math.floor(Date.now() / 1000);
      file("present yes", "max-age 60");
      expect(check()[0]).toBe(0);
      tick(90);
      expect(check()[3]).toMatch(/^\/srv\/a b was written (89|90|91) s ago$/);
    });
  });

  test.each([
    ["by the kernel's name", "nginx", "nginx", ["nginx: master process"], "S", true],
    ["a script", "sleeper", "sleeper", ["/usr/bin/python3", "/usr/bin/sleeper"], "S", true],
    ["by the first word of its command line", "postgres", "main", ["/usr/lib/postgres"], "D", true],
    ["one of a long name", "a-daemon-of-a-name", "a-daemon-of-a-n", ["/usr/bin/python3"], "R", true],
    ["not a zombie", "nginx", "nginx", [], "Z", false],
    ["not one whose name begins so", "nginx", "nginx2", ["nginx2"], "S", false],
    ["not by an expression", "n.inx", "nginx", ["nginx"], "S", false],
    ["not one that is called with it", "nginx", "vi", ["vi", "nginx"], "S", false],
  ])("of kind process finds %s", (_what, process, comm, line, state, runs) => {
    configure("process", [`process ${process}`]);
    expect(check()).toEqual([1, "failing", "no", `${process} does not run`]);
    host.write("proc/4/comm", "kthread) Z\n");
    host.write("proc/77/comm", `${comm}\n`);
    host.write("proc/77/cmdline", line.map((word) => `${word}\0`).join(""));
    host.write("proc/77/stat", `77 (${comm}) ${state} 1 77\n`);
    expect(check()[0]).toBe(runs ? 0 : 1);
  });

  test("a probe's own names do not touch what is counted and told", () => {
    configure("process", ["process nginx"], "2 3 2");
    host.write("proc/77/comm", "vi\n");
    host.write("proc/77/cmdline", "vi\0nginx\0");
    host.write("proc/77/stat", "77 (vi) S 1 77\n");
    for (let i = 0; i < 4; i++) check();
    expect(logged().join()).toContain("check c of gw is failing: nginx does not run");
    configure("network", ["target 10.9.0.1", "count 1", "min-successes 1"], "2 1 4");
    check();
    expect(value("condition")).toBe("failing");
    host.state("answers.10.9.0.1");
    const conditions = [1, 2, 3, 4].map(() => {
      check();
      return value("condition");
    });
    expect(conditions).toEqual(["failing", "failing", "failing", "passing"]);
  });

  test("of kind tcp connects through bash, and fails where nobody listens in time", () => {
    configure("tcp", ["host 127.0.0.1", "port 81"], "1 1 1");
    host.program("bash", 'echo "bash $3 $4" >>"$FAKE/calls"; [ -e "$FAKE/listens" ]');
    expect(check()).toEqual([1, "failing", "no", "127.0.0.1:81 takes no connection"]);
    host.state("listens");
    expect(check()[0]).toBe(0);
    expect(host.calls()).toContain("bash 127.0.0.1 81");
    host.program("bash", "exec /bin/sleep 9");
    expect(check()[3]).toBe("127.0.0.1:81 does not answer");
  });
});

describe.each(SHELLS)("the agent's part of checks under %s", (shell) => {
  let host: FakeHost;
  beforeEach(async () => {
    host = await FakeHost.create(shell);
  });
  afterEach(() => host.close());

  const files = (...lines: string[]) => {
    const conf = nodeFiles().find((file) => file.path === CONF)!.text;
    return nodeFiles({ [CONF]: `${conf}${lines.join("\n")}\n` });
  };
  const stage = (...lines: string[]) => host.agent(["stage"], bundleOf(files(...lines)));

  test("stage refuses a command that is no program here, and takes one that is", () => {
    const lines = ["check web command 2 2 2", "check-set web command /opt/probe 'a b'"];
    const refused = { status: 1, stdout: "" };
    const words =
      "vrrp-agent: a: stage: checks: the command of web is /opt/probe, which is no program on this host; install it, make it executable or correct the spec\n";
    expect(stage(...lines)).toEqual({ ...refused, stderr: words });
    host.write("opt/probe", "#!/bin/sh\n");
    expect(stage(...lines)).toEqual({ ...refused, stderr: words });
    host.write("opt/probe", "#!/bin/sh\n", 0o755);
    expect(stage(...lines)).toMatchObject({ status: 0, stderr: "" });
  });

  test("stage refuses a tunnel check without wg", () => {
    const lines = ["check vpn tunnel 2 2 2", "check-set vpn interface wg0"];
    if (spawnSync("sh", ["-c", "command -v wg"], { env: host.env }).status !== 0) {
      expect(stage(...lines).stderr).toContain(
        "checks: vpn, of kind tunnel, needs wg, which is not on this host",
      );
    }
    host.program("wg", ":");
    expect(stage(...lines).status).toBe(0);
  });

  test("activate makes the place of their results, for the user too that a command runs as, and forgets former ones", () => {
    host.program("chown", 'echo "chown $*" | sed "s|$VRRP_ROOT||" >>"$FAKE/calls"');
    host.write("opt/probe", "#!/bin/sh\n", 0o755);
    host.write("run/vrrp-agent/gw/checks/former", "verdict passing\n");
    host.write("run/vrrp-agent/gw/checks/.former.sight", "");
    host.write("run/vrrp-agent/gw/checks/net", "verdict failing\n");
    const lines = ["check-user nobody", "check net network 2 2 2", "check web command 2 2 2"];
    host.succeed(["stage"], bundleOf(files(...lines, "check-set web command /opt/probe")));
    host.calls();
    host.succeed(["activate", "gw", generation(1)]);
    expect(
      host
        .tree("run/vrrp-agent/gw/checks")
        .match(/checks\/\S+/g)
        ?.sort(),
    ).toEqual(expect.arrayContaining(["checks/net", "checks/web"]));
    expect(host.tree("run/vrrp-agent/gw/checks")).not.toContain("former");
    expect(host.read("run/vrrp-agent/gw/checks/net")).toBe("verdict failing\n");
    const calls = host.calls();
    const prepared = calls.indexOf("chown nobody /run/vrrp-agent/gw/checks/web");
    expect(prepared).toBeGreaterThanOrEqual(0);
    expect(prepared).toBeLessThan(calls.indexOf("systemctl start keepalived.service"));
  });

  test("boot makes it again, for /run is empty then", () => {
    host.succeed(["stage"], bundleOf(files("check net network 2 2 2")));
    host.succeed(["activate", "gw", generation(1)]);
    host.remove("run/vrrp-agent");
    host.program("sleep", ":");
    host.succeed(["boot"]);
    expect(host.has("run/vrrp-agent/gw/checks")).toBe(true);
  });

  test("status tells of each how it is, since when, and why, in words and in JSON", () => {
    const lines = [
      "check net network 2 2 2",
      "check web http 2 3 2",
      "check new file 2 2 2",
      "check ok file 2 2 2 fault 2",
      "check old file 2 2 2 fault 2",
    ];
    host.succeed(["stage"], bundleOf(files(...lines)));
    host.succeed(["activate", "gw", generation(1)]);
    const state = (name: string, text: string) => host.write(`run/vrrp-agent/gw/checks/${name}`, text);
    state(
      "net",
      'verdict failing\nbroken no\nrow 4\nsince 1700000000\nlogged 0\ntold failing\nwords silent: "gate\u0007way"\\x\n',
    );
    state(
      "web",
      "verdict passing\nbroken yes\nrow 1\nsince 1700000060\nlogged 0\ntold broken\nwords there is no curl\n",
    );
    const well = "verdict passing\nbroken no\nrow 9\nsince 1700000060\nlogged 0\ntold passing\nwords \n";
    state("ok", `${well}ran 1987\n`);
    state("old", `${well}ran 1986\n`);
    host.uptime(2000);
    const text = host.succeed(["status"]).split("\n");
    expect(text.filter((line) => line.startsWith("  check "))).toEqual([
      '  check net (network): failing since 2023-11-14T22:13:20Z: silent: "gateway"\\x',
      "  check web (http): broken, goes on as passing since 2023-11-14T22:14:20Z: there is no curl",
      "  check new (file): not run yet",
      "  check ok (file): passing since 2023-11-14T22:14:20Z",
      expect.stringMatching(/^ {2}check old \(file\): no result since 20\d\d-.*Z$/),
    ]);
    const { clusters } = JSON.parse(host.succeed(["status", "--json"])) as {
      clusters: { checks: object[] }[];
    };
    expect(clusters[0]?.checks).toEqual([
      {
        name: "net",
        kind: "network",
        state: "failing",
        verdict: "failing",
        since: "2023-11-14T22:13:20Z",
        words: 'silent: "gateway"\\x',
      },
      expect.objectContaining({
        name: "web",
        state: "broken",
        verdict: "passing",
        words: "there is no curl",
      }),
      expect.objectContaining({ name: "new", state: "unknown", since: null, words: "" }),
      expect.objectContaining({ name: "ok", state: "passing", words: "" }),
      expect.objectContaining({ name: "old", state: "stale", verdict: "passing" }),
    ]);
  });
});
