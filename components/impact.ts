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
      const [files, nextFiles, secrets, nextSecrets, of] = await Promise.all(
        [oldInputs?.files, newInputs?.files, oldInputs?.secretFiles, newInputs?.secretFiles, cluster].map(
          whenKnown,
        ),
      );
      if (!isFiles(files) || !isFiles(nextFiles) || typeof of !== "string") return;
      const impact = impactOf(of, withSecret(files, secrets), withSecret(nextFiles, nextSecrets));
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

/** The secret files are compared only; nothing of them is said. */
function withSecret(files: Record<string, string>, secrets: unknown): Record<string, string> {
  return isFiles(secrets) ? { ...secrets, ...files } : files;
}

function isFiles(value: unknown): value is Record<string, string> {
  return (
    typeof value === "object" &&
    value !== null &&
    Object.values(value).every((text) => typeof text === "string")
  );
}
