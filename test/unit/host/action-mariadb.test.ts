import { statSync } from "node:fs";
import { join } from "node:path";

import { bundleOf, FakeHost, nodeFiles, SHELLS } from "./fake-host";
import { bringMariadb, events, replica } from "./mariadb-tools";

const STATE = "var/lib/vrrp-agent/gw/role/db";
const EVENTS = "var/log/vrrp-agent/events.jsonl";
const SECRET = "secret";

const conf = (settings: Record<string, string> = {}) =>
  [
    "cluster gw",
    "node a",
    "interface eth0",
    "source 10.0.0.1 eth0",
    "instance gw 4 51 eth0",
    "vip gw 10.0.0.100/24 eth0",
    "peer b 10.0.0.2",
    "role 3 gw",
    "action db mariadb 20 2 yield no",
    ...Object.entries({
      port: "3306",
      service: "mariadb",
      config: "/etc/mysql/mariadb.conf.d/zz-vrrp.cnf",
      "server-id": "12",
      bind: "*",
      restart: "yes",
      peer: "10.0.0.2",
      "replication-credentials": "/etc/mysql/vrrp.cnf",
      "on-divergence": "keep",
      "initial-copy": "yes",
      "semi-sync": "no",
      ...settings,
    }).map(([key, value]) => `action-set db ${key} ${value}`),
    "",
  ].join("\n");

// Each runs the agent several times, whose client of MariaDB is a program of its own.
jest.setTimeout(60_000);

describe.each(SHELLS)("an action of kind mariadb under %s", (shell) => {
  let host: FakeHost;
  beforeEach(async () => {
    host = await FakeHost.create(shell);
    bringMariadb(host);
    configure();
    host.write(`${STATE}/member`, "");
  });
  afterEach(() => host.close());

  const configure = (settings?: Record<string, string>) =>
    host.write("/etc/vrrp-agent/gw/node.conf", conf(settings));
  const holdAddress = () => {
    host.state("keepalived.pid", host.read("fake/daemon"));
    host.addresses("eth0", ["10.0.0.1/24", "10.0.0.100/24"]);
  };
  const sql = () => host.read("fake/sql").trim().split("\n");
  /** What changes something, in its order. */
  const done = () =>
    sql()
      .filter((line) => /STOP|RESET|read_only = |KILL|master_enabled = 0|CHANGE MASTER|^mariadb-/.test(line))
      .map((line) => line.replace(/^here: /, ""));
  const act = (...args: string[]) => {
    host.write("run/vrrp-agent/gw/role/lock", "");
    const { status, stdout, stderr } = host.agent(["act", "gw", "db", ...args]);
    expect(stderr).toBe("");
    return [status, stdout.trim()];
  };
  const promote = () => {
    holdAddress();
    return act("promote");
  };
  const told = () =>
    host.has(EVENTS)
      ? host
          .read(EVENTS)
          .trim()
          .split("\n")
          .map((line) => (JSON.parse(line) as { state: string }).state)
      : [];

  describe("promotes", () => {
    test("only when all that was received is applied, and opens the server last", () => {
      host.state("replica-here", replica());
      expect(promote()).toEqual([0, ""]);
      expect(done()).toEqual([
        "STOP SLAVE IO_THREAD;",
        expect.stringMatching(/^STOP SLAVE; RESET SLAVE ALL; .* SET GLOBAL read_only = 0;$/),
      ]);
      expect(act("reached", "master")).toEqual([0, ""]);
      expect(act("reached", "backup")).toEqual([1, ""]);
    });

    test("not where the relay log does not get applied", () => {
      host.state("replica-here", replica({ Gtid_IO_Pos: "0-11-6" }));
      expect(promote()).toEqual([1, "not promoted: the relay log is applied up to 0-11-5 of 0-11-6"]);
      expect(done()).toEqual([]);
    });

    test("not where something received cannot be applied", () => {
      host.state(
        "replica-here",
        replica({ Slave_SQL_Running: "No", Last_SQL_Errno: "1062", Last_SQL_Error: "Duplicate" }),
      );
      expect(promote()).toEqual([
        1,
        "not promoted: what was received cannot be applied: 1062 Duplicate; correct it and START SLAVE SQL_THREAD",
      ]);
      expect(done()).toEqual([]);
    });

    test.each([
      ["the thread that applies", { Slave_SQL_Running: "No" }],
      [
        "both threads",
        {
          Slave_SQL_Running: "No",
          Slave_IO_Running: "No",
          Relay_Log_File: "relay.000002",
          Relay_Log_Pos: "555",
        },
      ],
    ])("where somebody has stopped %s, and throws nothing away of what was received", (_what, stopped) => {
      host.state("replica-here", replica(stopped));
      expect(promote()).toEqual([0, ""]);
      expect(sql()).not.toContain("lost");
      expect(done().at(-1)).toMatch(/SET GLOBAL read_only = 0;$/);
      const byPlace = sql().filter((line) =>
        line.includes("RELAY_LOG_FILE = 'relay.000002', RELAY_LOG_POS = 555;"),
      );
      expect(byPlace).toHaveLength("Relay_Log_File" in stopped ? 1 : 0);
    });

    test("not while the peer's server is writable, and without asking long where it is gone", () => {
      host.state("ro-peer", "0\n");
      expect(promote()).toEqual([1, expect.stringContaining("the peer's server is writable still")]);
      expect(done()).toEqual([]);
      host.state("down-peer");
      expect(promote()).toEqual([0, ""]);
      expect(done()).toHaveLength(1);
    });

    test("with what it has where the peer's runs and says nothing, once it has been asked for long, and tells it", () => {
      host.state("slow-peer");
      host.state("replica-here", replica());
      expect(promote()).toEqual([0, ""]);
      expect(told()).toEqual(["incomplete"]);
      host.withoutState("slow-peer");
      host.state("down-peer");
      host.state("replica-here", replica());
      expect(promote()).toEqual([0, ""]);
      expect(told()).toEqual(["incomplete"]);
    });

    test("not an empty server before it is known that the peer's has no data", () => {
      host.remove(`${STATE}/member`);
      host.state("empty-here", "0\n");
      expect(promote()).toEqual([
        1,
        expect.stringContaining("this server is empty, and the peer's has data"),
      ]);
      host.state("down-peer");
      expect(promote()).toEqual([
        1,
        expect.stringContaining("this server is empty, and the peer's does not answer"),
      ]);
      host.withoutState("down-peer");
      host.state("empty-peer", "0\n");
      expect(promote()).toEqual([0, ""]);
    });

    test("not where the role has moved on meanwhile", () => {
      expect(act("promote")).toEqual([1, "the role has moved on"]);
      expect(done()).toEqual([]);
    });

    test("not a server that is kept out, until its operator says so", () => {
      host.write(`${STATE}/kept-out`, "this server holds more\n");
      const [status, words] = promote();
      expect(status).toBe(1);
      expect(words).toMatch(/^this server holds more; to make it master all the same: rm .*kept-out$/);
      host.remove(`${STATE}/kept-out`);
      expect(promote()).toEqual([0, ""]);
    });

    test("with semi-sync that never falls back, unless it is told after how long", () => {
      configure({ "semi-sync": "yes" });
      expect(promote()).toEqual([0, ""]);
      expect(sql().at(-1)).toMatch(
        /'AFTER_SYNC'.*rpl_semi_sync_master_timeout = 4294967295,.*read_only = 0;$/,
      );
      configure({ "semi-sync": "yes", "semi-sync-timeout": "20" });
      expect(promote()).toEqual([0, ""]);
      expect(sql().at(-1)).toMatch(/rpl_semi_sync_master_timeout = 20000,/);
    });
  });

  describe("demotes", () => {
    test("read-only at once, ends connections, and only then lets go of semi-sync and joins the peer", () => {
      host.state("ro-here", "0\n");
      host.state("ro-peer", "0\n");
      host.state("processes", "KILL CONNECTION 9;\n");
      expect(act("demote")).toEqual([0, ""]);
      const list = done();
      expect(list[0]).toMatch(/SET GLOBAL read_only = 1;$/);
      expect(list).toContain("KILL CONNECTION 9;");
      const off = list.indexOf("SET GLOBAL rpl_semi_sync_master_enabled = 0;");
      expect(off).toBeGreaterThan(list.lastIndexOf("KILL CONNECTION 9;"));
      expect(list.slice(off + 1)).toEqual([
        expect.stringContaining("CHANGE MASTER TO MASTER_HOST = '10.0.0.2'"),
      ]);
      expect(list.at(-1)).toContain("MASTER_PASSWORD = 'it''s a \\\\secret'");
      expect(host.read("fake/arguments")).not.toContain(SECRET);
      expect(act("reached", "backup")).toEqual([0, ""]);
      expect(act("demote")).toEqual([0, ""]);
      expect(done().filter((line) => line.includes("CHANGE MASTER"))).toHaveLength(1);
    });

    test("and stays read-only where the peer's server is not there", () => {
      host.state("ro-here", "0\n");
      host.state("down-peer");
      expect(act("demote")).toEqual([
        1,
        expect.stringMatching(/^read-only; the peer's server is not writable or/),
      ]);
      expect(host.read("fake/ro-here")).toBe("1\n");
    });

    test("and tells nothing of the password where the peer's server cannot be joined", () => {
      host.state("ro-peer", "0\n");
      host.state("refuses", "CHANGE MASTER");
      const [status, words] = act("demote");
      expect([status, words]).toEqual([1, "cannot replicate from the peer: ERROR 1064"]);
    });

    test("and gives up where replication has stopped with an error, so that somebody looks", () => {
      host.state(
        "replica-here",
        replica({ Slave_SQL_Running: "No", Last_SQL_Errno: "1062", Last_SQL_Error: "Duplicate" }),
      );
      expect(act("demote")).toEqual([3, expect.stringContaining("replication has stopped: 1062 Duplicate")]);
    });

    test("and restarts the server only where it may", () => {
      host.state("restart", "log_bin is off\n");
      configure({ restart: "no" });
      expect(act("demote")).toEqual([
        3,
        expect.stringContaining("log_bin is off; restart mariadb on this host"),
      ]);
      expect(host.calls()).toEqual([]);
      configure();
      host.state("ro-peer", "0\n");
      expect(act("demote")).toEqual([0, ""]);
      expect(host.calls()).toEqual(["systemctl restart mariadb"]);
      expect(told()).toEqual(["restarted"]);
      // No restart helps where the settings are not read.
      host.program("systemctl", "case $* in show*) echo MainPID=0 ;; is-*) exit 1 ;; esac");
      expect(act("demote")).toEqual([
        3,
        expect.stringContaining("after a restart, too: the server does not read"),
      ]);
    });
  });

  describe("finds that this server holds what the master lacks", () => {
    const KEPT = `${STATE}/kept-aside/after-0-11-5-to-0-12-7.sql`;
    beforeEach(() => {
      host.state("ro-peer", "0\n");
      host.state("pos-here", "0-12-7\n");
      host.state("pos-peer", "0-11-9\n");
      host.state("logs-here", "log.1\t1\nlog.2\t1\n");
      host.state("events-here-log.1", events("", "0-11-4", "0-11-5", "0-12-6"));
      host.state("events-here-log.2", events("0-11-5,0-12-6", "0-12-7"));
      host.state("state-peer", "0-11-9\n");
      host.state("rewound", "0-11-5\n");
    });

    test("keeps it in a file of root's, stays out, and says so", () => {
      expect(act("demote")).toEqual([
        3,
        expect.stringMatching(/after 0-11-5 up to 0-12-7, .* kept in \S+0-12-7\.sql; set onDivergence/),
      ]);
      expect(host.read(KEPT)).toBe(
        "rows of --host=localhost --read-from-remote-server --verbose --start-position=1200 log.1 log.2\n",
      );
      expect(statSync(join(host.root, KEPT)).mode & 0o777).toBe(0o600);
      expect(done().filter((line) => line.includes("CHANGE MASTER"))).toEqual([]);
      expect(told()).toEqual(["kept-aside"]);
      expect(host.has(`${STATE}/kept-out`)).toBe(true);
      // Again: what is kept is not written a second time.
      act("demote");
      expect(told()).toEqual(["kept-aside"]);
    });

    test("does nothing to the server where it cannot be kept", () => {
      host.state("no-binlog");
      configure({ "on-divergence": "reclone" });
      expect(act("demote")).toEqual([1, "cannot keep aside what the peer lacks: mariadb-binlog: no"]);
      expect(sql().filter((line) => /DROP|RESET|CHANGE/.test(line))).toEqual([]);
    });

    test("rewinds it, and joins from where both were one", () => {
      configure({ "on-divergence": "rewind" });
      expect(act("demote")).toEqual([0, ""]);
      expect(sql()).toContain(
        `mariadb-binlog --no-defaults --flashback --start-position=1200 ${host.root}/var/lib/mysql/log.1 ${host.root}/var/lib/mysql/log.2`,
      );
      expect(sql().at(-2)).toMatch(/SET GLOBAL gtid_slave_pos = '0-11-5';.*CHANGE MASTER/);
      expect(told()).toEqual(["kept-aside", "rewound"]);
      expect(host.has(`${STATE}/kept-out`)).toBe(false);
      expect(host.has(KEPT)).toBe(true);
    });

    test("does not rewind what is not of rows, nor joins where the position is not right afterwards", () => {
      configure({ "on-divergence": "rewind" });
      host.state("events-here-log.2", events("0-11-5,0-12-6", "0-12-7 ddl"));
      expect(act("demote")).toEqual([
        3,
        expect.stringContaining("could not be rewound: some of it is not of rows"),
      ]);
      expect(sql().filter((line) => line.includes("flashback"))).toEqual([]);
      host.state("events-here-log.2", events("0-11-5,0-12-6", "0-12-7"));
      host.state("rewound", "0-12-6\n");
      expect(act("demote")).toEqual([
        3,
        expect.stringContaining("its position is 0-12-6 and not 0-11-5 afterwards"),
      ]);
      expect(done().filter((line) => line.includes("CHANGE MASTER"))).toEqual([]);
    });

    test("and never loses the file, not even with the action", () => {
      act("demote");
      expect(act("forget")).toEqual([0, ""]);
      expect(host.has(KEPT)).toBe(false);
      expect(host.read("var/lib/vrrp-kept-aside/gw/db/after-0-11-5-to-0-12-7.sql")).toContain("rows of");
    });

    test("or that nothing is common", () => {
      host.state("state-peer", "0-13-2\n");
      host.state("pos-peer", "0-13-2\n");
      expect(act("demote")).toEqual([
        3,
        expect.stringContaining("data that has nothing in common with the peer's"),
      ]);
    });

    test("does not have an empty server copied over it", () => {
      configure({ "on-divergence": "reclone" });
      host.state("state-peer", "0-13-2\n");
      host.state("pos-peer", "0-13-2\n");
      host.state("empty-peer", "0\n");
      expect(act("demote")).toEqual([
        1,
        expect.stringContaining(
          "the peer's server is empty, and this one has data: nothing is copied over it",
        ),
      ]);
      expect(sql().filter((line) => /DROP|RESET|CHANGE/.test(line))).toEqual([]);
      expect(told()).toEqual([]);
    });

    test("but joins what the peer has and has gone on from", () => {
      host.state("pos-here", "0-12-3\n");
      host.state("state-peer", "0-12-3,0-11-9\n");
      expect(act("demote")).toEqual([0, ""]);
      expect(told()).toEqual([]);
    });
  });

  describe("before a planned move", () => {
    beforeEach(() => {
      holdAddress();
      host.state("ro-here", "0\n");
      host.state("replica-peer", replica());
    });

    test("is read-only and waits until the peer has all, and nobody opens it meanwhile; resume does", () => {
      expect(act("quiesce")).toEqual([0, ""]);
      expect(host.read("fake/ro-here")).toBe("1\n");
      expect(sql().at(-1)).toMatch(/^peer: SELECT MASTER_GTID_WAIT\('0-11-5', 9\);$/);
      expect(act("reached", "master")).toEqual([0, ""]);
      expect(act("promote")).toEqual([0, ""]);
      expect(host.read("fake/ro-here")).toBe("1\n");
      expect(act("resume")).toEqual([0, ""]);
      expect(host.read("fake/ro-here")).toBe("0\n");
    });

    test("fails before anybody is disturbed where the peer does not follow", () => {
      host.state("waited", "-1\n");
      expect(act("quiesce")).toEqual([
        1,
        expect.stringContaining("has not applied all up to 0-11-5 within 9 s"),
      ]);
      host.state("replica-peer", replica({ Slave_IO_Running: "No", Last_IO_Error: "cut" }));
      expect(act("quiesce")).toEqual([1, "the peer's server does not replicate: cut"]);
      expect(host.read("fake/ro-here")).toBe("0\n");
    });

    test("is not bound by one whose asker has died", () => {
      expect(act("quiesce")).toEqual([0, ""]);
      host.uptime(5000);
      expect(act("reached", "master")).toEqual([1, ""]);
      expect(act("promote")).toEqual([0, ""]);
      expect(host.read("fake/ro-here")).toBe("0\n");
    });
  });

  describe("at stage", () => {
    const stage = (settings?: Record<string, string>) =>
      host.agent(["stage"], bundleOf(nodeFiles({ "/etc/vrrp-agent/gw/node.conf": conf(settings) })));
    const ALL = [
      ...["SUPER", "RELOAD", "PROCESS", "READ_ONLY_ADMIN", "CONNECTION_ADMIN", "REPLICATION_SLAVE_ADMIN"],
      ...["REPLICATION_MASTER_ADMIN", "SLAVE_MONITOR", "BINLOG_ADMIN", "BINLOG_MONITOR", "BINLOG_REPLAY"],
      ...["REPLICATION_SLAVE", "SELECT", "LOCK_TABLES", "SHOW_VIEW", "TRIGGER", "EVENT"],
    ];
    beforeEach(() => host.state("privileges", ALL.join("\n")));

    test("says that the server will be restarted", () => {
      host.state("restart", "log_bin is off\n");
      const { status, stderr } = stage();
      expect([status, stderr]).toEqual([
        0,
        expect.stringContaining("note: mariadb restarts once on this host"),
      ]);
      expect(stage({ restart: "no" }).stderr).toContain("must be restarted for replication: log_bin is off");
    });

    test.each<[string, string, () => void]>([
      ["MySQL", "only MariaDB from 10.5 can be", () => host.state("version", "8.0.36\n")],
      ["an old MariaDB", "it needs 10.5 or later", () => host.state("version", "10.4.1-MariaDB\n")],
      [
        "a missing privilege",
        "lacks BINLOG MONITOR on this host's server; GRANT BINLOG MONITOR ON",
        () => host.state("privileges", ALL.filter((one) => one !== "BINLOG_MONITOR").join("\n")),
      ],
      ["a server that is down", "does not answer: ERROR 2002", () => host.state("down-here")],
      [
        "a password that everybody may read",
        "chmod 600 /etc/mysql/vrrp.cnf",
        () => host.write("/etc/mysql/vrrp.cnf", "", 0o644),
      ],
      [
        "no option file",
        "which is not on this host; make it, mode 0600",
        () => host.remove("etc/mysql/vrrp.cnf"),
      ],
      [
        "no place for the settings",
        "set configFile to a file",
        () => host.remove("etc/mysql/mariadb.conf.d"),
      ],
      [
        "a replica of somebody else",
        "replicates from 10.9.9.9:3306, which is not the peer",
        () => host.state("replica-here", replica({ Master_Host: "10.9.9.9" })),
      ],
      ["several domains", "several GTID domains", () => host.state("domains", "0-1-1,1-1-1\n")],
    ])("refuses %s", (_, words, spoil) => {
      spoil();
      const { status, stderr } = stage();
      expect(status).toBe(1);
      expect(stderr).toContain(words);
    });
  });

  test("puts replication and read_only back as they were when the action is forgotten", () => {
    host.state("ro-here", "0\n");
    host.state("ro-peer", "0\n");
    act("demote");
    expect(act("forget")).toEqual([0, ""]);
    expect(sql().at(-1)).toMatch(/STOP SLAVE; RESET SLAVE ALL; .*SET GLOBAL read_only = 0;$/);
  });
});
