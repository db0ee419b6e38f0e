import { bundleOf, EVERY_SHELL, FakeHost, generation, nodeFiles } from "./fake-host";

const CONF = "/etc/keepalived/keepalived.conf";
const NODE = "/etc/vrrp-agent/gw/node.conf";

describe.each(EVERY_SHELL)("what decides how soon a peer takes over, under %s", (shell) => {
  let host: FakeHost;
  beforeEach(async () => {
    host = await FakeHost.create(shell);
  });
  afterEach(() => host.close());

  const apply = (lines: string, conf: string) => {
    const node = nodeFiles().find(({ path }) => path === NODE)!.text;
    host.succeed(["stage"], bundleOf(nodeFiles({ [NODE]: node + lines, [CONF]: conf })));
    host.succeed(["activate", "gw", generation(1)]);
    const { clusters } = JSON.parse(host.succeed(["status", "--json"])) as {
      clusters: {
        handOver: number | null;
        lease: number | null;
        drainIsFault: boolean;
        instances: { timing: unknown }[];
      }[];
    };
    return clusters[0]!;
  };
  const instance = (name: string, ...lines: string[]) =>
    [`vrrp_instance ${name} {`, ...lines.map((line) => `    ${line}`), "}", ""].join("\n");
  const drain = (weight: number) => `track_file {\n        drain weight ${weight}\n    }`;

  test("is told of each instance by its own lines", () => {
    const lines =
      "instance gw_2 4 52 eth0\nagree gw 3 0.5 unicast 10.0.0.1\nagree gw_2 2 1 multicast any\nhand-over 5\nwitness lease 10\n";
    const status = apply(
      lines,
      instance("gw_2", "down_timer_adverts 5", drain(-253)) + instance("gw", "priority 90", drain(-253)),
    );
    expect(status).toMatchObject({ handOver: 5, lease: 10, drainIsFault: false });
    expect(status.instances.map(({ timing }) => timing)).toEqual([
      { version: 3, advertInt: 0.5, downTimerAdverts: 3, priority: 90 },
      { version: 2, advertInt: 1, downTimerAdverts: 5, priority: null },
    ]);
  });

  test("is null where node.conf does not say it; a drain of weight 0 is FAULT", () => {
    const status = apply("", instance("gw", drain(0)));
    expect(status).toMatchObject({ handOver: null, lease: null, drainIsFault: true });
    expect(status.instances[0]!.timing).toBeNull();
  });
});
