import { type Host, Lab, until } from "../../../lab";
import { inNamespace } from "../../../lab/network";
import { type LabPve, pveOn } from "../../../lab/pve";

const vip = "10.20.30.200";
const other = "10.20.30.211";
const ids = { "gw-a": 101, "gw-b": 102 };
type Name = keyof typeof ids;

/** Nothing may be sent of its own accord but pings. */
const firewall = `[OPTIONS]

enable: 1
policy_out: DROP

[RULES]

IN SSH(ACCEPT)
OUT ACCEPT -p icmp

`;

const keepalived = (priority: number, own: string, peer: string) => `vrrp_instance web {
  state BACKUP
  interface eth0
  virtual_router_id 51
  priority ${priority}
  advert_int 1
  unicast_src_ip ${own}
  unicast_peer {
    ${peer}
  }
  virtual_ipaddress {
    ${vip}/24
  }
}
`;

describe("hosts of a lab behind Proxmox VE's firewall", () => {
  let lab: Lab;
  let front: LabPve;
  beforeAll(async () => {
    lab = await Lab.start({ hosts: [{ name: "gw-a" }, { name: "gw-b" }, { name: "pve1" }] });
    const guest = (id: number) => ({ id, node: "pve1", net0: "firewall=1", firewall });
    front = await pveOn(lab, {
      nodes: ["pve1"],
      guests: { "gw-a": guest(101), "gw-b": guest(102) },
      clusterFirewall: "[OPTIONS]\n\nenable: 1\n\n",
      tokens: [{ id: "root@pam!lab", secret: "s3cret", roles: { "/": "PVEAuditor" } }],
    });
  });
  afterAll(async () => {
    await front?.stop();
    await lab?.stop();
  });

  const ssh = (command: string) => {
    const { privateKeyFile, host } = lab.ssh(lab.host("pve1"));
    const options = ["-F", "none", "-o", `UserKnownHostsFile=${lab.knownHostsFile}`, "-o", "BatchMode=yes"];
    return lab.client.exec(["ssh", "-i", privateKeyFile, ...options, `root@${host}`, command], {
      check: false,
    });
  };
  /** pvesh on pve1 about the firewall of a guest. */
  const pvesh = async (method: string, name: Name, path: string, options = "") => {
    const done = await ssh(`pvesh ${method} /nodes/pve1/qemu/${ids[name]}/firewall${path} ${options}`);
    expect(done).toMatchObject({ code: 0, stderr: "" });
  };
  const holds = async (host: Host) =>
    (await host.exec("ip -4 address show dev eth0")).stdout.includes(`inet ${vip}/`);
  const holders = async () => {
    const [a, b] = await Promise.all([holds(lab.host("gw-a")), holds(lab.host("gw-b"))]);
    return [...(a ? ["gw-a"] : []), ...(b ? ["gw-b"] : [])].join(" ");
  };
  /** Looks for this many adverts' time and sees nobody else hold the address. */
  const stays = async (who: string, seconds: number) => {
    const end = Date.now() + seconds * 1000;
    while (Date.now() < end) expect(await holders()).toBe(who);
  };
  const pings = async (host: Host, source: string) =>
    (await host.exec(["ping", "-c1", "-W1", "-I", source, lab.client.address], { check: false })).code === 0;

  test("are both master while none of their adverts may pass, and one is once a rule for VRRP says so", async () => {
    const [a, b] = [lab.host("gw-a"), lab.host("gw-b")];
    await a.writeFile("/etc/keepalived/keepalived.conf", keepalived(100, a.address, b.address));
    await b.writeFile("/etc/keepalived/keepalived.conf", keepalived(90, b.address, a.address));
    await Promise.all([a, b].map((host) => host.exec("systemctl restart keepalived")));
    await until("both hold the address", 15_000, async () => (await holders()) === "gw-a gw-b");
    await stays("gw-a gw-b", 4);
    for (const [name, peer] of [
      ["gw-a", b],
      ["gw-b", a],
    ] as const) {
      const rule = "--action ACCEPT --proto vrrp --enable 1 --comment vrrp-agent:web";
      await pvesh("create", name, "/rules", `--type in --source ${peer.address} ${rule}`);
      await pvesh("create", name, "/rules", `--type out --dest ${peer.address} ${rule}`);
    }
    await until("one holds the address", 10_000, async () => (await holders()) === "gw-a");
    await stays("gw-a", 4);
    await a.exec("systemctl stop keepalived");
    await until("the other holds the address", 10_000, async () => (await holders()) === "gw-b");
  });

  // Connection tracking takes the one's adverts for the answer to the other's. Seen on a kernel with iptables, physdev and
  // bridges as PVE makes them, too.
  test("hear each other without any rule once both have sent, and until then both are master", async () => {
    const [a, b] = [lab.host("gw-a"), lab.host("gw-b")];
    for (const name of ["gw-a", "gw-b"] as const) {
      await pvesh("delete", name, "/rules/0");
      await pvesh("delete", name, "/rules/0");
      await pvesh("set", name, "/options", "--delete policy_out");
    }
    await Promise.all([a, b].map((host) => host.exec("systemctl stop keepalived")));
    await front.forgetConnections();
    const since = (await b.exec("date +%s")).stdout.trim();
    await Promise.all([a, b].map((host) => host.exec("systemctl start keepalived")));
    const log = async () => (await b.exec(`journalctl -u keepalived --since @${since} -o cat`)).stdout;
    await until("the second is master, too", 10_000, async () =>
      (await log()).includes("Entering MASTER STATE"),
    );
    await until("one holds the address", 10_000, async () => (await holders()) === "gw-a");
    await stays("gw-a", 4);
    await Promise.all([a, b].map((host) => host.exec("systemctl stop keepalived")));
  });

  test("cannot send from another MAC until macfilter is off", async () => {
    const a = lab.host("gw-a");
    await a.exec(`ip address add ${other}/24 dev eth0 && ip link set eth0 address 02:00:00:00:00:77`);
    expect(await pings(a, other)).toBe(false);
    await pvesh("set", "gw-a", "/options", "--macfilter 0");
    expect(await pings(a, other)).toBe(true);
  });

  test("cannot send from an address that their set lacks", async () => {
    const b = lab.host("gw-b");
    await b.exec(`ip address add ${other.replace(/1$/, "2")}/24 dev eth0`);
    const source = other.replace(/1$/, "2");
    await pvesh("create", "gw-b", "/ipset", "--name ipfilter-net0");
    await pvesh("create", "gw-b", "/ipset/ipfilter-net0", `--cidr ${b.address}`);
    expect(await pings(b, source)).toBe(false);
    expect(await pings(b, b.address)).toBe(true);
    await pvesh("create", "gw-b", "/ipset/ipfilter-net0", `--cidr ${source}`);
    expect(await pings(b, source)).toBe(true);
  });

  test("are free once their NIC's flag is off, which replugs the tap", async () => {
    const a = lab.host("gw-a");
    const monitor = lab.client.spawn([
      "nsenter",
      `--net=/run/netns/${a.switch}`,
      "bridge",
      "monitor",
      "link",
    ]);
    let seen = "";
    monitor.stdout?.on("data", (chunk: Buffer) => (seen += chunk.toString()));
    const net0 = /^net0: (.*)$/m.exec((await ssh("qm config 101")).stdout)?.[1] ?? "";
    const set = `qm set 101 --net0 ${net0.replace("firewall=1", "firewall=0")}`;
    await until("the tap was off its bridge", 10_000, async () => {
      await ssh(set);
      await ssh(`qm set 101 --net0 ${net0}`);
      return seen.includes(`Deleted`) && seen.includes(a.port);
    });
    monitor.kill();
    expect(await front.rules()).toContain(`iifname "${a.port}"`);
    await ssh(set);
    expect(await front.rules()).not.toContain(`iifname "${a.port}"`);
    expect((await ssh("cat /etc/pve/nodes/pve1/qemu-server/101.conf")).stdout).toContain("firewall=0");
  });

  test("are started and stopped with their hook script", async () => {
    const pve1 = lab.host("pve1");
    const script = "/var/lib/vz/snippets/hook.sh";
    const flood = '[ "$2" != post-start ] || bridge link set dev "tap$1i0" flood off';
    await pve1.writeFile(script, `#!/bin/sh\necho "$1 $2" >>/root/phases\n${flood}\n`, "755");
    expect(await ssh("qm set 101 --hookscript local:snippets/hook.sh")).toMatchObject({ code: 0 });
    expect(await ssh("qm stop 101; qm status 101; qm start 101; qm status 101")).toMatchObject({
      stdout: "status: stopped\nstatus: running\n",
    });
    const port = await inNamespace(pve1.switch, `bridge -d link show dev ${lab.host("gw-a").port}`);
    expect(port).toContain("flood off");
    expect(await pve1.readFile("/root/phases")).toBe(
      ["pre-stop", "post-stop", "pre-start", "post-start"].map((phase) => `101 ${phase}\n`).join(""),
    );
  });

  test("are seen over the API on port 8006", async () => {
    const url = `https://${lab.host("pve1").address}:8006/api2/json/nodes/pve1/qemu/102/status/current`;
    const authority = (await ssh("cat /etc/pve/pve-root-ca.pem")).stdout;
    const read = `require("https").get(process.argv[1], { ca: process.argv[2], headers: {
      Authorization: "PVEAPIToken=root@pam!lab=s3cret" } }, (r) => r.pipe(process.stdout))`;
    const { stdout } = await lab.client.exec([process.execPath, "-e", read, url, authority]);
    expect(JSON.parse(stdout)).toMatchObject({ data: { vmid: 102, status: "running" } });
  });

  test("lose an SSH connection that a fault cuts, with nothing changed", async () => {
    const before = front.pve.config(102);
    front.pve.dieBetweenReadAndWrite();
    expect(await ssh("pvesh set /nodes/pve1/qemu/102/config --onboot 1")).toMatchObject({ code: 255 });
    expect(front.pve.config(102)).toBe(before);
    front.pve.heal();
  });
});
