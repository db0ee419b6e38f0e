import { isObject, isUnknown, type Value } from "../../engine/stand-ins/resource-command/values";
import type { Connection } from "../../engine/stand-ins/resource-command/connection";
import type { Reach } from "./reach";
import { parseReport } from "./report";
import { digest, HostState, reportedState, stateOf } from "./state";

/** The inputs of a HostDrift: how everything on a host is to be, and how the host is reached. */
export interface DriftInputs extends HostState {
  /** The text of handler.js; Pulumi keeps it with the outputs, too. */
  __provider?: string;
  /** Name of the host in messages, with its address. */
  node: string;
  host: string;
  cluster: string;
  /** The generation that was applied last. A secret: it derives from secret files. */
  generation: string;
  /** A secret. */
  connection: Connection;
}

/** What the state file keeps: how everything was found at the last look. */
export interface DriftOutputs extends DriftInputs {
  /** Digest of the inputs: an update with another one here puts right what was found. */
  expected: string;
}

/**
 * What Pulumi's host of dynamic resources calls. Only a refresh and the putting right of what it found connect to a
 * host: an `up` that changes nothing does not.
 */
export class DriftProvider {
  constructor(private readonly reach: () => Reach) {}

  async check(_olds: unknown, news: Record<string, Value>): Promise<{ inputs: Record<string, Value> }> {
    const { connection, host, node } = news;
    if (isUnknown(host) || isUnknown(connection) || (isObject(connection) && isUnknown(connection.host))) {
      const { inform } = this.reach();
      await inform(`${node as string}: its address is not known yet, so nothing on it is looked at`);
    }
    return { inputs: news };
  }

  diff(_id: string, olds: DriftOutputs, news: DriftInputs): Promise<{ changes: boolean }> {
    return Promise.resolve({ changes: digest(comparable(olds)) !== digest(comparable(news)) });
  }

  /** Follows on the apply's own look at the host: what was applied is what is there. */
  create(inputs: DriftInputs): Promise<{ id: string; outs: DriftOutputs }> {
    return Promise.resolve({ id: inputs.node, outs: asApplied(inputs) });
  }

  async read(
    id: string,
    props: DriftOutputs,
  ): Promise<{ id: string; props: DriftOutputs; inputs?: DriftInputs }> {
    const { look, warn } = this.reach();
    const unchanged = async (reason: string) => {
      await warn(`${nameOf(props)} was not looked at; what was found there last stands: ${reason}`);
      return { id, props };
    };
    try {
      const report = parseReport(await look(props));
      if (report?.pending) return await unchanged("a change of it is under way");
      const state = reportedState(report, props.generation, props);
      const { node, host, cluster, generation, connection, expected } = props;
      const inputs = { node, host, cluster, generation, connection, ...state };
      return { id, props: { ...inputs, expected }, inputs };
    } catch (error) {
      return await unchanged((error as Error).message);
    }
  }

  /** A changed spec is applied by the time this comes; only what a refresh found is left to be put right. */
  async update(_id: string, olds: DriftOutputs, news: DriftInputs): Promise<{ outs: DriftOutputs }> {
    if (digest(stateOf(olds)) !== olds.expected) {
      const { putRight, inform } = this.reach();
      await inform(`${nameOf(news)}: ${await putRight(news)}`);
    }
    return { outs: asApplied(news) };
  }
}

function comparable(properties: DriftInputs) {
  const { __provider, node, host, cluster, generation, connection } = properties;
  return { ...stateOf(properties), __provider, node, host, cluster, generation, connection };
}

function nameOf({ node, host }: DriftInputs): string {
  return `${node} (${host})`;
}

function asApplied(inputs: DriftInputs): DriftOutputs {
  return { ...inputs, expected: digest(stateOf(inputs)) };
}

/** What handler.js calls. Only a look at a host needs SSH: a preview is not to pay for loading it. */
export function makeProvider(reach: () => Reach): DriftProvider {
  return new DriftProvider(reach);
}
