import { mkdtempSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { faultTexts } from "../../../simulate/faults";
import { clusterInput } from "../spec/cluster-input";
import { cli, scratch, written } from "./command";

const directory = scratch();
const file = (name: string, text: string) => written(directory, name, text);

/** A line of a list: a name, and what it stands for. */
function lineOf(name: string, text: string): RegExp {
  return new RegExp(`^ +${name} +${text.replace(/[()]/g, "\\$&")}$`, "m");
}

const yaml = file(
  "my first.pair.yaml",
  `virtualRouterId: 51
virtualIpAddresses: [192.168.1.1/24]
preemption: sticky
nodes:
  - { name: gw-a, interface: eth0, unicastSrcIp: 192.168.1.2 }
  - { name: gw-b, interface: eth0, unicastSrcIp: 192.168.1.3 }
`,
);
const json = file("pair.json", JSON.stringify(clusterInput()));

describe("pulumi-keepalived simulate", () => {
  it("reads YAML without connections, and prints the table on stdout alone", async () => {
    const { code, out, err } = await cli("simulate", "--spec", yaml, "--fault", "holder-dies");
    expect(code).toBe(0);
    expect(err).not.toContain("holder-dies");
    expect(out).toMatch(/^holder-dies +gw-a -> gw-b +2\.61\.\.3\.61 s +1 /m);
  });

  it("has an example with two holders, of which each is struck for its own router", async () => {
    const example = join(__dirname, "../../../examples/active-active/gw.yaml");
    const { code, out } = await cli("simulate", "--spec", example, "--fault", "holder-reboots");
    expect(code).toBe(0);
    expect(out).toMatch(
      /^holder-reboots +51\/IPv4 +gw-a -> gw-a .*\nholder-reboots +52\/IPv4 +gw-b -> gw-b /m,
    );
  });

  it("reads JSON, and prints JSON", async () => {
    const { code, out } = await cli("simulate", "--spec", json, "--fault", "daemon-stops", "--json");
    expect(code).toBe(0);
    expect(JSON.parse(out)).toEqual([expect.objectContaining({ fault: "daemon-stops", after: [["gw-b"]] })]);
  });

  it("draws", async () => {
    const svg = join(directory, "out.svg");
    await cli("simulate", "--spec", yaml, "--fault", "cut-off-healed", "--svg", svg, "--first", "gw-b");
    const drawing = readFileSync(svg, "utf8");
    expect(drawing).toContain("cut-silently gw-b");
    const { text } = faultTexts.find(({ name }) => name === "cut-off-healed")!;
    expect(drawing).toContain(`>cut-off-healed: ${text} (51/IPv4)</text>`);
  });

  it("ends with 1 when the spec has problems, which it prints on stderr", async () => {
    const wrong = file("wrong.json", JSON.stringify(clusterInput({ virtualRouterId: 300 })));
    const { code, out, err } = await cli("simulate", "--spec", wrong);
    expect({ code, out }).toEqual({ code: 1, out: "" });
    expect(err).toContain("virtualRouterId: 300");
  });

  it("prints the problems on stdout, too, with --json", async () => {
    const wrong = file("wrong.json", JSON.stringify(clusterInput({ virtualRouterId: 300 })));
    const { code, out } = await cli("simulate", "--json", "--spec", wrong);
    expect(code).toBe(1);
    expect(JSON.parse(out)).toEqual({
      problems: [expect.objectContaining({ path: "virtualRouterId", value: "300", severity: "error" })],
    });
  });

  it("has an example, which is the pair of the stack's example", async () => {
    const [spec, stack] = await Promise.all(
      ["gw.yaml", "Pulumi.example.yaml"].map((name) =>
        cli("simulate", "--spec", join(__dirname, "../../../examples/lan-pair", name)),
      ),
    );
    expect(spec).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^holder-dies +gw-a -> gw-b /m) as string,
    });
    expect(stack).toEqual(spec);
  });

  it("reads a pair of guests without the way to their hypervisor, and with it", async () => {
    const pair = (hypervisor: object, guest: object) => {
      const input = clusterInput({ hypervisor });
      const nodes = (input.nodes as object[]).map((node, i) => ({
        ...node,
        guest: { id: 101 + i, ...guest },
      }));
      return file("guests.json", JSON.stringify({ ...input, nodes }));
    };
    const access = { endpoint: "https://pve1:8006", token: { secure: "v1:aaaa" } };
    for (const way of [{}, access]) {
      const { code, err } = await cli(
        "simulate",
        "--spec",
        pair({ kind: "pve", ...way }, way),
        "--fault",
        "holder-dies",
      );
      expect([code, err]).toEqual([0, expect.any(String)]);
    }
    const wrong = await cli("simulate", "--spec", pair({ kind: "pve", firewal: false }, {}));
    expect(wrong.err).toContain("did you mean 'firewall'");
  });

  it("reads a stack's config with an encrypted password in the cluster", async () => {
    const cluster = clusterInput({ version: 2, authPass: { secure: "v1:aaaa:bbbb" } });
    const stack = file("Pulumi.x.yaml", JSON.stringify({ config: { "my:cluster": cluster } }));
    expect((await cli("simulate", "--spec", stack)).code).toBe(0);
  });

  describe("reads of a stack what the program reads:", () => {
    const stack = (config: object, project?: object) => {
      const where = mkdtempSync(join(directory, "stack-"));
      if (project !== undefined) written(where, "Pulumi.yaml", JSON.stringify(project));
      return written(where, "Pulumi.x.yaml", JSON.stringify({ config }));
    };
    const problemsOf = async (spec: string) => {
      const { code, out } = await cli("simulate", "--json", "--fault", "holder-dies", "--spec", spec);
      return code === 0
        ? []
        : (JSON.parse(out) as { problems: { path: string; value: string }[] }).problems.map(
            ({ path, value }) => `${path} ${value}`,
          );
    };
    const project = { name: "gw" };

    it.each([
      ["a password beside the cluster", { "gw:authPass": "123456789" }, { version: 2 }],
      ["one in the cluster", {}, { version: 2, authPass: "123456789" }],
      ["one beside it in place of one in it", { "gw:authPass": "123456789" }, { version: 2, authPass: "1" }],
      ["one that YAML takes for a number", { "gw:authPass": 123456789 }, { version: 2 }],
      ["one under the older form of a key", { "gw:config:authPass": "123456789" }, { version: 2 }],
    ])("%s, which is too long", async (_what, beside, change) => {
      const config = { ...beside, "gw:cluster": clusterInput(change) };
      expect(await problemsOf(stack(config))).toEqual(["authPass (secret)"]);
    });

    it("a password that is encrypted, which version 3 does not go with and version 2 does", async () => {
      const config = (version: number) => ({
        "gw:authPass": { secure: "v1:aaaa" },
        "gw:cluster": clusterInput({ version }),
      });
      expect(await problemsOf(stack(config(3)))).toEqual(["authPass (secret)"]);
      expect(await problemsOf(stack(config(2)))).toEqual([]);
    });

    it("no password of another project", async () => {
      const config = { "other:authPass": "123456789", "gw:cluster": clusterInput({ version: 2 }) };
      expect(await problemsOf(stack(config))).toEqual([]);
    });

    it("the project's own cluster and its defaults, with keys that leave the project out", async () => {
      const config = { cluster: clusterInput({ version: 2 }), "other:cluster": {} };
      expect(await problemsOf(stack(config, project))).toEqual([]);
      const defaults = { authPass: { type: "string", default: "123456789" } };
      expect(await problemsOf(stack(config, { ...project, config: defaults }))).toEqual([
        "authPass (secret)",
      ]);
      expect(await problemsOf(stack(config, { ...project, config: { authPass: "123456789" } }))).toHaveLength(
        1,
      );
    });

    it("the project's name for a cluster that has none", async () => {
      const config = (name: string) => ({ [`${name}:cluster`]: clusterInput({ name: undefined }) });
      expect(await problemsOf(stack(config("g.w")))).toEqual(["name g.w"]);
      expect(await problemsOf(stack({ cluster: config("")[":cluster"] }, { name: "g w" }))).toEqual([
        "name g w",
      ]);
    });

    it("a cluster that was set as text", async () => {
      const text = (cluster: string) => stack({ "gw:cluster": cluster });
      expect(await problemsOf(text(JSON.stringify(clusterInput())))).toEqual([]);
      expect(await cli("simulate", "--spec", text("{"))).toMatchObject({
        code: 2,
        err: expect.stringContaining("gw:cluster: is not an object") as string,
      });
    });

    it("nothing where the project has no cluster", async () => {
      expect(await cli("simulate", "--spec", stack({ "other:cluster": {} }, project))).toMatchObject({
        code: 2,
        err: expect.stringContaining("config: no gw:cluster; give") as string,
      });
    });
  });

  it.each([
    [[], "--spec: (missing)"],
    [["--spec", "/no/such/file"], "/no/such/file: ENOENT"],
    [["--spec", file("not.yaml", "a: [")], "is neither YAML nor JSON"],
    [["--spec", file("none.yaml", "config: { a:b: 1 }")], "config: no PROJECT:cluster; give"],
    [
      ["--spec", file("two.yaml", "config: { a:cluster: {}, b:cluster: {} }")],
      "config: a:cluster, b:cluster; give",
    ],
    [
      ["--spec", file("secure.yaml", "config: { a:cluster: { secure: x } }")],
      "a:cluster: is encrypted; give",
    ],
    [["--spec", yaml, "--fault", "no-such"], "fault: 'no-such'; allowed is one of"],
    [["--spec", yaml, "--first", "gw-x"], "first: 'gw-x'; allowed is one of gw-a, gw-b"],
    [["--spec", yaml, "--no-such"], "--no-such"],
    [["--spec", yaml, "--svg", "/no/such/out.svg"], "--svg: ENOENT"],
  ])("ends with 2 when it cannot run: %j", async (args, message) => {
    const { code, err } = await cli("simulate", ...args);
    expect(code).toBe(2);
    expect(err).toContain(message);
  });
});

describe("pulumi-keepalived", () => {
  it("has help for itself and for each verb", async () => {
    expect(await cli("--help")).toMatchObject({
      code: 0,
      out: expect.stringContaining("simulate") as string,
    });
    const { code, out } = await cli("simulate", "--help");
    expect(code).toBe(0);
    for (const { name, text } of faultTexts) expect(out).toMatch(lineOf(name, text));
  });

  it("names its verbs when it knows none of that name", async () => {
    expect(await cli("toString")).toMatchObject({
      code: 2,
      err: expect.stringMatching(/there are .*simulate/) as string,
    });
    expect((await cli()).code).toBe(2);
  });
});
