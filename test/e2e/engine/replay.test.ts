import * as fs from "node:fs";
import * as path from "node:path";
import { CommandPlugin } from "./commandPlugin";
import recorded from "./remote-command.json";
import { freePort, SshServer } from "./sshServer";
import type { Properties, Value } from "../../../engine/stand-ins/resource-command/values";

interface Recorded {
  case: string;
  method: string;
  request?: Record<string, Value>;
  answer: Value;
}

const cases = recorded as unknown as Recorded[];

jest.setTimeout(60_000);

let server: SshServer;
let plugin: CommandPlugin;
let deadPort: number;

beforeAll(async () => {
  server = await SshServer.start();
  plugin = await CommandPlugin.start();
  deadPort = await freePort();
});

afterAll(async () => {
  await plugin.stop();
  await server.stop();
});

/** The recorded value with this run's keys, ports and paths. */
function here(value: Value): Value {
  if (value === 2222) return server.port;
  if (value === 2299) return deadPort;
  if (Array.isArray(value)) return value.map(here);
  if (typeof value === "object" && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, here(inner)]));
  }
  if (typeof value !== "string") return value;
  return value
    .replace("<PRIVATE KEY>", server.key("user"))
    .replace("<OTHER KEY>", server.key("other-user"))
    .replace("<HOST KEY>", server.key("host.pub").trim())
    .replace("<OTHER HOST KEY>", server.key("other-host.pub").trim())
    .replaceAll("<DIRECTORY>", server.directory)
    .replace(":2299", `:${deadPort}`);
}

/** The recorded answer of a case, with this run's keys. */
function answerOf(name: string, method: string): Properties {
  const found = cases.find((one) => one.case === name && one.method === method);
  if (!found) throw new Error(`no recorded ${method} '${name}'`);
  return here(found.answer) as Properties;
}

const inputsOfAll = () => answerOf("all inputs, secret connection and stdin", "Check").inputs as Properties;

/** The inputs after each change that a recorded Diff names. */
function changed(what: string): Properties {
  const inputs = structuredClone(inputsOfAll());
  const connection = inputs.connection as { value: Properties };
  const changes: Record<string, () => void> = {
    nothing: () => undefined,
    create: () => (inputs.create = "echo other"),
    update: () => (inputs.update = "echo other"),
    delete: () => (inputs.delete = "echo other"),
    stdin: () => ((inputs.stdin as Properties).value = "body two\n"),
    triggers: () => (inputs.triggers = ["t2"]),
    "triggers added": () => (inputs.triggers = ["t1", "t2"]),
    logging: () => (inputs.logging = "stdout"),
    addPreviousOutputInEnv: () => (inputs.addPreviousOutputInEnv = true),
    environment: () => (inputs.environment = { A: "1" }),
    "connection.port": () => (connection.value.port = 2022),
    "connection.host": () => (connection.value.host = "::1"),
    "connection.privateKey": () => ((connection.value.privateKey as Properties).value = "another"),
    "connection.dialErrorLimit": () => (connection.value.dialErrorLimit = 9),
  };
  const change = changes[what];
  if (!change) throw new Error(`no change for ${what}`);
  change();
  return inputs;
}

async function replay({ case: name, method, request: raw = {} }: Recorded): Promise<unknown> {
  const request = here(raw) as Record<string, Properties> & { preview?: Value };
  const preview = request.preview === true;
  switch (method) {
    case "Configure":
      return await plugin.configure();
    case "Check":
      return await plugin.check(request.news ?? {});
    case "Diff": {
      const state = answerOf("create", "Create").properties as Properties;
      return await plugin.diff(inputsOfAll(), state, changed(raw.changed as string));
    }
    case "Create":
      return await plugin.create(request.properties ?? {}, preview);
    case "Update":
      return await plugin.update(request.olds ?? {}, request.news ?? {}, preview);
    case "Read": {
      const { id, properties, inputs } = answerOf("read", "Read") as Record<string, Properties>;
      return await plugin.read(id as unknown as string, properties ?? {}, inputs ?? {});
    }
    case "Delete":
      return await plugin.delete(request.properties ?? {});
    case "-":
      return fs.readFileSync(path.join(server.directory, "got"), "utf8");
    default:
      throw new Error(`the recording '${name}' has a method that is not replayed: ${method}`);
  }
}

/** stdout and stderr come over two streams: only their lines are fixed, not the order of the two. */
function withoutStreamOrder(message: string): string {
  const [first, ...lines] = message.split("\n");
  return [first, ...lines.sort()].join("\n");
}

test.each(cases.map((one) => [`${one.method}: ${one.case}`, one] as const))(
  "answers like the official plugin to %s",
  async (_name, one) => {
    const expected = here(one.answer) as { error?: { code: number; message: string }; id?: string };
    if (expected.error) {
      const error = await replay(one).then(
        () => undefined,
        (thrown: Error & { code: number }) => thrown,
      );
      expect(error?.code).toBe(expected.error.code);
      expect(withoutStreamOrder(error?.message ?? "")).toBe(withoutStreamOrder(expected.error.message));
      return;
    }
    const answer = await replay(one);
    if (typeof expected !== "object") {
      expect(answer).toBe(expected);
      return;
    }
    const { id, ...rest } = answer as { id?: string };
    const { id: expectedId, ...expectedRest } = expected;
    if (one.method === "Configure") expect(rest).toMatchObject(expectedRest);
    else expect(rest).toEqual(expectedRest);
    if (one.method === "Create") expect(id).toMatch(/^apply[0-9a-f]{8}$/);
    else expect(id).toBe(expectedId);
  },
);
