import { PolicyOutputs } from "../../../../components/esxi/provider";
import { EsxiHost, inputs } from "./esxcli";

const VSWITCH = "vswitch\tvSwitch0\tfalse\tfalse\tfalse\n";
const group = (own: string, name = "VM Network") => `portgroup\t${name}\tvSwitch0\t20\t${own}\n`;

let host: EsxiHost;
const on = (own: string) => (host = new EsxiHost(VSWITCH + group(own) + group("-\t-\t-", "Other")));
afterEach(() => host.remove());

const state = (own: string) => VSWITCH + group(own) + group("-\t-\t-", "Other");
const both = { promiscuous: true, forgedTransmits: true };

async function create(wanted = both as object) {
  return (await host.provider().create(inputs(wanted))).outs;
}

async function failure(promise: Promise<unknown>): Promise<Error & Record<string, unknown>> {
  return await promise.then(
    () => {
      throw new Error("nothing failed");
    },
    (error: Error & Record<string, unknown>) => error,
  );
}

describe("a port group", () => {
  test("is set by one command, of those switches alone that are not as wanted, and put back byte for byte", async () => {
    on("-\tfalse\ttrue");
    const outs = await create();
    expect(host.sets).toEqual(["-p VM Network --allow-promiscuous=true"]);
    expect(host.state).toBe(state("true\tfalse\ttrue"));
    expect(host.said).toEqual([
      "port group 'VM Network' of esxi1: promiscuous reject (its vSwitch's) -> accept",
    ]);
    await host.provider().delete("id", outs);
    expect(host.state).toBe(state("-\tfalse\ttrue"));
  });

  test("gets what --use-vswitch has taken along back, where it takes all", async () => {
    on("-\tfalse\ttrue");
    const outs = await create();
    host.env = { ESXCLI_USE_VSWITCH_WINS: "1" };
    await host.provider().delete("id", outs);
    expect(host.state).toBe(state("-\tfalse\ttrue"));
  });

  test("that accepts already is not touched, and nothing is put back later", async () => {
    on("true\t-\ttrue");
    const outs = await create();
    await host.provider().delete("id", outs);
    expect(host.sets).toEqual([]);
    expect(host.state).toBe(state("true\t-\ttrue"));
  });

  test("goes by its words when they change: what is wanted no more goes back", async () => {
    on("-\t-\t-");
    const outs = await create();
    const { outs: fewer } = await host.provider().update("id", outs, inputs({ forgedTransmits: true }));
    expect(host.state).toBe(state("-\t-\ttrue"));
    await host.provider().delete("id", fewer);
    expect(host.state).toBe(state("-\t-\t-"));
  });

  test("keeps what somebody has changed since, who is told so", async () => {
    on("-\t-\t-");
    const outs = await create();
    host.state = state("false\t-\ttrue");
    await host.provider().delete("id", outs);
    expect(host.state).toBe(state("false\t-\t-"));
    expect(host.said).toContainEqual(
      expect.stringMatching(
        /^warning: .*promiscuous is reject, .* somebody has changed it since, so it stays/,
      ),
    );
  });

  test("with a name of quotes, blanks and dollars is that port group", async () => {
    const name = `it's "$HOME" \\n; x`;
    host = new EsxiHost(VSWITCH + group("-\t-\t-", name));
    await host.provider().create(inputs(both, name));
    expect(host.state).toBe(VSWITCH + group("true\t-\ttrue", name));
  });
});

describe("a refresh", () => {
  test("shows what was changed by hand, and the next up sets it again", async () => {
    on("-\t-\t-");
    const outs = await create();
    host.state = state("false\t-\ttrue");
    const { props } = await host.provider().read("id", outs);
    expect(props.wanted).toEqual({ promiscuous: false, forgedTransmits: true });
    const news = inputs(both);
    expect(await host.provider().diff("id", props, news)).toMatchObject({ changes: true, replaces: [] });
    await host.provider().update("id", props, news);
    expect(host.state).toBe(state("true\t-\ttrue"));
  });

  test("that cannot look leaves what was found last, with the reason", async () => {
    on("-\t-\t-");
    const outs = await create();
    host.withoutEsxcli();
    expect(await host.provider().read("id", outs)).toEqual({ id: "id", props: outs });
    expect(host.said.at(-1)).toMatch(/^warning: .* was not looked at; .*there is no esxcli/);
  });
});

describe("nothing is changed", () => {
  const refused = async (act: () => Promise<unknown>, message: RegExp) => {
    const before = host.state;
    expect((await failure(act())).message).toMatch(message);
    expect(host.state).toBe(before);
    expect(host.sets).toEqual([]);
  };

  test("on a host without esxcli, such as a vCenter", async () => {
    on("-\t-\t-");
    host.withoutEsxcli();
    await refused(() => create(), /there is no esxcli.*not to vCenter/);
  });

  test("where there is no such port group: those of the host are named, and the way for a distributed switch", async () => {
    on("-\t-\t-");
    const act = () => host.provider().create(inputs(both, "VM network"));
    await refused(act, /'VM network' is on no standard switch.*there are: VM Network, Other\..*vCenter/);
  });

  test("when somebody has changed the port group between look and change; the state keeps nothing of it", async () => {
    on("-\t-\t-");
    host.meanwhile = () => (host.state = state("-\ttrue\t-"));
    const error = await failure(create());
    expect(error.message).toMatch(/somebody has changed the port group between/);
    expect(error).not.toHaveProperty("properties");
    expect(host.state).toBe(state("-\ttrue\t-"));
    expect(host.sets).toEqual([]);
  });

  test("by an up without changes, which does not look either", async () => {
    on("-\t-\t-");
    const outs = await create();
    host.withoutEsxcli();
    expect(await host.provider().diff("id", outs, inputs(both))).toMatchObject({
      changes: false,
      replaces: [],
    });
  });
});

describe("a change that breaks off", () => {
  test("keeps what was there before in the state: the next up goes on, and a destroy puts it back", async () => {
    on("-\tfalse\t-");
    host.env = { ESXCLI_CUTS: "1" };
    const error = await failure(create());
    expect(host.state).toBe(state("true\tfalse\ttrue"));
    expect(error).toMatchObject({ id: "esxi1/VM Network", reasons: [error.message] });
    host.env = {};
    const kept = error.properties as PolicyOutputs;
    const { outs } = await host.provider().update("id", kept, inputs(both));
    await host.provider().delete("id", outs);
    expect(host.state).toBe(state("-\tfalse\t-"));
  });

  test("because esxcli refuses it says esxcli's words", async () => {
    on("-\t-\t-");
    host.env = { ESXCLI_REFUSES: "Error: the host is busy" };
    const error = await failure(create());
    expect(error.message).toBe("esxcli refuses it: Error: the host is busy");
  });
});

test("a destroy of what is gone ends with a warning", async () => {
  on("-\t-\t-");
  const outs = await create();
  host.state = VSWITCH;
  await host.provider().delete("id", outs);
  expect(host.said.at(-1)).toMatch(/is not there any more, so nothing is put back/);
});

test("another host or port group is another resource", async () => {
  on("-\t-\t-");
  const outs = await create();
  expect(await host.provider().diff("id", outs, inputs(both, "Other"))).toMatchObject({
    changes: true,
    replaces: ["portGroup"],
  });
});

test("the same host by another name is put back first, and then set", async () => {
  on("-\t-\t-");
  const outs = await create();
  const news = { ...inputs(both), host: "esxi1.example.org" };
  const { replaces, deleteBeforeReplace } = await host.provider().diff("id", outs, news);
  expect(replaces).toEqual(["host"]);
  const steps = [() => host.provider().delete("id", outs), () => host.provider().create(news)];
  for (const step of deleteBeforeReplace ? steps : steps.reverse()) await step();
  expect(host.state).toBe(state("true\t-\ttrue"));
});
