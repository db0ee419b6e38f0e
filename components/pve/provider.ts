import { createHash } from "node:crypto";
import { isUnknown, type Value } from "../../engine/stand-ins/resource-command/values";
import type { Change } from "../../hypervisor/pve";
import { bridgePortWarning } from "./bridgePorts";
import { reachedAs, unsettled } from "./kept";
import { AS_APPLIED, nameOf, NicInputs, NicOutputs, Shown } from "./model";
import type { Reach } from "./reach";

interface CheckResult {
  inputs: Record<string, Value>;
  failures?: { property: string; reason: string }[];
}

/** What Pulumi's host of dynamic resources calls. Where nothing has changed nothing is connected to. */
export class NicProvider {
  constructor(private readonly reach: () => Reach) {}

  /** What the preview is to show is looked up here: a preview asks nothing else of a provider. */
  async check(olds: Partial<NicInputs>, news: Record<string, Value>): Promise<CheckResult> {
    const inputs = news as unknown as NicInputs;
    if (olds.guests !== undefined && askOf(olds as NicInputs) === askOf(inputs)) {
      return { inputs: { ...news, ...(olds.changes && { changes: olds.changes }) } };
    }
    if (holdsUnknown([inputs.guests, inputs.access, inputs.former])) return { inputs: news };
    return await this.planned(inputs);
  }

  private async planned(inputs: NicInputs): Promise<CheckResult> {
    const { open } = this.reach();
    const session = open(inputs);
    try {
      const surveys = await session.survey([]);
      const changes = Object.fromEntries(
        surveys.map(
          ({ ask, plan }) => [nameOf(ask), plan.changes.map((change) => shown(change, inputs))] as const,
        ),
      );
      // Once for the two parts of a pair.
      for (const one of inputs.part === "tighten" ? [] : surveys) {
        const { ask, plan } = one;
        // Over SSH a hookscript does it.
        const byHand = "token" in (inputs.access[ask.at] ?? {}) ? bridgePortWarning(one) : undefined;
        if (byHand !== undefined) await session.warn(`${nameOf(ask)}: ${byHand}`);
        for (const note of plan.notes) await session.inform(`${nameOf(ask)}: ${note}`);
      }
      return { inputs: { ...(inputs as unknown as Record<string, Value>), changes } };
    } catch (error) {
      const { reasons, unseen = [] } = error as { reasons?: string[]; unseen?: string[] };
      // The same program may make them: before its first change they are not there, and what comes after it fails by itself.
      for (const reason of unseen)
        await session.warn(`${reason}; what is to be done is not known before it is there`);
      const failures = (reasons ?? [(error as Error).message])
        .filter((reason) => !unseen.includes(reason))
        // With a name the engine would put the property's whole value before the reason.
        .map((reason) => ({ property: "", reason }));
      return {
        inputs: inputs as unknown as Record<string, Value>,
        ...(failures.length > 0 && { failures }),
      };
    } finally {
      session.close();
    }
  }

  async diff(_id: string, olds: NicOutputs, news: NicInputs): Promise<{ changes: boolean }> {
    if (olds.isDone && askOf(olds) === askOf(news)) return { changes: wholeOf(olds) !== wholeOf(news) };
    if (!holdsUnknown([news.guests, news.access, news.former])) await this.tellWhatGoesBack(olds, news);
    return { changes: true };
  }

  /** What a word has changed that is not said any more: `check` is not told what was kept. */
  private async tellWhatGoesBack({ kept }: NicOutputs, news: NicInputs): Promise<void> {
    if (kept.every(({ undo }) => undo.length === 0)) return;
    const session = this.reach().open(news);
    try {
      for (const { ask, plan } of await session.survey(reachedAs(kept, news.guests))) {
        const told = new Set((news.changes?.[nameOf(ask)] ?? []).map(digest));
        const further = plan.changes.filter((change) => !told.has(digest(shown(change, news))));
        for (const text of textsOf(further, news)) await session.inform(`${nameOf(ask)}: ${text}`);
      }
    } catch (error) {
      await session.warn((error as Error).message);
    } finally {
      session.close();
    }
  }

  async create(inputs: NicInputs): Promise<{ id: string; outs: NicOutputs }> {
    const id = `${inputs.cluster}/${inputs.part}`;
    return { id, outs: await this.carriedOut(id, inputs) };
  }

  async update(id: string, olds: NicOutputs, news: NicInputs): Promise<{ outs: NicOutputs }> {
    // Another password, or another way: nothing for the guests.
    if (olds.isDone && askOf(olds) === askOf(news)) {
      const { kept, formerAccess } = olds;
      return { outs: { ...news, kept, isDone: true, ...(formerAccess && { formerAccess }) } };
    }
    return { outs: await this.carriedOut(id, news, olds) };
  }

  private async carriedOut(id: string, inputs: NicInputs, olds?: NicOutputs): Promise<NicOutputs> {
    const { guests } = inputs;
    const kept = reachedAs(olds?.kept ?? [], guests);
    const former = inputs.former && unsettled(reachedAs(inputs.former, guests), guests, olds);
    // Guests that are asked for no more are reached as before.
    const access = { ...(olds && wayOf(olds)), ...inputs.access };
    const session = this.reach().open({ ...inputs, access, ...(former && { former }) });
    const outs = (isDone: boolean): NicOutputs => {
      const left = [...kept, ...((!isDone && former) || [])].filter(
        ({ at }) => !(at in inputs.access) && at in access,
      );
      const formerAccess = Object.fromEntries(left.map(({ at }) => [at, access[at]!]));
      return { ...inputs, kept, isDone, ...(left.length > 0 && { formerAccess }) };
    };
    try {
      await session.carryOut(kept);
      return outs(true);
    } catch (error) {
      const { message } = error as Error;
      // With these properties Pulumi keeps the outputs of what broke off: the next `up` goes on, a destroy puts back.
      const properties = outs(false);
      throw Object.assign(new Error(message, { cause: error }), { id, properties, reasons: [message] });
    } finally {
      session.close();
    }
  }

  /** Shows what differs from what was applied; the next `up` plans anew then. */
  async read(id: string, props: NicOutputs): Promise<{ id: string; props: NicOutputs; inputs: NicInputs }> {
    const session = this.reach().open(props);
    try {
      const found = (await session.survey(props.kept)).flatMap(({ ask, due }) =>
        textsOf(due, props).map((text) => `${nameOf(ask)}: ${text}`),
      );
      return withFound(id, props, found.length === 0 ? AS_APPLIED : `to be done: ${found.join("; ")}`);
    } catch (error) {
      const reasons = (error as { reasons?: string[] }).reasons;
      if (reasons !== undefined) return withFound(id, props, reasons.join("; "));
      await session.warn(`${props.cluster}: its guests were not looked at: ${(error as Error).message}`);
      return withFound(id, props, props.found);
    } finally {
      session.close();
    }
  }

  async delete(_id: string, props: NicOutputs): Promise<void> {
    if (props.part === "tighten" && props.kept.every(({ undo }) => undo.length === 0)) return;
    const session = this.reach().open({ ...props, access: wayOf(props) });
    try {
      await session.restore(props.kept);
    } finally {
      session.close();
    }
  }
}

function withFound(id: string, props: NicOutputs, found: string) {
  const outs = { ...props, found };
  const inputs: Partial<NicOutputs> = { ...outs };
  delete inputs.kept;
  delete inputs.isDone;
  delete inputs.formerAccess;
  return { id, props: outs, inputs: inputs as NicInputs };
}

/** What a plan hangs on: with all of it unchanged nothing is to be done. */
function askOf({ cluster, part, guests, found, former, access }: NicInputs): string {
  return digest({ cluster, part, guests, found, former, where: whereOf(guests, access) });
}

/** Which Proxmox VE each guest is in, whoever logs in there: another one has other guests under the same ids. */
function whereOf(guests: NicInputs["guests"], access: NicInputs["access"]) {
  if (holdsUnknown([guests, access])) return "";
  return guests.map(({ at }) => {
    const way = access[at];
    if (way === undefined || "endpoint" in way) return way?.endpoint;
    const { host, port } = way.connection;
    return { host, port };
  });
}

/** How everything is reached of which something is kept. */
const wayOf = ({ access, formerAccess }: NicOutputs) => ({ ...formerAccess, ...access });

function wholeOf(inputs: NicInputs): string {
  const { __provider, access, gateways } = inputs;
  return `${askOf(inputs)} ${digest({ __provider, access, gateways })}`;
}

/** Pulumi gives the keys of objects back in another order than it was given them. */
function digest(value: unknown): string {
  const text = JSON.stringify(value, (_key, inner: unknown) =>
    inner !== null && typeof inner === "object" && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
  return createHash("sha256").update(text).digest("hex");
}

function holdsUnknown(value: unknown): boolean {
  if (isUnknown(value as Value)) return true;
  return value !== null && typeof value === "object" && Object.values(value).some(holdsUnknown);
}

const EFFECTS = {
  "at once": "at once",
  replug: "plugs the NIC of the running guest anew: a short cut",
  "next start": "at the guest's next start",
};

function whenOf({ phase, effect }: Change, { part }: NicInputs): string {
  const when = part === "widen" && phase === "tighten" ? "after the pair's own change, " : "";
  return `${when}${EFFECTS[effect]}`;
}

function textsOf(changes: readonly Change[], inputs: NicInputs): string[] {
  return changes.map((change) => `${change.says} (${whenOf(change, inputs)})`);
}

function shown(change: Change, inputs: NicInputs): Shown {
  const { says, undo } = change;
  const takesEffect = whenOf(change, inputs);
  return undo?.what === "nic"
    ? { nic: undo.nic, is: undo.before, becomes: undo.after, takesEffect }
    : { change: says, takesEffect };
}

/** What the handler calls. Only what touches a hypervisor needs its transports: a preview is not to pay for loading them. */
export function makeProvider(reach: () => Reach): NicProvider {
  return new NicProvider(reach);
}
