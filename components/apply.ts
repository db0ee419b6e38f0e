import { remote } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";

import { bundle, generationOf, hostDigest, RenderedFile } from "../render";
import { agentInstaller } from "./agent";
import { ConnectionArgs } from "./args";
import { watchDrift } from "./drift";
import { rightsOf } from "./files";
import { AGENT, asRoot, inTime, quote } from "./shell";
import { CommandConnection, connectionTo } from "./ssh";
import type { HostConfigArgs } from "./hostConfig";

/**
 * Seconds a step may take on the host before it is ended there, more than all that it waits for: the lock, its turn, its
 * peers, the roles. Staging and making a key may install packages, and staging may build keepalived.
 */
const LIMIT = {
  install: 60,
  key: 600,
  stage: 1800,
  activate: 300,
  finish: 300,
  join: 180,
  observe: 600,
  confirm: 600,
  restore: 600,
};

/** One host of a cluster that is applied as one. */
export interface AppliedHost {
  /** Prefix of the names of the host's commands. */
  name: string;
  /** The host's HostConfig: the commands are its children. */
  parent: pulumi.Resource;
  connection: ConnectionArgs;
  args: Pick<HostConfigArgs, "files" | "secretFiles" | "packages" | "drift">;
  /** What has installed the agent already, because the files hang on what the host has told. @default nothing */
  agent?: remote.Command;
}

/** A key of a tunnel. */
export interface TunnelKey {
  interface: pulumi.Input<string>;
  number: pulumi.Input<number>;
  /** In base64; absent: made on the host. */
  privateKey?: pulumi.Input<string>;
}

/** Installs the agent on a host and has it make a tunnel's key, or take the one that is given. */
export function askPublicKey(
  name: string,
  cluster: pulumi.Input<string>,
  host: Omit<AppliedHost, "args" | "agent">,
  key: TunnelKey,
): { agent: remote.Command; publicKey: pulumi.Output<string> } {
  const steps = new Steps({ ...host, args: { files: {} } }, cluster, name);
  return { agent: steps.agent, publicKey: steps.publicKey(key) };
}

/**
 * Registers the commands that change all hosts of the component `name`'s cluster as one (docs/design.md, 'The apply protocol'). Hosts are
 * activated in the order given and taken down in reverse, so the first should be the one that ends up holding the
 * addresses. A host that holds them when an update arrives defers itself to the end. `judge` looks at what the stages have
 * printed, before anything comes into force, and throws where it must not; `after` is what the stages wait for.
 */
export function applyCluster(
  name: string,
  cluster: pulumi.Input<string>,
  hosts: AppliedHost[],
  {
    judge,
    after = [],
  }: { judge?: (staged: remote.Command[]) => pulumi.Output<unknown>; after?: pulumi.Resource[] } = {},
): { confirmed: pulumi.Resource[] } {
  const files = hosts.map(allFiles);
  const generation = pulumi.secret(
    pulumi.all(files).apply((ofHosts) => generationOf(ofHosts.map((f) => hostDigest(f)))),
  );
  const run = hosts.map((host) => new Steps(host, cluster, name));

  // All begin before one can have failed, so that each host says in the same run what it lacks.
  const agents = run.map(({ agent }) => agent);
  const staged = run.map((steps, i) => steps.stage(generation, files[i]!, [...agents, ...after]));
  const judged = judge === undefined ? generation : behind(judge(staged), generation);
  const activated = inSequence(run, (steps, before) => steps.activate(judged, [...staged, ...before]));
  const finished = inSequence(run, (steps, before) => steps.finish(generation, [...activated, ...before]));
  const joined = run.map((steps) => steps.join(generation, finished));
  // Over connections that are younger than everything that came into force.
  const observed = run.map((steps) => steps.observe(generation, joined));
  const observations = pulumi.all(observed.map((o) => o.stdout)).apply((texts) => texts.join("\n"));
  const confirmed = run.map((steps) => steps.confirm(generation, observations, observed));
  watchDrift(hosts, cluster, generation, confirmed);
  return { confirmed };
}

/** A generation once a judgement is made. A preview knows the one and, where a host is staged, not the other. */
function behind(judgement: pulumi.Output<unknown>, generation: pulumi.Output<string>): pulumi.Output<string> {
  return pulumi.runtime.isDryRun() ? generation : pulumi.all([generation, judgement]).apply(([text]) => text);
}

function inSequence(
  run: Steps[],
  make: (steps: Steps, before: remote.Command[]) => remote.Command,
): remote.Command[] {
  const made: remote.Command[] = [];
  for (const steps of run) {
    made.push(make(steps, made.slice(-1)));
  }
  return made;
}

/** Everything that goes to the host, secret files included; the whole is a secret as soon as one of them is there. */
function allFiles(host: AppliedHost): pulumi.Output<RenderedFile[]> {
  const { files, secretFiles = {} } = host.args;
  return pulumi
    .all([pulumi.output(files), pulumi.secret(secretFiles)])
    .apply(([shown, secret]) =>
      [
        ...Object.entries(shown).map(([path, text]) => file(path, text, false)),
        ...Object.entries(secret).map(([path, text]) => file(path, text, true)),
      ].sort((a, b) => (a.path < b.path ? -1 : 1)),
    );
}

function file(path: string, text: string, secret: boolean): RenderedFile {
  return { path, text, secret, ...rightsOf(secret) };
}

/** The commands of one host. Each runs on a connection of its own. */
class Steps {
  private readonly connection: pulumi.Output<CommandConnection>;
  private readonly owner: pulumi.Output<string>;
  readonly agent: remote.Command;

  constructor(
    private readonly host: AppliedHost,
    private readonly cluster: pulumi.Input<string>,
    component: string,
  ) {
    this.connection = connectionTo(host.connection);
    // The address is part of the token: when a node moves to another machine, the old one is put back as it was,
    // and when the same machine gets another address, the removal of the old one's token touches nothing.
    // Everything before the node names who manages the cluster: nobody else may stage it on this host.
    const manager = `${pulumi.getProject()}/${pulumi.getStack()}/${component}`;
    this.owner = pulumi.interpolate`${manager}/${host.name}@${host.connection.host}`;
    this.agent = host.agent ?? this.install();
  }

  private install(): remote.Command {
    return this.command("agent", {
      script: pulumi.output("sh"),
      limit: LIMIT.install,
      stdin: agentInstaller(),
      undo: this.undo(pulumi.interpolate`uninstall ${this.owner.apply(quote)}`),
      dependsOn: [],
    });
  }

  /** The private key goes in on stdin and never comes out: what the step prints is no secret. */
  publicKey({ interface: dev, number, privateKey }: TunnelKey): pulumi.Output<string> {
    const script = pulumi
      .all([this.cluster, dev, number])
      .apply(([cluster, name, n]) => `${AGENT} tunnel-key ${quote(cluster)} ${quote(name)} ${n}`);
    const { stdout } = this.command("key", {
      script: privateKey === undefined ? script : pulumi.interpolate`${script} given`,
      limit: LIMIT.key,
      stdin: privateKey === undefined ? "" : pulumi.interpolate`${privateKey}\n`,
      dependsOn: [this.agent],
    });
    return pulumi.unsecret(stdout).apply((text) => {
      const key = /^public-key (\S+)$/m.exec(text)?.[1];
      if (key === undefined) {
        throw new pulumi.RunError(
          `${this.host.name}-key: the host told no public key: run 'pulumi up' again`,
        );
      }
      return key;
    });
  }

  stage(
    generation: pulumi.Output<string>,
    files: pulumi.Output<RenderedFile[]>,
    dependsOn: pulumi.Resource[],
  ): remote.Command {
    const text = pulumi
      .all([this.cluster, this.owner, generation, files, pulumi.output(this.host.args.packages ?? {})])
      .apply(([cluster, owner, digest, list, packages]) =>
        bundle({ cluster, owner, generation: digest, packages, files: list }),
      );
    return this.command("stage", {
      script: pulumi.output(`${AGENT} stage`),
      limit: LIMIT.stage,
      stdin: text,
      // Its notes: what it replaces that somebody made by hand. They hold no secret; its stdout derives from some.
      logging: remote.Logging.Stderr,
      dependsOn,
    });
  }

  activate(generation: pulumi.Output<string>, dependsOn: pulumi.Resource[]): remote.Command {
    return this.command("activate", {
      script: this.agentStep("activate"),
      limit: LIMIT.activate,
      stdin: pulumi.interpolate`${generation}\n`,
      undo: this.undo(
        pulumi.interpolate`restore ${pulumi.output(this.cluster).apply(quote)} ${this.owner.apply(quote)}`,
      ),
      dependsOn,
    });
  }

  finish(generation: pulumi.Output<string>, dependsOn: pulumi.Resource[]): remote.Command {
    return this.simple("finish", LIMIT.finish, pulumi.interpolate`${generation}\n`, dependsOn);
  }

  join(generation: pulumi.Output<string>, dependsOn: pulumi.Resource[]): remote.Command {
    return this.simple("join", LIMIT.join, pulumi.interpolate`${generation}\n`, dependsOn);
  }

  observe(generation: pulumi.Output<string>, dependsOn: pulumi.Resource[]): remote.Command {
    return this.simple("observe", LIMIT.observe, pulumi.interpolate`${generation}\n`, dependsOn);
  }

  confirm(
    generation: pulumi.Output<string>,
    observations: pulumi.Output<string>,
    dependsOn: pulumi.Resource[],
  ): remote.Command {
    return this.simple(
      "confirm",
      LIMIT.confirm,
      pulumi.interpolate`${generation}\n${observations}\n`,
      dependsOn,
    );
  }

  private simple(
    step: string,
    limit: number,
    stdin: pulumi.Input<string>,
    dependsOn: pulumi.Resource[],
  ): remote.Command {
    return this.command(step, { script: this.agentStep(step), limit, stdin, dependsOn });
  }

  /** The generation comes on stdin: it derives from secret files, and a failing command prints its own text. */
  private agentStep(step: string): pulumi.Output<string> {
    return pulumi.interpolate`${AGENT} ${step} ${pulumi.output(this.cluster).apply(quote)} -`;
  }

  /** Where the agent is gone there is nothing of ours to take back. */
  private undo(words: pulumi.Output<string>): pulumi.Output<string> {
    return words.apply((text) => `sh -c ${quote(`[ ! -x ${AGENT} ] || exec ${AGENT} ${text}`)}`);
  }

  private command(
    step: string,
    args: {
      script: pulumi.Output<string>;
      limit: number;
      stdin: pulumi.Input<string>;
      undo?: pulumi.Output<string>;
      /** What of its output is shown while it runs. @default nothing */
      logging?: remote.Logging;
      dependsOn: pulumi.Resource[];
    },
  ): remote.Command {
    const limited = (script: pulumi.Output<string>, seconds: number) =>
      pulumi
        .all([this.host.connection.user ?? "root", script])
        .apply(([user, text]) => asRoot(user, inTime(seconds, text)));
    return new remote.Command(
      `${this.host.name}-${step}`,
      {
        connection: this.connection,
        create: limited(args.script, args.limit),
        delete: args.undo && limited(args.undo, LIMIT.restore),
        stdin: pulumi.secret(args.stdin),
        // Another machine is another host: make it there, then put the old one back as it was. `connection` is a
        // secret and differs as a whole, so replaceOnChanges cannot name its host.
        triggers: [this.host.connection.host],
        addPreviousOutputInEnv: false,
        logging: args.logging ?? remote.Logging.None,
      },
      {
        parent: this.host.parent,
        dependsOn: args.dependsOn,
        additionalSecretOutputs: ["stdout", "stderr"],
      },
    );
  }
}
