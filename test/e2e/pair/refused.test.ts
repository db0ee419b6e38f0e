import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeKeyPair } from "../../../lab/keys";
import { type Host, Lab, Stack } from "../../../lab";
import { configure, errorsOf, holders, type NodeInput, nodeOf, VIP } from "./cluster";
import { changes, changesBesideAgent, type HostState, stateOf, statesOf } from "./hostState";

const strangersKey = makeKeyPair("stranger");
const ABSENT = "10.20.30.77";
const SILENT = "10.20.30.78";

/** A user who may log in with the lab's key. */
async function addUser(host: Host, user: string, sudoers?: string): Promise<void> {
  await host.exec(`set -e
    useradd --create-home --shell /bin/sh ${user}
    mkdir /home/${user}/.ssh
    cp /root/.ssh/authorized_keys /home/${user}/.ssh/
    chown -R ${user}: /home/${user}`);
  if (sudoers !== undefined) await host.writeFile(`/etc/sudoers.d/${user}`, `${user} ${sudoers}\n`, "440");
}

describe("what cannot be reached or cannot work", () => {
  let lab: Lab;
  let stack: Stack;
  let a: Host;
  let b: Host;
  let before: Record<string, HostState>;
  // Most of it is waiting: it goes on beside the other tests.
  let unreachable: ReturnType<typeof upOfUnreachable>;

  beforeAll(async () => {
    lab = await Lab.start({ name: "refused", hosts: [{ name: "gw-a" }, { name: "gw-b" }] });
    [a, b] = lab.hosts as [Host, Host];
    await addUser(b, "admin", "ALL=(ALL) NOPASSWD: ALL");
    await addUser(b, "guest");
    stack = await Stack.create({ client: lab.client });
    before = await statesOf(lab.hosts);
    unreachable = upOfUnreachable();
  });
  afterAll(async () => {
    stack?.remove();
    await lab?.stop();
  });

  /** The errors of an up of a pair that nobody answers for, and the seconds that it took. */
  async function upOfUnreachable() {
    // Nobody answers, but the address resolves: packets go out and nothing comes back.
    await lab.client.exec(`ip neigh replace ${SILENT} lladdr 02:00:00:00:00:78 dev eth0`);
    const other = await Stack.create({ client: lab.client });
    try {
      const node = (name: string, host: string) => ({ ...nodeOf(a, { host }), name, unicastSrcIp: host });
      await configure(other, lab, [node("absent", ABSENT), node("silent", SILENT)]);
      const start = Date.now();
      const result = await other.up([], { check: false });
      return { lasted: (Date.now() - start) / 1000, errors: errorsOf(result) };
    } finally {
      other.remove();
    }
  }

  /** The one error of an up that must fail. */
  async function errorOfUp(nodes: NodeInput[], spec: Record<string, unknown> = {}) {
    await configure(stack, lab, nodes, spec);
    const result = await stack.up([], { check: false });
    const errors = errorsOf(result);
    expect({ code: result.code, errors: errors.length, ...errors[0] }).toMatchObject({
      code: 1,
      errors: 1,
    });
    return errors[0]!;
  }

  describe("a spec that cannot work is refused before a host is touched, with the property, its value and the fix:", () => {
    test.each([
      ["a VRID of 0", { virtualRouterId: 0 }, ["virtualRouterId: 0 ", "a whole number from 1 to 255"]],
      ["a VRID of 256", { virtualRouterId: 256 }, ["virtualRouterId: 256 ", "a whole number from 1 to 255"]],
      [
        "a VIP outside every network",
        { virtualIpAddresses: ["10.99.0.1/24"] },
        ["virtualIpAddresses[0]: 10.99.0.1/24 ", "10.20.30.11", "vipOffLink: true"],
      ],
    ])("%s", async (_what, spec, words) => {
      const { text } = await errorOfUp([nodeOf(a), nodeOf(b)], spec);
      for (const word of words) expect(text).toContain(word);
      expect(text).toMatch(/^gw: 1 problem\n/);
      expect(text).toContain("fix: ");
    });

    test("an SSH address that is the VIP", async () => {
      const { text } = await errorOfUp([nodeOf(a), nodeOf(b, { host: VIP })]);
      expect(text).toContain(`nodes[1].connection.host: ${VIP} `);
      expect(text).toContain("fix: connect to the node's own address");
    });

    test("a host key that is neither given nor known", async () => {
      const { text } = await errorOfUp([nodeOf(a), nodeOf(b, { hostKey: undefined })]);
      expect(text).toContain("nodes[1].connection.hostKey: (missing) ");
      expect(text).toContain(`ssh-keyscan -t ed25519 ${b.address}`);
    });

    afterAll(async () => {
      const after = await statesOf(lab.hosts);
      for (const { name } of lab.hosts) expect(changes(before[name]!, after[name]!)).toEqual([]);
    });
  });

  test("two hosts that do not answer, one silent and one absent, are told of within two minutes", async () => {
    const { lasted, errors } = await unreachable;
    // It is 40 s on an idle machine.
    expect(lasted).toBeLessThan(120);
    expect(errors).toEqual(
      expect.arrayContaining([
        {
          resource: "gw-absent-agent",
          text: `after 3 failed attempts: dial tcp ${ABSENT}:22: connect: no route to host`,
        },
        { resource: "gw-silent-agent", text: `after 3 failed attempts: dial tcp ${SILENT}:22: i/o timeout` },
      ]),
    );
    expect(errors).toHaveLength(2);
  });

  describe("a host that cannot be logged in to stays as it was, and the error names it, the step and the reason:", () => {
    test.each<[string, () => Record<string, unknown>, string]>([
      [
        "a wrong host key",
        () => ({ hostKey: strangersKey.public.split(" ").slice(0, 2).join(" ") }),
        "ssh: host key mismatch",
      ],
      ["a wrong user key", () => ({ privateKey: strangersKey.private }), "ssh: unable to authenticate"],
      ["a user without sudo", () => ({ user: "guest" }), "sudo: a password is required"],
      [
        "a port that nobody listens on",
        () => ({ port: 23 }),
        "dial tcp 10.20.30.12:23: connect: connection refused",
      ],
    ])("%s", async (_what, connection, words) => {
      const { resource, text } = await errorOfUp([nodeOf(a), nodeOf(b, connection())]);
      expect(resource).toBe("gw-gw-b-agent");
      expect(text).toContain(words);
      expect(changes(before["gw-b"]!, await stateOf(b))).toEqual([]);
    });

    test("the host beside it has got no more than the agent and what it was to apply, and destroy takes that back", async () => {
      const changed = changesBesideAgent(before["gw-a"]!, await stateOf(a));
      expect(changed.filter((line) => !line.includes("/var/lib/vrrp-agent/gw"))).toEqual([]);
      await stack.destroy();
      const after = await statesOf(lab.hosts);
      for (const { name } of lab.hosts) expect(changes(before[name]!, after[name]!)).toEqual([]);
    });
  });

  test("a user with sudo, a host key from known_hosts and a proxy work", async () => {
    const home = mkdtempSync(join(tmpdir(), "vrrp-home-"));
    try {
      mkdirSync(join(home, ".ssh"));
      writeFileSync(join(home, ".ssh/known_hosts"), readFileSync(lab.knownHostsFile));
      const { privateKey } = lab.ssh(a);
      const proxy = { host: a.address, hostKey: a.hostKey, privateKey };
      const nodes = [
        nodeOf(a, { hostKey: undefined }),
        nodeOf(b, { hostKey: undefined, user: "admin", proxy }),
      ];
      await configure(stack, lab, nodes);
      await stack.up([], { env: { HOME: home } });
      expect(await holders(lab.hosts)).toEqual(["gw-a"]);
      const { stdout } = await b.exec(
        "journalctl --no-pager --quiet --unit ssh --grep 'Accepted publickey for admin'",
      );
      expect(new Set(stdout.match(/ from \S+ /g))).toEqual(new Set([` from ${a.address} `]));
      await stack.destroy([], { env: { HOME: home } });
    } finally {
      rmSync(home, { recursive: true });
    }
    const after = await statesOf(lab.hosts);
    for (const { name } of lab.hosts) expect(changes(before[name]!, after[name]!)).toEqual([]);
  });
});
