import * as pulumi from "@pulumi/pulumi";

import { HaPair, HaPairArgs, HypervisorKind, PveGuestNic } from "../../../../components";
import { checkPveToken } from "../../../../spec";
import { find, HOST_KEY, pair, Registered, registeredBy, secretValue, visible } from "../mocks";

const NICS = "pulumi-nodejs:dynamic/pulumi-keepalived:PveNics";
const TOKEN = "pulumi@pve!nics=11111111-2222-3333-4444-555555555555";
const API = { endpoint: "https://pve1.example.org:8006", token: TOKEN };

function onPve(hypervisor: Partial<HaPairArgs["hypervisor"]> = API, changes: Partial<HaPairArgs> = {}) {
  const args = pair({ hypervisor: { kind: HypervisorKind.Pve, ...hypervisor }, ...changes });
  args.nodes[0]!.guest = { id: 101 };
  args.nodes[1]!.guest = { id: 102, nic: "net1" };
  return args;
}

const make = (args: HaPairArgs): Promise<Registered[]> =>
  registeredBy(() => {
    new HaPair("gw", args);
  });

describe("a pair in Proxmox VE", () => {
  test("asks for what its own protocol needs, of the NIC that each node names, and no more", async () => {
    const { inputs } = find(await make(onPve()), NICS, "gw-nics");
    expect(inputs).toMatchObject({ cluster: "gw", part: "widen", found: "as applied" });
    expect(inputs.guests).toEqual([
      {
        node: "a",
        id: 101,
        at: "hypervisor",
        want: {
          nic: "net0",
          promiscuous: false,
          virtualMac: false,
          vrrp: [{ family: 4, source: "192.168.1.2", peers: ["192.168.1.3"] }],
          addresses: ["192.168.1.2", "192.168.1.1"],
          refusals: [],
          notes: [],
        },
      },
      expect.objectContaining({
        node: "b",
        id: 102,
        want: expect.objectContaining({
          nic: "net1",
          vrrp: [{ family: 4, source: "192.168.1.3", peers: ["192.168.1.2"] }],
        }) as unknown,
      }),
    ]);
  });

  test("has firewall: false as one word beside that", async () => {
    const { inputs } = find(await make(onPve({ ...API, firewall: false })), NICS, "gw-nics");
    for (const { want } of inputs.guests as { want: object }[])
      expect(want).toMatchObject({ firewall: false });
  });

  test("shows its token and its gateways' keys nowhere", async () => {
    const registered = await make(onPve());
    expect(visible(registered)).not.toContain(TOKEN.split("=")[1]);
    expect(visible(registered)).not.toContain("PRIVATE");
    const { inputs } = find(registered, NICS, "gw-nics");
    expect(secretValue(inputs.access)).toEqual({ hypervisor: API });
    expect(secretValue(inputs.gateways)).toMatchObject({
      a: { host: "192.168.1.2", privateKey: "PRIVATE" },
      b: { host: "192.168.1.3" },
    });
  });

  test("looks at the gateway of a node that is no guest, too: it can take the addresses over", async () => {
    const args = onPve();
    delete args.nodes[1]!.guest;
    const { inputs } = find(await make(args), NICS, "gw-nics");
    expect((inputs.guests as unknown[]).length).toBe(1);
    expect(Object.keys(secretValue(inputs.gateways))).toEqual(["a", "b"]);
  });

  test("is reached over SSH where a connection is given, and a guest elsewhere by its own way", async () => {
    const args = onPve({ connection: { host: "192.168.1.200", privateKey: "PRIVATE", hostKey: HOST_KEY } });
    args.nodes[1]!.guest = { id: 102, ...API };
    const { inputs } = find(await make(args), NICS, "gw-nics");
    expect(secretValue(inputs.access)).toMatchObject({
      hypervisor: { connection: { host: "192.168.1.200", user: "root" } },
      b: API,
    });
    expect((inputs.guests as { at: string }[]).map(({ at }) => at)).toEqual(["hypervisor", "b"]);
  });

  test("a token that is a secret of the config is judged by its form once it is known", () => {
    expect(checkPveToken(TOKEN)).toEqual([]);
    expect(checkPveToken(TOKEN.replace("pulumi@pve", "jane@example.org@oidc"))).toEqual([]);
    const [problem] = checkPveToken("nonsense");
    expect(problem).toMatchObject({
      value: "(secret)",
      allowed: expect.stringContaining("USER@REALM!ID=UUID") as string,
    });
  });

  test("goes before it is made anew: the new one would find all there, and lose it with the old one", async () => {
    const options: Record<string, unknown> = {};
    const noted: pulumi.ResourceTransformation = ({ type, name, opts }) => {
      if (type === NICS) options[name] = (opts as pulumi.CustomResourceOptions).deleteBeforeReplace;
      return undefined;
    };
    await registeredBy(() => {
      new HaPair("gw", onPve(), { transformations: [noted] });
    });
    expect(options).toEqual({ "gw-nics": true, "gw-nics-rest": true });
  });

  test("without hypervisor nothing of it is registered", async () => {
    expect((await make(pair())).filter(({ type }) => type === NICS)).toEqual([]);
  });

  test("the NICs are widened before anything is staged, and tightened after all is confirmed", async () => {
    const events: string[] = [];
    const kept = [{ node: "a", id: 101, at: "hypervisor", nic: "net0", undo: [] }];
    let former: unknown;
    const slow = /^gw-nics$|-confirm$/;
    await pulumi.runtime.setMocks({
      newResource: async ({ name, inputs }) => {
        events.push(name);
        if (name === "gw-nics-rest") former = (inputs as { former?: unknown }).former;
        // Whoever does not wait for it is registered meanwhile.
        if (slow.test(name)) await new Promise((resolve) => setTimeout(resolve, 300));
        events.push(`${name} done`);
        return { id: name, state: { ...(inputs as object), stdout: "", stderr: "", kept } };
      },
      call: () => ({}),
    });
    new HaPair("gw", onPve());
    await pulumi.runtime.disconnect();
    const at = (event: string) => {
      expect(events).toContain(event);
      return events.indexOf(event);
    };
    for (const node of ["a", "b"]) {
      expect(at(`gw-${node}-stage`)).toBeGreaterThan(at("gw-nics done"));
      expect(at("gw-nics-rest")).toBeGreaterThan(at(`gw-${node}-confirm done`));
    }
    expect(former).toEqual(kept);
  });
});

describe("a pair on ESXi", () => {
  test("asks nothing of a port group that it needs nothing of", async () => {
    const args = onPve({
      kind: HypervisorKind.Esxi,
      connection: { host: "192.168.1.200", privateKey: "PRIVATE", hostKey: HOST_KEY },
    });
    for (const node of args.nodes) node.guest = { portGroup: "Gateways" };
    const types = (await make(args)).map(({ type }) => type);
    expect(types.filter((type) => /PortGroup|PveNics/.test(type))).toEqual([]);
  });

  test("has its words for the port group, once", async () => {
    const args = onPve({
      kind: HypervisorKind.Esxi,
      promiscuous: true,
      connection: { host: "192.168.1.200", privateKey: "PRIVATE", hostKey: HOST_KEY },
    });
    for (const node of args.nodes) node.guest = { portGroup: "Gateways" };
    const groups = (await make(args)).filter(({ type }) => type.endsWith(":EsxiPortGroup"));
    expect(groups.map(({ name }) => name)).toEqual(["gw-a"]);
  });
});

describe("a NIC of a guest by itself", () => {
  const nic = (args: Partial<ConstructorParameters<typeof PveGuestNic>[1]>) =>
    registeredBy(() => {
      new PveGuestNic("gateway", { ...API, id: 101, ...args });
    });

  test("is asked for its words, and for nothing that a pair would need", async () => {
    const { inputs } = find(await nic({ firewall: false, nic: "net3" }), NICS, "gateway-nic");
    expect(inputs).toMatchObject({ cluster: "nic:gateway", part: "all" });
    expect(inputs.guests).toEqual([
      {
        node: "gateway",
        id: 101,
        at: "gateway",
        want: expect.objectContaining({ nic: "net3", firewall: false, vrrp: [], addresses: [] }) as unknown,
      },
    ]);
  });

  test.each([
    [{}, /at least one of firewall, promiscuous, macChanges, forgedTransmits/],
    [{ firewall: false, id: 99 }, /id: 99.*whole number from 100 to 999999999/s],
    [{ firewall: false, nic: "eth0" }, /nic: eth0.*net0 to net31/s],
    [{ firewall: false, endpoint: "http://pve1:8006" }, /endpoint.*https:/s],
    [{ firewall: false, token: "root@pam" }, /token: \(secret\).*USER@REALM!ID=UUID/s],
    [{ firewall: false, token: undefined }, /token, beside endpoint/],
    [{ firewal: false, firewall: true }, /did you mean 'firewall'/],
    [{ macChanges: true, forgedTransmits: false }, /one switch, macfilter/],
  ])("%j is refused in clear words", (args, message) => {
    expect(() => new PveGuestNic("gateway", { ...API, id: 101, ...args })).toThrow(message);
  });
});
