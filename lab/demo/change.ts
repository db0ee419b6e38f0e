import { between, judge, now } from "../watch";
import { type Demo, configure } from "./demo";
import { type Choice, primary, slack, vip, virtualRouterId } from "./pair";
import { type FileChange, fileChanges, resourceCounts } from "./pulumiText";
import type { Screen } from "./screen";

/** Changes one value of the spec while the address is in use, then applies the same once more. */
export async function change(demo: Demo, from: Choice, to: Choice): Promise<void> {
  const { screen, lab, stack, watch, ssh } = demo;
  screen.act(`A change: advertInt ${from.advertInt} becomes ${to.advertInt}, while the address is in use`);
  await configure(stack, lab, to);
  screen.command("pulumi preview --diff");
  const preview = await screen.step("preview", () => stack.preview());
  const changes = fileChanges(preview.stdout);
  for (const one of changes) show(screen, one);
  screen.note("Shown are the changed lines of the hosts' files; pulumi also tells of inputs and commands.");
  const isShown = lab.hosts.every(({ name }) =>
    changes.some(
      ({ host, lines }) => host.endsWith(name) && hasLine(lines, "+", to) && hasLine(lines, "-", from),
    ),
  );
  screen.promise(isShown, "the preview shows, line by line, what changes in which file of which host");

  screen.command("pulumi up");
  const start = now();
  const up = await screen.step("staged, changed, watched and confirmed", () => ssh.during(() => stack.up()));
  screen.say(`${resourceCounts(up.result.stdout)}, over ${up.count} SSH connections`);
  const timeline = await watch.timeline();
  const { failures } = judge(between(timeline, start, timeline.to), {
    vip,
    virtualRouterId,
    before: primary,
    after: primary,
    silence: slack,
  });
  screen.promise(failures.length === 0, `${vip} never left ${primary}`, failures);

  screen.command("pulumi up   (nothing changed)");
  const again = await screen.step("compared", () => ssh.during(() => stack.up()));
  const counts = resourceCounts(again.result.stdout);
  screen.promise(
    up.count > 0 && again.count === 0 && /^\d+ unchanged$/.test(counts),
    `${counts}, over ${again.count} SSH connections`,
  );
}

const hasLine = (lines: string[], sign: string, { advertInt }: Choice): boolean =>
  lines.some((line) => line.trim().replace(/ +/g, " ") === `${sign} advert_int ${advertInt}`);

function show(screen: Screen, { host, path, lines }: FileChange): void {
  screen.say(screen.style(`  ${host}: ${path}`, "bold"));
  for (const line of lines) {
    const [sign] = line.trim();
    screen.say(
      `  ${sign === "+" ? screen.style(line, "green") : sign === "-" ? screen.style(line, "red") : line}`,
    );
  }
}
