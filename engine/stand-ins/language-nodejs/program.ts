import { type ChildProcess, spawn } from "node:child_process";
import language from "@pulumi/pulumi/proto/language_pb";
import { sdkEntryPoint } from "./sdk";
import { shellWords } from "./shellWords";

// The SDK's exit code for an error that it has shown the user already: the engine must add nothing.
const EXIT_ERROR_SHOWN = 32;

/** What `runtime.options` of Pulumi.yaml may hold. */
interface RuntimeOptions {
  nodeargs?: string;
  typescript?: boolean;
  tsconfig?: string;
}

/** Runs a program with the SDK's `run` and answers how it ended. */
export async function runProgram(
  request: language.RunRequest,
  engine: string | undefined,
  running: Set<ChildProcess>,
): Promise<language.RunResponse> {
  const info = request.getInfo();
  const options = (info?.getOptions()?.toJavaScript() ?? {}) as RuntimeOptions;
  const directory = info?.getProgramDirectory() || request.getPwd();
  const child = spawn(process.execPath, programArguments(request, options, directory, engine), {
    env: programEnvironment(request, options),
    stdio: ["ignore", "inherit", "inherit"],
  });
  running.add(child);
  const response = new language.RunResponse();
  const ended = await new Promise<number | string>((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code, signal) => resolve(code ?? signal ?? "unknown"));
  });
  running.delete(child);
  if (ended === EXIT_ERROR_SHOWN) response.setBail(true);
  else if (typeof ended === "string") response.setError(`Program was ended by signal ${ended}`);
  else if (ended !== 0) response.setError(`Program exited with non-zero exit code: ${ended}`);
  return response;
}

function programArguments(
  request: language.RunRequest,
  options: RuntimeOptions,
  directory: string,
  engine: string | undefined,
): string[] {
  const flags: [string, string | undefined][] = [
    ["monitor", request.getMonitorAddress()],
    ["engine", engine],
    ["organization", request.getOrganization()],
    ["project", request.getProject()],
    ["root-directory", request.getInfo()?.getRootDirectory()],
    ["stack", request.getStack()],
    ["pwd", request.getPwd()],
    ["parallel", String(request.getParallel())],
  ];
  return [
    ...shellWords(options.nodeargs ?? ""),
    sdkEntryPoint(directory, "run"),
    ...flags.flatMap(([name, value]) => (value ? [`--${name}`, value] : [])),
    ...(request.getDryrun() ? ["--dry-run"] : []),
    request.getInfo()?.getEntryPoint() || ".",
    ...request.getArgsList(),
  ];
}

function programEnvironment(request: language.RunRequest, options: RuntimeOptions): NodeJS.ProcessEnv {
  const config: Record<string, string> = {};
  request.getConfigMap().forEach((value: string, key: string) => {
    config[key] = value;
  });
  return {
    ...process.env,
    PULUMI_CONFIG: JSON.stringify(config),
    PULUMI_CONFIG_SECRET_KEYS: JSON.stringify(request.getConfigsecretkeysList()),
    PULUMI_NODEJS_TYPESCRIPT: String(options.typescript ?? true),
    ...(options.tsconfig === undefined ? {} : { PULUMI_NODEJS_TSCONFIG_PATH: options.tsconfig }),
  };
}
