import type { Demo } from "./demo";
import { resourceCounts } from "./pulumiText";
import { differences, takeSnapshot, unwatched } from "./snapshot";

/** Destroys the stack and compares both hosts with what they were before it. */
export async function farewell({ screen, lab, stack, watch, ssh, before }: Demo): Promise<void> {
  screen.act("The end: both gateways as they were");
  await watch.stop();
  screen.command("pulumi destroy");
  const { stdout } = await screen.step("destroyed", () => stack.destroy());
  screen.say(resourceCounts(stdout));
  await ssh.stop();
  const after = await screen.step("both gateways are recorded again", () =>
    Promise.all(lab.hosts.map((host) => takeSnapshot(host))),
  );
  for (const [index, { name }] of lab.hosts.entries()) {
    const changes = differences(before[name] ?? {}, after[index] ?? {});
    const files = before[name]?.["contents of all files"]?.length ?? 0;
    screen.promise(
      changes.length === 0 && files > 0,
      `${name} is as it was: ${files} files, firewall, services, packages, addresses`,
      changes,
    );
  }
  screen.note(`Not compared, as a running host writes there: ${unwatched.join(", ")}`);
}
