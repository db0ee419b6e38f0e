import { utils } from "ssh2";
import { makeKeyPair } from "../../../lab/keys";
import { Image, Lab, run } from "../../../lab";

describe("a lab of two hosts and a client", () => {
  let lab: Lab;
  let linksBefore: string;
  const links = async () => (await run(["ip", "-o", "link"])).stdout;

  beforeAll(async () => {
    linksBefore = await links();
    lab = await Lab.start({ hosts: [{ name: "gw-a" }, { name: "gw-b" }] });
  });
  afterAll(() => lab.stop());

  /** ssh of OpenSSH from the client, trusting only the host keys in the file. */
  const ssh = (known: string, command: string) => {
    const { privateKeyFile, user, host } = lab.ssh(lab.host("gw-a"));
    const options = ["-F", "none", "-o", `UserKnownHostsFile=${known}`, "-o", "StrictHostKeyChecking=yes"];
    return lab.client.exec(["ssh", "-i", privateKeyFile, ...options, `${user}@${host}`, command], {
      check: false,
    });
  };

  test("boots hosts whose systemd reports no failed unit", async () => {
    for (const host of lab.hosts) {
      const state = await host.exec("systemctl is-system-running --wait; systemctl --failed", {
        check: false,
      });
      expect(state.stdout).toMatch(/^running\n/);
    }
  });

  test("lets the operator in over SSH with the lab's key when the host key is the known one", async () => {
    expect(await ssh(lab.knownHostsFile, "hostname")).toMatchObject({ code: 0, stdout: "gw-a\n" });
  });

  test("is refused by ssh when the host key is another's", async () => {
    const other = makeKeyPair("other").public;
    await run(["sh", "-c", 'cat >"$1"', "sh", `${lab.knownHostsFile}.wrong`], {
      stdin: `${lab.host("gw-a").address} ${other}\n`,
    });
    const refused = await ssh(`${lab.knownHostsFile}.wrong`, "hostname");
    expect(refused.code).toBe(255);
    expect(refused.stderr).toContain("Host key verification failed");
  });

  test("gives connection data in the form that the ssh2 library takes", () => {
    const { privateKey, hostKey } = lab.ssh(lab.host("gw-a"));
    expect(utils.parseKey(privateKey)).not.toBeInstanceOf(Error);
    expect(utils.parseKey(hostKey)).not.toBeInstanceOf(Error);
  });

  test("a command that is stopped inside a host, as a shutdown stops all, ends when it goes on", async () => {
    const stopped = 'grep -q "^State:.T" "/proc/$0/status"';
    const letGoOn = `until ${stopped}; do :; done; kill -CONT "$0"`;
    const command = `sh -c '${letGoOn}' $$ & kill -STOP $$; wait; echo went on`;
    const { stdout } = await lab.host("gw-a").exec(command, { timeout: 20_000 });
    expect(stdout).toBe("went on\n");
  });

  test("answers the client on the IPv4 and the IPv6 address of every host", async () => {
    for (const { address, address6 } of lab.hosts) {
      await lab.client.exec(["ping", "-c1", "-W1", address]);
      await lab.client.exec(["ping", "-c1", "-W1", address6]);
    }
  });

  test("adds no interface to this machine's own network namespace", async () => {
    expect(await links()).toBe(linksBefore);
  });

  test("gives the client loopback and nothing beyond the lab", async () => {
    await lab.client.exec("ping -c1 -W1 127.0.0.1 && ping -c1 -W1 ::1");
    expect((await lab.client.exec("ip route")).stdout.trim().split("\n")).toHaveLength(1);
  });

  test("passes on what a command on a host says, gets and returns", async () => {
    const host = lab.host("gw-b");
    const result = await host.exec("cat; echo err >&2; exit 3", { stdin: "in", check: false });
    expect(result).toEqual({ code: 3, stdout: "in", stderr: "err\n" });
    await expect(host.exec("echo why >&2; exit 3")).rejects.toThrow(/exit status 3\nwhy/);
    await expect(host.exec(["printf", "%s", "a b"])).resolves.toMatchObject({ stdout: "a b" });
  });

  test("ends a command on a host with the process that started it", async () => {
    const host = lab.host("gw-b");
    const result = await host.exec("exec sleep 1234.5", { timeout: 300, check: false });
    expect(result.code).not.toBe(0);
    const left = await host.exec("pgrep -f '^sleep 1234.5'", { check: false });
    expect(left.stdout).toBe("");
  }, 10_000);

  test("gives a command on a host no rights that the host has not", async () => {
    const caps = (pid: string) => lab.host("gw-a").exec(`sed -n 's/^CapBnd:\\t//p' /proc/${pid}/status`);
    expect((await caps("self")).stdout).toBe((await caps("1")).stdout);
  });

  test("writes and reads files of a host with their mode", async () => {
    const host = lab.host("gw-a");
    await host.writeFile("/etc/new/file", "one\ntwo\n", "600");
    expect(await host.readFile("/etc/new/file")).toBe("one\ntwo\n");
    expect((await host.exec("stat -c %a /etc/new/file")).stdout).toBe("600\n");
  });

  test("finds a lab again by name and id, with the same hosts", () => {
    expect(Lab.open(lab.id).hosts.map((host) => host.hostKey)).toEqual(lab.hosts.map((host) => host.hostKey));
    expect(() => Lab.open("no-such-lab")).toThrow(/there is none/);
  });
});

test("all that is wrong with the hosts asked for is told at once, with value and bound", async () => {
  const hosts = [{ name: "Gw" }, { name: "a", diskMegabytes: 1 }, { name: "a", image: Image.Bare }];
  const failure = await Lab.start({ hosts }).catch((error: unknown) => (error as Error).message);
  expect(failure).toMatch(/hosts\[0\]\.name: "Gw", allowed is a lower-case letter/);
  expect(failure).toMatch(/hosts\[1\]\.diskMegabytes: 1, allowed is 64 or more/);
  expect(failure).toMatch(/hosts\[2\]\.name: "a" is taken/);
});
