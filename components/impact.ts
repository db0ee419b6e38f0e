import * as pulumi from "@pulumi/pulumi";

import { impactOf, impactText } from "../simulate/impact";

/** Sentences that were said in this run: those of a cluster's hosts are the same. */
const said = new Set<string>();

/**
 * Says in preview, and again in up, what a change of a host's files does to the addresses. A program does not know what
 * is applied now; the engine does, and asks this hook before it updates the component.
 */
export function sayImpact(name: string, cluster: pulumi.Input<string>): pulumi.ResourceHookBinding {
  // The monitor of pulumi.runtime.setMocks says that it knows hooks, and does not.
  const monitor = pulumi.runtime.getMonitor() as { registerResourceHook?: unknown } | undefined;
  if (monitor?.registerResourceHook === undefined) return {};
  const hook = new pulumi.ResourceHook(
    `${name}-impact`,
    async ({ oldInputs, newInputs }) => {
      const [former, next, of] = await Promise.all(
        [oldInputs?.files, newInputs?.files, cluster].map(whenKnown),
      );
      if (!isFiles(former) || !isFiles(next) || typeof of !== "string") return;
      const impact = impactOf(of, former, next);
      const text = impact && impactText(of, impact);
      if (text === undefined || said.has(text)) return;
      said.add(text);
      void pulumi.log.info(text);
    },
    { onDryRun: true, ignoreErrors: true },
  );
  return { beforeUpdate: [hook] };
}

/** The plain value of an input; undefined where it is known only later. */
async function whenKnown(value: unknown): Promise<unknown> {
  if (!pulumi.Output.isInstance(value)) return value;
  const output = value as pulumi.Output<unknown> & { isKnown: Promise<boolean> };
  if (!(await output.isKnown)) return undefined;
  return new Promise((resolve) => output.apply(resolve));
}

function isFiles(value: unknown): value is Record<string, string> {
  return (
    typeof value === "object" &&
    value !== null &&
    Object.values(value).every((text) => typeof text === "string")
  );
}
