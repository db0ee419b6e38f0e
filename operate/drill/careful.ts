import type { Ended } from "../host";
import type { DrillHost } from "./host";
import { keys, type Ledger } from "./ledger";

/** A host whose drains are written down until they are taken back, and which gives nothing away any more once that is ended. */
export function careful(
  host: DrillHost,
  { node, cluster, ledger, signal }: { node: string; cluster: string; ledger: Ledger; signal?: AbortSignal },
): DrillHost {
  const over: Ended = { code: 1, stdout: "", stderr: "interrupted" };
  const isOver = () => signal?.aborted === true;
  return {
    ...host,
    // A drill watches all nodes itself.
    holding: () => Promise.resolve(),
    agent: async (words, limit) => {
      const [verb] = words;
      if ((verb === "drain" || verb === "promote") && isOver()) return over;
      if (verb === "drain")
        ledger.add(keys.drained(node), `${node} may still be drained; there: vrrp-agent undrain ${cluster}`);
      const ended = await host.agent(words, limit);
      if (verb === "undrain" && ended.code === 0) ledger.done(keys.drained(node));
      return ended;
    },
    strike: async (kind) => {
      if (isOver()) return over;
      ledger.add(keys.stopped(node), `keepalived may not run on ${node}; there: systemctl start keepalived`);
      return await host.strike(kind);
    },
    startKeepalived: async () => {
      const ended = await host.startKeepalived();
      if (ended.code === 0) ledger.done(keys.stopped(node));
      return ended;
    },
  };
}
