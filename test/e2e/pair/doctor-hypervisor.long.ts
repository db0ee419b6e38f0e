import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { DoctorReport } from "../../../doctor/report";
import { type Host, Lab, Stack, until } from "../../../lab";
import { type LabPve, pveOn } from "../../../lab/pve";
import { configure, holders, nodeOf, privateKeyOf, staysWith } from "./cluster";
import { CLI } from "../../cli";

/** What a guest lets through that nobody has thought of VRRP for. */
const FIREWALL = `[OPTIONS]

enable: 1
policy_out: DROP

[RULES]

IN SSH(ACCEPT) -log nolog
IN ACCEPT -p icmp -log nolog

`;

const GUESTS = { "gw-a": 101, "gw-b": 102 };

describe("the doctor of a pair behind Proxmox VE's firewall", () => {
  let lab: Lab;
  let front: LabPve;
  let stack: Stack;
  let a: Host;
  let b: Host;

  const firewalls = () =>
    Object.values(GUESTS).map((id) =>
      readFileSync(join(lab.host("pve1").root, "etc/pve/firewall", `${id}.fw`), "utf8"),
    );
  const changes = () => front.pve.requests.filter(({ method }) => method !== "GET").length;

  /** What the doctor says, from the stack alone. No secret is ever in it. */
  async function doctor(...words: string[]) {
    const command = [...CLI, "doctor", "--stack", "lab", ...words];
    const result = await stack.run(command, { check: false, timeout: 120_000 });
    const secret = privateKeyOf(lab).trim().split("\n").slice(1, -1);
    for (const line of secret) expect(result.stdout + result.stderr).not.toContain(line);
    return result;
  }

  beforeAll(async () => {
    lab = await Lab.start({ name: "pve-dr", hosts: [{ name: "gw-a" }, { name: "gw-b" }, { name: "pve1" }] });
    [a, b] = lab.hosts as [Host, Host];
    const guest = (id: number) => ({ id, node: "pve1", net0: "firewall=1", firewall: FIREWALL });
    front = await pveOn(lab, {
      nodes: ["pve1"],
      guests: { "gw-a": guest(101), "gw-b": guest(102) },
      clusterFirewall: "[OPTIONS]\n\nenable: 1\n\n",
    });
    stack = await Stack.create({ client: lab.client });
    const pve = lab.host("pve1");
    const nodes = [a, b].map((host) => ({
      ...nodeOf(host),
      guest: { id: GUESTS[host.name as keyof typeof GUESTS] },
    }));
    const connection = { host: pve.address, hostKey: pve.hostKey };
    await configure(stack, lab, nodes, { hypervisor: { kind: "pve", connection } });
    await stack.up();
    await staysWith(a, [a, b]);
  });
  afterAll(async () => {
    stack?.remove();
    await front?.stop();
    await lab?.stop();
  });

  test("asks the guests, and finds nothing where pulumi has let them through what they need", async () => {
    const { length } = front.pve.requests;
    const before = changes();
    expect(await doctor()).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^gw: healthy\n {2}[^\n]*\n$/) as string,
    });
    const asked = front.pve.requests.slice(length).map(({ path }) => path);
    for (const id of Object.values(GUESTS)) expect(asked).toContain(`/nodes/pve1/qemu/${id}/firewall/rules`);
    expect(changes()).toBe(before);
  });

  test("names each NIC whose rule is gone, and has nothing more to say once pulumi has put it back", async () => {
    const whole = firewalls();
    for (const id of Object.values(GUESTS)) front.pve.store.write(`firewall/${id}.fw`, FIREWALL);
    await until("both hold the address", 30_000, async () => {
      await front.forgetConnections();
      return (await holders([a, b])).length === 2;
    });
    const before = changes();
    const { code, stdout } = await doctor("--json");
    const { findings, symptoms } = JSON.parse(stdout) as DoctorReport;
    expect(code).toBe(1);
    expect(symptoms.map(({ symptom }) => symptom)).toContain("dual-master");
    expect(findings.map(({ cause, node, confidence }) => `${cause} on ${node} ${confidence}`)).toEqual([
      "hv-filter on gw-a certain",
      "hv-filter on gw-b certain",
    ]);
    const lacks = (id: number, own: Host, peer: Host) =>
      `net0 of VM ${id} (${own.name}) on pve1: firewall=1, and no rule of its firewall lets protocol 112 through: it lacks IN ACCEPT vrrp ${peer.address} -> ${own.address}`;
    expect(findings[0]!.evidence).toContain(lacks(101, a, b));
    expect(findings[1]!.evidence).toContain(lacks(102, b, a));
    expect(findings.map(({ fix }) => fix.commands)).toEqual([
      ["pulumi up --refresh"],
      ["pulumi up --refresh"],
    ]);

    const { length } = front.pve.requests;
    const unasked = JSON.parse((await doctor("--json", "--no-hypervisor")).stdout) as DoctorReport;
    // Hardly anything else passes, either.
    expect(unasked.findings[0]).toMatchObject({
      cause: expect.stringMatching(/^(hv-filter|net-partition)$/) as string,
      fix: { repair: "human" },
    });
    expect(front.pve.requests).toHaveLength(length);
    expect(changes()).toBe(before);

    await stack.up(["--refresh"]);
    await staysWith(a, [a, b]);
    expect(firewalls()).toEqual(whole);
    expect((await doctor()).stdout).toMatch(/^gw: healthy\n/);
  });

  test("does without what a hypervisor says that is not reached, and tells so", async () => {
    await lab.host("pve1").exec("ip link set eth0 down");
    const { code, stdout } = await doctor();
    expect(code).toBe(0);
    expect(stdout).toMatch(/^gw: healthy\n/);
    expect(stdout).toMatch(/gw-a: its hypervisor was not looked at: /);
    expect(stdout).toMatch(/gw-b: its hypervisor was not looked at: /);
  });
});
