import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs";
import * as net from "node:net";
import * as path from "node:path";
import * as ssh2 from "ssh2";
import { CommandPlugin, URN } from "./commandPlugin";
import { END_OTHERS } from "../../../engine/stand-ins/resource-command/remoteCommand";
import { freePort, SshServer } from "./sshServer";
import type { Properties } from "../../../engine/stand-ins/resource-command/values";

jest.setTimeout(60_000);

let server: SshServer;
let plugin: CommandPlugin;

beforeAll(async () => {
  server = await SshServer.start("AcceptEnv A PULUMI_COMMAND_*");
});

afterAll(() => server.stop());

beforeEach(async () => {
  plugin = await CommandPlugin.start();
});

afterEach(() => plugin.stop());

const file = (name: string) => path.join(server.directory, name);

const run = (create: string, more: Properties = {}, connection: Properties = {}) =>
  plugin.create({ create, logging: "none", ...more, connection: { ...server.connection(), ...connection } });

/** The right connection, less one property. */
function without(property: string): Properties {
  const connection: Properties = server.connection();
  delete connection[property];
  return connection;
}

/** Waits until a file is there. */
async function appears(name: string): Promise<void> {
  const watcher = fs.watch(server.directory);
  const changes = once(watcher, "change");
  if (!fs.existsSync(file(name))) await changes;
  watcher.close();
  if (!fs.existsSync(file(name))) await appears(name);
}

describe("the log", () => {
  const both = "echo out; echo err >&2";
  const messages = () => plugin.log.map(({ message }) => message).sort();

  test.each([
    [undefined, ["err", "out"]],
    ["stdoutAndStderr", ["err", "out"]],
    ["stdout", ["out"]],
    ["stderr", ["err"]],
    ["none", []],
  ])("with logging %s gets %j, and the outputs are kept in any case", async (logging, expected) => {
    const inputs: Properties = { create: both, connection: server.connection() };
    if (logging !== undefined) inputs.logging = logging;
    const { properties } = await plugin.create(inputs);
    expect(messages()).toEqual(expected);
    expect(properties).toMatchObject({ stdout: "out", stderr: "err" });
    for (const { urn, severity, ephemeral } of plugin.log) {
      expect({ urn, severity, ephemeral }).toEqual({ urn: URN, severity: 1, ephemeral: false });
    }
  });

  test("gets a line while the command still runs", async () => {
    fs.rmSync(file("go"), { force: true });
    const command = `echo first; until [ -e ${file("go")} ]; do sleep 0.05; done; echo second`;
    const running = run(command, { logging: "stdout" });
    await plugin.logged(({ message }) => message === "first");
    expect(plugin.log).toHaveLength(1);
    fs.writeFileSync(file("go"), "");
    await running;
    expect(messages()).toEqual(["first", "second"]);
  });

  test("gets a line of 200,000 characters in pieces, and the command does not hang", async () => {
    const { properties } = await run("head -c 200000 /dev/zero | tr '\\0' x; echo", { logging: "stdout" });
    expect(properties.stdout).toHaveLength(200_000);
    expect(messages().join("")).toHaveLength(200_000);
    expect(Math.max(...plugin.log.map(({ message }) => message.length))).toBeLessThanOrEqual(65_536);
  });
});

test("an output of 20 MB comes whole", async () => {
  const { properties } = await run("head -c 20000000 /dev/zero | tr '\\0' x");
  expect(properties.stdout).toHaveLength(20_000_000);
});

test("a stdin of 10 MB goes whole", async () => {
  const { properties } = await run("wc -c", { stdin: "x".repeat(10_000_000) });
  expect(properties.stdout).toBe("10000000");
});

test("a command that does not read its stdin ends as it wants", async () => {
  const { properties } = await run("echo done", { stdin: "x".repeat(5_000_000) });
  expect(properties.stdout).toBe("done");
});

test("an error shows no stdin", async () => {
  await expect(run("exit 1", { stdin: "hush" })).rejects.not.toThrow("hush");
});

describe("the environment", () => {
  test("reaches the command where the server accepts it", async () => {
    const { properties } = await run("echo $A", { environment: { A: "one two" } });
    expect(properties.stdout).toBe("one two");
  });

  test("holds the previous output by default, and not with addPreviousOutputInEnv: false", async () => {
    const news = {
      update: "echo was $PULUMI_COMMAND_STDOUT",
      connection: server.connection(),
      logging: "none",
    };
    const olds = { ...news, stdout: "before", stderr: "" };
    const { properties: byDefault } = await plugin.update(olds, news);
    expect(byDefault.stdout).toBe("was before");
    const { properties: without } = await plugin.update(olds, { ...news, addPreviousOutputInEnv: false });
    expect(without.stdout).toBe("was");
  });
});

describe("dialing", () => {
  test("tries once more than dialErrorLimit says, and tells of each retry in passing", async () => {
    const before = server.connections;
    const wrongKey = { privateKey: server.key("other-user"), dialErrorLimit: 2 };
    await expect(run("true", {}, wrongKey)).rejects.toThrow("after 2 failed attempts: ssh: handshake failed");
    expect(server.connections - before).toBe(3);
    expect(plugin.log.map(({ message, ephemeral }) => [message, ephemeral])).toEqual([
      ["Dial 1/2 failed: retrying", true],
      ["Dial 2/2 failed: retrying", true],
    ]);
  });

  test("with dialErrorLimit -1 goes on until the server is there", async () => {
    const port = await freePort();
    const connection = { ...server.connection(), port, dialErrorLimit: -1 };
    const waiting = plugin.create({ create: "echo hi", logging: "none", connection });
    await plugin.logged(({ message }) => message === "Dial 2/inf failed: retrying");
    const relay = net.createServer((socket) => {
      socket.pipe(net.connect(server.port, "127.0.0.1")).pipe(socket);
    });
    relay.listen(port, "127.0.0.1");
    expect((await waiting).properties.stdout).toBe("hi");
    await new Promise((resolve) => relay.close(resolve));
  });

  test("a server that takes the connection and says nothing fails after perDialTimeout", async () => {
    const sockets: net.Socket[] = [];
    const mute = net.createServer((socket) => sockets.push(socket)).listen(0, "127.0.0.1");
    await once(mute, "listening");
    const { port } = mute.address() as net.AddressInfo;
    await expect(run("true", {}, { port, perDialTimeout: 1 })).rejects.toThrow(
      "after 0 failed attempts: ssh: handshake failed: i/o timeout",
    );
    sockets.forEach((socket) => socket.destroy());
    mute.close();
  });

  test("a name that does not resolve is said", async () => {
    await expect(run("true", {}, { host: "no-such-host.invalid" })).rejects.toThrow(
      "dial tcp: lookup no-such-host.invalid: no such host",
    );
  });

  test("without hostKey any server is taken", async () => {
    const connection = without("hostKey");
    const { properties } = await plugin.create({ create: "echo hi", connection });
    expect(properties.stdout).toBe("hi");
  });
});

describe("logging in", () => {
  test("needs a key, a password or an agent, and says so", async () => {
    const connection = without("privateKey");
    await expect(plugin.create({ create: "true", connection })).rejects.toThrow(
      "connection: no way to log in to 127.0.0.1: set privateKey, password or agentSocketPath",
    );
  });

  test("works with an encrypted key and its password, and says what is wrong without", async () => {
    fs.copyFileSync(file("user"), file("locked"));
    fs.chmodSync(file("locked"), 0o600);
    execFileSync("ssh-keygen", ["-q", "-p", "-P", "", "-N", "open sesame", "-f", file("locked")]);
    const privateKey = server.key("locked");
    const { properties } = await run("echo hi", {}, { privateKey, privateKeyPassword: "open sesame" });
    expect(properties.stdout).toBe("hi");
    await expect(run("true", {}, { privateKey })).rejects.toThrow("this private key is passphrase protected");
    const wrong = { privateKey, privateKeyPassword: "wrong" };
    await expect(run("true", {}, wrong)).rejects.toThrow("ssh: cannot read the private key");
  });

  describe("with an agent", () => {
    let agent: ChildProcess;

    beforeAll(async () => {
      agent = spawn("ssh-agent", ["-D", "-a", file("agent")], { stdio: "ignore" });
      await appears("agent");
      execFileSync("ssh-add", ["-q", file("user")], {
        env: { ...process.env, SSH_AUTH_SOCK: file("agent") },
      });
    });

    afterAll(async () => {
      agent.kill("SIGTERM");
      await once(agent, "exit");
    });

    test("uses the keys behind agentSocketPath", async () => {
      const connection = { ...without("privateKey"), agentSocketPath: file("agent") };
      const { properties } = await plugin.create({ create: "echo hi", connection });
      expect(properties.stdout).toBe("hi");
    });

    test("uses the agent of the environment without agentSocketPath", async () => {
      const other = await CommandPlugin.start({ SSH_AUTH_SOCK: file("agent") });
      const connection = without("privateKey");
      const { properties } = await other.create({ create: "echo hi", connection });
      expect(properties.stdout).toBe("hi");
      await other.stop();
    });
  });

  test("names the socket where no agent is", async () => {
    const connection = { ...without("privateKey"), agentSocketPath: file("nobody") };
    await expect(plugin.create({ create: "true", connection })).rejects.toThrow(
      `dial unix ${file("nobody")}: connect: no such file or directory`,
    );
  });

  test.each(["password", "keyboard-interactive"])(
    "works with a password by the method %s",
    async (method) => {
      const host = new ssh2.Server({ hostKeys: [server.key("host")] }, (client) => {
        client.on("authentication", (attempt) => {
          const accept = (password: string | undefined) =>
            password === "s3cret" ? attempt.accept() : attempt.reject();
          if (attempt.method !== method) attempt.reject([method as "password"]);
          else if (attempt.method === "password") accept(attempt.password);
          else if (attempt.method === "keyboard-interactive") {
            attempt.prompt(["Password: "], (answers) => accept(answers[0]));
          }
        });
        client.on("session", (accept) =>
          accept().on("exec", (acceptExec) => {
            const channel = acceptExec();
            channel.write("hi\n");
            channel.exit(0);
            channel.end();
          }),
        );
        client.on("error", () => undefined);
      }).listen(0, "127.0.0.1");
      await once(host, "listening");
      const connection = { ...without("privateKey"), port: (host.address() as net.AddressInfo).port };
      const { properties } = await plugin.create({
        create: "x",
        connection: { ...connection, password: "s3cret" },
      });
      expect(properties.stdout).toBe("hi");
      await expect(
        plugin.create({ create: "x", connection: { ...connection, password: "no" } }),
      ).rejects.toThrow(`unable to authenticate, attempted methods [none ${method}]`);
      host.close();
    },
  );
});

describe("a proxy", () => {
  let proxy: SshServer;

  beforeAll(async () => {
    proxy = await SshServer.start();
  });

  afterAll(() => proxy.stop());

  test("is logged in to with its own key and host key, and the target is reached from it", async () => {
    const before = proxy.connections;
    const { properties } = await run("echo hi", {}, { proxy: proxy.connection() });
    expect(properties.stdout).toBe("hi");
    expect(proxy.connections - before).toBe(1);
  });

  test("with another host key is refused", async () => {
    const wrong = { ...proxy.connection(), hostKey: server.key("host.pub") };
    const before = server.connections;
    await expect(run("true", {}, { proxy: wrong })).rejects.toThrow(
      "proxy: after 0 failed attempts: ssh: handshake failed: ssh: host key mismatch",
    );
    expect(server.connections).toBe(before);
  });

  test("does not stand in for the target's host key", async () => {
    const wrong = { proxy: proxy.connection(), hostKey: proxy.key("host.pub") };
    await expect(run("true", {}, wrong)).rejects.toThrow("host key mismatch");
  });

  test("that cannot reach the target says so", async () => {
    const port = await freePort();
    await expect(run("true", {}, { proxy: proxy.connection(), port })).rejects.toThrow(
      /^proxy: after 0 failed attempts: ssh: rejected: .*refused/,
    );
  });
});

describe("cancellation", () => {
  const waits = () => {
    for (const name of ["started", "ended"]) fs.rmSync(file(name), { force: true });
    return `trap 'touch ${file("ended")}; exit 1' TERM; touch ${file("started")}; sleep 300 & wait`;
  };

  test("ends a running command and lets no other begin", async () => {
    const running = run(waits()).catch((error: Error) => error.message);
    await appears("started");
    await plugin.cancel();
    await appears("ended");
    expect(await running).toBe("cancelled: the command was ended and its connection closed");
    const before = server.connections;
    await expect(run("true")).rejects.toThrow("cancelled");
    expect(server.connections).toBe(before);
  });

  test("ends dialing at once", async () => {
    const port = await freePort();
    const dialing = run("true", {}, { port, dialErrorLimit: -1 }).catch((error: Error) => error.message);
    await plugin.logged(({ message }) => message.startsWith("Dial 1/inf failed"));
    await plugin.cancel();
    expect(await dialing).toContain("cancelled");
  });

  test.each([
    ["an interrupt", (process: ChildProcess) => process.kill("SIGINT")],
    ["the end of the engine", (process: ChildProcess) => process.stdin?.end()],
  ])("by %s also ends the plugin", async (_name, end) => {
    const running = run(waits()).catch((error: Error) => error.message);
    await appears("started");
    const exited = once(plugin.process, "exit");
    end(plugin.process);
    await appears("ended");
    expect(await exited).toEqual([0, null]);
    await running;
  });
});

test("what ends a cancelled command leaves the host's services alone when the connection is gone before it", () => {
  // In a process namespace of its own: a service, whose parent is init, and a shell whose parent is init by now.
  const script = `
    setsid sleep 60 &
    service=$!
    (sh -c 'until grep -q "^PPid:[[:space:]]*1$" /proc/$$/status; do :; done; exec sh -c "$END_OTHERS; : >ended"' &)
    until [ -e ended ]; do :; done
    kill -0 $service && echo "the service runs"`;
  const own = ["--pid", "--fork", "--kill-child", "--mount-proc"];
  const output = execFileSync("unshare", [...own, "sh", "-c", script], {
    cwd: server.directory,
    env: { ...process.env, END_OTHERS: `(${END_OTHERS})` },
    encoding: "utf8",
    timeout: 20_000,
  });
  expect(output).toBe("the service runs\n");
});

test("a connection lost while the command runs is an error", async () => {
  await expect(run("kill -9 $PPID; sleep 60")).rejects.toThrow(
    "wait: remote command exited without exit status or exit signal",
  );
});

test("any other type of the command package is refused by name", async () => {
  const urn = "urn:pulumi:dev::test::command:local:Command::other";
  await expect(plugin.check({ create: "true" }, urn)).rejects.toThrow(
    "command:local:Command: this stand-in for the command plugin serves only command:remote:Command",
  );
});
