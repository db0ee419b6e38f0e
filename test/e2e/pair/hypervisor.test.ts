import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Host, Lab, Stack } from "../../../lab";
import { type LabPve, pveOn } from "../../../lab/pve";
import {
  between,
  draw,
  type Expectation,
  type Instant,
  judge,
  now,
  preemptionOverlap,
  type Watch,
} from "../../../lab/watch";
import { watchLab } from "../../../lab/watchLab";
import { masterDownInterval } from "../../../simulate/timing";
import { configure, errorsOf, holders, nodeOf, staysWith, VIP } from "./cluster";

/**
 * What a guest lets through that nobody has thought of VRRP for. Were it free to send, each advert would be the answer to
 * one of the other's, and be let in while both are master.
 */
const FIREWALL = `[OPTIONS]

enable: 1
policy_out: DROP

[RULES]

IN SSH(ACCEPT) -log nolog
IN ACCEPT -p icmp -log nolog # pings

`;

const CLUSTER_FIREWALL = "[OPTIONS]\n\nenable: 1\n\n";

/** The texts of all files below a directory. */
function textsBelow(directory: string): Record<string, string> {
  const files = readdirSync(directory, { recursive: true, withFileTypes: true }).filter((one) =>
    one.isFile(),
  );
  return Object.fromEntries(
    files.map((file) => {
      const path = join(file.parentPath, file.name);
      return [path.slice(directory.length), readFileSync(path, "utf8")];
    }),
  );
}

describe("a pair whose virtual machines are behind Proxmox VE's firewall", () => {
  let lab: Lab;
  let front: LabPve;
  let stack: Stack;
  let watch: Watch;
  let a: Host;
  let b: Host;
  let before: Record<string, string>;

  const etcPve = () => textsBelow(join(lab.host("pve1").root, "etc/pve"));

  beforeAll(async () => {
    lab = await Lab.start({ name: "pve", hosts: [{ name: "gw-a" }, { name: "gw-b" }, { name: "pve1" }] });
    [a, b] = lab.hosts as [Host, Host];
    const guest = (id: number) => ({
      id,
      node: "pve1",
      net0: "firewall=1,queues=2,tag=20",
      firewall: FIREWALL,
    });
    front = await pveOn(lab, {
      nodes: ["pve1"],
      guests: { "gw-a": guest(101), "gw-b": guest(102) },
      clusterFirewall: CLUSTER_FIREWALL,
    });
    stack = await Stack.create({ client: lab.client });
    watch = await watchLab(lab, [VIP]);
    before = etcPve();
  });
  afterAll(async () => {
    await watch?.stop();
    stack?.remove();
    await front?.stop();
    await lab?.stop();
  });

  const guests = { "gw-a": 101, "gw-b": 102 };

  /** The pair with what its hypervisor is to do; nothing is said of that with undefined. */
  async function configurePair(hypervisor: Record<string, unknown> | undefined): Promise<void> {
    const pve = lab.host("pve1");
    const nodes = [a, b].map((host) => ({
      ...nodeOf(host),
      ...(hypervisor && { guest: { id: guests[host.name as keyof typeof guests] } }),
    }));
    const connection = { host: pve.address, hostKey: pve.hostKey };
    await configure(
      stack,
      lab,
      nodes,
      hypervisor && { hypervisor: { kind: "pve", connection, ...hypervisor } },
    );
  }

  /** What was wrong since an instant in which the address was to go from gw-a to gw-b and back, never on both. */
  async function failuresSince(from: Instant, bounds: Partial<Expectation>): Promise<string[]> {
    const timeline = between(await watch.timeline(), from, now());
    const query = { vip: VIP, virtualRouterId: 51 };
    const way = ["gw-a", "gw-b", "gw-a"];
    const ends = { before: "gw-a", after: "gw-a", way, twoHolders: preemptionOverlap };
    const { failures } = judge(timeline, { ...query, ...ends, ...bounds });
    if (failures.length > 0) console.error(draw(timeline, query));
    return failures;
  }

  test("both are master when nobody opens that for it, so the first up takes itself back", async () => {
    await configurePair(undefined);
    const result = await stack.up([], { check: false });
    expect(result.code).not.toBe(0);
    expect(
      errorsOf(result)
        .map(({ text }) => text)
        .join("\n"),
    ).toMatch(/gw-a, gw-b|gw-a and gw-b|2 hold/);
    expect(etcPve()).toEqual(before);
    await stack.destroy();
  });

  test("a preview says what its NICs lack, and changes nothing", async () => {
    await configurePair({});
    const { stdout } = await stack.preview();
    for (const [host, peer] of [
      [a, b],
      [b, a],
    ] as const) {
      expect(stdout).toContain(host.name);
      expect(stdout).toMatch(new RegExp(`${peer.address.replaceAll(".", "\\.")}`));
    }
    expect(etcPve()).toEqual(before);
  });

  test("up lets in VRRP from the peer and nothing else, and one holds the address", async () => {
    await stack.up();
    await staysWith(a, [a, b]);
    const after = etcPve();
    const changed = Object.keys({ ...before, ...after }).filter((path) => before[path] !== after[path]);
    expect(changed.sort()).toEqual(["/firewall/101.fw", "/firewall/102.fw"]);
    for (const [id, own, peer] of [
      ["101", a, b],
      ["102", b, a],
    ] as const) {
      const lines = after[`/firewall/${id}.fw`]!.split("\n");
      const added = lines.filter((line) => !FIREWALL.split("\n").includes(line));
      const rule = (source: Host, dest: Host) =>
        `ACCEPT -i net0 -source ${source.address} -dest ${dest.address} -p vrrp # vrrp-agent:gw`;
      expect(added.sort()).toEqual([`IN ${rule(peer, own)}`, `OUT ${rule(own, peer)}`]);
    }
  });

  test("up again changes nothing and asks the hypervisor nothing", async () => {
    const { length } = front.pve.requests;
    expect((await stack.up()).stdout).toMatch(/^Resources:\n +\d+ unchanged\n/m);
    expect(front.pve.requests).toHaveLength(length);
  });

  test("the address moves when the power of the holder is lost, and back", async () => {
    const from = now();
    await a.powerOff();
    await staysWith(b, [b]);
    await a.boot();
    await staysWith(a, [a, b]);
    const silence = masterDownInterval({ version: 3, advertInt: 1, priority: 90 }) + 0.5;
    expect(await failuresSince(from, { withoutHolder: silence, silence })).toEqual([]);
  });

  test("firewall: false takes both NICs out of the filter, the holder's last and drained, and no other key changes", async () => {
    await configurePair({ firewall: false });
    const preview = (await stack.preview()).stdout;
    expect(preview).toContain("plugs the NIC of the running guest anew");
    const nics = () =>
      [101, 102].map((id) => /^net0: (.*)$/m.exec(etcPve()[`/nodes/pve1/qemu-server/${id}.conf`]!)![1]!);
    const were = nics();
    const from = now();
    await stack.up();
    await staysWith(a, [a, b]);
    expect(nics()).toEqual(were.map((net) => net.replace("firewall=1", "firewall=0")));
    const sets = front.pve.requests.filter(({ path, method }) => method !== "GET" && /\/config$/.test(path));
    expect(sets.map(({ path }) => path)).toEqual([
      "/nodes/pve1/qemu/102/config",
      "/nodes/pve1/qemu/101/config",
    ]);
    expect(await failuresSince(from, { withoutHolder: preemptionOverlap, silence: 0.5 })).toEqual([]);
  });

  test("destroy puts everything of the hypervisor back byte for byte", async () => {
    await stack.destroy();
    expect(etcPve()).toEqual(before);
    expect(await holders([a, b])).toEqual([]);
  });
});
