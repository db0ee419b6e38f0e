import { request } from "node:https";
import { type Output, PveStandIn, type PveOptions } from "../../../../lab/pve";

const net0 = "virtio=BC:24:11:AA:BB:CC,bridge=vmbr0,firewall=1,tag=7";
const vm = `cores: 2\nmemory: 2048\nname: gw-a\nnet0: ${net0}\n`;
const ct =
  "arch: amd64\nhostname: gw-b\nnet0: name=eth0,bridge=vmbr0,hwaddr=BC:24:11:AA:BB:CF,ip=dhcp,type=veth\n";
const token = {
  id: "tf@pve!lab",
  secret: "11111111-2222-3333-4444-555555555555",
  roles: { "/": "PVEAdmin" },
};

let pve: PveStandIn;
const start = async (more: Partial<PveOptions> = {}) => {
  pve = await PveStandIn.start({
    nodes: ["pve1", "pve2"],
    guests: [
      { id: 101, node: "pve1", kind: "qemu", config: vm, running: true },
      { id: 102, node: "pve2", kind: "lxc", config: ct },
    ],
    tokens: [token],
    ...more,
  });
};
afterEach(() => pve.stop());

interface Reply {
  status: number;
  message: string;
  body: { data: unknown; errors?: Record<string, string>; message?: string };
}

const api = (
  method: string,
  path: string,
  form?: Record<string, string>,
  secret = token.secret,
  id = token.id,
) =>
  new Promise<Reply>((resolve, reject) => {
    const url = new URL(`/api2/json${path}`, pve.endpoint);
    const headers = { Authorization: `PVEAPIToken=${id}=${secret}` };
    const sent = request(url, { method, headers, ca: pve.certificates.authority }, (response) => {
      let text = "";
      response.on("data", (chunk: Buffer) => (text += chunk.toString()));
      response.on("end", () =>
        resolve({
          status: response.statusCode ?? 0,
          message: response.statusMessage ?? "",
          body: (text ? JSON.parse(text) : {}) as Reply["body"],
        }),
      );
    });
    sent.on("error", reject);
    sent.end(form && new URLSearchParams(form).toString());
  });

const json = async (path: string): Promise<unknown> =>
  JSON.parse((await pve.pvesh(["get", path, "--output-format", "json"])).stdout);
const digestOf = async () => ((await json("/nodes/pve1/qemu/101/config")) as { digest: string }).digest;
const config = "/nodes/pve1/qemu/101/config";
const without = (output: Output) => ({ code: output.code, stderr: output.stderr });

describe("pvesh", () => {
  test("reads a configuration with its digest, numbers as numbers", async () => {
    await start();
    expect(await json(config)).toEqual({
      cores: 2,
      digest: await digestOf(),
      memory: "2048",
      name: "gw-a",
      net0,
    });
  });

  test("changes a NIC of a running machine at once, replugs its tap, and prints nothing but what it did", async () => {
    await start();
    const to = net0.replace("firewall=1", "firewall=0");
    const done = await pve.pvesh(["set", config, "--net0", to, "--digest", await digestOf()]);
    expect(done).toEqual({ code: 0, stdout: `update VM 101: -net0 ${to}\n`, stderr: "" });
    expect(pve.config(101)).toBe(vm.replace("firewall=1", "firewall=0"));
    expect(pve.hardware).toMatchObject({ done: ["replug 101 net0"] });
  });

  test("loses the MAC of a NIC that is given none, as the real one does", async () => {
    await start();
    await pve.run(["qm", "set", "101", "-net0", "virtio,bridge=vmbr0,firewall=0"]);
    expect(pve.config(101)).toMatch(/net0: virtio=BC:24:11:[^,]*,bridge=vmbr0,firewall=0\n/);
    expect(pve.config(101)).not.toContain("AA:BB:CC");
  });

  test("refuses a digest that is another's, a lock, and a guest that is not there, in the real words", async () => {
    await start();
    const set = (...more: string[]) => pve.pvesh(["set", config, "--onboot", "1", ...more]);
    expect(without(await set("--digest", "0".repeat(40)))).toEqual({
      code: 255,
      stderr: "checksum mismatch (file change by other user?)\n",
    });
    pve.lock(101);
    expect(without(await set())).toEqual({ code: 255, stderr: "VM is locked (backup)\n" });
    pve.unlock(101);
    pve.move(101, "pve2");
    expect(without(await set())).toEqual({
      code: 2,
      stderr: "Configuration file 'nodes/pve1/qemu-server/101.conf' does not exist\n",
    });
  });

  test("asks another node, and qm does not", async () => {
    await start();
    expect(await json("/nodes/pve2/lxc/102/config")).toMatchObject({ hostname: "gw-b" });
    expect(without(await pve.run(["pct", "config", "102"]))).toEqual({
      code: 2,
      stderr: "Configuration file 'nodes/pve1/lxc/102.conf' does not exist\n",
    });
    expect((await pve.run(["pct", "config", "102"], "pve2")).stdout).toBe(ct.replace(/^/, ""));
  });

  test("refuses parameters that PVE refuses, an old one a key of today", async () => {
    await start({ lacking: { nic: ["host-tunnel"] }, version: "8.4.1" });
    const wrong = await pve.pvesh(["set", config, "--net0", `${net0},host-tunnel=1`, "--frob", "1"]);
    expect(wrong.code).toBe(255);
    expect(wrong.stderr).toBe(
      "400 Parameter verification failed.\n" +
        "net0: invalid format - format error\n" +
        "net0.host-tunnel: property is not defined in schema and the schema does not allow additional properties\n\n" +
        "frob: property is not defined in schema and the schema does not allow additional properties\n",
    );
  });

  test("inserts a rule before all others, wherever it is told to, and moves it with a digest", async () => {
    await start();
    const rules = "/nodes/pve1/qemu/101/firewall/rules";
    for (const source of ["10.0.0.1", "10.0.0.2"]) {
      const rule = ["--type", "in", "--action", "ACCEPT", "--proto", "112", "--source", source];
      await pve.pvesh(["create", rules, ...rule, "--enable", "1", "--pos", "7", "--comment", "vrrp"]);
    }
    const seen = (await json(rules)) as { source: string; pos: number; digest: string }[];
    expect(seen.map(({ source, pos }) => [source, pos])).toEqual([
      ["10.0.0.2", 0],
      ["10.0.0.1", 1],
    ]);
    const refused = await pve.pvesh(["delete", `${rules}/0`, "--digest", "0".repeat(40)]);
    expect(refused.stderr).toBe("detected modified configuration - file changed by other user? Try again.\n");
    expect(await pve.pvesh(["delete", `${rules}/0`, "--digest", seen[0]!.digest])).toMatchObject({ code: 0 });
    expect(pve.firewall(101)).toBe("[RULES]\n\nIN ACCEPT -source 10.0.0.1 -p 112 # vrrp\n\n");
  });

  test("keeps addresses in sets, and clears the host part of networks", async () => {
    await start();
    const sets = "/nodes/pve1/qemu/101/firewall/ipset";
    await pve.pvesh(["create", sets, "--name", "ipfilter-net0"]);
    for (const cidr of ["10.0.0.9/24", "10.0.0.200/32"])
      await pve.pvesh(["create", `${sets}/ipfilter-net0`, "--cidr", cidr]);
    const again = await pve.pvesh(["create", `${sets}/ipfilter-net0`, "--cidr", "10.0.0.200"]);
    expect(again.stderr).toContain("cidr: address '10.0.0.200' already exists\n");
    expect(await json(`${sets}/ipfilter-net0/10.0.0.0/24`)).toMatchObject({ cidr: "10.0.0.0/24" });
    expect((await pve.pvesh(["delete", `${sets}/ipfilter-net0`])).stderr).toBe(
      "IPSet 'ipfilter-net0' is not empty\n",
    );
    await pve.pvesh(["delete", `${sets}/ipfilter-net0/10.0.0.0/24`]);
    expect(pve.firewall(101)).toBe("[IPSET ipfilter-net0]\n\n10.0.0.200\n\n");
  });

  test("keeps what cannot be changed in a running machine pending until it stops and starts", async () => {
    await start();
    await pve.pvesh(["set", config, "--cores", "4", "--delete", "memory"]);
    expect(pve.config(101)).toBe(`${vm}\n[PENDING]\ncores: 4\ndelete: memory\n`);
    expect((await pve.run(["qm", "pending", "101"])).stdout).toBe(
      `cur cores: 2\nnew cores: 4\ndel memory: 2048\ncur name: gw-a\ncur net0: ${net0}\n`,
    );
    expect((await pve.run(["qm", "reboot", "101"])).code).toBe(0);
    expect(pve.config(101)).toBe(`cores: 4\nname: gw-a\nnet0: ${net0}\n`);
  });

  test("keeps a NIC pending where network hotplug is off and the machine's device would change", async () => {
    await start();
    pve.edit(101, (text) => `hotplug: disk,usb\n${text}`);
    await pve.pvesh(["set", config, "--net0", net0.replace("virtio", "e1000")]);
    expect(pve.config(101)).toContain("[PENDING]\nnet0: e1000=");
    await pve.pvesh(["set", config, "--net0", net0.replace("firewall=1", "firewall=0")]);
    expect(pve.config(101)).not.toContain("[PENDING]");
  });
});

describe("the API", () => {
  test("answers a token, and proxies to the node that has the guest", async () => {
    await start();
    expect(await api("GET", "/nodes/pve2/lxc/102/config")).toMatchObject({
      status: 200,
      body: { data: { hostname: "gw-b" } },
    });
    expect(await api("GET", "/cluster/resources?type=vm")).toMatchObject({
      body: {
        data: [
          { vmid: 101, node: "pve1" },
          { vmid: 102, node: "pve2", type: "lxc" },
        ],
      },
    });
  });

  test("lets in nobody else", async () => {
    await start();
    expect(await api("GET", "/version", undefined, "wrong")).toMatchObject({
      status: 401,
      message: "Authentication failed!",
    });
    expect(await api("GET", "/version", undefined, token.secret, "nobody@pve!x")).toMatchObject({
      status: 401,
    });
  });

  test("says which right is missing, the bridge's too", async () => {
    await start({
      roles: { Net: ["VM.Config.Network", "VM.Audit"] },
      tokens: [{ ...token, roles: { "/vms/101": "Net" } }],
    });
    expect(await api("GET", "/nodes/pve2/lxc/102/config")).toMatchObject({
      status: 403,
      message: "Permission check failed (/vms/102, VM.Audit)",
    });
    expect(await api("PUT", config, { onboot: "1" })).toMatchObject({
      message: "Permission check failed (/vms/101, VM.Config.Options)",
    });
    expect(await api("PUT", config, { net0: net0.replace("firewall=1", "firewall=0") })).toMatchObject({
      message: "Permission check failed (/sdn/zones/localnetwork/vmbr0/7, SDN.Use)",
    });
    expect(await api("PUT", config, { hookscript: "local:snippets/x" })).toMatchObject({ status: 400 });
    expect(pve.config(101)).toBe(vm);
  });

  test("refuses parameters with what is wrong of each", async () => {
    await start();
    expect(await api("PUT", config, { cores: "many" })).toMatchObject({
      status: 400,
      message: "Parameter verification failed.",
      body: { data: null, errors: { cores: "type check ('integer') failed - got 'many'" } },
    });
  });

  test("changes by PUT at once and by POST in a task", async () => {
    await start();
    expect(await api("PUT", config, { onboot: "1" })).toMatchObject({ status: 200, body: { data: null } });
    const { body } = await api("POST", config, { onboot: "0" });
    const upid = String(body.data);
    expect(upid).toMatch(/^UPID:pve1:[0-9A-F]{8}:[0-9A-F]{8}:[0-9A-F]{8}:qmconfig:101:tf@pve!lab:$/);
    await pve.tasks.find(upid)?.done;
    expect(await api("GET", `/nodes/pve1/tasks/${encodeURIComponent(upid)}/status`)).toMatchObject({
      body: { data: { status: "stopped", exitstatus: "OK" } },
    });
    expect(pve.config(101)).toContain("onboot: 0");
  });

  test("dies between a read and a write: the connection is cut and nothing is changed", async () => {
    await start();
    pve.dieBetweenReadAndWrite();
    expect(await api("GET", config)).toMatchObject({ status: 200 });
    await expect(api("PUT", config, { onboot: "1" })).rejects.toThrow(/hang up|ECONNRESET/);
    await expect(pve.pvesh(["set", config, "--onboot", "1"])).rejects.toThrow("connection was cut");
    expect(pve.config(101)).toBe(vm);
    pve.heal();
    expect(await api("PUT", config, { onboot: "1" })).toMatchObject({ status: 200 });
  });

  test("has the file of whoever was there first", async () => {
    await start();
    const digest = await digestOf();
    pve.editBeforeWrite(() => pve.edit(101, (text) => text.replace("cores: 2", "cores: 3")));
    expect(await api("PUT", config, { onboot: "1", digest })).toMatchObject({
      status: 500,
      message: "checksum mismatch (file change by other user?)",
    });
    expect(pve.config(101)).toContain("cores: 3");
  });
});
