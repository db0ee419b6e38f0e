import { type KindSeen, runKind, type Step } from "../../hosts/bench";
import { twoFirewalls } from "../../hosts/kinds";

describe("a pair of which one is behind firewalld and one behind ufw", () => {
  let seen: KindSeen;
  beforeAll(async () => {
    seen = await runKind(twoFirewalls, () => undefined);
  });

  test.each([
    ["alone", "is two masters when nobody opens these for it"],
    ["up", "has one holder after up, and every rule of others in its place"],
    ["no-op", "is left alone by a second up"],
    ["change", "keeps its holder through a change that opens a port"],
    ["failover", "moves its addresses when the power is lost, and back"],
    ["reboot", "has one holder after both were rebooted at once"],
    ["destroy", "is as it was before, with its rules and files, when the stack is destroyed"],
  ] satisfies [Step, string][])("%s: it %s", (...[step]) => {
    expect(seen.steps.find((one) => one.step === step)?.failures).toEqual([]);
  });
});
