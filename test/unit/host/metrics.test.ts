import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { type Metric, parseExposition } from "./exposition";
import { bundleOf, EVERY_SHELL, FakeHost, generation, nodeFiles } from "./fake-host";

const MODULE = join(__dirname, "../../../host/lib/metrics.sh");

const FACTS = `keepalived running 4711 2026-02-28T23:59:58Z
firewall gw: a rule is missing
host title Some Linux
host keepalived 2.2.7
host clock 2026-03-01T00:00:00Z no
denied { read } file keepalived x s t
cluster gw gw-a ${"a".repeat(64)} 2024-02-29T12:00:00Z
pending ${"b".repeat(64)}
drained
drift /etc/keepalived/keepalived.conf
drift gw has other peers
check web http failing failing 2026-02-28T23:00:00Z no answer "at all" \\
check db tcp unknown passing never
role master backup 2026-02-28T23:00:00Z 3 db
action db mariadb failed master 5 cannot connect
instance gw MASTER
timing 3 0.5 3 100
vip 10.0.0.100 eth0 held
vip 2001:db8::100 eth0 free
reported FAULT 100 2
instance gw_2 PARTIAL
vip 10.0.0.101 eth0 free
cluster wg gw-a 0
tunnel wg0 up
tunnel-peer gw-b never none
tunnel-peer gw-c 42 192.0.2.1:51820
`;

/** What the metrics say, a line each as `NAME LABEL=VALUE,... VALUE`, the states that are not so left out. */
function said(metrics: Metric[]): string[] {
  return metrics.flatMap(({ name, samples }) =>
    samples
      .filter(({ labels, value }) => !("state" in labels) || value !== 0)
      .map(({ labels, value }) => {
        const words = Object.entries(labels).map(([key, text]) => `${key}=${text}`);
        return `${name.replace(/^vrrp_agent_/, "")} ${words.join(",")} ${value}`;
      }),
  );
}

describe.each(EVERY_SHELL)("metrics under %s", (shell) => {
  let host: FakeHost;
  beforeEach(async () => {
    host = await FakeHost.create(shell);
  });
  afterEach(() => host.close());

  const metrics = (facts: string, name = "gw-a.example") => {
    const [program = "", ...words] = host.command;
    const script = `. ${MODULE}; metrics_text "$1"`;
    const ended = spawnSync(program, [...words, "-c", script, "sh", name], {
      input: facts,
      encoding: "utf8",
      env: host.env,
    });
    expect(ended.stderr).toBe("");
    return parseExposition(ended.stdout);
  };

  test("say everything that status finds, in a form that Prometheus takes", () => {
    const found = metrics(FACTS);
    expect(found.every(({ name, type }) => /^vrrp_agent_[a-z_]+$/.test(name) && type === "gauge")).toBe(true);
    const at = "cluster=gw,node=gw-a";
    expect(said(found)).toEqual([
      "up node=gw-a.example 1",
      `keepalived_start_time_seconds node=gw-a.example ${Date.UTC(2026, 1, 28, 23, 59, 58) / 1000}`,
      "keepalived_info node=gw-a.example,version=2.2.7 1",
      "firewall_ok node=gw-a.example 0",
      "clock_synchronised node=gw-a.example 0",
      "selinux_denials node=gw-a.example 1",
      `generation_info ${at},generation=${"a".repeat(64)} 1`,
      "generation_info cluster=wg,node=gw-a,generation=0 1",
      `applied_time_seconds ${at} ${Date.UTC(2024, 1, 29, 12) / 1000}`,
      `pending ${at} 1`,
      "pending cluster=wg,node=gw-a 0",
      `drained ${at} 1`,
      "drained cluster=wg,node=gw-a 0",
      `promoted ${at} 0`,
      "promoted cluster=wg,node=gw-a 0",
      `drift ${at} 2`,
      "drift cluster=wg,node=gw-a 0",
      `instance_state ${at},vrrp_instance=gw,state=MASTER 1`,
      `instance_state ${at},vrrp_instance=gw_2,state=PARTIAL 1`,
      `instance_reported_state ${at},vrrp_instance=gw,state=FAULT 1`,
      `instance_priority ${at},vrrp_instance=gw 100`,
      `heartbeat_age_seconds ${at},vrrp_instance=gw 2`,
      `vip_held ${at},vrrp_instance=gw,address=10.0.0.100,interface=eth0 1`,
      `vip_held ${at},vrrp_instance=gw,address=2001:db8::100,interface=eth0 0`,
      `vip_held ${at},vrrp_instance=gw_2,address=10.0.0.101,interface=eth0 0`,
      `check_passing ${at},check=web,kind=http 0`,
      `check_passing ${at},check=db,kind=tcp 0`,
      `check_state ${at},check=web,kind=http,state=failing 1`,
      `check_state ${at},check=db,kind=tcp,state=unknown 1`,
      `role_reached ${at},role=master 0`,
      `role_heartbeat_age_seconds ${at} 3`,
      `action_done ${at},action=db,kind=mariadb 0`,
      "tunnel_up cluster=wg,node=gw-a,interface=wg0 1",
      "tunnel_handshake_age_seconds cluster=wg,node=gw-a,interface=wg0,peer=gw-c 42",
    ]);
  });

  test("have one series for each state, also for one that this list does not know", () => {
    const state = metrics("cluster gw a 0\ninstance gw MASTER\nreported DELETED 1 2\n").find(
      ({ name }) => name === "vrrp_agent_instance_reported_state",
    )!;
    expect(state.samples.map(({ labels, value }) => `${labels.state} ${value}`)).toEqual([
      "MASTER 0",
      "BACKUP 0",
      "FAULT 0",
      "STOPPED 0",
      "DELETED 1",
    ]);
  });

  test("leave out a priority and a heartbeat that the state file has not", () => {
    const names = metrics("cluster gw a 0\ninstance gw MASTER\nreported MASTER - -\n").map(
      ({ name }) => name,
    );
    expect(names).toContain("vrrp_agent_instance_reported_state");
    expect(names).not.toContain("vrrp_agent_instance_priority");
    expect(names).not.toContain("vrrp_agent_heartbeat_age_seconds");
  });

  test.each(['a\\b"c', "\\n", '"', "\\\\"])("escape %j in a label", (name) => {
    const [up] = metrics("keepalived stopped\n", name.replaceAll("\\", "\\\\"));
    // awk -v reads escapes itself; a host's name has none.
    expect(up!.samples[0]).toEqual({ name: "vrrp_agent_up", labels: { node: name }, value: 0 });
    const [, firewall] = metrics(`keepalived stopped\ncluster gw ${name} 0\n`);
    expect(firewall).toBeDefined();
    const pending = metrics(`cluster gw ${name} 0\n`).find((one) => one.name === "vrrp_agent_pending");
    expect(pending!.samples[0]!.labels.node).toBe(name);
  });

  test("are what the agent prints of a real look, and change nothing", () => {
    host.succeed(["stage"], bundleOf(nodeFiles(), { generation: generation(1) }));
    host.succeed(["activate", "gw", generation(1)]);
    host.addresses("eth0", ["10.0.0.1/24", "10.0.0.100/24"]);
    const before = host.tree("etc", "var", "run");
    const found = parseExposition(host.succeed(["metrics"]));
    expect(host.tree("etc", "var", "run")).toBe(before);
    expect(said(found)).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^up node=\S+ 1$/) as string,
        `generation_info cluster=gw,node=a,generation=${generation(1)} 1`,
        "instance_state cluster=gw,node=a,vrrp_instance=gw,state=MASTER 1",
        "vip_held cluster=gw,node=a,vrrp_instance=gw,address=10.0.0.100,interface=eth0 1",
      ]),
    );
    const started = found.find(({ name }) => name === "vrrp_agent_keepalived_start_time_seconds")!;
    expect(Math.abs(started.samples[0]!.value - Date.now() / 1000)).toBeLessThan(600);
    expect(host.agent(["metrics", "--json"]).status).toBe(2);
  });
});

describe("the reader of that form", () => {
  const metric = '# HELP a b\n# TYPE a gauge\na{x="1"} 1\n';
  test("takes what is right", () => {
    expect(parseExposition(metric)).toHaveLength(1);
    expect(
      parseExposition('# HELP a b\n# TYPE a gauge\na{x="}\\"{",y="\\\\\\n"} +Inf\n')[0]!.samples,
    ).toEqual([{ name: "a", labels: { x: '}"{', y: "\\\n" }, value: Infinity }]);
  });
  test.each([
    ["no newline at the end", metric.trimEnd()],
    ["a sample of another metric", `${metric}b 1\n`],
    ["no HELP", '# TYPE a gauge\na{x="1"} 1\n'],
    ["a series twice", `${metric}a{x="1"} 2\n`],
    ["a metric twice", metric + metric],
    ["a label without quotes", metric.replace('"1"', "1")],
    ["an escape that is none", metric.replace('"1"', '"\\t"')],
    ["a value that is none", metric.replace(/ 1\n$/, " one\n")],
    ["no sample", "# HELP a b\n# TYPE a gauge\n"],
    ["a name with a dash", metric.replaceAll("a", "a-b")],
  ])("refuses %s", (_what, text) => {
    expect(() => parseExposition(text)).toThrow();
  });
});
