import type { Lab } from "../lab";
import type { Stack } from "../stack";
import type { Watch } from "../watch";
import { watchLab } from "../watchLab";
import { configure, settled } from "./demo";
import { type Choice, primary, vip } from "./pair";
import { resourceCounts } from "./pulumiText";
import type { Screen } from "./screen";
import { SshConnections } from "./sshConnections";

/** What `vrrp-agent status --json` says, as far as it is shown. */
interface Status {
  clusters: { instances: { state: string }[] }[];
}

/** Makes the pair from nothing, and looks who holds the address. */
export async function firstUp(
  screen: Screen,
  lab: Lab,
  stack: Stack,
  choice: Choice,
): Promise<{ watch: Watch; ssh: SshConnections }> {
  screen.act(`From nothing to ${vip}`);
  const ssh = await SshConnections.start(lab);
  await configure(stack, lab, choice);
  screen.command("pulumi up");
  const { result, count } = await screen.step(
    "the two hosts are staged, changed, watched and confirmed",
    () => ssh.during(() => stack.up()),
  );
  screen.say(`${resourceCounts(result.stdout)}, over ${count} SSH connections`);

  const watch = await watchLab(lab, [vip]);
  await settled(watch, primary);
  screen.command("vrrp-agent status   (on each host)");
  for (const host of lab.hosts) {
    const { stdout } = await host.exec("vrrp-agent status --json");
    const states = (JSON.parse(stdout) as Status).clusters.flatMap(({ instances }) =>
      instances.map(({ state }) => state),
    );
    screen.say(`${host.name} ${states.join()}`);
  }
  screen.promise(true, `${primary} alone holds ${vip} and answers the client, which asks every 20 ms`);
  return { watch, ssh };
}
