import type { GatewayTools } from "../../../../components/pve/gateways";
import type { NicInputs } from "../../../../components/pve/model";
import { plain, World } from "./world";

let world: World;
afterEach(() => world.pve.stop());

/** Gateways on which the pair runs, or no agent is. */
const gatewaysThat = (run: boolean): Omit<GatewayTools, "say"> => ({
  hostOf: (node) => ({
    address: node,
    agent: () => {
      const status = {
        cluster: "gw",
        node,
        generation: "1",
        pending: false,
        drained: false,
        checks: [],
        instances: [],
      };
      const stdout = JSON.stringify({ keepalived: { running: true }, clusters: [status] });
      return Promise.resolve(
        run ? { code: 0, stdout, stderr: "" } : { code: 1, stdout: "", stderr: "no vrrp-agent" },
      );
    },
  }),
});

const GATEWAYS: NicInputs["gateways"] = { "gw-a": {}, "gw-b": {} } as never;

async function started(words = {}, more: Partial<NicInputs> = {}) {
  world = await World.start();
  const inputs = world.inputs(words, { gateways: GATEWAYS, ...more });
  return { inputs, outs: await world.up(inputs) };
}

describe("a pair that nobody looks after any more at its hypervisor", () => {
  test("is told of where it runs on behind a filter", async () => {
    const { outs } = await started();
    world.gateways = gatewaysThat(true);
    await world.provider.delete("id", outs);
    expect(world.pve.firewall(101)).not.toContain("vrrp-agent");
    expect(world.warnings).toEqual([
      expect.stringMatching(
        /^gw-a \(guest 101\), gw-b \(guest 102\): .*drops protocol 112 now.*all take the addresses/,
      ),
    ]);
  });

  test("is told of where the filter came back into force with the NIC's flag", async () => {
    const { outs } = await started({ firewall: false });
    world.gateways = gatewaysThat(true);
    await world.provider.delete("id", outs);
    expect(world.warnings.join()).toMatch(/drops protocol 112 now/);
  });

  test("is not told of where it is gone itself", async () => {
    const { outs } = await started();
    world.gateways = gatewaysThat(false);
    await world.provider.delete("id", outs);
    expect(world.warnings).toEqual([]);
  });

  test("is not told of where a rule of somebody's lets it through", async () => {
    const { outs } = await started();
    for (const id of [101, 102]) {
      world.pve.store.write(`firewall/${id}.fw`, `${world.pve.firewall(id).trimEnd()}\nIN ACCEPT -p vrrp\n`);
    }
    world.gateways = gatewaysThat(true);
    await world.provider.delete("id", outs);
    expect(world.warnings).toEqual([]);
  });
});

describe("a node whose guest is not said any more", () => {
  const left = async (gateways: NicInputs["gateways"]) => {
    const { inputs, outs } = await started();
    const rest = await world.up(world.inputs({}, { part: "tighten", former: outs.kept, gateways: GATEWAYS }));
    const one = { guests: inputs.guests.slice(0, 1), gateways };
    const next = await world.up(world.inputs({}, one), outs);
    await world.up(world.inputs({}, { ...one, part: "tighten", former: next.kept }), plain(rest));
    expect(world.pve.firewall(102)).not.toContain("vrrp-agent");
    return world.warnings;
  };

  test("is told of while it stays in the pair", async () => {
    expect(await left(GATEWAYS)).toEqual([
      expect.stringMatching(/^gw-b \(guest 102\): .*drops protocol 112 now/),
    ]);
  });

  test("is not told of where it has left the pair", async () => {
    expect(await left({ "gw-a": {} } as never)).toEqual([]);
  });
});
