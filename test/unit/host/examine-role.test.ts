import { apply, examine, examinedHost, facts } from "./examine-host";
import { type FakeHost, SHELLS } from "./fake-host";
import { likeOpenWrt } from "./openwrt-tools";

const NODE = "etc/vrrp-agent/gw/node.conf";
const ROLE = "run/vrrp-agent/gw/role";

describe.each(SHELLS)("examine of a role under %s", (shell) => {
  let host: FakeHost;
  beforeEach(async () => {
    host = await examinedHost(shell);
    apply(host, 1);
  });
  afterEach(() => host.close());

  /** systemd has each of these units so. */
  const units = (is: Record<string, string>) =>
    host.program(
      "systemctl",
      [
        "case $* in",
        '"show "*) echo "MainPID=$(cat "$FAKE/keepalived.pid")" ;;',
        ...Object.entries(is).map(
          ([unit, state]) => `"is-active ${unit}") echo ${state}; [ ${state} = active ] ;;`,
        ),
        '"is-enabled "*) echo enabled ;;',
        "*) exit 1 ;;",
        "esac",
      ].join("\n"),
    );
  const configure = (role: string, reached: string, lines: string[]) => {
    host.write(NODE, `${host.read(NODE)}role 0 gw\n${lines.join("\n")}\n`);
    host.write(
      `${ROLE}/state`,
      `wanted ${role}\nreached ${reached}\nsince 1700000000\ndoing -\nheartbeat ${Math.floor(Date.now() / 1000)}\n`,
    );
  };
  const service = (name: string, unit: string, master: string, backup: string) => [
    `action ${name} service 30 2 stop no`,
    `action-set ${name} service ${unit}`,
    `action-set ${name} on-master ${master}`,
    `action-set ${name} on-backup ${backup}`,
  ];

  test("units are told that are not as the reached role wants them", () => {
    units({
      "web.service": "failed",
      "jobs.timer": "active",
      "db.service": "active",
      "old.service": "inactive",
    });
    configure("master", "master", [
      ...service("web", "web", "start", "stop"),
      ...service("jobs", "jobs.timer", "start", "stop"),
      ...service("db", "db", "stop", "start"),
      ...service("old", "old", "mask", "none"),
    ]);
    expect(facts(examine(host), "unit")).toEqual([
      "unit web.service active failed",
      "unit db.service inactive active",
      "unit old.service masked enabled",
    ]);
  });

  test("where no role is reached, the wanted one counts; the loop and the record are told", () => {
    units({ "web.service": "inactive" });
    configure("master", "none", service("web", "web", "start", "stop"));
    host.write(
      `${ROLE}/actions/web`,
      "state failed\nrole master\nat 1700000000\nms 3\nwords it does not start\n",
    );
    const lines = examine(host);
    expect(facts(lines, "unit")).toEqual(["unit web.service active inactive"]);
    expect(facts(lines, "role")[0]).toMatch(/^role master none 2023-11-14T22:13:20Z \d+ -$/);
    expect(facts(lines, "action")).toEqual(["action web service failed master 1700000000 it does not start"]);
    expect(facts(lines, "role-loop")).toEqual(["role-loop stopped"]);
  });

  test("the state file is told by instance", () => {
    const beat = Math.floor(Date.now() / 1000) - 7;
    host.write("run/vrrp-agent/gw/gw.state", `state MASTER\npriority 100\nsince 1\nheartbeat ${beat}\n`);
    expect(facts(examine(host), "reported")[0]).toMatch(/^reported gw MASTER 100 [78]$/);
  });

  describe("with a database", () => {
    const database = (status: string) => {
      units({});
      host.program(
        "mariadb",
        status === "" ? "echo 'ERROR 2002 (HY000): gone' >&2; exit 1" : `cat <<'X'\n${status}\nX`,
      );
      configure("backup", "backup", [
        "action db mariadb 30 2 stop no",
        "action-set db peer 10.0.0.2",
        "action-set db port 3306",
      ]);
      return facts(examine(host), "replica");
    };
    const replica = (io: string, sql: string, more = "") =>
      `Master_Host: 10.0.0.2\nMaster_Port: 3306\nSlave_IO_Running: ${io}\nSlave_SQL_Running: ${sql}\n${more}`;

    test.each([
      ["follows", replica("Yes", "Yes", "Seconds_Behind_Master: 0"), "ok 0 s behind"],
      ["is behind", replica("Yes", "Yes", "Seconds_Behind_Master: 900"), "behind 900 s"],
      ["is stopped", replica("No", "No"), "stopped receives No, applies No"],
      [
        "has an error",
        replica("Yes", "No", "Last_SQL_Errno: 1062\nLast_SQL_Error: Duplicate entry"),
        "error 1062 Duplicate entry",
      ],
      [
        "does not reach the peer's",
        replica("Connecting", "Yes", "Last_IO_Error: error connecting"),
        "error error connecting",
      ],
      ["follows nobody", "Tuned: 1 0 0", "absent it replicates from nobody"],
      [
        "follows a stranger",
        replica("Yes", "Yes").replace("10.0.0.2", "10.0.0.9"),
        "error it replicates from 10.0.0.9:3306, which is not the peer",
      ],
      ["does not answer", "", "absent ERROR 2002 (HY000): gone"],
    ])("a server of the backup that %s is told", (_, status, words) => {
      expect(database(status)).toEqual([`replica db ${words}`]);
    });
  });

  test("each endpoint of a witness is asked, and only read", () => {
    host.write(
      NODE,
      `${host.read(NODE)}witness lease 10\nwitness-endpoint http://w1:2379\nwitness-endpoint http://w2:2379\n`,
    );
    host.program(
      "curl",
      `config=$(cat); echo "$config" | sed 's/^/curl /' >>"$FAKE/calls"; case $config in *w2*) echo "curl: (7) refused" >&2; exit 7 ;; esac`,
    );
    expect(facts(examine(host), "witness")).toEqual([
      "witness http://w1:2379 reachable",
      "witness http://w2:2379 unreachable curl: (7) refused",
    ]);
    expect(
      host
        .calls()
        .filter((call) => call.startsWith("curl url"))
        .sort(),
    ).toEqual(['curl url = "http://w1:2379/v3/kv/range"', 'curl url = "http://w2:2379/v3/kv/range"']);
  });

  test("the daemon's unit is told where it is not well, and whether it is enabled", () => {
    const show = (lines: string) =>
      host.program(
        "systemctl",
        `case $* in *MainPID*) echo MainPID=0 ;; "show "*) printf '${lines}' ;; *) exit 1 ;; esac`,
      );
    show(
      "Result=exit-code\\nNRestarts=7\\nExecMainStatus=2\\nActiveState=activating\\nSubState=auto-restart\\nUnitFileState=disabled\\n",
    );
    expect(facts(examine(host), "daemon")).toEqual(["daemon stopped"]);
    expect(facts(examine(host), "daemon-unit")).toEqual([
      "daemon-unit activating auto-restart exit-code 7 status 2",
    ]);
    expect(facts(examine(host), "daemon-enabled")).toEqual(["daemon-enabled no"]);
    expect(facts(examine(host), "daemon-auto-restarts")).toEqual(["daemon-auto-restarts 7"]);
    show("ActiveState=inactive\\nUnitFileState=masked-runtime\\n");
    expect(facts(examine(host), "daemon-enabled")).toEqual(["daemon-enabled masked"]);
  });

  describe("keepalived's own test", () => {
    test("is told with what it says, once", () => {
      host.program(
        "keepalived",
        `[ "$1" = -t ] || exit 0; echo "(Line 3) Unknown keyword 'x'"; echo "($3: Line 3) Unknown keyword 'x'"; exit 4`,
      );
      const lines = examine(host);
      expect(facts(lines, "conf-test")).toEqual(["conf-test failed"]);
      expect(facts(lines, "conf-error")).toEqual([
        `conf-error (${host.root}/etc/keepalived/keepalived.conf: Line 3) Unknown keyword 'x'`,
      ]);
    });

    test("where it dies of another user's scripts, is made of a copy with root", () => {
      host.write(
        "etc/keepalived/keepalived.conf",
        'global_defs {\n    script_user nobody\n}\nvrrp_instance gw {\n    notify_master "/bin/x a" nobody\n    notify /bin/y nobody\n}\n',
      );
      const before = host.tree("etc");
      host.program(
        "keepalived",
        `[ "$1" = -t ] || exit 0; if grep -q nobody "$3"; then exit 143; fi; cp "$3" "$FAKE/tested"`,
      );
      expect(facts(examine(host), "conf-test")).toEqual(["conf-test ok"]);
      expect(host.read("fake/tested")).toContain('notify_master "/bin/x a" root\n    notify /bin/y root\n');
      expect(host.tree("etc")).toBe(before);
    });
  });

  test("on OpenWrt the file is the one that its script names", () => {
    likeOpenWrt(host);
    host.write(
      "etc/config/keepalived",
      "config globals 'globals'\n\toption alt_config_file '/etc/mine.conf'\n",
    );
    host.write("etc/mine.conf", "include /etc/keepalived/keepalived.conf\n");
    const texts = facts(examine(host), "text").map((line) => line.split(" ")[1]);
    expect(texts).toEqual([
      "/etc/mine.conf",
      "/etc/keepalived/keepalived.conf",
      "/etc/keepalived/gw.auth.conf",
    ]);
  });
});
