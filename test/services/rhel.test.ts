import { type Host, Image, Lab, Stack, until } from "../../lab";
import { configure, holders, nodeOf, staysWith } from "../e2e/pair/cluster";

/** What an operator could find changed on a RHEL-like host. firewalld keeps a zone as a file once it was changed. */
const RECORD = `
  rpm -qa | sort
  semanage fcontext -l -C -n; semanage port -l -C -n; semanage boolean -l -n; semodule -l
  firewall-cmd --permanent --list-all-zones
  find /etc -type f ! -path '/etc/selinux/*' ! -path '/etc/firewalld/zones/*' ! -name '*.cache' ! -name '.updated' -exec sha256sum {} + | sort
  systemctl list-unit-files --no-legend | awk '{ print $1, $2 }'
  systemctl is-active firewalld NetworkManager`;

/** An unreserved port, for which the policy has no name. */
const PORT = 8405;

interface Status {
  facts: { packageManager: string; selinux: string; networkManagers: string[]; firewalls: string[] };
  denials: Record<string, string>[];
  clusters: { drift: string[] }[];
}

describe("a pair of RHEL-like hosts", () => {
  let lab: Lab;
  let stack: Stack;
  let before: string[];
  let [a, b]: Host[] = [];

  const record = async (host: Host) => (await host.exec(RECORD)).stdout;
  const records = () => Promise.all(lab.hosts.map(record));
  const give = (changes: Record<string, unknown> = {}) =>
    configure(
      stack,
      lab,
      lab.hosts.map((host) => nodeOf(host)),
      changes,
    );
  const status = async (host: Host) =>
    JSON.parse((await host.exec("vrrp-agent status --json")).stdout) as Status;
  const context = async (host: Host, path: string) =>
    (await host.exec(["sh", "-c", `ls -dZ ${path} | cut -d : -f 3`])).stdout.trim();

  beforeAll(async () => {
    lab = await Lab.start({ hosts: ["gw-a", "gw-b"].map((name) => ({ name, image: Image.Rhel })) });
    [a, b] = lab.hosts as [Host, Host];
    stack = await Stack.create({ client: lab.client });
    for (const host of lab.hosts) await host.writeFile("/etc/lab-selinux", "Enforcing\n");
    // semanage makes files of the store's when it is first called.
    for (const host of lab.hosts)
      await host.exec("semanage fcontext -a -t etc_t /lab && semanage fcontext -d /lab");
    before = await records();
  });
  afterAll(async () => {
    stack?.remove();
    await lab?.stop();
  });

  test("pulumi up installs keepalived with dnf, behind the firewalld that runs, and one host holds the address", async () => {
    await give();
    const { stdout, stderr } = await stack.up();
    expect(`${stdout}${stderr}`).toContain("note: NetworkManager has eth0");
    expect((await a!.exec("rpm -q keepalived")).stdout).toMatch(/^keepalived-/);
    await staysWith(a!, lab.hosts);
    for (const host of lab.hosts) {
      expect((await host.exec("systemctl is-active firewalld NetworkManager")).stdout).toBe(
        "active\nactive\n",
      );
    }
    expect((await status(a!)).facts).toMatchObject({
      packageManager: "dnf",
      selinux: "enforcing",
      networkManagers: ["NetworkManager"],
      firewalls: ["firewalld"],
    });
  });

  test("what keepalived and systemd are to run has the context with which the policy lets them", async () => {
    for (const [path, type] of [
      ["/usr/lib/vrrp-agent/vrrp-agent", "bin_t"],
      ["/usr/lib/vrrp-agent/vrrp-unconfined", "keepalived_unconfined_script_exec_t"],
      ["/usr/lib/vrrp-agent/vrrp-check", "lib_t"],
      ["/run/vrrp-agent", "vrrp_agent_run_t"],
      ["/var/lib/vrrp-agent/gw", "vrrp_agent_state_t"],
      ["/etc/keepalived/keepalived.conf", "etc_t"],
    ] as const) {
      expect(`${path} ${await context(a!, path)}`).toBe(`${path} ${type}`);
    }
    expect((await a!.exec("semodule -l")).stdout).toMatch(/^vrrp-agent$/m);
  });

  test("a second pulumi up changes nothing", async () => {
    expect((await stack.up()).stdout).toMatch(/Resources:\n +\d+ unchanged/);
  });

  test("the peer takes over from a host without power, which gets the address back", async () => {
    await a!.powerOff();
    await until("gw-b holds it", 15_000, async () => (await holders([b!])).join() === "gw-b");
    await a!.boot();
    await staysWith(a!, lab.hosts);
  });

  test("the address that NetworkManager has taken away has one holder again", async () => {
    await a!.exec("nmcli device reapply eth0");
    await staysWith(a!, lab.hosts);
    await a!.exec("nmcli connection up eth0");
    await staysWith(a!, lab.hosts);
    await a!.exec("systemctl restart NetworkManager");
    await staysWith(a!, lab.hosts);
  });

  test("status says what SELinux has denied keepalived lately, and nothing older", async () => {
    const avc = (seconds: number, name: string) =>
      `type=AVC msg=audit(${seconds}.123:42): avc:  denied  { write } for  pid=7 comm="keepalived" name="${name}" dev="dm-0" ino=9 scontext=system_u:system_r:keepalived_t:s0 tcontext=system_u:object_r:var_run_t:s0 tclass=fifo_file permissive=0\n`;
    const now = Math.floor(Date.now() / 1000);
    await a!.writeFile(
      "/var/log/audit/audit.log",
      avc(now - 9000, "old.fifo") + avc(now - 60, "notify.fifo"),
      "600",
    );
    expect((await status(a!)).denials).toEqual([
      {
        permissions: "write",
        class: "fifo_file",
        command: "keepalived",
        name: "notify.fifo",
        source: "keepalived_t",
        target: "var_run_t",
      },
    ]);
    await a!.exec("rm /var/log/audit/audit.log");
  });

  test("a gateway gets nginx from dnf, a label for its port, and leave to ask what is behind it", async () => {
    const upstreams = [{ address: `${lab.client.address}:9000` }];
    await give({ gateway: { listen: [PORT], upstreams, probe: { port: 8081 } } });
    await stack.up();
    expect((await a!.exec("semanage port -l -C -n")).stdout).toMatch(
      new RegExp(`http_port_t +tcp +(8081, ${PORT}|${PORT}, 8081)`),
    );
    expect((await a!.exec("semanage boolean -l -C -n")).stdout).toMatch(/httpd_can_network_connect +\(on/);
    expect(await context(a!, "/etc/nginx/nginx.conf")).toBe("httpd_config_t");
  });

  test("pulumi destroy takes back packages, policy, booleans, labels and firewalld's rules", async () => {
    await stack.destroy();
    const after = await records();
    for (const [index, host] of lab.hosts.entries()) {
      const was = new Set(before[index]!.split("\n"));
      const is = after[index]!.split("\n");
      expect([host.name, is.filter((line) => !was.has(line))]).toEqual([host.name, []]);
      expect([host.name, before[index]!.split("\n").filter((line) => !is.includes(line))]).toEqual([
        host.name,
        [],
      ]);
    }
  });
});
