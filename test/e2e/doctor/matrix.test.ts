import { sample } from "../../doctor/cases";
import { type Outcome, runCase } from "../../doctor/runCase";
import { World } from "../../doctor/world";

/** Some of what `npm run test:doctor` makes, all on one pair. */
describe("the doctor", () => {
  let world: World | undefined;
  let broken: string | undefined;

  beforeAll(async () => {
    world = await World.create("basic");
  });
  afterAll(() => world?.remove());

  test.each(sample.map((one) => [`${one.family}: ${one.name}`, one] as const))(
    "tells %s",
    async (name, one) => {
      if (broken !== undefined) throw new Error(`the pair is not as it was since ${broken}`);
      const outcome: Outcome = await runCase(world!, one, {});
      if (outcome.isBroken) broken = name;
      if (outcome.failures.length > 0) console.error(outcome.evidence.join("\n"));
      expect({ failures: outcome.failures, told: outcome.told }).toEqual({
        failures: [],
        told: outcome.told,
      });
    },
  );
});
