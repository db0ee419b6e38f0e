import * as grpc from "@grpc/grpc-js";
import { EngineClient } from "@pulumi/pulumi/proto/engine_grpc_pb";
import engine from "@pulumi/pulumi/proto/engine_pb";
import { grpcOptions } from "../serve";
import type { ResourceLog } from "./resourceLog";

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
