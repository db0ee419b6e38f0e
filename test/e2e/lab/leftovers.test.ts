import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { Lab, until } from "../../../lab";
import { tracesOf } from "./traces";

describe("the end of a lab", () => {
  /** Starts a program that owns a lab, and gives the lab's id once it is up. */
  const startOwner = async (how: string) => {
    const program = spawn(process.execPath, ["--import", "tsx", join(__dirname, "owner.ts"), how], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    let id = "";
    program.stdout.on("data", (text: Buffer) => (id += text.toString()));
    const ended = once(program, "close");
    await until("the owner's lab is up", 60_000, () => id.endsWith("\n") || program.exitCode !== null);
    return { program: program as ChildProcess, ended, id: id.trim() };
  };

  test("stop leaves nothing of it", async () => {
    const lab = await Lab.start({ hosts: [{ name: "gw-a" }, { name: "gw-b" }] });
    const client = lab.client.spawn(["sleep", "1000"]);
    const inClient = once(client, "close");
    const kinds = tracesOf(lab.id).join("\n");
    for (const kind of [
      "/run/netns/",
      " overlay ",
      " tmpfs ",
      "cgroup/",
      "process ",
      "/run/pulumi-keepalived-lab/",
    ]) {
      expect(kinds).toContain(kind);
    }
    await lab.stop();
    await inClient;
    expect(tracesOf(lab.id)).toEqual([]);
    await lab.stop();
  });

  test("a start that fails half way leaves nothing of it", async () => {
    const hosts = [{ name: "gw-a" }, { name: "gw-b", diskMegabytes: Number.MAX_SAFE_INTEGER * 1e9 }];
    const failure = await Lab.start({ hosts }).then(
      () => "it started",
      (error: unknown) => (error as Error).message,
    );
    const id = /^lab (kl\w+) did not start: mount .*/.exec(failure)?.[1];
    expect(id).toBeDefined();
    expect(tracesOf(String(id))).toEqual([]);
  });

  test.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)(
    "an owner ended by %s takes its lab with it",
    async (signal) => {
      const { program, ended, id } = await startOwner("wait");
      expect(tracesOf(id)).not.toEqual([]);
      program.kill(signal);
      await ended;
      expect(tracesOf(id)).toEqual([]);
    },
  );

  test.each(["throw", "return"])("an owner that ends by %s takes its lab with it", async (how) => {
    const { ended, id } = await startOwner(how);
    await ended;
    expect(id).toMatch(/^kl/);
    expect(tracesOf(id)).toEqual([]);
  });

  test("the next start cleans what a killed owner left, and spares the labs of others", async () => {
    const { program, ended, id } = await startOwner("wait");
    const living = await Lab.start({ hosts: [{ name: "gw-a" }] });
    program.kill("SIGKILL");
    await ended;
    expect(tracesOf(id)).not.toEqual([]);
    const log: string[] = [];
    const next = await Lab.start({ hosts: [{ name: "gw-a" }], log: (line) => log.push(line) });
    expect(log.join("\n")).toContain(`lab ${id}: its owner is gone (process ${program.pid}); cleaning up`);
    expect(tracesOf(id)).toEqual([]);
    // Three labs with the same addresses, of which two are left.
    for (const lab of [living, next]) {
      expect((await lab.client.exec(["ping", "-c1", "-W1", "10.20.30.11"])).code).toBe(0);
    }
    await Promise.all([living.stop(), next.stop()]);
  });
});

test("two labs side by side use the same addresses and never meet", async () => {
  const labs = await Promise.all(
    ["one", "two"].map((name) => Lab.start({ name, hosts: [{ name: "gw-a" }] })),
  );
  const [one, two] = labs as [Lab, Lab];
  expect(one.host("gw-a").address).toBe(two.host("gw-a").address);
  await one.host("gw-a").writeFile("/root/which", "one");
  await two.host("gw-a").writeFile("/root/which", "two");
  for (const lab of [one, two]) {
    const { privateKeyFile, host } = lab.ssh(lab.host("gw-a"));
    const options = [
      "-F",
      "none",
      "-o",
      `UserKnownHostsFile=${lab.knownHostsFile}`,
      "-o",
      "StrictHostKeyChecking=yes",
    ];
    const said = await lab.client.exec([
      "ssh",
      "-i",
      privateKeyFile,
      ...options,
      `root@${host}`,
      "cat /root/which",
    ]);
    expect(said.stdout).toBe(lab.name);
  }
  await one.host("gw-a").powerOff();
  expect((await two.client.exec(["ping", "-c1", "-W1", "10.20.30.11"])).code).toBe(0);
  await Promise.all([one.stop(), two.stop()]);
});
