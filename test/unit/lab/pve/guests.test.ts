import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { type PveOptions, PveStandIn } from "../../../../lab/pve";

const nic = "name=eth0,bridge=vmbr0,firewall=1,hwaddr=BC:24:11:AA:BB:CF,ip=dhcp,type=veth";
const ct = `arch: amd64\nhostname: gw-b\nmemory: 512\nnet0: ${nic}\nostype: debian\n`;
const vm = "name: gw-a\nnet0: virtio=BC:24:11:AA:BB:CC,bridge=vmbr0\n";

let pve: PveStandIn;
const start = async (more: Partial<PveOptions> = {}) => {
  pve = await PveStandIn.start({
    nodes: ["pve1", "pve2"],
    guests: [
      { id: 101, node: "pve1", kind: "qemu", config: vm },
      { id: 102, node: "pve2", kind: "lxc", config: ct, running: true },
    ],
    ...more,
  });
};
afterEach(() => pve.stop());
const json = async (path: string): Promise<unknown> =>
  JSON.parse((await pve.pvesh(["get", path, "--output-format", "json"])).stdout);
const hook = (name: string, text: string, mode = 0o755) => {
  const file = join(pve.hardware.snippets("pve1"), name);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text, { mode });
};

describe("a container", () => {
  test("keeps its NIC's other keys, gets them in PVE's order, and is replugged while it runs", async () => {
    await start();
    const given = "hwaddr=BC:24:11:AA:BB:CF,name=eth0,ip=dhcp,firewall=0,bridge=vmbr0";
    expect(await pve.run(["pct", "set", "102", "-net0", given], "pve2")).toEqual({
      code: 0,
      stdout: "",
      stderr: "",
    });
    expect(pve.config(102)).toBe(ct.replace("firewall=1", "firewall=0"));
    expect(pve.hardware).toMatchObject({ done: ["replug 102 net0"] });
  });

  test("keeps what needs a restart in [pve:pending], and refuses its own digest's words", async () => {
    await start();
    await pve.run(["pct", "set", "102", "--nameserver", "10.0.0.53"], "pve2");
    expect(pve.config(102)).toBe(`${ct}\n[pve:pending]\nnameserver: 10.0.0.53\n`);
    const refused = await pve.run(["pct", "set", "102", "--onboot", "1", "--digest", "0".repeat(40)], "pve2");
    expect(refused.stderr).toBe("detected modified configuration - file changed by other user? Try again.\n");
    pve.lock(102, "snapshot");
    expect((await pve.run(["pct", "set", "102", "--onboot", "1"], "pve2")).stderr).toBe(
      "CT is locked (snapshot)\n",
    );
  });

  test("is stopped and started by a migration, a virtual machine is not", async () => {
    await start();
    expect(await pve.run(["pct", "migrate", "102", "pve1", "--restart", "1"], "pve2")).toMatchObject({
      code: 0,
    });
    await pve.run(["qm", "start", "101"]);
    expect(await pve.run(["qm", "migrate", "101", "pve2"])).toEqual({
      code: 255,
      stdout: "",
      stderr: "can't migrate running VM without --online\n",
    });
    expect(await pve.run(["qm", "migrate", "101", "pve2", "--online"])).toMatchObject({ code: 0 });
    expect(pve.store.find(102)?.node).toBe("pve1");
    expect(pve.store.find(101)?.node).toBe("pve2");
    expect(pve.hardware).toMatchObject({ done: ["off 102", "on 102", "on 101"] });
  });
});

describe("a hook script", () => {
  test("is refused where it is not there, not executable or not a snippet", async () => {
    await start();
    hook("plain.sh", "#!/bin/sh\n", 0o644);
    const set = async (volume: string) =>
      (await pve.run(["qm", "set", "101", "--hookscript", volume])).stderr;
    expect(await set("local:snippets/none.sh")).toContain("script 'local:snippets/none.sh' does not exist");
    expect(await set("local:snippets/plain.sh")).toContain("is not executable");
    expect(await set("local:iso/plain.sh")).toContain("is not in the snippets directory");
    expect(await set("nas:snippets/plain.sh")).toContain("storage 'nas' does not exist");
    expect(pve.config(101)).toBe(vm);
  });

  test("runs at each phase, and one that fails before the start stops it", async () => {
    await start();
    const log = join(pve.hardware.snippets("pve1"), "log");
    hook("hook.sh", `#!/bin/sh\necho "$1 $2" >>'${log}'\n`);
    await pve.run(["qm", "set", "101", "--hookscript", "local:snippets/hook.sh"]);
    await pve.run(["qm", "start", "101"]);
    await pve.run(["qm", "stop", "101"]);
    expect(readFileSync(log, "utf8")).toBe("101 pre-start\n101 post-start\n101 pre-stop\n101 post-stop\n");
    hook("hook.sh", "#!/bin/sh\nexit 3\n");
    const failed = await pve.run(["qm", "start", "101"]);
    expect(failed.stderr).toContain("hookscript error for 101 on pre-start");
    expect((await pve.run(["qm", "status", "101"])).stdout).toBe("status: stopped\n");
  });
});

describe("a cluster", () => {
  test("does not reach a node that is offline, whose guests it still lists", async () => {
    await start();
    pve.offline.add("pve2");
    expect(await pve.pvesh(["get", "/nodes/pve2/lxc/102/config"])).toEqual({
      code: 255,
      stdout: "",
      stderr: "ssh: connect to host pve2 port 22: No route to host\nproxy handler failed: exit code 255\n",
    });
    expect(await json("/cluster/resources")).toEqual(
      expect.arrayContaining([expect.objectContaining({ vmid: 102, status: "unknown" })]),
    );
  });

  test("writes nothing without a quorum", async () => {
    await start();
    pve.quorate = false;
    expect((await pve.run(["qm", "set", "101", "--onboot", "1"])).stderr).toMatch(
      /^unable to open file '\/etc\/pve\/nodes\/pve1\/qemu-server\/101.conf.tmp.\d+' - Permission denied\n$/,
    );
    const option = ["set", "/nodes/pve1/qemu/101/firewall/options", "--enable", "1"];
    expect((await pve.pvesh(option)).stderr).toBe("cfs-lock 'firewall-vm-101' error: no quorum!\n");
    expect([pve.config(101), pve.firewall(101)]).toEqual([vm, ""]);
  });

  test("knows no node of another name, and has the bridges that it is given", async () => {
    await start({ bridges: { vmbr0: { "bridge-disable-mac-learning": 1 } } });
    expect((await pve.pvesh(["get", "/nodes/pve9/qemu/101/config"])).stderr).toContain(
      "hostname lookup 'pve9' failed",
    );
    expect(await json("/nodes/pve2/network/vmbr0")).toMatchObject({
      type: "bridge",
      "bridge-disable-mac-learning": 1,
    });
    expect((await pve.pvesh(["get", "/nodes/pve1/network/vmbr7"])).stderr).toContain(
      "iface: interface does not exist",
    );
  });

  test("writes what another node's machine is set to through pvesh without what its own tool prints", async () => {
    await start();
    pve.move(101, "pve2");
    const set = ["set", "/nodes/pve2/qemu/101/config", "--onboot", "1", "--output-format", "json"];
    expect(await pve.pvesh(set)).toEqual({ code: 0, stdout: "", stderr: "" });
    expect(pve.config(101)).toContain("onboot: 1");
    pve.remove(101);
    expect(await pve.pvesh(set)).toEqual({
      code: 255,
      stdout: "",
      stderr:
        "Configuration file 'nodes/pve2/qemu-server/101.conf' does not exist\nproxy handler failed: exit code 255\n",
    });
  });

  test("ends a task with what went wrong, which pvesh tells and takes for no failure of its own", async () => {
    await start();
    pve.lock(101);
    const started = await pve.pvesh([
      "create",
      "/nodes/pve1/qemu/101/status/start",
      "--output-format",
      "json",
    ]);
    expect(started).toMatchObject({ code: 0, stderr: "VM is locked (backup)\n" });
    const upid = JSON.parse(started.stdout) as string;
    expect(await json(`/nodes/pve1/tasks/${upid}/status`)).toMatchObject({
      status: "stopped",
      exitstatus: "VM is locked (backup)",
    });
  });

  test("refuses root's options to a token, even root's own", async () => {
    await start({ tokens: [{ id: "root@pam!lab", secret: "s", roles: { "/": "Administrator" } }] });
    await expect(
      pve.ask({
        method: "PUT",
        path: "/nodes/pve1/qemu/101/config",
        params: { args: "-no-reboot" },
        who: "root@pam!lab",
        node: "pve1",
        via: "api",
      }),
    ).rejects.toThrow("only root can set 'args' config");
  });
});
