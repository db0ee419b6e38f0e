import * as pulumi from "@pulumi/pulumi";
import { spawnSync } from "node:child_process";
import { join } from "node:path";

import { EsxiPortGroup, EsxiPortGroupArgs } from "../../../../components";
import { esxiNics, EsxiNicsArgs } from "../../../../components/esxi/esxiNics";
import { find, HOST_KEY, registeredBy, secretValue, visible } from "../mocks";

const POLICY = "pulumi-nodejs:dynamic/pulumi-keepalived:PortGroupPolicy";
const GROUP = "pulumi-keepalived:index:EsxiPortGroup";
const connection = { host: "esxi1", privateKey: "PRIVATE", hostKey: HOST_KEY };
const args = (changes: Partial<EsxiPortGroupArgs> = {}): EsxiPortGroupArgs => ({
  connection,
  portGroup: "Gateways",
  promiscuous: true,
  ...changes,
});

test("EsxiPortGroup registers what is wanted, and its way to the host as a secret", async () => {
  const registered = await registeredBy(() => void new EsxiPortGroup("pg", args({ macChanges: false })));
  const { __provider, connection: way, ...rest } = find(registered, POLICY, "pg-policy").inputs;
  expect(rest).toEqual({
    host: "esxi1",
    portGroup: "Gateways",
    wanted: { promiscuous: true, macChanges: false },
  });
  expect(secretValue(way)).toMatchObject({ host: "esxi1", user: "root", privateKey: "PRIVATE" });
  expect(visible(registered)).not.toContain("PRIVATE");
  expect(__provider).toContain("./components/esxi/${module}.ts");
});

test("the program in the state finds the provider", () => {
  const program = `
    const { handlerOf } = require("./components/dynamic");
    const module_ = {};
    new Function("exports", "require", handlerOf("esxi"))(module_, require);
    const wanted = { promiscuous: true };
    module_.handler().diff("id", { host: "a", wanted }, { host: "b", wanted }).then(console.log);`;
  const { stdout, stderr } = spawnSync(process.execPath, ["--import", "tsx", "-e", program], {
    cwd: join(__dirname, "..", "..", "..", ".."),
    encoding: "utf8",
  });
  expect(stdout + stderr).toBe("{ changes: true, replaces: [ 'host' ], deleteBeforeReplace: true }\n");
});

test.each([
  ["nothing is wanted", { promiscuous: undefined }, /promiscuous.*at least one of promiscuous, macChanges/s],
  ["its name has a blank at its end", { portGroup: "Gateways " }, /portGroup/],
  ["a word is misspelt", { promiscous: true }, /did you mean 'promiscuous'/],
  ["nothing says how to log in", { connection: { host: "esxi1", hostKey: HOST_KEY } }, /connection/],
])("a port group is refused at once when %s", async (_, changes, message) => {
  await registeredBy(() => undefined);
  expect(() => new EsxiPortGroup("pg", args(changes as object))).toThrow(message);
});

test("what is known later is checked when it is", async () => {
  const registered = await registeredBy(
    () => void new EsxiPortGroup("pg", args({ portGroup: pulumi.output("Later") })),
  );
  expect(find(registered, POLICY, "pg-policy").inputs.portGroup).toBe("Later");
});

describe("the NICs of a pair on ESXi", () => {
  const nics = (changes: Partial<EsxiNicsArgs>) =>
    registeredBy(
      () =>
        void esxiNics("gw", {
          connection,
          nodes: [
            { name: "a", guest: { portGroup: "Gateways" } },
            { name: "b", guest: { portGroup: "Gateways", connection: { ...connection, host: "esxi2" } } },
            { name: "c", guest: { portGroup: "Gateways" } },
          ],
          ...changes,
        }),
    );
  const groups = (registered: Awaited<ReturnType<typeof nics>>) =>
    registered.filter(({ type }) => type === GROUP).map(({ name }) => name);

  test("need nothing where the routers keep the NICs' addresses", async () => {
    expect(await nics({})).toEqual([]);
  });

  test("have each port group of each host set once", async () => {
    const registered = await nics({ virtualMac: true });
    expect(groups(registered)).toEqual(["gw-a", "gw-b"]);
    expect(find(registered, POLICY, "gw-b-policy").inputs).toMatchObject({
      host: "esxi2",
      wanted: { promiscuous: true, forgedTransmits: true },
    });
  });

  test("go by the user's words in place of what is worked out", async () => {
    const registered = await nics({ virtualMac: true, promiscuous: false, macChanges: true });
    expect(find(registered, POLICY, "gw-a-policy").inputs.wanted).toEqual({
      promiscuous: false,
      macChanges: true,
      forgedTransmits: true,
    });
  });

  test("are set one after the other where it is known later which of them are the same", async () => {
    const before = new Map<string, unknown>();
    const seen: pulumi.ResourceTransformation = ({ type, name, opts, props }) => {
      if (type === GROUP) before.set(name, opts.dependsOn);
      return { props, opts };
    };
    const host = pulumi.output("esxi1");
    const node = (name: string) => ({
      name,
      guest: { portGroup: "Gateways", connection: { ...connection, host } },
    });
    await registeredBy(
      () =>
        void esxiNics("gw", { nodes: [node("a"), node("b")], virtualMac: true }, { transformations: [seen] }),
    );
    expect(before.get("gw-a")).toEqual([]);
    expect(before.get("gw-b")).toEqual([expect.objectContaining({ __name: "gw-a" })]);
  });

  test("are refused where nothing says on which host one is", () => {
    const act = () =>
      esxiNics("gw", {
        nodes: [{ name: "a", guest: { portGroup: "Gateways" } }],
        promiscuous: true,
      });
    expect(act).toThrow(/node 'a' is on ESXi, and nothing says on which host/);
  });
});
