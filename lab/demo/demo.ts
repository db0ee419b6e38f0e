import type { Lab } from "../lab";
import { until } from "../process";
import type { Stack } from "../stack";
import type { Watch } from "../watch";
import { type Choice, pairConfig, vip } from "./pair";
import type { Screen } from "./screen";
import type { Snapshot } from "./snapshot";
import type { SshConnections } from "./sshConnections";

/** What one part of the demo hands to the next. */
export interface Demo {
  screen: Screen;
  lab: Lab;
  stack: Stack;
  /** Sees all that happens to the address from the first `pulumi up` on. */
  watch: Watch;
  ssh: SshConnections;
  /** Host name -> what it was before anything was done to it. */
  before: Record<string, Snapshot>;
}

/** Gives the stack the spec of the pair. */
export async function configure(stack: Stack, lab: Lab, choice: Choice): Promise<void> {
  const [anyHost] = lab.hosts;
  if (anyHost === undefined) throw new Error("the lab has no host");
  await stack.configure(pairConfig(lab, choice), { privateKey: lab.ssh(anyHost).privateKey });
}

/** Waits until one host alone holds the address and answers the client. */
export async function settled(watch: Watch, host: string): Promise<void> {
  await until(`${host} alone holds ${vip} and answers`, 30_000, () => {
    const answer = watch.lastAnswer(vip);
    const isFresh = answer?.host === host && Date.now() / 1000 - answer.at < 0.1;
    return isFresh && watch.holders(vip).join() === host;
  });
}
