import { type ChildProcess, spawn } from "node:child_process";
import type * as grpc from "@grpc/grpc-js";
import language from "@pulumi/pulumi/proto/language_pb";
import { rpcError } from "../serve";
import { sdkEntryPoint } from "./sdk";

type RunPluginCall = grpc.ServerWritableStream<language.RunPluginRequest, language.RunPluginResponse>;

/** Runs a plugin written for Node.js - a policy pack or a provider - and streams what it prints. */
export function runPlugin(call: RunPluginCall, running: Set<ChildProcess>): void {
  try {
    stream(call, startPlugin(call.request), running);
  } catch (error) {
    call.destroy(Object.assign(new Error(), rpcError(error)));
  }
}

function startPlugin(request: language.RunPluginRequest) {
  const directory = request.getInfo()?.getProgramDirectory() || request.getProgram();
  const args = request.getArgsList();
  // run-policy-pack takes the engine's address before the program, run-plugin after it.
  const isPolicyPack = request.getKind() === "analyzer";
  const argv = isPolicyPack
    ? [sdkEntryPoint(directory, "run-policy-pack"), ...args, directory]
    : [sdkEntryPoint(directory, "run-plugin"), directory, ...args];
  return spawn(process.execPath, argv, {
    // As under the official host: PolicyPack takes its version from the package.json of the current directory.
    cwd: isPolicyPack ? directory : request.getPwd(),
    env: Object.fromEntries(request.getEnvList().map(variable)),
    stdio: ["ignore", "pipe", "pipe"],
  });
}

function variable(entry: string): [string, string] {
  const separator = entry.indexOf("=");
  return [entry.slice(0, separator), entry.slice(separator + 1)];
}

function stream(
  call: RunPluginCall,
  child: ReturnType<typeof startPlugin>,
  running: Set<ChildProcess>,
): void {
  running.add(child);
  child.stdout.on("data", (data: Buffer) => {
    call.write(new language.RunPluginResponse().setStdout(data));
  });
  child.stderr.on("data", (data: Buffer) => {
    call.write(new language.RunPluginResponse().setStderr(data));
  });
  child.once("error", (error) => call.destroy(Object.assign(new Error(), rpcError(error))));
  child.once("close", (code) => {
    running.delete(child);
    call.write(new language.RunPluginResponse().setExitcode(code ?? 1));
    call.end();
  });
  // The engine ends a plugin by ending the call.
  call.once("cancelled", () => child.kill("SIGTERM"));
}
