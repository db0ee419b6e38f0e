import { randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

import { type Host, Lab, type Result, run, Stack, until } from "../../../lab";
import { errorsOf, nodeOf, VIP } from "./cluster";
import {
  FileSampler,
  findBelow,
  findIn,
  findInLogs,
  type Needle,
  needlesOf,
  ProcessSampler,
} from "./secretScan";

/** A text that stands nowhere else. */
const random = (bytes: number) => randomBytes(bytes).toString("hex");

/** A password with what shells, JSON and YAML write in another way; what is looked for is what they all leave alone. */
const withSigns = (password: string) => `${password}"$HOME\\ '`;

const PASSWORD_LOGIN = "PermitRootLogin yes\nPasswordAuthentication yes\n";

const CLUSTER = "pulumi-keepalived:cluster";

/** Commands that show what they do, each in the most talkative way that pulumi documents for its users. */
const TALKATIVE = (verb: string) => ["--debug", ...(verb === "refresh" ? [] : ["--show-full-output"])];

describe("the secrets of a pair, from the first preview to destroy", () => {
  let lab: Lab;
  let stack: Stack;
  let a: Host;
  let b: Host;
  let secrets: Record<string, string>;
  let needles: Needle[];
  let processes: ProcessSampler;
  let files: FileSampler[];
  /** Everything that pulumi printed. */
  let printed = "";
  /** Stands in none of the places until it is put there, to show that they are looked at. */
  const planted = `${random(16)}\n${random(16)}`;

  beforeAll(async () => {
    lab = await Lab.start({ name: "secrets", hosts: [{ name: "gw-a" }, { name: "gw-b" }] });
    [a, b] = lab.hosts as [Host, Host];
    const passphrase = random(16);
    secrets = {
      privateKey: await encryptedKey(passphrase),
      privateKeyPassword: passphrase,
      password: random(16),
      "wrong password": random(16),
      authPass: `z=${random(3)}`,
      "next authPass": `y=${random(3)}`,
    };
    needles = needlesOf({ ...secrets, planted });
    await b.writeFile("/etc/ssh/sshd_config.d/password.conf", PASSWORD_LOGIN);
    await b.exec("systemctl reload ssh");
    await b.exec("chpasswd", { stdin: `root:${withSigns(secrets.password!)}\n` });
    stack = await Stack.create({ client: lab.client });
    processes = ProcessSampler.start(needles);
    files = lab.hosts.flatMap((host) =>
      (["changed", "all"] as const).map((places) => FileSampler.start(host, places, needles)),
    );
    await configure();
  });
  afterAll(async () => {
    await Promise.allSettled([processes, ...(files ?? [])].map((sampler) => sampler?.stop()));
    stack?.remove();
    await lab?.stop();
  });

  /** The lab's own key, as one whose file is worth nothing without its passphrase. */
  async function encryptedKey(passphrase: string): Promise<string> {
    const directory = mkdtempSync(join(tmpdir(), "key-"));
    try {
      const file = join(directory, "key");
      writeFileSync(file, lab.ssh(a).privateKey, { mode: 0o600 });
      await run(["ssh-keygen", "-q", "-p", "-P", "", "-N", passphrase, "-f", file]);
      return readFileSync(file, "utf8");
    } finally {
      rmSync(directory, { recursive: true });
    }
  }

  /** gw-a is reached by an encrypted key, gw-b by a password; every secret stands in the config of the stack. */
  async function configure(
    changes: Record<string, unknown> = {},
    { authPass = secrets.authPass!, password = secrets.password!, interfaceOfB = "eth0" } = {},
  ): Promise<void> {
    const nodes = [nodeOf(a), { ...nodeOf(b), interface: interfaceOfB }];
    const cluster = {
      name: "gw",
      virtualRouterId: 51,
      virtualIpAddresses: [`${VIP}/24`],
      nodes,
      version: 2,
      ...changes,
    };
    await stack.configure({ [CLUSTER]: cluster }, { authPass });
    const secretOfNode = async (index: number, key: string, value: string) =>
      stack.pulumi(["config", "set", "--secret", "--path", `${CLUSTER}.nodes[${index}].connection.${key}`], {
        stdin: value,
      });
    await secretOfNode(0, "privateKey", secrets.privateKey!);
    await secretOfNode(0, "privateKeyPassword", secrets.privateKeyPassword!);
    await secretOfNode(1, "password", withSigns(password));
  }

  async function pulumi(verb: string, args: string[] = [], isToFail = false): Promise<Result> {
    const yes = verb === "preview" ? [] : ["--yes"];
    const result = await stack.pulumi([verb, ...yes, ...TALKATIVE(verb), ...args], { check: false });
    printed += result.stdout + result.stderr;
    if ((result.code !== 0) !== isToFail) {
      // It is shown by its errors only: the rest may hold what is not to be shown.
      const end =
        result.code === 0
          ? "succeeded"
          : errorsOf(result)
              .map(({ text }) => text)
              .join("\n");
      throw new Error(`pulumi ${verb}: ${findIn(end, needles).join() || end}`);
    }
    return result;
  }

  /** What has been found anywhere until now, but for what is planted. */
  async function findings(): Promise<string[]> {
    const logs = await Promise.all(lab.hosts.map((host) => findInLogs(host, needles)));
    const found = [
      ...findIn(printed, needles).map((label) => `pulumi's output: ${label}`),
      ...findBelow(stack.directory, needles).map((words) => `stack: ${words}`),
      ...processes.found,
      ...files.flatMap(({ found }) => found),
      ...logs.flat(),
    ];
    // Several look at the same places.
    return [...new Set(found)];
  }

  const roundsDone = async () => {
    const samplers = [processes, ...files];
    const before = samplers.map(({ rounds }) => rounds);
    await until("everything has been looked at", 30_000, () =>
      samplers.every(({ rounds }, i) => rounds > before[i]! + 1),
    );
  };

  test(
    "its whole life leaves none of them anywhere",
    async () => {
      await pulumi("preview", ["--diff"]);
      await pulumi("up", ["--skip-preview", "--diff"]);
      expect((await a.exec("cat /etc/keepalived/gw.auth.conf")).stdout).toContain(secrets.authPass!);

      await configure({}, { interfaceOfB: "eth9" });
      await pulumi("up", ["--diff"], true);
      await configure({}, { password: secrets["wrong password"] });
      await pulumi("up", ["--diff"], true);

      await configure({ preemptDelay: 1 }, { authPass: secrets["next authPass"] });
      await pulumi("preview", ["--diff"]);
      await pulumi("up", ["--diff"]);
      expect((await b.exec("cat /etc/keepalived/gw.auth.conf")).stdout).toContain(secrets["next authPass"]!);

      await pulumi("refresh", ["--diff"]);
      await pulumi("preview", ["--refresh", "--diff"]);
      await a.exec(
        "vrrp-agent rollback; vrrp-agent status --json; vrrp-agent status; vrrp-agent generations",
      );
      await pulumi("up");
      await pulumi("destroy", ["--diff"]);
      await roundsDone();
      expect(await findings()).toEqual([]);
      // Else nobody looked for most of the time.
      expect(processes.rounds).toBeGreaterThan(200);
      files.forEach(({ rounds }) => expect(rounds).toBeGreaterThan(20));
    },
    20 * 60 * 1000,
  );

  describe("the scan finds a secret that stands", () => {
    const [first, second] = planted.split("\n") as [string, string];
    const hex = (text: string) => Buffer.from(text).toString("hex");
    const base64 = (text: string) => Buffer.from(text).toString("base64");
    const put = (host: Host, path: string, text: string) => host.writeFile(path, text, "600");
    /** A process with these words lives for so short a time. */
    const briefly = (words: string[], program = "sh") => [program, "-c", "sleep 0.5; :", ...words];

    test.each<[string, () => unknown, string]>([
      [
        "in the state",
        () =>
          writeFileSync(
            join(stack.directory, ".pulumi/planted"),
            JSON.stringify(JSON.stringify({ planted })),
          ),
        "stack: .pulumi/planted: planted as JSON in JSON",
      ],
      [
        "in a packed history of the state",
        () => writeFileSync(join(stack.directory, ".pulumi/planted.gz"), gzipSync(planted)),
        "stack: .pulumi/planted.gz: planted",
      ],
      [
        "in what pulumi prints, inside of something in base64",
        () => (printed += `error: ${base64(`ab${planted}`)}`),
        "pulumi's output: planted as base64",
      ],
      [
        "in the argv of a host's process for half a second",
        () => a.exec(briefly(["sh", `x${planted}`])),
        "host cmdline of sh: planted",
      ],
      [
        "in the environment of a host's process for half a second",
        () => b.exec(["env", `PLANTED=${hex(first)}`, "sleep", "0.5"]),
        "host environ of sleep: line 1 of planted as hex",
      ],
      [
        "in the argv of a process of the client",
        () => lab.client.exec(briefly(["sh", second])),
        "client cmdline of sh: line 2 of planted",
      ],
      [
        "in a journal",
        () => a.exec("systemd-cat", { stdin: `x ${second}\n` }),
        "gw-a journal: line 2 of planted",
      ],
      [
        "in a log",
        () => put(b, "/var/log/planted", hex(second).toUpperCase()),
        "gw-b /var/log: line 2 of planted as hex",
      ],
      [
        "among the events",
        () => put(a, "/var/log/vrrp-agent/events.jsonl", JSON.stringify({ planted })),
        "gw-a /var/log: planted as JSON",
      ],
      [
        "in /run/vrrp-agent",
        () => put(b, "/run/vrrp-agent/planted", first),
        "gw-b /run/vrrp-agent: line 1 of planted",
      ],
      [
        "in a file that everybody may read for half a second",
        () => b.exec("cat >/tmp/planted; sleep 0.5; rm /tmp/planted", { stdin: base64(first) }),
        "gw-b /tmp/planted: line 1 of planted as base64",
      ],
    ])("%s", async (_place, plant, words) => {
      await plant();
      await until(`it is found: ${words}`, 20_000, async () => (await findings()).includes(words));
    });

    test("in a file, but not where only root may read it", async () => {
      await put(a, "/tmp/planted", first);
      await roundsDone();
      expect((await findings()).filter((words) => words.includes("gw-a /tmp/planted"))).toEqual([]);
    });
  });
});
