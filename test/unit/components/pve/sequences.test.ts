import * as fc from "fast-check";
import type { NicOutputs } from "../../../../components/pve/model";
import { Answer, isRefused, NoAnswer, PveApi, Request } from "../../../../components/pve/transport";
import { PveError } from "../../../../lab/pve/errors";
import { plain, World } from "./world";

/** What happens to one of the requests that change something. */
type Fate = "lost" | "answer lost" | "refused" | "node in between";
interface Fault {
  at: number;
  fate: Fate;
}

const METHODS = { get: "GET", create: "POST", set: "PUT", delete: "DELETE" } as const;

/** The stand-in without HTTP, and with the faults that a test wants. */
class Line {
  world!: World;
  fault: Fault | undefined;

  readonly api = (): PveApi => ({
    where: "pve1",
    ask: async (requests) => {
      const answers: Answer[] = [];
      for (const one of requests) answers.push(await this.one(one));
      return answers;
    },
    close: () => undefined,
  });

  private async one(request: Request): Promise<Answer> {
    if (request.method === "get" || this.fault === undefined || this.fault.at-- > 0)
      return await this.passed(request);
    const { fate } = this.fault;
    this.fault = undefined;
    if (fate === "refused") return { refusal: { status: 403, message: "Permission check failed" } };
    if (fate === "lost") throw new NoAnswer("lost");
    const answer = await this.passed(request);
    if (fate === "answer lost" || isRefused(answer)) throw new NoAnswer("answer lost");
    return { refusal: { status: 596, message: "Connection timed out" } };
  }

  private async passed({ method, path, params = {} }: Request): Promise<Answer> {
    try {
      const asked = { method: METHODS[method], path: decodeURIComponent(path), params: { ...params } };
      const { data } = await this.world.pve.ask({ ...asked, who: "root@pam", node: "pve1", via: "api" });
      return { data: data === undefined ? null : (JSON.parse(JSON.stringify(data)) as unknown) };
    } catch (error) {
      if (!(error instanceof PveError)) throw error;
      const { status, message, errors } = error;
      return { refusal: { status, message, ...(errors && { errors }) } };
    }
  }
}

const word = fc.constantFrom(true, false, undefined);
const fault = fc.option(
  fc.record({
    at: fc.nat(2),
    fate: fc.constantFrom<Fate>("lost", "answer lost", "refused", "node in between"),
  }),
  { nil: undefined, freq: 2 },
);
const steps = fc.array(
  fc.record({
    firewall: word,
    forgedTransmits: word,
    /** Whether gw-a is in the pair, and whether its guest is reached by a way of its own. */
    isIn: fc.constantFrom(true, true, true, false),
    isOwnWay: fc.boolean(),
    /** Whether the pair's own change, between the parts, is done: without it the last part does not run. */
    isPairDone: fc.constantFrom(true, true, true, false),
    /** In the first part, and in the last. */
    faults: fc.tuple(fault, fault),
  }),
  { minLength: 1, maxLength: 6 },
);
const starts = fc.record({
  flag: fc.constantFrom("", ",firewall=0", ",firewall=1"),
  macfilter: fc.constantFrom("", "macfilter: 0\n", "macfilter: 1\n"),
});

type Step = typeof steps extends fc.Arbitrary<(infer One)[]> ? One : never;

async function worldOf({ flag, macfilter }: { flag: string; macfilter: string }, line: Line) {
  const world = await World.start({}, line.api);
  line.world = world;
  for (const id of [101, 102]) {
    world.pve.edit(id, (text) => text.replace(",firewall=1", flag));
    const text = world.pve.firewall(id).replace("enable: 1\n", `enable: 1\n${macfilter}`);
    world.pve.store.write(`firewall/${id}.fw`, text);
  }
  return world;
}

/** One part of an `up` as the engine has it: what has failed leaves what the error tells. Gives whether it was done. */
async function part(world: World, inputs: ReturnType<World["inputs"]>, olds: NicOutputs | undefined) {
  try {
    return { isDone: true, outs: await world.up(inputs, olds) };
  } catch (error) {
    const { properties } = error as { properties?: NicOutputs };
    return { isDone: false, outs: properties === undefined ? olds : (plain(properties) as NicOutputs) };
  }
}

/** What is said is so; what is not said any more is as it was. */
function expectInForce(world: World, before: string[], { firewall, forgedTransmits, isIn }: Step): void {
  const now = world.texts();
  // A last part that has never seen a way to a guest leaves it to destroy, and says so.
  const isReached = !world.warnings.some((text) => text.includes("nothing says any more"));
  if (!isIn && isReached) expect(now.slice(0, 2)).toEqual(before.slice(0, 2));
  for (const at of isIn ? [0, 2] : [2]) {
    if (firewall === undefined) expect(now[at]).toBe(before[at]);
    else expect(now[at]!.includes(",firewall=1")).toBe(firewall);
    const macfilter = (text: string) => /^macfilter: .*$/m.exec(text)?.[0];
    if (forgedTransmits === undefined) expect(macfilter(now[at + 1]!)).toBe(macfilter(before[at + 1]!));
    else if (!forgedTransmits) expect(macfilter(now[at + 1]!) ?? "macfilter: 1").toBe("macfilter: 1");
  }
}

async function insistently(work: () => Promise<void>): Promise<void> {
  await work().catch(work);
}

test("whatever is said, and whatever fails: destroy leaves everything as it was at first", async () => {
  await fc.assert(
    fc.asyncProperty(starts, steps, fc.tuple(fault, fault), async (start, all, last) => {
      const line = new Line();
      const world = await worldOf(start, line);
      try {
        const before = world.texts();
        let outs: NicOutputs | undefined, rest: NicOutputs | undefined;
        const inputsOf = ({ firewall, forgedTransmits, isIn, isOwnWay }: Step, former?: NicOutputs) => {
          const access = world.inputs().access;
          if (isOwnWay && isIn) access["gw-a"] = access[""]!;
          const words = {
            ...(firewall !== undefined && { firewall }),
            ...(forgedTransmits !== undefined && { forgedTransmits }),
          };
          const inputs = world.inputs(words, {
            access,
            ...(former && { part: "tighten" as const, former: former.kept }),
          });
          if (isOwnWay) inputs.guests[0]!.at = "gw-a";
          return isIn ? inputs : { ...inputs, guests: inputs.guests.slice(1) };
        };
        for (const step of all) {
          line.fault = step.faults[0] && { ...step.faults[0] };
          const first = await part(world, inputsOf(step), outs);
          outs = first.outs;
          if (!first.isDone || outs === undefined || !step.isPairDone) continue;
          line.fault = step.faults[1] && { ...step.faults[1] };
          const second = await part(world, inputsOf(step, outs), rest);
          rest = second.outs;
          if (second.isDone) expectInForce(world, before, step);
        }
        line.fault = last[0] && { ...last[0] };
        if (rest) await insistently(() => world.provider.delete("id", rest));
        line.fault = last[1] && { ...last[1] };
        if (outs) await insistently(() => world.provider.delete("id", outs));
        expect(world.texts()).toEqual(before);
      } finally {
        await world.pve.stop();
      }
    }),
    { numRuns: 60 },
  );
}, 240_000);
