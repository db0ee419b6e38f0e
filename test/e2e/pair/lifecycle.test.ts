import { type Host, Lab, Stack, until } from "../../../lab";
import { configure, holders, nodeOf, privateKeyOf, VIP } from "./cluster";
import { changes, type HostState, statesOf } from "./hostState";

const AUTH_PASS = "zQ7=pAss";

/** A keepalived that somebody set up by hand, for the address that the pair is to have. */
const HAND_MADE = `# by hand, do not touch
vrrp_instance old {
    interface eth0
    state BACKUP
    virtual_router_id 7
    priority 50
    virtual_ipaddress { ${VIP}/24 }
}
`;

const SSH_COUNTER = `table inet ssh_counter {
  chain output {
    type filter hook output priority filter;
    tcp dport 22 tcp flags & (syn | ack) == syn counter
  }
}
`;

interface Status {
  keepalived: { running: boolean };
  firewall: { ok: boolean };
  clusters: {
    generation: string;
    pending: boolean;
    drift: string[];
    instances: { state: string; reported: { state: string; heartbeatAge: number } | null }[];
  }[];
}

describe("the life of a pair on hosts that had a keepalived before", () => {
  let lab: Lab;
  let stack: Stack;
  let a: Host;
  let b: Host;
  let before: Record<string, HostState>;
  /** All that pulumi printed. */
  let printed = "";

  beforeAll(async () => {
    lab = await Lab.start({ name: "life", hosts: [{ name: "gw-a" }, { name: "gw-b" }] });
    [a, b] = lab.hosts as [Host, Host];
    for (const host of lab.hosts) {
      await host.writeFile("/etc/keepalived/keepalived.conf", HAND_MADE, "640");
    }
    await a.exec("chown root:adm /etc/keepalived/keepalived.conf && systemctl restart keepalived");
    await b.exec(
      "chown daemon:mail /etc/keepalived/keepalived.conf && systemctl --quiet disable --now keepalived",
    );
    await until("gw-a holds its hand-made VIP", 20_000, async () =>
      (await holders(lab.hosts)).includes("gw-a"),
    );
    before = await statesOf(lab.hosts);
    await lab.client.exec("nft -f -", { stdin: SSH_COUNTER });
    stack = await Stack.create({ client: lab.client });
    await configurePair(1);
  });
  afterAll(async () => {
    stack?.remove();
    await lab?.stop();
  });

  const configurePair = (advertInt: number) =>
    configure(
      stack,
      lab,
      lab.hosts.map((host) => nodeOf(host)),
      { version: 2, advertInt },
      { authPass: AUTH_PASS },
    );

  async function pulumi(verb: "up" | "preview", args: string[] = []): Promise<string> {
    const { stdout, stderr } = await stack[verb](args);
    printed += stdout + stderr;
    return stdout;
  }

  async function status(host: Host): Promise<Status> {
    return JSON.parse((await host.exec("vrrp-agent status --json")).stdout) as Status;
  }

  const generationOf = async (host: Host) => (await status(host)).clusters[0]!.generation;

  /** SSH connections that anything on the client has tried to open since they are counted. */
  async function sshConnections(): Promise<number> {
    const { stdout } = await lab.client.exec("nft list table inet ssh_counter");
    return Number(/ packets (\d+) /.exec(stdout)?.[1]);
  }

  test("up takes the address over from the hand-made keepalived", async () => {
    await pulumi("preview", ["--show-full-output"]);
    await pulumi("up");
    expect(await holders(lab.hosts)).toEqual(["gw-a"]);
    expect(await a.readFile("/etc/keepalived/keepalived.conf")).toContain("virtual_router_id 51\n");
    for (const host of lab.hosts) {
      expect(await status(host)).toMatchObject({
        keepalived: { running: true },
        firewall: { ok: true },
        clusters: [{ pending: false, drift: [] }],
      });
    }
  });

  test("up again changes nothing and opens no SSH connection", async () => {
    const opened = await sshConnections();
    expect(opened).toBeGreaterThan(0);
    expect(await pulumi("up")).toMatch(/^Resources:\n +\d+ unchanged\n/m);
    expect(await sshConnections()).toBe(opened);
  });

  test("a changed line is shown as a diff of each host's file, and applied without sending the agent again", async () => {
    const former = await generationOf(b);
    await configurePair(2);
    const preview = await pulumi("preview");
    expect(preview.match(/^ +- +advert_int 1\n +\+ +advert_int 2$/gm)).toHaveLength(2);
    const up = await pulumi("up");
    const updated = [...up.matchAll(/command:remote:Command gw-(\S+) updated/g)].map(([, name]) => name);
    expect(updated).toContain("gw-a-activate");
    expect(updated.filter((name) => name!.endsWith("-agent"))).toEqual([]);
    expect(await generationOf(b)).not.toBe(former);
    expect(await holders(lab.hosts)).toEqual(["gw-a"]);
    // The reload tells no state anew.
    for (const [host, state] of [
      [a, "MASTER"],
      [b, "BACKUP"],
    ] as const) {
      const [cluster] = (await status(host)).clusters;
      expect(cluster?.instances).toMatchObject([{ state, reported: { state } }]);
      expect(cluster?.instances[0]?.reported?.heartbeatAge).toBeLessThanOrEqual(10);
    }
  });

  describe("no secret is where others read:", () => {
    const secrets = () => {
      const line = privateKeyOf(lab).split("\n")[2];
      if (line === undefined) throw new Error("the private key has no third line");
      return [AUTH_PASS, line];
    };

    test("what pulumi prints and the exported state", async () => {
      const state = (await stack.pulumi(["stack", "export"])).stdout;
      expect(state).toContain("gw-gw-a-activate");
      const texts = { printed, state };
      for (const secret of secrets()) {
        const encoded = Buffer.from(secret)
          .toString("base64")
          .replace(/.{0,3}=*$/, "");
        // Only the places' names: a failure must not print the secret either.
        const places = Object.entries(texts).filter(
          ([, text]) => text.includes(secret) || text.includes(encoded),
        );
        expect(places.map(([name]) => name)).toEqual([]);
      }
    });

    test("files and processes of the hosts, for a user without rights", async () => {
      const find = `grep -r -l -F -e '${AUTH_PASS}' /etc /root /run /tmp /var /usr/lib/vrrp-agent/ 2>/dev/null`;
      for (const host of lab.hosts) {
        const root = await host.exec(find, { check: false });
        expect(root.stdout).toContain("/etc/keepalived/gw.auth.conf\n");
        const nobody = await host.exec(`setpriv --reuid=65534 --regid=65534 --clear-groups sh -c "${find}"`, {
          check: false,
        });
        expect(nobody.stdout).toBe("");
        expect((await host.exec("cat /proc/[0-9]*/cmdline | tr '\\0' ' '")).stdout).not.toContain(AUTH_PASS);
      }
    });
  });

  test("rollback brings the former generation back on all hosts together, and forward again", async () => {
    const current = await generationOf(b);
    // Version 2 hears no other advert_int: none may run beside the others.
    await Promise.all(lab.hosts.map((host) => host.exec("vrrp-agent rollback")));
    for (const host of lab.hosts) {
      expect(await generationOf(host)).not.toBe(current);
      expect(await host.readFile("/etc/keepalived/keepalived.conf")).toContain("advert_int 1\n");
    }
    await Promise.all(lab.hosts.map((host) => host.exec(`vrrp-agent rollback gw ${current}`)));
    for (const host of lab.hosts) {
      expect(await generationOf(host)).toBe(current);
      expect(await host.readFile("/etc/keepalived/keepalived.conf")).toContain("advert_int 2\n");
      expect(await status(host)).toMatchObject({ clusters: [{ pending: false, drift: [] }] });
    }
    expect(await holders(lab.hosts)).toEqual(["gw-a"]);
  });

  test("a change that is activated by hand and confirmed by nobody goes back by itself", async () => {
    const current = await generationOf(b);
    const config = await b.readFile("/etc/keepalived/keepalived.conf");
    const { stdout } = await b.exec("vrrp-agent generations gw");
    const former = stdout.match(/[0-9a-f]{64}/g)?.find((generation) => generation !== current);
    expect(former).toBeDefined();
    await b.exec(`VRRP_UNDO_SECONDS=5 vrrp-agent activate gw ${former}`);
    expect(await status(b)).toMatchObject({ clusters: [{ generation: former, pending: true }] });
    await until("gw-b goes back", 20_000, async () => (await generationOf(b)) === current);
    expect(await b.readFile("/etc/keepalived/keepalived.conf")).toBe(config);
    await until("nothing is pending", 5000, async () => !(await status(b)).clusters[0]!.pending);
    expect(await holders(lab.hosts)).toEqual(["gw-a"]);
  });

  test("destroy brings the hand-made keepalived back with bytes, mode, owner and service", async () => {
    await stack.destroy();
    await until("gw-a holds its hand-made VIP", 20_000, async () =>
      (await holders(lab.hosts)).includes("gw-a"),
    );
    const after = await statesOf(lab.hosts);
    for (const { name } of lab.hosts) expect(changes(before[name]!, after[name]!)).toEqual([]);
    expect((await b.exec("stat -c '%a %U:%G' /etc/keepalived/keepalived.conf")).stdout).toBe(
      "640 daemon:mail\n",
    );
  });
});
