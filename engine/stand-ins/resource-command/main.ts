import { ResourceProviderService } from "@pulumi/pulumi/proto/provider_grpc_pb";
import plugin from "@pulumi/pulumi/proto/plugin_pb";
import provider from "@pulumi/pulumi/proto/provider_pb";
import empty from "google-protobuf/google/protobuf/empty_pb";
import struct from "google-protobuf/google/protobuf/struct_pb";
import { engineAddress, serve, unary } from "../serve";
import { EngineLog } from "./engineLog";
import { RemoteCommandProvider, type Target } from "./provider";
import type { Properties } from "./values";

const VERSION = "1.2.1";

const commands = new RemoteCommandProvider(new EngineLog(engineAddress(process.argv.slice(2))));

const properties = (value: struct.Struct | undefined) => value?.toJavaScript() ?? {};
const message = (value: Properties) => struct.Struct.fromJavaScript(value);

/** Type and name are also in the URN: urn:pulumi:STACK::PROJECT::[PARENT$]TYPE::NAME */
function target(request: { getUrn(): string }): Target {
  const urn = request.getUrn();
  const [, , types = "", ...name] = urn.split("::");
  return { urn, type: types.split("$").at(-1) ?? "", name: name.join("::") };
}

function unsupported(token: string): never {
  throw new Error(
    `${token}: this stand-in for the command plugin serves only command:remote:Command; install Pulumi's official release for the others`,
  );
}

serve(
  (server) =>
    server.addService(ResourceProviderService, {
      checkConfig: unary((request: provider.CheckRequest) =>
        new provider.CheckResponse().setInputs(request.getNews()),
      ),
      diffConfig: unary(() =>
        new provider.DiffResponse().setChanges(provider.DiffResponse.DiffChanges.DIFF_NONE),
      ),
      configure: unary(() =>
        new provider.ConfigureResponse()
          .setAcceptsecrets(true)
          .setSupportspreview(true)
          .setAcceptresources(true)
          .setAcceptoutputs(true),
      ),
      check: unary((request: provider.CheckRequest) => {
        const { inputs, failures } = commands.check(target(request), properties(request.getNews()));
        return new provider.CheckResponse()
          .setInputs(message(inputs))
          .setFailuresList(
            failures.map(({ property, reason }) =>
              new provider.CheckFailure().setProperty(property).setReason(reason),
            ),
          );
      }),
      diff: unary((request: provider.DiffRequest) => {
        const olds = request.hasOldInputs() ? request.getOldInputs() : request.getOlds();
        return diffResponse(commands.diff(target(request), properties(olds), properties(request.getNews())));
      }),
      create: unary(async (request: provider.CreateRequest) => {
        const inputs = properties(request.getProperties());
        const { id, outputs } = await commands.create(target(request), inputs, request.getPreview());
        return new provider.CreateResponse().setId(id).setProperties(message(outputs));
      }),
      // There is nothing to read on the host: a command's state is what it printed when it ran.
      read: unary((request: provider.ReadRequest) =>
        new provider.ReadResponse()
          .setId(request.getId())
          .setProperties(request.getProperties())
          .setInputs(request.getInputs()),
      ),
      update: unary(async (request: provider.UpdateRequest) => {
        const olds = properties(request.getOlds());
        const news = properties(request.getNews());
        const outputs = await commands.update(target(request), olds, news, request.getPreview());
        return new provider.UpdateResponse().setProperties(message(outputs));
      }),
      delete: unary(async (request: provider.DeleteRequest) => {
        await commands.delete(target(request), properties(request.getProperties()));
        return new empty.Empty();
      }),
      invoke: unary((request: provider.InvokeRequest) => unsupported(request.getTok())),
      call: unary((request: provider.CallRequest) => unsupported(request.getTok())),
      cancel: unary(async () => {
        await commands.cancel();
        return new empty.Empty();
      }),
      getPluginInfo: unary(() => new plugin.PluginInfo().setVersion(VERSION)),
    }),
  () => commands.cancel(),
);

function diffResponse(changes: ReturnType<RemoteCommandProvider["diff"]>): provider.DiffResponse {
  const paths = Object.keys(changes);
  const { DIFF_NONE, DIFF_SOME } = provider.DiffResponse.DiffChanges;
  const response = new provider.DiffResponse()
    .setChanges(paths.length === 0 ? DIFF_NONE : DIFF_SOME)
    .setDiffsList([...new Set(paths.map((path) => /^[^.[]+/.exec(path)?.[0] ?? path))])
    .setHasdetaileddiff(true);
  for (const [path, change] of Object.entries(changes)) {
    const property = new provider.PropertyDiff()
      .setKind(provider.PropertyDiff.Kind[change])
      .setInputdiff(true);
    response.getDetaileddiffMap().set(path, property);
  }
  return response;
}
