import type { Connection } from "../../engine/stand-ins/resource-command/connection";
import type { Value } from "../../engine/stand-ins/resource-command/values";
import {
  KeptPolicy,
  Plan,
  planOf,
  Policy,
  restoreOf,
  settingText,
  Wanted,
  Word,
  WORDS,
} from "../../hypervisor/esxi";
import type { Reach } from "./reach";

/** The inputs of a PortGroupPolicy. */
export interface PolicyInputs {
  /** The text of the handler; Pulumi keeps it with the outputs, too. */
  __provider?: string;
  /** Address of the ESXi host. */
  host: string;
  portGroup: string;
  /** What the port group is to accept. */
  wanted: Wanted;
  /** A secret. */
  connection: Connection;
}

/** What the state file keeps. */
export interface PolicyOutputs extends PolicyInputs {
  /** How each switch that was changed was before, and what it was set to. */
  kept: KeptPolicy;
}

/** What Pulumi's host of dynamic resources calls. An `up` that changes nothing connects to no host. */
export class PolicyProvider {
  constructor(private readonly reach: () => Reach) {}

  check(_olds: unknown, news: Record<string, Value>): Promise<{ inputs: Record<string, Value> }> {
    return Promise.resolve({ inputs: news });
  }

  diff(
    _id: string,
    olds: PolicyOutputs,
    news: PolicyInputs,
  ): Promise<{ changes: boolean; replaces: string[]; deleteBeforeReplace: boolean }> {
    const replaces = (["host", "portGroup"] as const).filter((key) => olds[key] !== news[key]);
    const changes =
      replaces.length > 0 ||
      WORDS.some((word) => olds.wanted[word] !== news.wanted[word]) ||
      JSON.stringify(olds.connection) !== JSON.stringify(news.connection) ||
      olds.__provider !== news.__provider;
    // Another spelling of the host is the same port group: put back later, it would lose what was just set.
    return Promise.resolve({ changes, replaces, deleteBeforeReplace: true });
  }

  async create(inputs: PolicyInputs): Promise<{ id: string; outs: PolicyOutputs }> {
    const id = `${inputs.host}/${inputs.portGroup}`;
    return { id, outs: await this.put(id, inputs, {}) };
  }

  async update(id: string, olds: PolicyOutputs, news: PolicyInputs): Promise<{ outs: PolicyOutputs }> {
    return { outs: await this.put(id, news, olds.kept) };
  }

  /** Shows what was changed by hand; the next `up` sets it again. */
  async read(
    id: string,
    props: PolicyOutputs,
  ): Promise<{ id: string; props: PolicyOutputs; inputs?: PolicyInputs }> {
    const { look, warn } = this.reach();
    try {
      const { policy } = await look(props);
      const { __provider, host, portGroup, connection, kept } = props;
      const wanted = Object.fromEntries(
        WORDS.filter((word) => props.wanted[word] !== undefined).map((word) => [word, policy[word].accept]),
      );
      const inputs = { __provider, host, portGroup, connection, wanted };
      return { id, props: { ...inputs, kept }, inputs };
    } catch (error) {
      await warn(
        `${nameOf(props)} was not looked at; what was found last stands: ${(error as Error).message}`,
      );
      return { id, props };
    }
  }

  async delete(_id: string, props: PolicyOutputs): Promise<void> {
    if (Object.keys(props.kept).length === 0) return;
    const { look } = this.reach();
    const seen = await look(props).catch(async (error: unknown) => {
      if (!(error as { isGone?: boolean }).isGone) throw error;
      await this.reach().warn(`${nameOf(props)} is not there any more, so nothing is put back`);
      return undefined;
    });
    if (seen) await this.carryOut(props, seen, restoreOf(seen.policy, props.kept));
  }

  private async put(id: string, inputs: PolicyInputs, former: KeptPolicy): Promise<PolicyOutputs> {
    const seen = await this.reach().look(inputs);
    const plan = planOf(seen.policy, inputs.wanted, former);
    const outs = { ...inputs, kept: plan.kept };
    try {
      await this.carryOut(inputs, seen, plan);
    } catch (error) {
      if ((error as { isUntouched?: boolean }).isUntouched) throw error;
      throw begun(error as Error, id, outs);
    }
    return outs;
  }

  private async carryOut(target: PolicyInputs, seen: { text: string; policy: Policy }, plan: Plan) {
    const { set, warn, inform } = this.reach();
    for (const left of plan.left) {
      await warn(`${nameOf(target)}: ${left}: somebody has changed it since, so it stays as it is`);
    }
    if (Object.keys(plan.targets).length === 0) return;
    const now = await set(target, seen, plan.targets);
    const words = Object.keys(plan.targets) as Word[];
    const told = words.map(
      (word) => `${word} ${settingText(seen.policy[word])} -> ${settingText(now[word])}`,
    );
    await inform(`${nameOf(target)}: ${told.join(", ")}`);
  }
}

/**
 * The error of a change that was begun: nobody knows how far it came. An error with these properties makes Pulumi keep the
 * outputs, so that the next `up` goes on from there, and a destroy puts back what was there before.
 */
function begun(error: Error, id: string, outs: PolicyOutputs): Error {
  const properties = { id, properties: outs, reasons: [error.message] };
  return Object.assign(new Error(error.message, { cause: error }), properties);
}

const nameOf = ({ host, portGroup }: PolicyInputs) => `port group '${portGroup}' of ${host}`;

/** What the handler calls. Only what touches a host needs SSH: a preview is not to pay for loading it. */
export function makeProvider(reach: () => Reach): PolicyProvider {
  return new PolicyProvider(reach);
}
