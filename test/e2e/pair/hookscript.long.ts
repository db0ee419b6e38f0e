import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Host, Lab, Stack } from "../../../lab";
import { inNamespace } from "../../../lab/network";
import { type LabPve, pveOn } from "../../../lab/pve";
import { privateKeyOf } from "./cluster";

const SCRIPT = "var/lib/vz/snippets/vrrp-agent-101.sh";
const ON = "learning on, flood on";
const OFF = "learning off, flood off";

describe("promiscuous on a bridge of Proxmox VE that does not learn", () => {
  let lab: Lab;
  let front: LabPve;
  let stack: Stack;
  let pve1: Host;
  let pve2: Host;
  let before: string;

  beforeAll(async () => {
    lab = await Lab.start({ hosts: [{ name: "gw-a" }, { name: "pve1" }, { name: "pve2" }] });
    [pve1, pve2] = [lab.host("pve1"), lab.host("pve2")];
    front = await pveOn(lab, {
      nodes: ["pve1", "pve2"],
      guests: { "gw-a": { id: 101, node: "pve1", net0: "firewall=1,queues=2" } },
      bridges: { vmbr0: { "bridge-disable-mac-learning": 1 } },
    });
    // As the nodes of a cluster trust each other.
    await pve1.exec("ssh-keygen -q -t ed25519 -N '' -f /root/.ssh/id_ed25519");
    const own = await pve1.readFile("/root/.ssh/id_ed25519.pub");
    const others = await pve2.readFile("/root/.ssh/authorized_keys");
    await pve2.writeFile("/root/.ssh/authorized_keys", `${others.trimEnd()}\n${own}`, "600");
    await pve1.writeFile("/etc/pve/nodes/pve2/ssh_known_hosts", `pve2 ${pve2.hostKey}\n`);
    stack = await Stack.create({ client: lab.client, program: "test/e2e/pair/programs/guest-nic" });
    const connection = { host: pve1.address, hostKey: pve1.hostKey };
    const nic = { id: 101, promiscuous: true, connection };
    await stack.configure({ "guest-nic:nic": nic }, { privateKey: privateKeyOf(lab) });
    before = front.pve.config(101);
  });
  afterAll(async () => {
    stack?.remove();
    await front?.stop();
    await lab?.stop();
  });

  const scripts = () => [pve1, pve2].map(({ root }) => existsSync(join(root, SCRIPT)));
  /** Of the guest's port on the lab's switch. */
  async function flags(): Promise<string> {
    const text = await inNamespace(pve1.switch, `bridge -d link show dev ${lab.host("gw-a").port}`);
    const value = (flag: string) => new RegExp(` ${flag} (\\S+)`).exec(text)?.[1];
    return `learning ${value("learning")}, flood ${value("flood")}`;
  }
  const qm = (command: string) => front.pve.run(["qm", ...command.split(" ")]);

  test("a preview says what the ports get, and changes nothing", async () => {
    const { stdout } = await stack.preview();
    expect(stdout).toContain("tap101i0, fwpr101p0 get learning on, flood on");
    expect([await flags(), scripts()]).toEqual([OFF, [false, false]]);
  });

  test("up sets the flags of the running guest's port, with the script on both nodes", async () => {
    await stack.up();
    expect([await flags(), scripts()]).toEqual([ON, [true, true]]);
    expect(front.pve.config(101)).toBe(
      before.replace("name:", "hookscript: local:snippets/vrrp-agent-101.sh\nname:"),
    );
  });

  test("the guest has them after it was stopped and started", async () => {
    expect(await qm("stop 101")).toMatchObject({ code: 0 });
    expect(await qm("start 101")).toMatchObject({ code: 0 });
    expect(await flags()).toBe(ON);
  });

  test("the guest has them on the node that it moves to", async () => {
    const { port } = lab.host("gw-a");
    await inNamespace(pve1.switch, `bridge link set dev ${port} learning off flood off`);
    expect(await qm("migrate 101 pve2 --online")).toMatchObject({ code: 0 });
    expect(await flags()).toBe(ON);
  });

  test("a refresh finds flags that were lost, and the next up sets them, on the other node over its SSH", async () => {
    const { port } = lab.host("gw-a");
    await inNamespace(pve1.switch, `bridge link set dev ${port} learning off flood off`);
    await stack.up(["--refresh"]);
    expect(await flags()).toBe(ON);
  });

  test("destroy takes away the key and both files, and the port is as a new one", async () => {
    await stack.destroy();
    expect([await flags(), scripts()]).toEqual([OFF, [false, false]]);
    expect(readFileSync(join(pve1.root, "etc/pve/nodes/pve2/qemu-server/101.conf"), "utf8")).toBe(before);
  });
});
