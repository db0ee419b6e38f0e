import * as grpc from "@grpc/grpc-js";
import { EngineClient } from "@pulumi/pulumi/proto/engine_grpc_pb";
import engine from "@pulumi/pulumi/proto/engine_pb";
import { grpcOptions } from "../serve";

/** Where one resource's messages go. */
export interface ResourceLog {
  info: (message: string) => void;
  warning: (message: string) => void;
  error: (message: string) => void;
  /** A passing message in the progress display; it is not kept. */
  status: (message: string) => void;
  /** Ends when the engine has taken every message. */
  drain: () => Promise<void>;
}

/** Sends messages to the engine's log in the order in which they come. */
export class EngineLog {
  private readonly client: EngineClient | undefined;
  private last: Promise<void> = Promise.resolve();

  constructor(address: string | undefined) {
    this.client =
      address === undefined
        ? undefined
        : new EngineClient(address, grpc.credentials.createInsecure(), grpcOptions);
  }

  for(urn: string): ResourceLog {
    const { INFO, WARNING, ERROR } = engine.LogSeverity;
    return {
      info: (message) => this.send(urn, INFO, message, false),
      warning: (message) => this.send(urn, WARNING, message, false),
      error: (message) => this.send(urn, ERROR, message, false),
      status: (message) => this.send(urn, INFO, message, true),
      drain: () => this.last,
    };
  }

  private send(urn: string, severity: engine.LogSeverity, message: string, ephemeral: boolean): void {
    const { client } = this;
    if (!client) return;
    const request = new engine.LogRequest()
      .setUrn(urn)
      .setSeverity(severity)
      .setMessage(message)
      .setEphemeral(ephemeral);
    this.last = this.last.then(
      () =>
        new Promise((resolve) => {
          client.log(request, (error) => {
            // The command's outcome must not hang on the log; stderr is what the engine shows of a plugin in trouble.
            if (error) console.error(`the engine did not take a log message: ${error.message}`);
            resolve();
          });
        }),
    );
  }
}

// Above this a line is shown in pieces: the official plugin stops reading there, and the command hangs.
const MAX_LINE_LENGTH = 64 * 1024;

/** Cuts a stream of text into lines for the log. */
export class LineSplitter {
  private rest = "";

  constructor(private readonly onLine: (line: string) => void) {}

  write(text: string): void {
    const lines = (this.rest + text).split("\n");
    this.rest = lines.pop() ?? "";
    for (const line of lines) this.emit(line);
    while (this.rest.length > MAX_LINE_LENGTH) {
      this.onLine(this.rest.slice(0, MAX_LINE_LENGTH));
      this.rest = this.rest.slice(MAX_LINE_LENGTH);
    }
  }

  end(): void {
    if (this.rest !== "") this.emit(this.rest);
    this.rest = "";
  }

  private emit(line: string): void {
    for (let i = 0; i === 0 || i < line.length; i += MAX_LINE_LENGTH)
      this.onLine(line.slice(i, i + MAX_LINE_LENGTH));
  }
}
