import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";

import { apply, AUTH, CONF, examine, examinedHost, facts, KEEPALIVED_CONF } from "./examine-host";
import { AGENT, type FakeHost, generation, SHELLS } from "./fake-host";

const KNOB = "proc/sys/net/ipv4/ip_nonlocal_bind";

describe.each(SHELLS)("examine under %s", (shell) => {
  let host: FakeHost;
  beforeEach(async () => {
    host = await examinedHost(shell);
  });
  afterEach(() => host.close());

  test("begins and ends with a word, and tells node, generation and all of node.conf", () => {
    apply(host, 1);
    const lines = examine(host);
    expect(lines.slice(0, 3)).toEqual(["vrrp-facts 1", "node a", `cluster gw ${generation(1)}`]);
    expect(lines.slice(-2)).toEqual(["end", ""]);
    const conf = host.read("etc/vrrp-agent/gw/node.conf").trimEnd().split("\n");
    expect(facts(lines, "want")).toEqual(conf.map((line) => `want ${line}`));
    // Words are separated by one blank.
    for (const line of lines.filter((text) => !text.startsWith("|"))) expect(line).toBe(line.trimEnd());
  });

  test("changes nothing", () => {
    apply(host, 1);
    host.write("run/vrrp-agent/gw/checks/.made", "");
    const before = host.tree("etc", "var", "run", "tmp", "dev");
    examine(host);
    expect(host.tree("etc", "var", "run", "tmp", "dev")).toBe(before);
    expect(host.calls()).toEqual([]);
  });

  test.each([
    [["examine", "gw", "--window", "0"], 2, /--window is '0'; give whole seconds from 1 to 30/],
    [["examine", "gw", "--window", "31"], 2, /--window is '31'/],
    [["examine", "gw", "--window", "1.5"], 2, /--window is '1.5'/],
    [["examine", "gw", "--window"], 2, /--window is ''/],
    [["examine", "gw", "--windows", "3"], 2, /unknown option --windows/],
    [["examine", "../gw"], 2, /cluster '..\/gw' is not a name/],
    [["examine", "no"], 1, /there is no cluster no on this host/],
  ])("%j ends with %d", (args, status, message) => {
    apply(host, 1);
    const ended = host.agent(args);
    expect(ended).toMatchObject({ status, stdout: "" });
    expect(ended.stderr).toMatch(message);
  });

  test("a host whose state is gone still tells what there is", () => {
    apply(host, 1);
    host.remove("var/lib/vrrp-agent");
    host.remove("run/vrrp-agent");
    const lines = examine(host);
    expect(lines[2]).toBe("cluster gw 0");
    expect(facts(lines, "directory")).toEqual([
      "directory /var/lib/vrrp-agent missing there is none",
      "directory /run/vrrp-agent missing there is none",
    ]);
    expect(facts(lines, "want")).not.toEqual([]);
    expect(host.has("run/vrrp-agent")).toBe(false);
    expect(lines.at(-2)).toBe("end");
  });

  test("each managed file has its state, and what is changed its text, with what was applied", () => {
    apply(host, 1);
    expect(facts(examine(host), "file").map((line) => line.split(" ")[2])).toEqual([
      "same",
      "same",
      "same",
      "same",
    ]);
    host.write(CONF, "by hand\nno newline");
    host.write("etc/keepalived/gw.auth.conf", "auth_pass another1\n", 0o600);
    host.write(
      "etc/vrrp-agent/gw/node.conf",
      `${host.read("etc/vrrp-agent/gw/node.conf")}# by hand\n`,
      0o666,
    );
    host.remove("etc/systemd/system/keepalived.service.d/vrrp-agent.conf");
    host.link("/elsewhere", "etc/systemd/system/keepalived.service.d/vrrp-agent.conf");
    const lines = examine(host);
    expect(facts(lines, "file").sort()).toEqual([
      "file /etc/keepalived/gw.auth.conf changed",
      `file /${CONF} changed`,
      "file /etc/systemd/system/keepalived.service.d/vrrp-agent.conf other",
      "file /etc/vrrp-agent/gw/node.conf changed",
    ]);
    const at = lines.indexOf(`text /${CONF} 2 open`);
    expect(lines.slice(at + 1, at + 3)).toEqual(["|by hand", "|no newline"]);
    expect(facts(lines, "text").map((line) => line.split(" ")[1])).toEqual([
      `/${CONF}`,
      "/etc/vrrp-agent/gw/node.conf",
    ]);
    const applied = lines.indexOf(`applied-text /${CONF} ${KEEPALIVED_CONF.split("\n").length - 1} ended`);
    expect(lines[applied + 1]).toBe("|global_defs {");
  });

  test("mode and absence are told, and a long text is cut", () => {
    apply(host, 1);
    host.write("etc/vrrp-agent/gw/node.conf", host.read("etc/vrrp-agent/gw/node.conf"), 0o640);
    host.remove("etc/systemd/system/keepalived.service.d/vrrp-agent.conf");
    host.write(CONF, "# 3456789abcdef\n".repeat(5000));
    const lines = examine(host);
    expect(facts(lines, "file")).toEqual(
      expect.arrayContaining([
        "file /etc/systemd/system/keepalived.service.d/vrrp-agent.conf absent",
        "file /etc/vrrp-agent/gw/node.conf mode",
      ]),
    );
    expect(facts(lines, "text")[0]).toBe(`text /${CONF} 4096 cut`);
  });

  test("what the config includes is told, and no password is in it or anywhere else", () => {
    apply(host, 1);
    host.write(CONF, `${KEEPALIVED_CONF}# auth_pass hush7hush of old\n`);
    host.state("journal", "1.0 a Keepalived_vrrp[1]: (gw) entering FAULT state (script hush7hush)\n");
    host.program("keepalived", `echo "(Line 3) bad word hush7hush"; [ "$1" != -t ]`);
    const text = examine(host).join("\n");
    expect(text).toContain(
      "\ntext /etc/keepalived/gw.auth.conf 4 ended\n|authentication {\n|    auth_type PASS\n|    auth_pass ********\n|}\n",
    );
    expect(text).toContain("\nconf-error (Line 3) bad word ********\n");
    expect(text).toContain("\nlog fault 1 (gw) entering FAULT state (script ********)\n");
    expect(text).not.toContain("hush");
    expect(AUTH).toContain("hush");
  });

  test("a firewall, a sysctl and a change under way are told", () => {
    apply(host, 1, { "/etc/sysctl.d/60-vrrp-gw.conf": "net.ipv4.ip_nonlocal_bind = 1\n" });
    host.write(KNOB, "0\n");
    host.write("var/lib/vrrp-agent/gw/drain", "1\n");
    host.state("firewalld");
    const lines = examine(host);
    expect(lines).toContain("sysctl net.ipv4.ip_nonlocal_bind 0 1");
    expect(lines).toContain("drained");
    expect(lines).toContain("selinux disabled");
  });

  test("a tunnel of another cluster, through which this one goes, has its files and sysctls told", () => {
    apply(host, 1);
    host.write("etc/vrrp-agent/sites/node.conf", "cluster sites\nnode a\ntunnel wg0 51820 auto\n");
    host.write("var/lib/vrrp-agent/sites/current", `${generation(2)} 1\n`);
    const place = `var/lib/vrrp-agent/sites/generations/${generation(2)}`;
    host.write(`${place}/manifest`, "file 0644 root:root 00 1 /etc/sysctl.d/60-vrrp-sites.conf\n");
    host.write(`${place}/files/etc/sysctl.d/60-vrrp-sites.conf`, "net.ipv4.ip_forward = 1\n");
    host.write("proc/sys/net/ipv4/ip_forward", "0\n");
    expect(facts(examine(host), "sysctl")).toEqual([]);
    const conf = "etc/vrrp-agent/gw/node.conf";
    host.write(conf, host.read(conf).replace("instance gw 4 51 eth0", "instance gw 4 51 wg0"));
    const lines = examine(host);
    expect(facts(lines, "sysctl")).toEqual(["sysctl net.ipv4.ip_forward 0 1"]);
    expect(lines).toContain("file /etc/sysctl.d/60-vrrp-sites.conf absent");
  });

  test("a directory that cannot be used is told with the reason", () => {
    apply(host, 1);
    host.write("var/lib/vrrp-agent/gw/x", "");
    const directory = join(host.root, "var/lib/vrrp-agent");
    host.program("head", `[ "$2" != 16384 ] || exit 1; exec /usr/bin/head "$@"`);
    expect(facts(examine(host), "directory")).toEqual([
      "directory /var/lib/vrrp-agent full there is no room for 16 KiB",
      "directory /run/vrrp-agent full there is no room for 16 KiB",
    ]);
    expect(readdirSync(directory).filter((name) => name.startsWith(".examine"))).toEqual([]);
  });

  test("the session's address comes from the session, and the undo timer from what armed it", () => {
    apply(host, 1);
    host.write("run/vrrp-agent/gw/undo.unit", "vrrp-agent-undo-gw-7\n");
    host.program(
      "systemctl",
      'case $* in "show "*) echo "MainPID=$(cat "$FAKE/daemon")" ;; *"is-active vrrp-agent-undo-gw-7.timer"*) ;; *) exit 1 ;; esac',
    );
    const { stdout } = host.agent(["examine", "gw", "--window", "1"], "", {
      SSH_CONNECTION: "10.0.0.9 5000 10.0.0.1 22",
    });
    expect(stdout).toContain("\nsession-on 10.0.0.1\n");
    expect(stdout).toContain("\ntimer vrrp-agent-undo-gw-7\n");
  });

  test("ended by TERM, at whatever point, it leaves nothing behind", async () => {
    apply(host, 1);
    host.withoutProgram("sleep");
    const before = host.tree("etc", "var", "run", "tmp", "dev");
    const [program = "", ...words] = host.command;
    const moments = [20, 90, 160, 300, 500];
    for (const moment of moments) {
      const child = spawn(program, [...words, AGENT, "examine", "gw", "--window", "30"], {
        env: host.env,
        stdio: ["ignore", "pipe", "ignore"],
      });
      let text = "";
      child.stdout.on("data", (chunk: Buffer) => (text += chunk.toString()));
      await new Promise((resolve) => setTimeout(resolve, moment));
      child.kill("SIGTERM");
      await once(child, "close");
      // One that has not set its trap yet has made nothing.
      expect(child.exitCode ?? child.signalCode).toEqual(expect.anything());
      expect(text).not.toMatch(/^end$/m);
      expect(host.tree("etc", "var", "run", "tmp", "dev")).toBe(before);
    }
    expect(existsSync(join(host.root, "run/vrrp-agent"))).toBe(true);
  });
});
