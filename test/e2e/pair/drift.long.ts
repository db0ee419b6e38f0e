import { type Host, Lab, Stack, until } from "../../../lab";
import { configure, nodeOf, staysWith } from "./cluster";

const CONF = "/etc/keepalived/keepalived.conf";
const AUTH = "/etc/keepalived/gw.auth.conf";
const AUTH_PASS = "zQ7=pAss";
const BY_HAND = "hand-made-word";

/** A firewall that lets VRRP in only by our rule. */
const CLOSED = `flush ruleset
table inet filter {
  chain input {
    type filter hook input priority filter; policy drop;
    iif lo accept
    ct state established,related accept
    tcp dport 22 accept
    icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept
  }
}
`;

const SSH_COUNTER = `table inet ssh_counter {
  chain output {
    type filter hook output priority filter;
    tcp dport 22 tcp flags & (syn | ack) == syn counter
  }
}
`;

describe("what was changed by hand on the hosts of a pair that asks for drift", () => {
  let lab: Lab;
  let stack: Stack;
  let a: Host;
  let b: Host;
  /** All that pulumi printed. */
  let printed = "";

  beforeAll(async () => {
    lab = await Lab.start({ name: "drift", hosts: [{ name: "gw-a" }, { name: "gw-b" }] });
    [a, b] = lab.hosts as [Host, Host];
    for (const host of lab.hosts) {
      await host.writeFile("/etc/nftables.conf", CLOSED);
      await host.exec("systemctl enable --now nftables");
    }
    await lab.client.exec("nft -f -", { stdin: SSH_COUNTER });
    stack = await Stack.create({ client: lab.client });
    await configurePair(1);
    await pulumi("up", "--yes", "--skip-preview");
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
      { version: 2, drift: true, advertInt },
      { authPass: AUTH_PASS },
    );

  async function pulumi(...args: string[]): Promise<string> {
    const { stdout, stderr } = await stack.pulumi(args);
    printed += stdout + stderr;
    return stdout + stderr;
  }
  const up = (...args: string[]) => pulumi("up", "--yes", "--skip-preview", ...args);
  const preview = () => pulumi("preview", "--refresh", "--diff");
  const status = async (host: Host) => (await host.exec("vrrp-agent status")).stdout;

  /** SSH connections that anything on the client has tried to open. */
  async function sshConnections(): Promise<number> {
    const { stdout } = await lab.client.exec("nft list table inet ssh_counter");
    return Number(/ packets (\d+) /.exec(stdout)?.[1]);
  }

  async function expectUnchangedWithoutSsh(): Promise<void> {
    const opened = await sshConnections();
    expect(await up()).toMatch(/^Resources:\n +\d+ unchanged\n/m);
    expect(await sshConnections()).toBe(opened);
  }

  test("nothing has drifted after the first up: a refresh says so, and the next up changes nothing", async () => {
    expect(await preview()).toMatch(/^Resources:\n +\d+ unchanged\n/m);
    await expectUnchangedWithoutSsh();
  });

  test("a line changed by hand is shown in a preview as a line diff of that file of that host", async () => {
    const config = await b.readFile(CONF);
    await b.writeFile(CONF, config.replace("advert_int 1\n", `advert_int 1 # ${BY_HAND}\n`));
    const text = await preview();
    expect(text).toMatch(new RegExp(`^ +- +advert_int 1 # ${BY_HAND}\n +\\+ +advert_int 1$`, "m"));
    expect(text).toContain("HostDrift::gw-gw-b-drift]");
    expect(text).not.toContain("HostDrift::gw-gw-a-drift]");
    expect(text).toMatch(/~ 1 to update\n/);
    expect(await status(b)).toContain(`changed by hand: ${CONF}\n`);
  });

  test("a deleted firewall rule, a stopped and disabled keepalived and a changed secret are shown, too", async () => {
    const { stdout } = await a.exec("nft -a list chain inet filter input");
    const handle = /"vrrp-agent:.* # handle (\d+)/.exec(stdout)?.[1];
    await a.exec(`nft delete rule inet filter input handle ${handle}`);
    await b.exec(
      `systemctl --quiet disable --now keepalived; echo '# ${BY_HAND}' >>${AUTH}; chmod 644 ${AUTH}`,
    );
    const text = await preview();
    expect(text).toMatch(/~ firewall +: "chain inet filter input: .* not in force" => "rules in force"\n/);
    expect(text).toMatch(/~ service +: "disabled, stopped" => "enabled, running"\n/);
    expect(text).toContain(`~ ${AUTH}: "changed by hand" => "as applied"\n`);
    expect(text).toMatch(new RegExp(`~ ${AUTH} *: "0644 root:root" => "0600 root:root"\n`));
    expect(await status(a)).toContain("changed by hand: firewall chain inet filter input: ");
    expect(await status(b)).toMatch(/changed by hand: .* is disabled\n.*changed by hand: .* is stopped\n/);
  });

  test("what refresh wrote down, the next up puts right, and the one after is unchanged", async () => {
    await pulumi("refresh", "--yes", "--skip-preview");
    const text = await up();
    expect(text).toMatch(/~ 2 updated\n/);
    const [, kept] = /what was there is kept in (\S+)/.exec(text.slice(text.indexOf(b.address)))!;
    expect(await b.readFile(`${kept}${CONF}`)).toContain(BY_HAND);
    for (const host of lab.hosts) {
      expect(await host.readFile(CONF)).not.toContain(BY_HAND);
      expect(await status(host)).not.toContain("changed by hand");
      expect(
        (await host.exec("systemctl is-enabled keepalived; systemctl is-active keepalived")).stdout,
      ).toBe("enabled\nactive\n");
    }
    await staysWith(a, lab.hosts);
    await expectUnchangedWithoutSsh();
    expect(await preview()).toMatch(/^Resources:\n +\d+ unchanged\n/m);
  });

  test("up --refresh finds and puts right in one go", async () => {
    await a.exec("systemctl --quiet stop keepalived");
    await up("--refresh");
    await staysWith(a, lab.hosts);
    await expectUnchangedWithoutSsh();
  });

  test("a host that is off is named, fails no preview and no refresh, and does not hide the other", async () => {
    await b.powerOff();
    await a.exec(`echo '# ${BY_HAND}' >>${CONF}`);
    const text = await preview();
    expect(text).toMatch(new RegExp(`warning: gw-gw-b \\(${b.address}\\) was not looked at; .*: dial tcp `));
    expect(text).toMatch(/~ 1 to update\n/);
    expect(text).toMatch(new RegExp(`^ +- # ${BY_HAND}$`, "m"));
    await pulumi("refresh", "--yes", "--skip-preview");
    await up();
    expect(await a.readFile(CONF)).not.toContain(BY_HAND);
    await b.boot();
    expect(await preview()).toMatch(/^Resources:\n +\d+ unchanged\n/m);
  });

  test("a changed spec is applied by the apply's own steps, over what was changed by hand", async () => {
    await until("gw-b keeps up with gw-a", 20_000, async () => (await status(b)).includes("BACKUP"));
    await b.exec(`echo '# ${BY_HAND}' >>${CONF}`);
    await pulumi("refresh", "--yes", "--skip-preview");
    await configurePair(2);
    const text = await up();
    expect(text).toMatch(/HostDrift gw-gw-a-drift updated/);
    for (const host of lab.hosts) {
      expect(await host.readFile(CONF)).toMatch(/advert_int 2\n/);
      expect(await status(host)).not.toContain("changed by hand");
    }
    await expectUnchangedWithoutSsh();
    expect(await preview()).toMatch(/^Resources:\n +\d+ unchanged\n/m);
  });

  test("neither what pulumi printed nor the state holds a secret", async () => {
    const state = (await stack.pulumi(["stack", "export"])).stdout;
    expect(state).toContain("gw-gw-b-drift");
    const key = lab.ssh(a).privateKey.split("\n")[2]!;
    const { stdout } = await a.exec("vrrp-agent generations gw");
    const generations = stdout.match(/[0-9a-f]{64}/g)!;
    const places = Object.entries({ printed, state }).filter(([, text]) =>
      [AUTH_PASS, key, ...generations].some((secret) => text.includes(secret)),
    );
    expect(places.map(([name]) => name)).toEqual([]);
  });

  test("destroy needs nothing of what drift kept", async () => {
    await b.exec(`echo '# ${BY_HAND}' >>${CONF}`);
    await stack.destroy(["--refresh"]);
    for (const host of lab.hosts) {
      expect((await host.exec(`ls ${CONF}`, { check: false })).code).not.toBe(0);
    }
  });
});
