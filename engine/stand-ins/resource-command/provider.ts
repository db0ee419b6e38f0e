import { randomBytes } from "node:crypto";
import { check, type CheckFailure } from "./check";
import { type Change, diff } from "./diff";
import type { EngineLog } from "./engineLog";
import type { ResourceLog } from "./resourceLog";
import type { CommandOptions, Outputs } from "./remoteCommand";
import { type Properties, UNKNOWN, unwrapAll } from "./values";

const TYPE = "command:remote:Command";

/** Which resource a request is about. */
export interface Target {
  urn: string;
  type: string;
  name: string;
}

/** The inputs of a command without secret wrappers, after Check. */
type Inputs = Omit<CommandOptions, "previous"> & {
  create?: string;
  update?: string;
  delete?: string;
  addPreviousOutputInEnv?: boolean;
};

/** What the stand-in does for each request on a remote.Command; the semantics are @pulumi/command's. */
export class RemoteCommandProvider {
  private readonly cancellation = new AbortController();
  private readonly running = new Set<Promise<unknown>>();

  constructor(private readonly log: EngineLog) {}

  check(target: Target, news: Properties): { inputs: Properties; failures: CheckFailure[] } {
    requireType(target.type);
    return check(news);
  }

  diff(target: Target, olds: Properties, news: Properties): Record<string, Change> {
    requireType(target.type);
    return diff(inputsOf(olds), news);
  }

  async create(
    target: Target,
    inputs: Properties,
    preview: boolean,
  ): Promise<{ id: string; outputs: Properties }> {
    requireType(target.type);
    const id = target.name + randomBytes(4).toString("hex");
    if (preview) return { id, outputs: withOutputs(inputs) };
    const { create } = plainInputs(inputs);
    const nothing = { stdout: "", stderr: "" };
    return { id, outputs: withOutputs(inputs, await this.run(target, create, inputs, nothing)) };
  }

  async update(target: Target, olds: Properties, news: Properties, preview: boolean): Promise<Properties> {
    requireType(target.type);
    if (preview) return withOutputs(news);
    const { update, create } = plainInputs(news);
    return withOutputs(news, await this.run(target, update ?? create, news, outputsOf(olds)));
  }

  async delete(target: Target, state: Properties): Promise<void> {
    requireType(target.type);
    const inputs = inputsOf(state);
    await this.run(target, plainInputs(inputs).delete, inputs, outputsOf(state));
  }

  /** Ends what runs, lets nothing new begin, and waits until all has ended. */
  async cancel(): Promise<void> {
    this.cancellation.abort(new Error("cancelled: the command was ended and its connection closed"));
    await Promise.allSettled(this.running);
  }

  /** Answers what `command` printed, or `previous` where there is no command. */
  private async run(
    target: Target,
    command: string | undefined,
    properties: Properties,
    previous: Outputs,
  ): Promise<Outputs> {
    if (command === undefined) return previous;
    const { signal } = this.cancellation;
    signal.throwIfAborted();
    const inputs = plainInputs(properties);
    const log: ResourceLog = this.log.for(target.urn);
    // Only a command needs SSH: a preview is not to pay for loading it.
    const { runRemote } = await import("./remoteCommand.js");
    const options = inputs.addPreviousOutputInEnv === false ? inputs : { ...inputs, previous };
    const outcome = runRemote(command, options, log, signal);
    this.running.add(outcome);
    return await outcome.finally(() => this.running.delete(outcome));
  }
}

const plainInputs = (properties: Properties) => unwrapAll(properties) as unknown as Inputs;

const inputsOf = (state: Properties): Properties =>
  Object.fromEntries(Object.entries(state).filter(([name]) => name !== "stdout" && name !== "stderr"));

function outputsOf(state: Properties): Outputs {
  const { stdout, stderr } = unwrapAll(state) as Properties;
  return {
    stdout: typeof stdout === "string" ? stdout : "",
    stderr: typeof stderr === "string" ? stderr : "",
  };
}

/** State of a command: its inputs, and what it printed, which is unknown in a preview. */
function withOutputs(
  inputs: Properties,
  outputs: Outputs = { stdout: UNKNOWN, stderr: UNKNOWN },
): Properties {
  return { ...inputs, ...outputs };
}

function requireType(type: string): void {
  if (type === TYPE) return;
  throw new Error(
    `${type}: this stand-in for the command plugin serves only ${TYPE}; install Pulumi's official release for the others`,
  );
}
