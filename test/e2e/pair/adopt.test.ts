import { type Host, Lab, Stack, until } from "../../../lab";
import { between, draw, judge, now, type Watch } from "../../../lab/watch";
import { watchLab } from "../../../lab/watchLab";
import { configure, holders, nodeOf, staysWith, VIP } from "./cluster";
import { changes, type HostState, statesOf } from "./hostState";
import { slack } from "./watchedPair";

const CONF = "/etc/keepalived/keepalived.conf";
const PASSWORD = "byh4nd-1";
const virtualRouterId = 51;

/** What somebody has written before there was a spec: another version, other names, a password. */
const byHand = (own: Host, peer: Host, priority: number) => `# Set up by hand on a long night, do not touch
vrrp_instance VI_1 {
    state BACKUP
    interface eth0
    virtual_router_id ${virtualRouterId}
    priority ${priority}
    advert_int 1
    unicast_src_ip ${own.address}
    unicast_peer {
        ${peer.address}
    }
    authentication {
        auth_type PASS
        auth_pass ${PASSWORD}
    }
    virtual_ipaddress {
        ${VIP}/24
    }
}
`;

describe("hosts that have a config made by hand", () => {
  let lab: Lab;
  let stack: Stack;
  let watch: Watch;
  let a: Host;
  let b: Host;
  let before: Record<string, HostState>;

  beforeAll(async () => {
    lab = await Lab.start({ name: "adopt", hosts: [{ name: "gw-a" }, { name: "gw-b" }] });
    [a, b] = lab.hosts as [Host, Host];
    stack = await Stack.create({ client: lab.client });
    for (const [own, peer, priority] of [
      [a, b, 150],
      [b, a, 100],
    ] as const) {
      await own.writeFile(CONF, byHand(own, peer, priority), "640");
      await own.exec(`chown backup:adm ${CONF}`);
    }
    await a.exec("systemctl restart keepalived");
    await b.exec("systemctl disable --now keepalived");
    await staysWith(a, lab.hosts);
    before = await statesOf(lab.hosts);
    watch = await watchLab(lab, [VIP]);
  });
  afterAll(async () => {
    await watch?.stop();
    stack?.remove();
    await lab?.stop();
  });

  /** Waits until a host alone holds the address and answers the client. */
  const answeredBy = (host: Host) =>
    until(`${host.name} alone holds ${VIP} and answers`, 30_000, () => {
      const answer = watch.lastAnswer(VIP);
      return watch.holders(VIP).join() === host.name && answer?.host === host.name && now() - answer.at < 0.1;
    });

  test("the first up says what it replaces and no password, and the address stays where it is", async () => {
    await answeredBy(a);
    const from = now();
    await configure(
      stack,
      lab,
      lab.hosts.map((host) => nodeOf(host)),
    );
    const { stdout } = await stack.up();
    await answeredBy(a);
    const to = now();
    await until("all of it was recorded", 10_000, () => (watch.lastAnswer(VIP)?.at ?? 0) > to + 0.3);
    const timeline = between(await watch.timeline(), from, to);
    const shown = stdout.split("\n").map((line) => line.trim());
    for (const line of [
      `note: ${CONF} is there already; it is kept, and destroy brings it back`,
      "note: -# Set up by hand on a long night, do not touch",
      "note: -        auth_pass ********",
      "note: -    priority 150",
      "note: +    priority 100",
    ]) {
      expect(shown).toContain(line);
    }
    expect(stdout).not.toContain(PASSWORD);
    const verdict = judge(timeline, {
      vip: VIP,
      virtualRouterId,
      before: "gw-a",
      after: "gw-a",
      silence: slack,
    });
    if (verdict.failures.length > 0) console.error(draw(timeline, { vip: VIP, virtualRouterId }));
    expect(verdict.failures).toEqual([]);
    expect(await holders(lab.hosts)).toEqual(["gw-a"]);
    for (const host of lab.hosts) {
      const { stdout: is } = await host.exec(`stat -c '%a %U:%G' ${CONF}; systemctl is-enabled keepalived`);
      expect(is).toBe("644 root:root\nenabled\n");
    }
  });

  test("a change made by hand afterwards is shown before it is replaced, and a copy of it stays", async () => {
    await b.exec(`sed -i 's/priority 90/priority 91/' ${CONF}`);
    await configure(
      stack,
      lab,
      lab.hosts.map((host) => nodeOf(host)),
      { advertInt: 0.5 },
    );
    const { stdout } = await stack.up();
    expect(stdout).toContain(`note: ${CONF} was changed by hand; that is replaced, and a copy stays in `);
    expect(stdout).toContain("note: -    priority 91");
    const { stdout: copy } = await b.exec(`cat /var/lib/vrrp-agent/gw/by-hand/*${CONF}`);
    expect(copy).toContain("priority 91");
  });

  test("destroy brings all of it back: bytes, mode, owner, and whether keepalived runs and is enabled", async () => {
    await stack.destroy();
    await answeredBy(a);
    const after = await statesOf(lab.hosts);
    for (const { name } of lab.hosts) expect(changes(before[name]!, after[name]!)).toEqual([]);
    for (const [host, own] of [
      [a, byHand(a, b, 150)],
      [b, byHand(b, a, 100)],
    ] as const) {
      expect(await host.readFile(CONF)).toBe(own);
      expect((await host.exec(`stat -c '%a %U:%G' ${CONF}`)).stdout).toBe("640 backup:adm\n");
    }
  });
});
