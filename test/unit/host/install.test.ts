import { spawnSync } from "node:child_process";
import { readdirSync, readlinkSync } from "node:fs";
import { join } from "node:path";

import { agentInstaller } from "../../../components/agent";
import { causesTable } from "../../../doctor/local";
import { FakeHost, SHELLS } from "./fake-host";

describe.each(SHELLS)("install under %s", (shell) => {
  let host: FakeHost;
  beforeEach(async () => {
    host = await FakeHost.create(shell);
    // Without privileges there is no root to give files to.
    host.program("chown", ":");
  });
  afterEach(() => host.close());

  const install = (text = agentInstaller()) => {
    const [program = "", ...before] = host.command;
    return spawnSync(program, before, { input: text, env: host.env, encoding: "utf8" });
  };
  const library = () => readdirSync(join(host.root, "usr/lib")).sort();
  const installed = () => {
    const [program = "", ...before] = host.command;
    return spawnSync(program, [...before, join(host.root, "usr/sbin/vrrp-agent"), "--help"], {
      env: host.env,
      encoding: "utf8",
    });
  };

  test("the agent is there afterwards, under both its names, and runs", () => {
    expect(install()).toMatchObject({ status: 0, stderr: "" });
    expect(installed().stdout).toContain("usage: vrrp-agent stage");
    for (const program of ["vrrp-agent", "vrrp-check"]) {
      expect(host.tree(`usr/lib/vrrp-agent/${program}`)).toContain("-rwxr-xr-x");
    }
    expect(readlinkSync(join(host.root, "usr/sbin/vrrp-agent"))).toBe("../lib/vrrp-agent/vrrp-agent");
  });

  test("the installed agent has the causes that it tells", () => {
    install();
    expect(host.read("usr/lib/vrrp-agent/lib/causes.table")).toBe(causesTable());
    const [program = "", ...before] = host.command;
    const agent = join(host.root, "usr/sbin/vrrp-agent");
    const { stdout, status } = spawnSync(program, [...before, agent, "diagnose", "-"], {
      input: "vrrp-facts 1\nnode a\ncluster gw 1\nwant instance gw 4 51 eth0\ndaemon stopped\nend\n",
      env: host.env,
      encoding: "utf8",
    });
    expect(stdout).toContain("1. daemon-down (certain): keepalived does not run");
    expect(status).toBe(1);
  });

  test("installed again, nothing changes", () => {
    install();
    const before = host.tree("usr");
    expect(install().status).toBe(0);
    expect(host.tree("usr")).toBe(before);
  });

  test("a new version takes the link over, and one former version stays", () => {
    const names: string[] = [];
    for (const n of [1, 2, 3]) {
      // Another version is the same archive with a module more.
      const text = agentInstaller().replace(
        "\nend\n",
        `\nfile 0644 root:root ${EMPTY} 0 lib/version-${n}.sh\nend\n`,
      );
      expect(install(text)).toMatchObject({ status: 0, stderr: "" });
      names.push(readlinkSync(join(host.root, "usr/lib/vrrp-agent")));
      expect(host.has(`usr/lib/vrrp-agent/lib/version-${n}.sh`)).toBe(true);
    }
    expect(library()).toEqual(["vrrp-agent", ...names.slice(1).sort()]);
    expect(installed().status).toBe(0);
  });

  test("an archive that arrives damaged is refused and the present version stays", () => {
    install();
    const before = host.tree("usr");
    const { status, stderr } = install(
      agentInstaller().replaceAll("usage: vrrp-agent", "usage 2: vrrp-agent"),
    );
    expect(status).toBe(1);
    expect(stderr).toMatch(/^vrrp-agent: .*: install: vrrp-agent arrived damaged/);
    expect(host.tree("usr")).toBe(before);
  });
});

/** sha256 of nothing. */
const EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
