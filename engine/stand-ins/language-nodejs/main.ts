import { type ChildProcess, spawn } from "node:child_process";
import type * as grpc from "@grpc/grpc-js";
import { LanguageRuntimeService } from "@pulumi/pulumi/proto/language_grpc_pb";
import language from "@pulumi/pulumi/proto/language_pb";
import plugin from "@pulumi/pulumi/proto/plugin_pb";
import empty from "google-protobuf/google/protobuf/empty_pb";
import { engineAddress, rpcError, serve, unary } from "../serve";
import { runPlugin } from "./plugin";
import { runProgram } from "./program";
import { dependencies } from "./sdk";

let engine = engineAddress(process.argv.slice(2));
const programs = new Set<ChildProcess>();
const plugins = new Set<ChildProcess>();

/** Ends child processes and waits until they have ended. */
async function endAll(children: Set<ChildProcess>): Promise<void> {
  const ends = [...children].map((child) => new Promise((resolve) => child.once("exit", resolve)));
  children.forEach((child) => child.kill("SIGTERM"));
  await Promise.all(ends);
}

function installDependencies(
  call: grpc.ServerWritableStream<language.InstallDependenciesRequest, language.InstallDependenciesResponse>,
): void {
  const directory = call.request.getInfo()?.getProgramDirectory() || call.request.getDirectory();
  const npm = spawn("npm", ["install"], { cwd: directory, stdio: ["ignore", "pipe", "pipe"] });
  npm.stdout.on("data", (data: Buffer) =>
    call.write(new language.InstallDependenciesResponse().setStdout(data)),
  );
  npm.stderr.on("data", (data: Buffer) =>
    call.write(new language.InstallDependenciesResponse().setStderr(data)),
  );
  const fail = (reason: string) => call.destroy(Object.assign(new Error(), rpcError(new Error(reason))));
  npm.once("error", (error) => fail(`npm install in ${directory} cannot start: ${error.message}`));
  npm.once("close", (code) => {
    if (code === 0) call.end();
    else fail(`npm install in ${directory} exited with code ${code}`);
  });
}

const service = {
  handshake: unary((request: language.LanguageHandshakeRequest) => {
    engine = request.getEngineAddress() || engine;
    return new language.LanguageHandshakeResponse();
  }),
  // None: an engine without its own plugin downloads would refuse a program for packages that it never uses.
  getRequiredPackages: unary(() => new language.GetRequiredPackagesResponse()),
  getRequiredPlugins: unary(() => new language.GetRequiredPluginsResponse()),
  run: unary((request: language.RunRequest) => runProgram(request, engine, programs)),
  runPlugin: (call: grpc.ServerWritableStream<language.RunPluginRequest, language.RunPluginResponse>) =>
    runPlugin(call, plugins),
  getPluginInfo: unary(() => new plugin.PluginInfo().setVersion("3.250.0")),
  about: unary(() =>
    new language.AboutResponse().setExecutable(process.execPath).setVersion(process.version),
  ),
  getProgramDependencies: unary((request: language.GetProgramDependenciesRequest) => {
    const directory = request.getInfo()?.getProgramDirectory() || request.getPwd();
    const found = dependencies(directory).map(({ name, version }) =>
      new language.DependencyInfo().setName(name).setVersion(version),
    );
    return new language.GetProgramDependenciesResponse().setDependenciesList(found);
  }),
  installDependencies,
  cancel: unary(async () => {
    await endAll(programs);
    return new empty.Empty();
  }),
};

serve(
  (server) => server.addService(LanguageRuntimeService, service),
  async () => {
    await Promise.all([endAll(programs), endAll(plugins)]);
  },
);
