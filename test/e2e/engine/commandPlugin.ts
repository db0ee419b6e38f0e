import { type ChildProcess, spawn } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import * as grpc from "@grpc/grpc-js";
import { EngineService } from "@pulumi/pulumi/proto/engine_grpc_pb";
import engine from "@pulumi/pulumi/proto/engine_pb";
import { ResourceProviderClient } from "@pulumi/pulumi/proto/provider_grpc_pb";
import provider from "@pulumi/pulumi/proto/provider_pb";
import empty from "google-protobuf/google/protobuf/empty_pb";
import struct from "google-protobuf/google/protobuf/struct_pb";
import { layout, makeStandIns } from "../../../engine/standIns";
import type { Properties } from "../../../engine/stand-ins/resource-command/values";

export const URN = "urn:pulumi:dev::test::command:remote:Command::apply";

/** A message that the plugin sent to the engine's log. */
export interface LogMessage {
  severity: number;
  message: string;
  urn: string;
  ephemeral: boolean;
}

type Call<Request, Response> = (
  request: Request,
  callback: (error: grpc.ServiceError | null, response: Response) => void,
) => unknown;

/** The stand-in as the engine runs it - its own process, spoken to over gRPC - with an engine that keeps the log. */
export class CommandPlugin {
  readonly log: LogMessage[] = [];
  private waiting: (() => void)[] = [];

  private constructor(
    private readonly directory: string,
    private readonly engine: grpc.Server,
    readonly process: ChildProcess,
    readonly client: ResourceProviderClient,
  ) {}

  static async start(env: NodeJS.ProcessEnv = {}): Promise<CommandPlugin> {
    const directory = fs.mkdtempSync(path.join(os.tmpdir(), "command-plugin-"));
    await makeStandIns(directory);
    const server = new grpc.Server();
    const started: { plugin?: CommandPlugin } = {};
    server.addService(EngineService, {
      log: (
        call: grpc.ServerUnaryCall<engine.LogRequest, empty.Empty>,
        callback: grpc.sendUnaryData<empty.Empty>,
      ) => {
        started.plugin?.note(call.request);
        callback(null, new empty.Empty());
      },
    });
    const port = await new Promise<number>((resolve, reject) =>
      server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, bound) =>
        error ? reject(error) : resolve(bound),
      ),
    );
    const child = spawn(path.join(directory, layout.commandPlugin), [`127.0.0.1:${port}`], {
      env: { ...process.env, SSH_AUTH_SOCK: undefined, ...env },
      stdio: ["pipe", "pipe", "inherit"],
    });
    const address = await new Promise<string>((resolve) =>
      child.stdout.once("data", (data: Buffer) => resolve(`127.0.0.1:${data.toString().trim()}`)),
    );
    const client = new ResourceProviderClient(address, grpc.credentials.createInsecure(), {
      "grpc.max_receive_message_length": -1,
      "grpc.max_send_message_length": -1,
    });
    started.plugin = new CommandPlugin(directory, server, child, client);
    return started.plugin;
  }

  async stop(): Promise<void> {
    this.client.close();
    const ended = new Promise((resolve) => this.process.once("exit", resolve));
    if (this.process.exitCode === null && this.process.signalCode === null) {
      this.process.stdin?.end();
      await ended;
    }
    this.engine.forceShutdown();
    fs.rmSync(this.directory, { recursive: true });
  }

  /** Waits until the plugin has logged a message for which `matches` holds. */
  async logged(matches: (message: LogMessage) => boolean): Promise<void> {
    while (!this.log.some(matches)) await new Promise<void>((resolve) => this.waiting.push(resolve));
  }

  async check(news: Properties, urn = URN) {
    const request = new provider.CheckRequest().setUrn(urn).setNews(message(news));
    const response = await this.call<provider.CheckRequest, provider.CheckResponse>(
      (sent, done) => this.client.check(sent, done),
      request,
    );
    return {
      inputs: properties(response.getInputs()),
      failures: response.getFailuresList().map((failure) => failure.toObject()),
    };
  }

  async diff(oldInputs: Properties, olds: Properties, news: Properties) {
    const request = new provider.DiffRequest()
      .setUrn(URN)
      .setOldInputs(message(oldInputs))
      .setOlds(message(olds))
      .setNews(message(news));
    const response = await this.call<provider.DiffRequest, provider.DiffResponse>(
      (sent, done) => this.client.diff(sent, done),
      request,
    );
    const kinds = Object.keys(provider.PropertyDiff.Kind);
    const detailed = response.getDetaileddiffMap().getEntryList() as unknown as [string, unknown[]][];
    return {
      changes: response.getChanges() === provider.DiffResponse.DiffChanges.DIFF_SOME ? "SOME" : "NONE",
      replaces: response.getReplacesList(),
      diffs: response.getDiffsList(),
      deleteBeforeReplace: response.getDeletebeforereplace(),
      hasDetailedDiff: response.getHasdetaileddiff(),
      detailedDiff: Object.fromEntries(
        detailed.map(([name]) => [name, kinds[response.getDetaileddiffMap().get(name)?.getKind() ?? 0]]),
      ),
    };
  }

  async create(inputs: Properties, preview = false) {
    const request = new provider.CreateRequest()
      .setUrn(URN)
      .setProperties(message(inputs))
      .setPreview(preview);
    const response = await this.call<provider.CreateRequest, provider.CreateResponse>(
      (sent, done) => this.client.create(sent, done),
      request,
    );
    return { id: response.getId(), properties: properties(response.getProperties()) };
  }

  async update(olds: Properties, news: Properties, preview = false) {
    const request = new provider.UpdateRequest()
      .setUrn(URN)
      .setOlds(message(olds))
      .setNews(message(news))
      .setPreview(preview);
    return {
      properties: properties(
        (
          await this.call<provider.UpdateRequest, provider.UpdateResponse>(
            (sent, done) => this.client.update(sent, done),
            request,
          )
        ).getProperties(),
      ),
    };
  }

  async read(id: string, state: Properties, inputs: Properties) {
    const request = new provider.ReadRequest()
      .setUrn(URN)
      .setId(id)
      .setProperties(message(state))
      .setInputs(message(inputs));
    const response = await this.call<provider.ReadRequest, provider.ReadResponse>(
      (sent, done) => this.client.read(sent, done),
      request,
    );
    return {
      id: response.getId(),
      properties: properties(response.getProperties()),
      inputs: properties(response.getInputs()),
    };
  }

  async delete(state: Properties): Promise<Record<string, never>> {
    const request = new provider.DeleteRequest().setUrn(URN).setProperties(message(state));
    await this.call<provider.DeleteRequest, empty.Empty>(
      (sent, done) => this.client.delete(sent, done),
      request,
    );
    return {};
  }

  async configure() {
    return (
      await this.call<provider.ConfigureRequest, provider.ConfigureResponse>(
        (sent, done) => this.client.configure(sent, done),
        new provider.ConfigureRequest(),
      )
    ).toObject();
  }

  async cancel(): Promise<void> {
    await this.call<empty.Empty, empty.Empty>(
      (sent, done) => this.client.cancel(sent, done),
      new empty.Empty(),
    );
  }

  private call<Request, Response>(method: Call<Request, Response>, request: Request): Promise<Response> {
    return new Promise((resolve, reject) => {
      method(request, (error, response) => {
        if (error) reject(Object.assign(new Error(error.details), { code: error.code }));
        else resolve(response);
      });
    });
  }

  private note(request: engine.LogRequest): void {
    this.log.push({
      severity: request.getSeverity(),
      message: request.getMessage(),
      urn: request.getUrn(),
      ephemeral: request.getEphemeral(),
    });
    for (const wake of this.waiting.splice(0)) wake();
  }
}

const message = (value: Properties) => struct.Struct.fromJavaScript(value);

const properties = (value: struct.Struct | undefined) => value?.toJavaScript() ?? {};
