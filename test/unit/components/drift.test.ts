import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { HaPair, HaPairArgs, HostFirewall, KeepalivedInstance } from "../../../components";
import { makeProvider } from "../../../components/drift/provider";
import { parseReport } from "../../../components/drift/report";
import { reportedState, rightState } from "../../../components/drift/state";
import { find, HOST_KEY, Registered, registeredBy, secretValue, visible } from "./mocks";

const DRIFT = "pulumi-nodejs:dynamic/pulumi-keepalived:HostDrift";
const CONF = "/etc/keepalived/keepalived.conf";
const AUTH = "/etc/keepalived/gw.auth.conf";
const RULES = "/etc/vrrp-agent/gw/firewall.rules";
const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

const connection = (host: string) => ({ host, privateKey: "PRIVATE", hostKey: HOST_KEY });

function pair(changes: Partial<HaPairArgs> = {}): Promise<Registered[]> {
  const node = (name: string, host: string) => ({
    name,
    connection: connection(host),
    interface: "eth0",
    unicastSrcIp: host,
  });
  return registeredBy(() => {
    new HaPair("gw", {
      virtualRouterId: 51,
      virtualIpAddresses: ["192.168.1.1/24"],
      nodes: [node("a", "192.168.1.2"), node("b", "192.168.1.3")],
      ...changes,
    });
  });
}

describe("drift: true", () => {
  test("registers what a refresh looks at on each host, and without it there is nothing of that", async () => {
    const driftOf = (registered: Registered[]) =>
      registered.filter((r) => r.type === DRIFT).map((r) => r.name);
    expect(driftOf(await pair())).toEqual([]);
    expect(driftOf(await pair({ drift: true })).sort()).toEqual(["gw-a-drift", "gw-b-drift"]);
  });

  test("states files, rights, service and firewall in words that may be shown", async () => {
    const { inputs } = find(
      await pair({ drift: true, version: 2, authPass: "hushhush" }),
      DRIFT,
      "gw-a-drift",
    );
    expect(inputs).toMatchObject({
      host: "192.168.1.2",
      cluster: "gw",
      applied: "the last generation",
      files: { [CONF]: expect.stringContaining("virtual_router_id 51\n") as string },
      secretFiles: { [AUTH]: "as applied" },
      rights: expect.objectContaining({ [CONF]: "0644 root:root", [AUTH]: "0600 root:root" }) as object,
      service: "enabled, running",
      firewall: "rules in force",
    });
    expect(inputs).not.toHaveProperty("sysctls");
  });

  test("keeps connection, password and generation to secrets", async () => {
    const registered = await pair({ drift: true, version: 2, authPass: "hushhush" });
    const { inputs } = find(registered, DRIFT, "gw-a-drift");
    const generation = secretValue(inputs.generation);
    expect(generation).toMatch(/^[0-9a-f]{64}$/);
    expect(secretValue(inputs.connection)).toMatchObject({ host: "192.168.1.2", privateKey: "PRIVATE" });
    for (const secret of ["hushhush", "PRIVATE", generation])
      expect(visible(registered)).not.toContain(secret);
  });

  test("is taken by KeepalivedInstance and HostFirewall, whose service is none of ours", async () => {
    const registered = await registeredBy(() => {
      new KeepalivedInstance("one", {
        connection: connection("192.168.1.2"),
        interface: "eth0",
        virtualRouterId: 51,
        unicastSrcIp: "192.168.1.2",
        virtualIpAddresses: ["192.168.1.1/24"],
        drift: true,
      });
      new HostFirewall("fw", {
        connection: connection("192.168.1.4"),
        interface: "eth0",
        sources: ["192.168.1.4"],
        peers: ["192.168.1.3"],
        drift: true,
      });
    });
    expect(find(registered, DRIFT, "one-drift").inputs).toHaveProperty("service");
    expect(find(registered, DRIFT, "fw-drift").inputs).not.toHaveProperty("service");
    expect(find(registered, DRIFT, "fw-drift").inputs).toHaveProperty("firewall");
  });

  test("keeps a program in the state that names no path of this machine", async () => {
    const { inputs } = find(await pair({ drift: true }), DRIFT, "gw-a-drift");
    expect(inputs.__provider).toBe(
      readFileSync(join(__dirname, "../../../components/drift/handler.js"), "utf8"),
    );
    expect(inputs.__provider).not.toContain(join(__dirname, "../../.."));
  });
});

describe("the program in the state", () => {
  const repository = join(__dirname, "../../..");
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "vrrp-drift-"));
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  /** Runs it as Pulumi does: as a module without a file, in the directory of the user's program. */
  function diffIn(cwd: string): string {
    const handler = readFileSync(join(repository, "components/drift/handler.js"), "utf8");
    const call = "exports.handler().diff('id', { cluster: 'a' }, { cluster: 'b' }).then(console.log)";
    const { stdout, stderr } = spawnSync(process.execPath, ["-e", `${handler}${call}`], {
      cwd,
      encoding: "utf8",
    });
    return stdout + stderr;
  }

  test.each([
    ["a program of this repository", () => join(repository, "examples", "two-instances")],
    [
      "a program that has this package installed",
      () => {
        mkdirSync(join(directory, "node_modules"));
        symlinkSync(repository, join(directory, "node_modules", "pulumi-keepalived"));
        mkdirSync(join(directory, "program"));
        return join(directory, "program");
      },
    ],
    [
      "a copy of the repository's project that links to it",
      () => {
        symlinkSync(join(repository, "package.json"), join(directory, "package.json"));
        return directory;
      },
    ],
  ])("finds the code of %s", (_, place) => {
    expect(diffIn(place())).toBe("{ changes: true }\n");
  });

  test("says what to do where the package is missing", () => {
    expect(diffIn(directory)).toContain(
      `pulumi-keepalived is not installed for the program in ${directory}; run npm ci`,
    );
  });
});

const report = (...lines: string[]) => ["vrrp-drift 1", "generation G", ...lines, "end"].join("\n");

const RIGHT_LINES = [
  "service enabled running",
  `secret ${AUTH} 0600 root:root same`,
  `file ${CONF} 0644 root:root 2 ended`,
  "|one",
  "|two",
  `file ${RULES} 0644 root:root 1 ended`,
  "|rule",
];

describe("a report of vrrp-agent drift", () => {
  const read = (text: string) => parseReport(text)!;

  test("gives each file's text exactly", () => {
    const { files, rights } = read(
      report(
        "file /a 0644 u:g 2 ended",
        "||bar",
        "|",
        "file /b 0600 u:g 1 open",
        "|end",
        "file /c 0644 u:g 0 ended",
      ),
    );
    expect(files).toEqual({ "/a": "|bar\n\n", "/b": "end", "/c": "" });
    expect(rights).toEqual({ "/a": "0644 u:g", "/b": "0600 u:g", "/c": "0644 u:g" });
  });

  test("tells an absent file, one that is no file, one that was cut, and a file that says 'end'", () => {
    const { files, paths } = read(
      report("absent /a", "other /b a symbolic link to /c d", "file /e 0644 u:g 1 cut", "|end"),
    );
    expect(paths).toEqual(["/a", "/b", "/e"]);
    expect(files).toEqual({ "/b": "(a symbolic link to /c d)\n", "/e": "end\n(and more)\n" });
  });

  test("tells what is wrong with a tunnel, where a tunnel is managed", () => {
    const file = ["file /etc/wireguard/wg0.conf 0644 root:root 1 ended", "|one"];
    const right = rightState({ "/etc/wireguard/wg0.conf": "one\n" }, [], {});
    const found = (...lines: string[]) => reportedState(read(report(...lines, ...file)), "G", right).tunnels;
    expect(right.tunnels).toBe("as applied");
    expect(found()).toBe("as applied");
    expect(found("tunnel wg0 is down", "tunnel wg0 has other peers")).toBe(
      "wg0 is down\nwg0 has other peers",
    );
    expect(rightState({ [CONF]: "one\n" }, [], {})).not.toHaveProperty("tunnels");
  });

  test.each([
    ["cut off", "vrrp-drift 1\ngeneration G", /cut off/],
    ["of another version", "vrrp-drift 2\nend", /unknown/],
    ["with an unknown word", "vrrp-drift 1\nnonsense /a\nend", /unknown: nonsense/],
  ])("is refused when it is %s", (_, text, message) => {
    expect(() => parseReport(text)).toThrow(message);
  });
});

describe("the provider", () => {
  const inputs = {
    __provider: "handler",
    node: "gw-a",
    host: "192.168.1.2",
    cluster: "gw",
    generation: "G",
    connection: {
      ...connection("192.168.1.2"),
      port: 22,
      user: "root",
      dialErrorLimit: 3,
      perDialTimeout: 10,
    },
    ...rightState({ [CONF]: "one\ntwo\n", [RULES]: "rule\n" }, [AUTH], {
      [CONF]: "0644 root:root",
      [RULES]: "0644 root:root",
      [AUTH]: "0600 root:root",
    }),
  };

  /** A provider whose host answers with these lines, or not at all; and what it said and did. */
  function provider(...lines: (string | Error)[]) {
    const done: string[] = [];
    const reach = {
      look: () => {
        done.push("look");
        const [first] = lines;
        return first instanceof Error
          ? Promise.reject(first)
          : Promise.resolve(lines.length === 0 ? "" : report(...(lines as string[])));
      },
      putRight: () => Promise.resolve("put right"),
      warn: (message: string) => Promise.resolve(void done.push(`warning: ${message}`)),
      inform: (message: string) => Promise.resolve(void done.push(message)),
    };
    return { provider: makeProvider(() => reach), done };
  }

  async function readWith(...lines: (string | Error)[]) {
    const { provider: it, done } = provider(...lines);
    const { outs } = await it.create(inputs);
    return { outs, done, read: await it.read("id", outs) };
  }

  test("trusts the apply at first, and connects neither then nor for a diff", async () => {
    const { provider: it, done } = provider();
    const { outs } = await it.create(inputs);
    expect(outs).toMatchObject(inputs);
    expect(await it.diff("id", outs, inputs)).toEqual({ changes: false });
    expect(await it.check({}, inputs as never)).toEqual({ inputs });
    expect(done).toEqual([]);
  });

  test("finds nothing changed where nothing was", async () => {
    const { outs, read } = await readWith(...RIGHT_LINES);
    // The program is added again by who calls this.
    expect(read.props).toEqual({ ...outs, __provider: undefined });
    expect(read.inputs).toEqual({ ...inputs, __provider: undefined });
  });

  test("finds what was changed, which the next update puts right and forgets", async () => {
    const { provider: it, done } = provider(
      "service disabled stopped",
      "firewall chain ip filter input: not in force; run: vrrp-agent firewall ensure",
      `secret ${AUTH} 0600 root:root changed`,
      `file ${CONF} 0666 root:root 1 ended`,
      "|by hand",
      `absent ${RULES}`,
    );
    const { props } = await it.read("id", (await it.create(inputs)).outs);
    expect(props).toMatchObject({
      files: { [CONF]: "by hand\n" },
      secretFiles: { [AUTH]: "changed by hand" },
      rights: { [CONF]: "0666 root:root", [AUTH]: "0600 root:root" },
      service: "disabled, stopped",
      firewall: "chain ip filter input: not in force",
    });
    expect(props.files).not.toHaveProperty(RULES);
    expect(await it.diff("id", props, inputs)).toEqual({ changes: true });
    const { outs } = await it.update("id", props, inputs);
    expect(outs).toEqual((await it.create(inputs)).outs);
    expect(done).toEqual(["look", "gw-a (192.168.1.2): put right"]);
  });

  test("leaves the host to the apply when only the spec has changed", async () => {
    const { provider: it, done } = provider();
    const { outs } = await it.create(inputs);
    const changed = { ...inputs, files: { ...inputs.files, [CONF]: "three\n" } };
    expect(await it.diff("id", outs, changed)).toEqual({ changes: true });
    expect((await it.update("id", outs, changed)).outs).toMatchObject(changed);
    expect(done).toEqual([]);
  });

  test.each([
    ["that is unreachable", [new Error("dial tcp: i/o timeout")], "dial tcp: i/o timeout"],
    ["with a change under way", ["pending", ...RIGHT_LINES], "a change of it is under way"],
  ])("names a host %s and keeps what was found last", async (_, lines, reason) => {
    const { outs, read, done } = await readWith(...lines);
    expect(read).toEqual({ id: "id", props: outs });
    expect(done[1]).toBe(
      `warning: gw-a (192.168.1.2) was not looked at; what was found there last stands: ${reason}`,
    );
  });

  test("says when a host has no agent, nothing of the cluster, or another generation", async () => {
    const { outs, read } = await readWith();
    const found = { ...inputs, __provider: undefined, applied: "vrrp-agent is not on the host" };
    expect(read.inputs).toEqual(found);
    expect(read.props).toEqual({ ...found, expected: outs.expected });
    const other = async (generation: string) => {
      const { provider: it } = provider(...RIGHT_LINES);
      return (await it.read("id", (await it.create({ ...inputs, generation })).outs)).props.applied;
    };
    expect(await other("H")).toBe("another generation");
    expect((await readWith("generation 0")).read.inputs).toEqual({
      ...found,
      applied: "nothing: the cluster is not on the host",
    });
  });

  test("says that nothing is looked at while an address is not known", async () => {
    const { provider: it, done } = provider();
    await it.check({}, { ...inputs, host: UNKNOWN, connection: UNKNOWN });
    expect(done).toEqual(["gw-a: its address is not known yet, so nothing on it is looked at"]);
  });
});
