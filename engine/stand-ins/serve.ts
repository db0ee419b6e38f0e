import * as grpc from "@grpc/grpc-js";

// Pulumi's own limit; gRPC's default of 4 MiB is too small for states with big properties.
const MAX_MESSAGE_BYTES = 400 * 1024 * 1024;

/** Channel and server options under which the engine's big messages pass. */
export const grpcOptions: grpc.ChannelOptions = {
  "grpc.max_receive_message_length": MAX_MESSAGE_BYTES,
  "grpc.max_send_message_length": MAX_MESSAGE_BYTES,
};

/** The engine's address from a plugin's arguments: the last one, after flags such as `-v=9` or `--tracing URL`. */
export function engineAddress(argv: string[]): string | undefined {
  const last = argv.at(-1);
  return last === undefined || last.startsWith("-") ? undefined : last;
}

/**
 * Serves a plugin on a free loopback port and prints the port, as the engine expects of every plugin. Ends, after
 * `onStop`, when the engine interrupts the plugin or has gone away.
 */
export function serve(addServices: (server: grpc.Server) => void, onStop: () => Promise<void>): void {
  const server = new grpc.Server(grpcOptions);
  addServices(server);
  server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, port) => {
    if (error) {
      console.error(`cannot listen on a loopback port: ${error.message}`);
      process.exit(1);
    }
    process.stdout.write(`${port}\n`);
  });
  const stop = () => void onStop().finally(() => process.exit(0));
  process.on("SIGINT", stop);
  process.on("SIGTERM", stop);
  // The engine holds our stdin open for as long as it lives: its end is the only notice of a killed engine.
  process.stdin.on("end", stop).on("error", stop).resume();
}

/** A gRPC error as the engine shows it: the message alone. */
export function rpcError(
  error: unknown,
  code: grpc.status = grpc.status.UNKNOWN,
): Partial<grpc.StatusObject> {
  return { code, details: error instanceof Error ? error.message : String(error) };
}

/** Serves a unary method with an async function; what it throws is the call's error. */
export function unary<Request, Response>(
  handle: (request: Request) => Response | Promise<Response>,
): grpc.handleUnaryCall<Request, Response> {
  return (call, callback) => {
    Promise.resolve()
      .then(() => handle(call.request))
      .then(
        (response) => callback(null, response),
        (error: unknown) => callback(rpcError(error, (error as { code?: grpc.status }).code)),
      );
  };
}
