import { readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { HookWorld, NEW } from "./hookWorld";
import { plain, World } from "./world";

const ON = "learning on flood on mcast_flood on mcast_router 1";
const KEY = (id: number) => `hookscript: local:snippets/vrrp-agent-${id}.sh`;
const ALL = ["101 on pve1", "101 on pve2", "102 on pve1", "102 on pve2"];

let hooks: HookWorld;
afterEach(() => hooks?.stop());

const up = (...args: Parameters<HookWorld["world"]["up"]>) => hooks.world.up(...args);
const configs = () => [101, 102].map((id) => hooks.pve.config(id));

/** Why a plan is refused; nothing was changed. */
async function refusal(words = { promiscuous: true }): Promise<string> {
  const before = [...configs(), ...hooks.files()];
  const { failures = [] } = await hooks.world.provider.check({}, plain(hooks.inputs(words)));
  expect([...configs(), ...hooks.files()]).toEqual(before);
  return failures.map(({ reason }) => reason).join("\n");
}

describe("a NIC that needs flags of its ports", () => {
  beforeEach(async () => {
    hooks = await HookWorld.start();
  });

  test("is told of in a preview, which changes nothing", async () => {
    const before = configs();
    const { inputs } = await hooks.world.provider.check({}, plain(hooks.inputs({ promiscuous: true })));
    const changes = inputs.changes as unknown as Record<string, object[]>;
    expect(changes["gw-a (guest 101)"]).toContainEqual({
      change:
        "hookscript local:snippets/vrrp-agent-101.sh: tap101i0, fwpr101p0 get learning on, flood on, mcast_flood on",
      takesEffect: "at once",
    });
    expect([configs(), hooks.files()]).toEqual([before, []]);
    expect(hooks.world.warnings).toEqual([]);
  });

  test("has its script on every node before the guest names it, and the flags at once", async () => {
    let then: string[] | undefined;
    hooks.pve.onRequest = ({ params }) => void (params["hookscript"] && (then ??= hooks.files()));
    await up(hooks.inputs({ promiscuous: true }));
    expect(then).toEqual(ALL.slice(0, 2));
    expect(hooks.files()).toEqual(ALL);
    expect(statSync(hooks.file(101, "pve2")).mode & 0o777).toBe(0o755);
    expect(hooks.pve.config(101)).toContain(`${KEY(101)}\n`);
    expect([hooks.port("tap101i0"), hooks.port("fwpr101p0")]).toEqual([ON, ON]);
    const log = readFileSync(`${hooks.root}/ssh.log`, "utf8");
    expect(new Set(log.split("\n").filter(Boolean))).toEqual(new Set(["root@192.0.2.102 as pve2"]));
  });

  test("has them after a start and on the target of a migration", async () => {
    await up(hooks.inputs({ promiscuous: true }));
    await hooks.pve.run(["qm", "stop", "101"]);
    await hooks.pve.run(["qm", "start", "101"]);
    expect(hooks.port("tap101i0")).toBe(ON);
    hooks.setPort("tap101i0", NEW);
    await hooks.pve.run(["qm", "migrate", "101", "pve2", "--online"]);
    expect(hooks.port("tap101i0")).toBe(ON);
  });

  test("has them after its own change has plugged it anew, in either part", async () => {
    await up(hooks.inputs({ promiscuous: true, firewall: false }));
    expect(hooks.pve.config(101)).toContain("firewall=0");
    expect(hooks.port("tap101i0")).toBe(ON);
    await up(hooks.inputs({ promiscuous: true, firewall: true }, { part: "tighten" }));
    expect(hooks.pve.config(101)).toContain("firewall=1");
    expect(hooks.port("tap101i0")).toBe(ON);
  });

  test("has one thing to be done where a refresh finds them lost, or a new node without the script", async () => {
    const outs = await up(hooks.inputs({ promiscuous: true }));
    expect((await hooks.world.provider.read("id", outs)).props.found).toBe("as applied");
    hooks.setPort("fwpr101p0", NEW);
    rmSync(hooks.file(102, "pve1"));
    const { props } = await hooks.world.provider.read("id", outs);
    expect(props.found.match(/hookscript local/g)).toHaveLength(2);
    await up(hooks.inputs({ promiscuous: true }), plain(props));
    expect(hooks.port("fwpr101p0")).toBe(ON);
    expect(hooks.files()).toEqual(ALL);
  });

  test("is back after destroy: no key, no file, the ports as new ones", async () => {
    const before = hooks.world.texts();
    const outs = await up(hooks.inputs({ promiscuous: true, firewall: false }));
    await hooks.world.provider.delete("id", outs);
    expect(hooks.world.texts()).toEqual(before);
    expect(hooks.files()).toEqual([]);
    expect([hooks.port("tap101i0"), hooks.port("fwpr102p0")]).toEqual([NEW, NEW]);
  });

  test("is back once the word is gone", async () => {
    const outs = await up(hooks.inputs({ promiscuous: true }));
    const { kept } = await up(hooks.inputs({}, { part: "all" }), outs);
    expect(kept.every(({ undo }) => undo.length === 0)).toBe(true);
    expect(hooks.pve.config(101)).not.toContain("hookscript");
    expect(hooks.files()).toEqual([]);
    expect(hooks.port("tap101i0")).toBe(NEW);
  });

  test("keeps a script without its flags that a clone or a snapshot names", async () => {
    const outs = await up(hooks.inputs({ promiscuous: true }));
    hooks.pve.edit(102, (text) => `${text}\n[before]\n${KEY(101)}\n`);
    await hooks.world.provider.delete("id", outs);
    expect(hooks.pve.config(101)).not.toContain("hookscript");
    expect(hooks.files()).toEqual(ALL.slice(0, 2));
    expect(readFileSync(hooks.file(101, "pve1"), "utf8")).not.toContain("vrrp-agent:gw");
  });

  test("leaves another cluster's flags of another NIC in the script", async () => {
    const second = () => {
      const inputs = hooks.inputs({ promiscuous: true }, { cluster: "db" });
      for (const { want } of inputs.guests) want.nic = "net1";
      return inputs;
    };
    hooks.pve.edit(101, (text) => text.replace("vmbr1", "vmbr0"));
    hooks.pve.edit(102, (text) => text.replace("vmbr1", "vmbr0"));
    for (const id of [101, 102]) hooks.setPort(`tap${id}i1`, NEW);
    const outs = await up(hooks.inputs({ promiscuous: true }));
    const others = await up(second());
    await hooks.world.provider.delete("id", outs);
    const text = readFileSync(hooks.file(101, "pve2"), "utf8");
    expect(text).toContain("\n1 vrrp-agent:db learning on");
    expect(text).not.toContain("vrrp-agent:gw");
    expect(hooks.pve.config(101)).toContain(KEY(101));
    expect([hooks.port("tap101i0"), hooks.port("tap101i1")]).toEqual([NEW, ON]);
    await hooks.world.provider.delete("id", others);
    expect(hooks.files()).toEqual([]);
    expect(hooks.pve.config(101)).not.toContain("hookscript");
  });

  test("is refused with the name of a node that is offline, or that SSH does not reach", async () => {
    hooks.down("pve2");
    expect(await refusal()).toMatch(
      /node pve2 cannot be reached \(ssh: .*No route to host\).*pvecm delnode pve2/,
    );
    rmSync(`${hooks.root}/down-pve2`);
    hooks.pve.move(102, "pve1");
    hooks.pve.offline.add("pve2");
    expect(await refusal()).toMatch(/node pve2 cannot be reached \(it is offline\)/);
  });

  test("is put back without a node that is gone, which is told", async () => {
    const outs = await up(hooks.inputs({ promiscuous: true }));
    hooks.pve.move(102, "pve1");
    hooks.pve.offline.add("pve2");
    await hooks.world.provider.delete("id", outs);
    expect(hooks.pve.config(102)).not.toContain("hookscript");
    expect(hooks.files()).toEqual(["101 on pve2", "102 on pve2"]);
    expect(hooks.world.warnings.join("\n")).toMatch(/vrrp-agent-101\.sh may be left on pve2/);
  });

  test("is refused where the guest has another hookscript, until that calls ours", async () => {
    const theirs = `${hooks.root}/snippets/mine.sh`;
    writeFileSync(theirs, "#!/bin/sh\n", { mode: 0o755 });
    hooks.pve.edit(101, (text) =>
      text.replace("cores: 2\n", "cores: 2\nhookscript: local:snippets/mine.sh\n"),
    );
    const said = await refusal();
    expect(said).toMatch(/VM 101 .* has a hookscript already \(local:snippets\/mine\.sh\)/);
    const [, line = ""] = /Add the line '(.*)' to it/.exec(said) ?? [];
    writeFileSync(theirs, `#!/bin/sh\n${line}\n`, { mode: 0o755 });
    const before = hooks.pve.config(101);
    const outs = await up(hooks.inputs({ promiscuous: true }));
    expect(hooks.pve.config(101)).toBe(before);
    expect(hooks.port("tap101i0")).toBe(ON);
    expect(hooks.files()).toEqual(ALL);
    await hooks.world.provider.delete("id", outs);
    expect(hooks.pve.config(101)).toBe(before);
    expect(hooks.port("tap101i0")).toBe(NEW);
    expect(readFileSync(hooks.file(101, "pve1"), "utf8")).not.toContain("vrrp-agent:gw");
  });

  test("is refused while the guest is locked", async () => {
    hooks.pve.lock(101);
    expect(await refusal()).toMatch(/VM 101 .* is locked \(backup\)/);
  });

  test("goes on where it broke off", async () => {
    hooks.pve.onRequest = ({ params }) => (params["hookscript"] ? "answer lost" : undefined);
    const error = (await up(hooks.inputs({ promiscuous: true })).catch((one: unknown) => one)) as {
      properties: never;
    };
    hooks.pve.heal();
    const outs = await up(hooks.inputs({ promiscuous: true }), plain(error.properties));
    expect(hooks.port("tap102i0")).toBe(ON);
    await hooks.world.provider.delete("id", outs);
    expect(hooks.files()).toEqual([]);
  });
});

test("IPv6 multicast behind the firewall takes the ports for a router's", async () => {
  hooks = await HookWorld.start({ bridges: { vmbr0: {} } });
  const inputs = hooks.inputs({});
  for (const { want } of inputs.guests)
    want.vrrp = [{ family: 6, source: "fe80::1", peers: ["fe80::2"], group: "ff02::12" }];
  const outs = await up(inputs);
  expect(hooks.port("fwpr101p0")).toMatch(/mcast_router 2$/);
  expect(hooks.world.warnings).toEqual([]);
  await hooks.world.provider.delete("id", outs);
  expect(hooks.port("fwpr101p0")).toMatch(/mcast_router 1$/);
});

test("with a token flags are refused, with the way that can set them", async () => {
  const world = await World.start({ bridges: { vmbr0: { "bridge-disable-mac-learning": 1 } } });
  try {
    const inputs = world.inputs({ promiscuous: true });
    const { failures = [] } = await world.provider.check({}, plain(inputs));
    expect(failures).toHaveLength(2);
    expect(failures[0]!.reason).toMatch(/lets no token set one.*give 'connection' in place of/);
    expect(world.writes()).toEqual([]);
  } finally {
    await world.pve.stop();
  }
});

test("a bridge that learns needs no script for promiscuous", async () => {
  hooks = await HookWorld.start({ bridges: { vmbr0: {} } });
  await up(hooks.inputs({ promiscuous: true }));
  expect(hooks.files()).toEqual([]);
  expect(hooks.pve.config(101)).not.toContain("hookscript");
});

test("a guest that needs no flags may have any hookscript, and a PVE no storage for ours", async () => {
  hooks = await HookWorld.start({ localContent: "" });
  hooks.pve.edit(101, (text) => text.replace("cores: 2\n", "cores: 2\nhookscript: local:snippets/mine.sh\n"));
  const before = hooks.pve.config(101);
  const outs = await up(hooks.inputs({}));
  await hooks.world.provider.delete("id", outs);
  expect([hooks.pve.config(101), hooks.files()]).toEqual([before, []]);
});

test("a storage that takes no snippets is refused with the command that lets it", async () => {
  hooks = await HookWorld.start({ localContent: "iso,backup" });
  expect(await refusal()).toContain("pvesm set local --content iso,backup,snippets");
});
