/**
 * Shows a pair of gateways whose address survives whatever happens to its holder. Exits with 0 when all that the demo
 * promises was seen, with 1 when not. Leaves nothing behind, on Ctrl-C either.
 */
import { change } from "./change";
import { farewell } from "./farewell";
import { type Measured, suffer } from "./failure";
import { failuresOfService, powerLoss } from "./failures";
import { firstUp } from "./firstUp";
import { atFirst, later } from "./pair";
import { rejected } from "./rejected";
import { Screen } from "./screen";
import { setUp } from "./setUp";

async function main(screen: Screen): Promise<void> {
  const { lab, stack, before } = await setUp(screen);
  const { watch, ssh } = await firstUp(screen, lab, stack, atFirst);
  const demo = { screen, lab, stack, watch, ssh, before };
  const measured: Measured[] = [];
  for (const failure of failuresOfService(atFirst)) measured.push(await suffer(demo, failure));
  await change(demo, atFirst, later);
  measured.push(await suffer(demo, powerLoss(later)));
  await rejected(screen, lab);
  await farewell(demo);
  await screen.step("the lab is taken down", () => lab.stop());
  summarize(screen, measured);
}

function summarize(screen: Screen, measured: Measured[]): void {
  screen.heading("From the last advert of the old holder to the first answer of the new one");
  const seconds = (value: number | undefined) =>
    (value === undefined ? "not seen" : `${value.toFixed(3)} s`).padStart(9);
  for (const { title, gap, bound } of measured) {
    screen.say(`${title.padEnd(32)} ${seconds(gap)}   (the timers: ${seconds(bound).trim()})`);
  }
}

const screen = new Screen(process.stdout);
const start = Date.now();
main(screen).then(
  () => {
    const took = `${((Date.now() - start) / 1000).toFixed(0)} s`;
    const { broken } = screen;
    if (broken.length === 0) console.log(`\nAll as promised, in ${took}; nothing is left behind.`);
    else console.log(`\nNot as promised (${took}):\n${broken.map((text) => `  ${text}`).join("\n")}`);
    process.exit(broken.length === 0 ? 0 : 1);
  },
  (error: unknown) => {
    console.error(`\ndemo: ${error instanceof Error ? error.message : String(error)}`);
    process.exit(1);
  },
);
