import { PveGuestNic } from "../../../../components";
import { httpsApi } from "../../../../components/pve/api";
import type { NicInputs, NicOutputs } from "../../../../components/pve/model";
import type { PveApi, Refusal } from "../../../../components/pve/transport";
import { registeredBy } from "../mocks";
import { NET0, plain, TOKEN, World } from "./world";

let world: World;
afterEach(() => world.pve.stop());

const changesOf = async (words = {}) =>
  (await world.provider.check({}, plain(world.inputs(words)))).inputs.changes as unknown as Record<
    string,
    object[]
  >;

describe("a preview", () => {
  test("tells for each guest which rules it gets, and changes nothing", async () => {
    world = await World.start();
    const before = world.texts();
    const rule = (way: string) => ({
      change: expect.stringContaining(`IN ACCEPT vrrp ${way}`) as string,
      takesEffect: "at once",
    });
    const changes = await changesOf();
    expect(changes).toEqual({
      "gw-a (guest 101)": [rule("192.0.2.2 -> 192.0.2.1")],
      "gw-b (guest 102)": [rule("192.0.2.1 -> 192.0.2.2")],
    });
    // The engine shows no more of a text.
    const texts = Object.values(changes).flatMap(([one]) => Object.values(one as Record<string, string>));
    expect(Math.max(...texts.map((text) => text.length))).toBeLessThanOrEqual(150);
    expect(world.texts()).toEqual(before);
  });

  test("shows the NIC as it is and as it will be, and that the running guest is cut off for a moment", async () => {
    world = await World.start();
    expect((await changesOf({ firewall: false }))["gw-a (guest 101)"]).toEqual([
      {
        nic: "net0",
        is: NET0[101],
        becomes: NET0[101].replace("firewall=1", "firewall=0"),
        takesEffect: "plugs the NIC of the running guest anew: a short cut",
      },
    ]);
  });

  test("tells what IPv6 multicast needs of the bridge's ports, where the guest's firewall hides the guest from it", async () => {
    world = await World.start();
    const inputs = world.inputs();
    inputs.guests[0]!.want.vrrp = [{ family: 6, source: "fe80::1", peers: ["fe80::2"], group: "ff02::12" }];
    await world.provider.check({}, plain(inputs));
    expect(world.warnings).toHaveLength(1);
    expect(world.warnings[0]).toContain(
      "On pve1, now and after each start of the guest: bridge link set dev tap101i0 mcast_router 2; bridge link set dev fwpr101p0 mcast_router 2",
    );
  });

  test("tells nothing of the bridge's ports where they let through by themselves what is wanted", async () => {
    world = await World.start();
    await world.provider.check({}, plain(world.inputs({ promiscuous: true })));
    expect(world.warnings).toEqual([]);
  });

  test("tells once for both parts of a pair what people should know", async () => {
    world = await World.start({ clusterFirewall: "" });
    await world.provider.check({}, plain(world.inputs()));
    await world.provider.check({}, plain(world.inputs({}, { part: "tighten", former: [] })));
    expect(world.informed).toEqual([
      expect.stringMatching(/^gw-a .*firewall of the PVE cluster is off/),
      expect.stringMatching(/^gw-b .*firewall of the PVE cluster is off/),
    ]);
  });

  test("connects to nothing where the program asks for what it asked for before", async () => {
    world = await World.start();
    const outs = await world.up(world.inputs());
    const opened = world.opened;
    expect(await world.up(world.inputs(), outs)).toBe(outs);
    expect(world.opened).toBe(opened);
  });

  test("takes another token without a look at the guests", async () => {
    world = await World.start();
    const outs = await world.up(world.inputs());
    const opened = world.opened;
    const access = { "": { endpoint: world.pve.endpoint, token: "a@pve!b=c" } };
    expect((await world.up(world.inputs({}, { access }), outs)).access).toEqual(access);
    expect(world.opened).toBe(opened);
  });

  test("looks at the guests of another Proxmox VE that has the same ids", async () => {
    world = await World.start();
    const outs = await world.up(world.inputs());
    const first = world;
    world = await World.start();
    await first.pve.stop();
    await world.up(world.inputs(), outs);
    expect(world.pve.firewall(101)).toContain("# vrrp-agent:gw");
  });

  test("with an access that is not known yet shows a change", async () => {
    world = await World.start();
    const outs = await world.up(world.inputs());
    const access = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
    const { inputs, failures } = await world.provider.check(outs, plain({ ...world.inputs(), access }));
    expect(failures).toBeUndefined();
    expect(await world.provider.diff("id", outs, plain(inputs))).toEqual({ changes: true });
  });

  test("of a guest that the same program is yet to make warns, and what else stands in the way is an error", async () => {
    world = await World.start();
    const inputs = world.inputs({ firewall: false });
    inputs.guests[0]!.id = 555;
    const { inputs: checked, failures } = await world.provider.check({}, plain(inputs));
    expect(failures).toBeUndefined();
    expect(checked).toEqual(plain(inputs));
    expect(world.warnings).toEqual([
      expect.stringMatching(/knows no guest 555.*not known before it is there/),
    ]);
    await expect(world.provider.create(plain(inputs))).rejects.toThrow(/knows no guest 555/);
    world.pve.lock(102);
    const both = await world.provider.check({}, plain(inputs));
    expect(both.failures).toEqual([
      { property: "", reason: expect.stringMatching(/guest 102.*is locked/) as string },
    ]);
  });

  test("waits with the plan while a guest's id is not known", async () => {
    world = await World.start();
    const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
    const news = plain({ ...world.inputs(), guests: [{ ...world.inputs().guests[0], id: unknown }] });
    expect(await world.provider.check({}, news)).toEqual({ inputs: news });
    expect(world.opened).toBe(0);
  });
});

describe("a change", () => {
  test("opens protocol 112 between the two and touches nothing else", async () => {
    world = await World.start();
    const configs = [101, 102].map((id) => world.pve.config(id));
    await world.up(world.inputs());
    expect([101, 102].map((id) => world.pve.config(id))).toEqual(configs);
    const lines = world.pve
      .firewall(101)
      .split("\n")
      .filter((line) => line.includes("vrrp-agent:gw"));
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/^IN ACCEPT -i net0 .*-source 192\.0\.2\.2 .*-p vrrp.*# vrrp-agent:gw$/);
    expect(world.pve.firewall(101)).toContain("IN SSH(ACCEPT) -source 10.0.0.0/8 -log nolog");
  });

  test("touches one key of the NIC, and asks with the digest of what it has read", async () => {
    world = await World.start();
    const before = world.pve.config(101);
    await world.up(world.inputs({ firewall: false }));
    expect(world.pve.config(101)).toBe(before.replace("firewall=1", "firewall=0"));
    const [put] = world.pve.requests.filter(({ method }) => method === "PUT");
    expect(put!.params.digest).toMatch(/^[0-9a-f]{40}$/);
  });

  test("is there once, however often it is asked for", async () => {
    world = await World.start();
    await world.up(world.inputs());
    const after = world.texts();
    await world.up(world.inputs());
    expect(world.texts()).toEqual(after);
  });

  test("of a PveGuestNic named like the pair leaves the pair's rules where they are", async () => {
    world = await World.start();
    await world.up(world.inputs());
    const rules = world.pve.firewall(101).match(/^.*vrrp-agent:gw$/gm);
    expect(rules).toHaveLength(1);
    const args = {
      endpoint: world.pve.endpoint,
      token: `${TOKEN.id}=${TOKEN.secret}`,
      id: 101,
      macChanges: true,
    };
    const [nic] = (await registeredBy(() => void new PveGuestNic("gw", args))).filter(({ type }) =>
      type.endsWith(":PveNics"),
    );
    const { cluster, part, guests } = nic!.inputs as unknown as NicInputs;
    const access = { gw: world.inputs().access[""]! };
    const outs = await world.up(world.inputs({}, { cluster, part, guests, access }));
    await world.provider.delete("id", outs);
    expect(world.pve.firewall(101).match(/^.*vrrp-agent:gw$/gm)).toEqual(rules);
  });

  test("and its way back may be of as many rules as are wanted", async () => {
    world = await World.start();
    const before = world.texts();
    const inputs = world.inputs();
    inputs.guests = inputs.guests.slice(0, 1);
    const peers = Array.from({ length: 101 }, (_, at) => `192.0.2.${at + 100}`);
    inputs.guests[0]!.want.vrrp = [{ family: 4, source: "192.0.2.1", peers }];
    const outs = await world.up(inputs);
    await world.provider.delete("id", outs);
    expect(world.texts()).toEqual(before);
  }, 60_000);

  test("of rules alone is made while a backup locks the guest", async () => {
    world = await World.start();
    for (const id of [101, 102]) world.pve.edit(id, (text) => text.replace("firewall=1", "firewall=0"));
    world.pve.lock(101);
    const outs = await world.up(world.inputs({ firewall: true }));
    expect(world.pve.firewall(101)).toContain("# vrrp-agent:gw");
    const rest = world.inputs({ firewall: true }, { part: "tighten", former: outs.kept });
    await expect(world.up(rest)).rejects.toThrow(/is locked \(backup\)/);
  });

  test("of a guest that has moved is made where it is now", async () => {
    world = await World.start();
    world.pve.move(101, "pve2");
    await world.up(world.inputs());
    expect(world.writes()[0]).toContain("/nodes/pve2/qemu/101/");
  });

  test("goes back with the word that asked for it", async () => {
    world = await World.start();
    const outs = await world.up(world.inputs({ firewall: false }));
    const former = { former: outs.kept, part: "tighten" as const };
    const rest = await world.up(world.inputs({ firewall: false }, former));
    const widened = await world.up(world.inputs(), outs);
    expect(world.informed.join("\n")).toContain("after the pair's own change");
    expect(world.pve.config(101)).toContain("firewall=0");
    await world.up(world.inputs({}, { ...former, former: widened.kept }), rest);
    expect(world.pve.config(101)).toContain(NET0[101]);
    expect(world.pve.firewall(101)).toContain("# vrrp-agent:gw");
  });
});

describe("words that come and go", () => {
  type Word = boolean | undefined;
  let outs: NicOutputs | undefined, rest: NicOutputs | undefined;
  const say = async (firewall: Word) => {
    const words = firewall === undefined ? {} : { firewall };
    outs = await world.up(world.inputs(words), outs);
    rest = await world.up(world.inputs(words, { part: "tighten", former: outs.kept }), rest);
  };
  const flags = () => [101, 102].map((id) => /firewall=(\d)/.exec(world.pve.config(id))?.[1]);

  const cases: [string, Word[]][] = ["0", "1"].flatMap((was): [string, Word[]][] => [
    [was, [true, undefined]],
    [was, [false, undefined]],
    [was, [true, false, undefined]],
    [was, [false, true, undefined]],
    [was, [true, false, true]],
    [was, [false, true, false]],
  ]);
  test.each(cases)("where the flag was %s: %j leave what was before", async (was, words) => {
    world = await World.start();
    outs = rest = undefined;
    for (const id of [101, 102]) world.pve.edit(id, (text) => text.replace(/firewall=\d/, `firewall=${was}`));
    const before = world.texts();
    for (const word of words) {
      await say(word);
      expect(flags()).toEqual(Array(2).fill(word === undefined ? was : word ? "1" : "0"));
    }
    await world.provider.delete("id", rest!);
    await world.provider.delete("id", outs!);
    expect(world.texts()).toEqual(before);
  });
});

describe("nothing is changed", () => {
  const refused = async (inputs = world.inputs()) => {
    const before = world.texts();
    const error = await world.up(inputs).then(
      () => undefined,
      (reason: Error) => reason,
    );
    expect(error).toBeDefined();
    expect(world.writes()).toEqual([]);
    expect(world.texts()).toEqual(before);
    return error!.message;
  };

  test("where one of the guests is locked by a backup", async () => {
    world = await World.start();
    world.pve.lock(102);
    const message = await refused(world.inputs({ firewall: false }));
    expect(message).toMatch(/gw-b \(guest 102\).*is locked \(backup\).*wait until that has ended/);
  });

  test("where a guest is gone, and the nearest are named", async () => {
    world = await World.start();
    world.pve.remove(102);
    const message = await refused();
    expect(message).toMatch(/gw-b \(guest 102\): .* knows no guest 102.*101 \(gw-101 on pve1\)/);
  });

  test("where the token lacks the right, which is named with its path", async () => {
    world = await World.start({ tokens: [{ ...TOKEN, roles: { "/": "PVEAuditor" } }] });
    expect(await refused()).toMatch(/lacks VM\.Config\.Network on \/vms\/101: pveum acl modify \/vms\/101/);
  });

  test("where the token is not known, and its secret is not told", async () => {
    world = await World.start({ tokens: [] });
    const message = await refused();
    expect(message).toMatch(/authentication failed.*pveum user token add/i);
    expect(message).not.toContain(TOKEN.secret);
  });

  test("where the NIC is not there", async () => {
    world = await World.start();
    const inputs = world.inputs();
    inputs.guests[0]!.want.nic = "net5";
    expect(await refused(inputs)).toMatch(/has no net5: give one of net0, net1/);
  });

  test("where the certificate is not trusted", async () => {
    world = await World.start();
    const access = { "": { ...world.inputs().access[""]!, caCertificate: undefined } as never };
    expect(await refused(world.inputs({}, { access }))).toMatch(
      /certificate is not trusted.*pve-root-ca\.pem/,
    );
  });
});

describe("a change that breaks off", () => {
  const broken = async (inputs = world.inputs({ firewall: false }), olds?: NicOutputs) =>
    world.up(inputs, olds).then(
      () => {
        throw new Error("it did not break off");
      },
      (error: Error & { id?: string; properties?: NicOutputs; reasons?: string[] }) => error,
    );

  const meanwhile = (times: number) => {
    let left = times;
    world.pve.onRequest = ({ method }) => {
      if (method === "PUT" && left-- > 0)
        world.pve.edit(101, (text) => text.replace(/cores: (\d+)/, (_all, count) => `cores: ${+count + 1}`));
    };
  };

  test("is not made where somebody is faster each time, and says so", async () => {
    world = await World.start();
    meanwhile(100);
    const error = await broken();
    expect(error.message).toMatch(
      /gw-a \(guest 101\).*checksum mis+match.*somebody changed it at the same time/,
    );
    expect(world.pve.config(101)).toContain(NET0[101]);
    expect(error.properties!.kept.flatMap(({ undo }) => undo)).toEqual([]);
  });

  test("is none where somebody was faster once or twice: it is planned anew from what is there then", async () => {
    world = await World.start();
    meanwhile(2);
    await world.up(world.inputs({ firewall: false }));
    expect(world.pve.config(101)).toContain("cores: 4");
    expect(world.pve.config(101)).toContain("firewall=0");
  });

  test("leaves each guest old or new, keeps what was done, and goes on at the next up", async () => {
    world = await World.start();
    let puts = 0;
    world.pve.onRequest = ({ method }) => (method === "PUT" && ++puts === 2 ? "lost" : "passes");
    const error = await broken();
    const { properties } = error;
    expect(properties).toMatchObject({ isDone: false });
    expect([101, 102].filter((id) => world.pve.config(id).includes("firewall=0"))).toHaveLength(1);
    world.pve.heal();
    const outs = await world.up(world.inputs({ firewall: false }), plain(properties!));
    expect(outs.isDone).toBe(true);
    expect([101, 102].filter((id) => world.pve.config(id).includes("firewall=0"))).toEqual([101, 102]);
  });

  test("and was made though no answer came is remembered, and put back by destroy", async () => {
    world = await World.start();
    const before = world.texts();
    world.pve.onRequest = ({ method }) => (method === "PUT" ? "answer lost" : "passes");
    const { properties, id } = await broken();
    expect(world.pve.config(101)).toContain("firewall=0");
    world.pve.heal();
    await world.provider.delete(id!, plain(properties!));
    expect(world.texts()).toEqual(before);
  });

  test.each([{}, { firewall: true }])(
    "on the way back to %j forgets nothing: destroy puts back what was before",
    async (words) => {
      world = await World.start();
      const before = world.texts();
      const all = { part: "all" as const };
      const outs = await world.up(world.inputs({ firewall: false }, all));
      world.pve.onRequest = ({ method }) => (method === "PUT" ? "lost" : "passes");
      const { properties, id } = await broken(world.inputs(words, all), outs);
      world.pve.heal();
      expect(world.pve.config(101)).toContain("firewall=0");
      await world.provider.delete(id!, plain(properties!));
      expect(world.texts()).toEqual(before);
    },
  );

  let refusal: Refusal | undefined;
  const answeringChangesWith = async (words: Refusal, instead: "done" | "pending") => {
    refusal = words;
    world = await World.start({}, (access) => {
      const real = httpsApi(access as never);
      const ask: PveApi["ask"] = async ([one, ...more]) => {
        if (refusal === undefined || one?.method !== "set") return real.ask([one!, ...more]);
        if (instead === "done") await real.ask([one]);
        else world.pve.edit(101, (text) => `${text}\n[PENDING]\nnet0: ${one.params!.net0}\n`);
        return [{ refusal }];
      };
      return { ...real, ask };
    });
  };

  test("with an answer of a node in between is remembered: it may be done", async () => {
    await answeringChangesWith({ status: 596, message: "Connection timed out" }, "done");
    const before = world.pve.config(101);
    const { properties } = await broken();
    expect(world.pve.config(101)).toContain("firewall=0");
    expect(properties!.kept[0]!.undo).toMatchObject([{ what: "nic", before: NET0[101] }]);
    await expect(world.provider.delete("id", plain(properties!))).rejects.toThrow(/timed out/);
    expect(world.pve.config(101)).toBe(before);
  });

  test("since the running guest does not take it is pending, and is taken back by destroy", async () => {
    await answeringChangesWith(
      { status: 400, message: "Parameter verification failed.", errors: { net0: "hotplug problem - no" } },
      "pending",
    );
    const before = world.pve.config(101);
    const { properties } = await broken();
    expect(world.pve.config(101)).toContain("[PENDING]");
    refusal = undefined;
    await world.provider.delete("id", plain(properties!));
    expect(world.pve.config(101)).toBe(before);
  });

  test("tells which Proxmox VE lacks what was asked for", async () => {
    world = await World.start({ lacking: { options: ["macfilter"] } });
    world.pve.onRequest = ({ method, params }) => {
      if (method === "PUT") params["frobnicate"] = "1";
    };
    expect((await broken()).message).toMatch(/frobnicate.*this Proxmox VE is too old for it, or too new/);
  });
});

describe("destroy", () => {
  test.each([{}, { firewall: false }, { forgedTransmits: true }])(
    "gives back byte for byte with %j",
    async (words) => {
      world = await World.start();
      const before = world.texts();
      const outs = await world.up(world.inputs(words));
      expect(world.texts()).not.toEqual(before);
      await world.provider.delete("id", outs);
      expect(world.texts()).toEqual(before);
    },
  );

  test("leaves what somebody has changed since, and tells it", async () => {
    world = await World.start();
    const outs = await world.up(world.inputs({ firewall: false }));
    world.pve.edit(101, (text) =>
      text.replace(/^net0: .*$/m, `net0: ${NET0[101].replace("tag=7", "tag=8")}`),
    );
    world.pve.edit(102, (text) => text.replace("cores: 2", "cores: 8"));
    await world.provider.delete("id", outs);
    expect(world.pve.config(101)).toContain("tag=8");
    expect(world.pve.config(102)).toContain("cores: 8");
    expect(world.pve.config(102)).toContain(NET0[102]);
  });

  test("keeps what somebody has changed between two changes of ours", async () => {
    world = await World.start();
    const outs = await world.up(world.inputs({ firewall: false }));
    const other = NET0[101].replace("tag=7", "tag=8");
    world.pve.edit(101, (text) => text.replace(/^net0: .*$/m, `net0: ${other}`));
    const { props } = await world.provider.read("id", outs);
    const next = await world.up(world.inputs({ firewall: false }), props);
    expect(world.pve.config(101)).toContain(other.replace("firewall=1", "firewall=0"));
    await world.provider.delete("id", next);
    expect(world.pve.config(101)).toContain(other);
  });

  test("leaves what somebody has changed between two changes of ours", async () => {
    world = await World.start();
    const all = { part: "all" as const };
    const outs = await world.up(world.inputs({ firewall: false }, all));
    world.pve.edit(101, (text) => text.replace("tag=7", "tag=8"));
    const next = await world.up(world.inputs({ firewall: true }, all), outs);
    const last = await world.up(world.inputs({ firewall: false }, all), next);
    await world.provider.delete("id", last);
    expect(world.pve.config(101)).toContain(NET0[101].replace("tag=7", "tag=8"));
  });

  test("goes on without a guest that is gone", async () => {
    world = await World.start();
    const outs = await world.up(world.inputs({ firewall: false }));
    world.pve.remove(101);
    await world.provider.delete("id", outs);
    expect(world.warnings.join("\n")).toMatch(/gw-a.*knows no guest 101.*nothing is put back there/);
    expect(world.pve.config(102)).toContain(NET0[102]);
  });

  test("fails where the token may not see the guest: it is not gone", async () => {
    const blind = { id: "blind@pve!nics", secret: "22222222-2222-3333-4444-555555555555", roles: {} };
    world = await World.start({ tokens: [TOKEN, blind] });
    const outs = await world.up(world.inputs({ firewall: false }));
    const after = world.texts();
    const access = { "": { ...world.inputs().access[""]!, token: `${blind.id}=${blind.secret}` } };
    await expect(world.provider.delete("id", { ...outs, access })).rejects.toThrow(
      /guest 10[12]\).*'blind@pve!nics' lacks VM\.Audit on \/vms\/10[12], so nobody knows.*pveum acl modify/,
    );
    expect(world.texts()).toEqual(after);
  });

  test("finds a guest that has moved", async () => {
    world = await World.start();
    const outs = await world.up(world.inputs({ firewall: false }));
    world.pve.move(101, "pve2");
    await world.provider.delete("id", outs);
    expect(world.pve.config(101)).toContain(NET0[101]);
  });

  test("of the last part leaves what the pair needs until the pair is gone", async () => {
    world = await World.start();
    const outs = await world.up(world.inputs());
    const rest = await world.up(world.inputs({}, { part: "tighten", former: outs.kept }));
    const needed = world.texts();
    await world.provider.delete("id", rest);
    expect(world.texts()).toEqual(needed);
  });

  test("takes back what the last part has narrowed once the pair is gone", async () => {
    world = await World.start();
    for (const id of [101, 102]) {
      const text = world.pve.firewall(id).replace("enable: 1\n", "enable: 1\nmacfilter: 0\n");
      world.pve.store.write(`firewall/${id}.fw`, text);
    }
    const before = world.texts();
    const words = { forgedTransmits: false };
    const outs = await world.up(world.inputs(words));
    const rest = await world.up(world.inputs(words, { part: "tighten", former: outs.kept }));
    const narrowed = world.texts();
    expect(world.pve.firewall(101)).toContain("macfilter: 1");
    await world.provider.delete("id", rest);
    expect(world.texts()).toEqual(narrowed);
    await world.provider.delete("id", outs);
    expect(world.texts()).toEqual(before);
  });

  test("of the last part takes back what that part alone has seen", async () => {
    world = await World.start();
    const words = { firewall: true };
    const outs = await world.up(world.inputs(words));
    world.pve.edit(101, (text) => text.replace("firewall=1", "firewall=0"));
    const before = world.texts();
    const rest = await world.up(world.inputs(words, { part: "tighten", former: outs.kept }));
    expect(world.pve.config(101)).toContain("firewall=1");
    await world.provider.delete("id", rest);
    expect(world.texts()).toEqual(before);
  });

  test("of a node that has left the cluster comes with the last part", async () => {
    world = await World.start();
    const before = world.pve.config(102);
    const outs = await world.up(world.inputs({ firewall: false }));
    const rest = await world.up(world.inputs({ firewall: false }, { part: "tighten", former: outs.kept }));
    const one = { guests: world.inputs({ firewall: false }).guests.slice(0, 1) };
    const next = await world.up(world.inputs({}, one), outs);
    expect(world.pve.config(102)).toContain("firewall=0");
    await world.up(world.inputs({}, { ...one, part: "tighten", former: next.kept }), rest);
    expect(world.pve.config(102)).toBe(before);
    expect(world.pve.config(101)).toContain("firewall=0");
  });
});

describe("a guest that cannot be put back now", () => {
  test("holds up no other, nor what is no NIC's", async () => {
    world = await World.start();
    const before = world.texts();
    const outs = await world.up(world.inputs({ firewall: false, forgedTransmits: true }));
    const all = await world.up(world.inputs({ firewall: true }, { part: "tighten", former: outs.kept }));
    expect(all.isDone).toBe(true);
    world.pve.edit(101, (text) => text.replace("firewall=1", "firewall=0"));
    world.pve.edit(102, (text) => text.replace("firewall=1", "firewall=0"));
    world.pve.lock(101);
    await expect(world.provider.delete("id", outs)).rejects.toThrow(/gw-a.*is locked \(backup\)/);
    expect(world.pve.config(102)).toContain(NET0[102]);
    expect(world.texts()[1]).toBe(before[1]);
    world.pve.unlock(101);
    await world.provider.delete("id", outs);
    expect(world.texts()).toEqual(before);
  });

  test("is drained before its NIC is plugged anew, the backup first, while the pair runs", async () => {
    world = await World.start();
    const before = world.texts();
    const outs = await world.up(world.inputs({ firewall: false }));
    const { tools, connections, done } = gatewaysWith("gw-a");
    world.gateways = tools;
    world.pve.onRequest = ({ method, path }) => {
      if (method === "PUT" && path.endsWith("/config")) done.push(path);
    };
    await world.provider.delete("id", { ...outs, gateways: connections });
    expect(done).toEqual([
      "/nodes/pve2/qemu/102/config",
      "drain gw-a",
      "/nodes/pve1/qemu/101/config",
      "undrain gw-a",
    ]);
    expect(world.texts()).toEqual(before);
  });
});

describe("another way to the same guest", () => {
  const own = (words: object, part: "widen" | "tighten", former?: NicOutputs["kept"]) => {
    const access = world.inputs().access;
    const inputs = world.inputs(words, { part, access: { ...access, "gw-a": access[""]! }, former });
    inputs.guests[0]!.at = "gw-a";
    return inputs;
  };

  test("leaves what the pair needs, and destroy puts back by it what was before the first", async () => {
    world = await World.start();
    const before = world.texts();
    const first = await world.up(world.inputs({ forgedTransmits: true }));
    const rest = await world.up(
      world.inputs({ forgedTransmits: true }, { part: "tighten", former: first.kept }),
    );
    const needed = world.texts();
    const outs = await world.up(own({ forgedTransmits: true }, "widen"), first);
    const next = await world.up(own({ forgedTransmits: true }, "tighten", outs.kept), rest);
    expect(world.texts()).toEqual(needed);
    expect(outs.kept.map(({ at }) => at)).toEqual(["gw-a", ""]);
    await world.provider.delete("id", next);
    await world.provider.delete("id", outs);
    expect(world.texts()).toEqual(before);
  });

  test("is none where both ways were asked for: a guest of another Proxmox VE with the same id is put back", async () => {
    world = await World.start();
    const other = await World.start();
    const before = [world.texts(), other.texts()];
    const both = (part: "widen" | "tighten", count: number, former?: NicOutputs["kept"]) => {
      const access = { "": world.inputs().access[""]!, there: other.inputs().access[""]! };
      const inputs = world.inputs({ firewall: false }, { part, access, former });
      const [one] = inputs.guests;
      inputs.guests = [one!, { ...one!, node: "gw-b", at: "there" }].slice(0, count);
      return inputs;
    };
    const outs = await world.up(both("widen", 2));
    const rest = await world.up(both("tighten", 2, outs.kept));
    expect([world, other].map(({ pve }) => pve.config(101).includes("firewall=0"))).toEqual([true, true]);
    const next = await world.up(both("widen", 1), outs);
    await world.up(both("tighten", 1, next.kept), rest);
    expect(other.texts()).toEqual(before[1]);
    expect(world.pve.config(101)).toContain("firewall=0");
    await other.pve.stop();
  });
});

describe("a guest that has left", () => {
  const FIREWALL_OFF = { firewall: false };
  /** 101 is reached by a way of its own, that goes with it. */
  const asked = (
    part: "widen" | "tighten",
    ids: number[],
    former?: NicOutputs["kept"],
    tag = "as applied",
  ) => {
    const access = world.inputs().access;
    if (ids.includes(101)) access["gw-a"] = access[""]!;
    const inputs = world.inputs(FIREWALL_OFF, { part, access, former, found: tag });
    inputs.guests[0]!.at = "gw-a";
    inputs.guests = inputs.guests.filter(({ id }) => ids.includes(id));
    return inputs;
  };
  let outs: NicOutputs, rest: NicOutputs;
  const up = async (ids: number[], tag?: string) => {
    outs = await world.up(asked("widen", ids, undefined, tag), outs);
    rest = await world.up(asked("tighten", ids, outs.kept, tag), rest);
  };
  const byAdmin = (id: number) => world.pve.edit(id, (text) => text.replace("firewall=1", "firewall=0"));

  beforeEach(async () => {
    outs = rest = undefined as never;
    world = await World.start();
    await up([101, 102]);
  });

  test("is put back once: what its owner does later stays", async () => {
    await up([102]);
    expect(world.pve.config(101)).toContain(NET0[101]);
    byAdmin(101);
    rest = await world.up(asked("tighten", [102], outs.kept, "another look"), rest);
    expect(world.pve.config(101)).toContain("firewall=0");
  });

  test("is forgotten once it is as it was before, so that destroy leaves it alone", async () => {
    await up([102]);
    await up([102], "another look");
    expect([outs, rest].map(({ kept }) => kept.map(({ id }) => id))).toEqual([[102], [102]]);
    byAdmin(101);
    await world.provider.delete("id", rest);
    await world.provider.delete("id", outs);
    expect(world.pve.config(101)).toContain("firewall=0");
    expect(world.pve.config(102)).toContain(NET0[102]);
  });

  test("is reached as before when the first try has failed", async () => {
    outs = await world.up(asked("widen", [102]), outs);
    world.pve.lock(101);
    const failed = await world.up(asked("tighten", [102], outs.kept), rest).then(
      () => undefined,
      (error: Error & { properties: NicOutputs }) => error,
    );
    expect(failed!.message).toMatch(/gw-a.*is locked/);
    world.pve.unlock(101);
    rest = await world.up(asked("tighten", [102], outs.kept), plain(failed!.properties));
    expect(world.pve.config(101)).toContain(NET0[101]);
    expect(rest).not.toHaveProperty("formerAccess");
  });

  test("is put back by destroy where the last part never came to it", async () => {
    outs = await world.up(asked("widen", [102]), outs);
    await world.provider.delete("id", rest);
    await world.provider.delete("id", outs);
    expect(world.pve.config(101)).toContain(NET0[101]);
  });
});

describe("refresh", () => {
  test("finds nothing where everything is as it was applied", async () => {
    world = await World.start();
    const outs = await world.up(world.inputs());
    expect((await world.provider.read("id", outs)).inputs.found).toBe("as applied");
  });

  test("shows what was changed by hand, and the next up makes it right", async () => {
    world = await World.start();
    const outs = await world.up(world.inputs({ firewall: false }));
    const right = world.pve.config(101);
    world.pve.edit(101, (text) => text.replace("firewall=0", "firewall=1"));
    const { props, inputs } = await world.provider.read("id", outs);
    expect(inputs.found).toMatch(/^to be done: gw-a \(guest 101\): .*firewall flag off/);
    await world.up(world.inputs({ firewall: false }), props);
    expect(world.pve.config(101)).toBe(right);
  });

  test("tells of a guest that is gone", async () => {
    world = await World.start();
    const outs = await world.up(world.inputs());
    world.pve.remove(102);
    expect((await world.provider.read("id", outs)).inputs.found).toMatch(/knows no guest 102/);
  });

  test("that reaches nobody leaves everything as it was and says so", async () => {
    world = await World.start();
    const outs = await world.up(world.inputs());
    world.pve.onRequest = () => "lost";
    expect((await world.provider.read("id", outs)).props).toEqual(outs);
    expect(world.warnings.join()).toMatch(/were not looked at/);
  });
});

/** Two gateways of a running pair, one of which holds the addresses. */
function gatewaysWith(holder: string) {
  const done: string[] = [];
  const statusOf = (node: string) => {
    const state = node === holder ? "MASTER" : "BACKUP";
    const vips = [{ address: "192.0.2.9", held: node === holder }];
    const instances = [{ name: "gw", state, vips, reported: { state, priority: 100 } }];
    const cluster = { cluster: "gw", node, generation: "1", pending: false, drained: false, checks: [] };
    return JSON.stringify({ keepalived: { running: true }, clusters: [{ ...cluster, instances }] });
  };
  const agent = (node: string, word: string) => {
    if (word !== "status") done.push(`${word} ${node}`);
    const stdout = word === "status" ? statusOf(node) : "";
    return Promise.resolve({ code: 0, stdout, stderr: "" });
  };
  const hostOf = (node: string) => ({ address: node, agent: ([word = ""]: string[]) => agent(node, word) });
  const connections = { "gw-a": {} as never, "gw-b": {} as never };
  return { done, connections, tools: { hostOf, pause: () => Promise.resolve() } };
}
