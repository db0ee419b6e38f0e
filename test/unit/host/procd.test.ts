import { readlinkSync } from "node:fs";
import { join } from "node:path";
import { bundleOf, nodeFiles, FakeHost, generation, SHELLS } from "./fake-host";
import { KEEPALIVED, likeOpenWrt } from "./openwrt-tools";

describe.each(SHELLS)("a host like OpenWrt, under %s", (shell) => {
  let host: FakeHost;
  beforeEach(async () => {
    host = await FakeHost.create(shell);
    likeOpenWrt(host);
  });
  afterEach(() => host.close());

  const STATE = "/etc/vrrp-agent.state";
  const stage = (changes: Record<string, string> = {}) => host.agent(["stage"], bundleOf(nodeFiles(changes)));
  const apply = () => {
    expect(stage()).toMatchObject({ status: 0 });
    host.succeed(["activate", "gw", generation(1)]);
  };

  test("what must outlast a reboot is on flash, where configs find it through a link in memory", () => {
    expect(stage()).toMatchObject({ status: 0 });
    expect(host.has(`${STATE}/gw/owner`)).toBe(true);
    expect(readlinkSync(join(host.root, "var/lib/vrrp-agent"))).toBe(STATE);
  });

  test("a host whose /var is on its disk keeps it there", () => {
    host.write("/proc/mounts", "root / overlay rw 0 0\n");
    expect(stage()).toMatchObject({ status: 0 });
    expect(host.has(STATE)).toBe(false);
  });

  test("units of systemd are neither placed nor missed", () => {
    apply();
    expect(host.has("/etc/systemd")).toBe(false);
    expect(host.succeed(["status"])).not.toMatch(/systemd/);
    const drift = host.succeed(["drift", "gw"]);
    expect(drift).toMatch(
      /^file \/etc\/systemd\/system\/keepalived\.service\.d\/vrrp-agent\.conf 0644 \S+ 1 ended\n\|\[Service\]$/m,
    );
  });

  test("keepalived's script is led to our config by a file that includes it, after the gate", () => {
    apply();
    const uci = host.read("/etc/config/keepalived");
    expect(uci).toContain("option alt_config_file '/etc/vrrp-agent/keepalived.conf'");
    expect(uci).toContain("option enabled '1'");
    expect(host.read("/etc/vrrp-agent/keepalived.conf")).toContain(
      "include /etc/keepalived/keepalived.conf\n",
    );
    expect(host.calls().filter((call) => call.startsWith("keepalived"))).toEqual([
      "keepalived enable",
      "keepalived start",
    ]);
  });

  test("a restore brings its UCI back, byte for byte", () => {
    apply();
    host.succeed(["restore", "gw", "me"]);
    expect(host.read("/etc/config/keepalived")).toBe(KEEPALIVED);
    expect(host.has("/etc/vrrp-agent")).toBe(false);
  });

  test("options that somebody has set since stay, and ours are taken back", () => {
    apply();
    const changed = host
      .read("/etc/config/keepalived")
      .replace("enabled '1'\n", "enabled '1'\n\toption router_id 'x'\n");
    host.write("/etc/config/keepalived", changed, 0o600);
    host.succeed(["restore", "gw", "me"]);
    const uci = host.read("/etc/config/keepalived");
    expect(uci).toContain("option enabled '0'");
    expect(uci).toContain("option router_id 'x'");
    expect(uci).not.toContain("alt_config_file");
  });

  test("UCI that leads elsewhere is told by status", () => {
    apply();
    host.write("/etc/config/keepalived", KEEPALIVED, 0o600);
    expect(host.succeed(["status"])).toContain(
      "keepalived.globals in UCI does not lead to /etc/keepalived/keepalived.conf",
    );
  });

  test("a stage says what there is no way to do, all of it at once", () => {
    const conf = nodeFiles({}).find(({ path }) => path.endsWith("node.conf"))!.text;
    const failed = stage({
      "/etc/vrrp-agent/gw/node.conf": `${conf}gateway unit nginx\naction db mariadb 5 1 stop no\n`,
    });
    expect(failed.status).toBe(1);
    expect(failed.stderr).toContain(
      "not supported on OpenWrt: gateway, a role's database (mariadb); leave it out",
    );
  });
});
