import type { NicInputs, NicOutputs } from "../../../../components/pve/model";
import { World } from "./world";

let world: World, outs: NicOutputs, rest: NicOutputs;

beforeEach(async () => {
  world = await World.start();
  outs = rest = undefined as never;
});
afterEach(() => world.pve.stop());

/** An `up` of which only the first part is done: the pair's own change has failed. */
const brokenOff = async (inputs: NicInputs) => {
  outs = await world.up(inputs, outs);
};
const up = async (inputs: NicInputs) => {
  await brokenOff(inputs);
  rest = await world.up({ ...inputs, part: "tighten", former: outs.kept }, rest);
};

describe("an up that broke off before its last part, and was taken back", () => {
  test("leaves no flag where the last part has seen the same words before", async () => {
    const before = world.pve.config(101);
    await up(world.inputs({ firewall: false }));
    await up(world.inputs());
    expect(world.pve.config(101)).toBe(before);
    await brokenOff(world.inputs({ firewall: false }));
    expect(world.pve.config(101)).not.toBe(before);
    await up(world.inputs());
    expect(world.pve.config(101)).toBe(before);
  });

  test("leaves no rule", async () => {
    await up(world.inputs());
    const needed = world.texts();
    const more = world.inputs();
    more.guests[0]!.want.vrrp[0]!.peers.push("192.0.2.3");
    await brokenOff(more);
    expect(world.pve.firewall(101)).toContain("192.0.2.3");
    await up(world.inputs());
    expect(world.texts()).toEqual(needed);
  });

  test("leaves nothing at a guest that had left before, and leaves again", async () => {
    const before = world.texts().slice(0, 2);
    const words = { firewall: false };
    const without = { guests: world.inputs(words).guests.slice(1) };
    await up(world.inputs(words));
    await up(world.inputs(words, without));
    expect(world.texts().slice(0, 2)).toEqual(before);
    await brokenOff(world.inputs(words));
    await up(world.inputs(words, without));
    expect(world.texts().slice(0, 2)).toEqual(before);
  });
});

test("the last part connects to nothing where the part before it had nothing to do", async () => {
  await up(world.inputs());
  world.opened = 0;
  await up(world.inputs());
  expect(world.opened).toBe(0);
});
