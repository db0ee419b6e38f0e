import { spawnSync } from "node:child_process";
import { chmodSync, cpSync } from "node:fs";
import { dirname, join } from "node:path";

import { AGENT, bundleOf, EVERY_SHELL, FakeHost, generation, nodeFiles, SHELLS } from "./fake-host";

const FILES = "/etc/selinux/targeted/contexts/files";

/** Each call of semanage in $FAKE/semanage; what it stores is in the file of local contexts, and in $FAKE/ports. */
const SEMANAGE = `
  echo "semanage $*" >>"$FAKE/semanage"
  contexts=$VRRP_ROOT${FILES}/file_contexts.local
  case $* in
  "import -f "*)
    cat "$3" >>"$FAKE/semanage"
    while read -r _ verb _ kind last type path; do
      case $verb in
      -a) echo "$path	--	system_u:object_r:$type:s0" | tr -d "'" >>"$contexts" ;;
      -d) path=$(echo "$last" | tr -d "'"); path=$path awk '$1 != ENVIRON["path"]' "$contexts" >"$contexts.new"; mv "$contexts.new" "$contexts" ;;
      esac
    done <"$3" ;;
  "boolean -l -n") cat "$FAKE/booleans" ;;
  "boolean -m --"*) echo "$4 (\${3#--} , off) words" >"$FAKE/booleans" ;;
  "port -l -n") cat "$FAKE/ports.local" "$FAKE/ports" 2>/dev/null ;;
  "port -l -n -C") cat "$FAKE/ports.local" 2>/dev/null ;;
  "port -a "*) ! cat "$FAKE/ports" "$FAKE/ports.local" 2>/dev/null | grep -q "tcp $7\\$" || { echo "ValueError: Port tcp/$7 already defined"; exit 1; }
    echo "$4 tcp $7" >>"$FAKE/ports.local" ;;
  "port -m "*) echo "$4 tcp $7" >"$FAKE/ports.local" ;;
  "port -d "*) rm -f "$FAKE/ports.local" ;;
  esac
  exit 0`;

const node = nodeFiles().find(({ path }) => path.endsWith("node.conf"))!.text;

/** A gateway of the distribution's nginx; keepalived's own files are not what matters here. */
const gateway = (port: number, extra = "") => ({
  "/etc/vrrp-agent/gw/node.conf": `${node}gateway unit nginx\ngateway binary /usr/sbin/nginx\ngateway conf /etc/nginx/nginx.conf\ngateway runs master\ngateway listen ${port}\ngateway path /\ngateway host localhost\n${extra}`,
});

describe.each(SHELLS)("SELinux, under %s", (shell) => {
  let host: FakeHost;

  beforeEach(async () => {
    host = await FakeHost.create(shell);
    host.write("/sys/fs/selinux/enforce", "1");
    host.write("/etc/selinux/config", "SELINUX=enforcing\nSELINUXTYPE=targeted\n");
    host.write(`${FILES}/file_contexts`, "/usr/sbin/keepalived -- system_u:object_r:keepalived_exec_t:s0\n");
    host.write(`${FILES}/file_contexts.subs_dist`, "/run /var/run\n/usr/lib64 /usr/lib\n");
    host.program("semanage", SEMANAGE);
    host.program(
      "semodule",
      `echo "semodule $*" >>"$FAKE/semanage"
      case $1 in
      -i) [ ! -e "$FAKE/semodule-fails" ] || { echo "Failed to resolve"; exit 1; }; : >"$FAKE/module" ;;
      -r) rm "$FAKE/module" ;;
      -l) echo abrt; [ ! -e "$FAKE/module" ] || echo vrrp-agent ;;
      esac`,
    );
    host.program("restorecon", `echo "restorecon $*" | sed "s|$VRRP_ROOT||g" >>"$FAKE/restorecon"`);
    host.program("setenforce", `echo "setenforce $*" >>"$FAKE/calls"`);
    host.program("ausearch", "exit 1");
    host.program("getenforce", "echo Enforcing");
    // The host's cp may know no contexts.
    host.program(
      "cp",
      `for word; do shift; case $word in --preserve=context) echo "context kept" >>"$FAKE/calls" ;; *) set -- "$@" "$word" ;; esac; done; exec /bin/cp "$@"`,
    );
  });
  afterEach(() => host.close());

  const said = (name: string): string[] => {
    const text = spawnSync("cat", [join(dirname(host.root), host.root.split("/").pop()!, "fake", name)], {
      encoding: "utf8",
    });
    return text.stdout.split("\n").filter(Boolean);
  };
  const stage = (n = 1, changes: Record<string, string> = {}) =>
    host.succeed(["stage"], bundleOf(nodeFiles(changes), { generation: generation(n) }));
  const apply = (n = 1, changes: Record<string, string> = {}) => {
    stage(n, changes);
    host.succeed(["activate", "gw", generation(n)]);
  };

  test("a stage stores the contexts of our files and our module, once, and labels what is there", () => {
    stage();
    expect(said("semanage").filter((call) => call.startsWith("fcontext"))).toEqual([
      "fcontext -a -f f -t bin_t '/usr/lib/vrrp-agent\\.[^/]+/vrrp-agent'",
      "fcontext -a -f f -t keepalived_unconfined_script_exec_t '/usr/lib/vrrp-agent\\.[^/]+/vrrp-unconfined'",
      // The policy says that /run is /var/run.
      "fcontext -a -f a -t vrrp_agent_run_t '/var/run/vrrp-agent(/.*)?'",
      "fcontext -a -f a -t vrrp_agent_state_t '/var/lib/vrrp-agent(/.*)?'",
    ]);
    expect(said("semanage").filter((call) => call.includes("semodule -i"))).toHaveLength(1);
    expect(said("restorecon").slice(-2)).toEqual([
      "restorecon -R /run/vrrp-agent",
      "restorecon -R /var/lib/vrrp-agent",
    ]);
    stage(2);
    expect(said("semanage").filter((call) => call.startsWith("fcontext"))).toHaveLength(4);
    expect(said("semanage").filter((call) => call.includes("semodule -i"))).toHaveLength(1);
  });

  test("each file that is put into place gets the policy's context; what was there keeps its own", () => {
    host.write("/etc/keepalived/keepalived.conf", "by hand\n");
    apply();
    expect(said("restorecon")).toContain("restorecon /etc/keepalived/keepalived.conf");
    expect(host.calls()).toContain("context kept");
    stage(2);
    expect(said("restorecon")).toContain(
      "restorecon -R -e /var/lib/vrrp-agent/gw/generations/0/files /var/lib/vrrp-agent",
    );
    const before = said("restorecon").length;
    host.succeed(["restore", "gw", "me"]);
    expect(host.calls()).toContain("context kept");
    expect(said("restorecon").slice(before)).not.toContain("restorecon /etc/keepalived/keepalived.conf");
  });

  test("the module and the contexts go with the agent, and only ours", () => {
    host.write(`${FILES}/file_contexts.local`, "/srv/www(/.*)?\tsystem_u:object_r:httpd_sys_content_t:s0\n");
    apply();
    host.succeed(["uninstall", "me"]);
    expect(host.read(`${FILES}/file_contexts.local`)).toBe(
      "/srv/www(/.*)?\tsystem_u:object_r:httpd_sys_content_t:s0\n",
    );
    expect(said("semanage").at(-1)).toBe("semodule -r vrrp-agent");
    expect(host.calls().filter((call) => call.startsWith("setenforce"))).toEqual([]);
  });

  test("where the policy does not confine keepalived nothing is stored", () => {
    host.write(`${FILES}/file_contexts`, "/usr/sbin/nginx -- system_u:object_r:httpd_exec_t:s0\n");
    apply();
    expect(said("semanage")).toEqual([]);
  });

  test("where SELinux is disabled nothing is asked and nothing is labelled", () => {
    host.remove("/sys/fs/selinux/enforce");
    host.program("getenforce", "echo Disabled");
    apply();
    expect([...said("semanage"), ...said("restorecon")]).toEqual([]);
  });

  test("a policy that does not take the module fails the stage with its words, and nothing is applied", () => {
    host.state("semodule-fails");
    const { status, stderr } = host.agent(["stage"], bundleOf(nodeFiles()));
    expect(status).toBe(1);
    expect(stderr).toContain("SELinux does not take our policy module\nFailed to resolve");
    expect(host.has("/etc/vrrp-agent/gw")).toBe(false);
  });

  test("a missing semanage is a missing package", () => {
    host.withoutProgram("semanage");
    host.program("dpkg-query", `echo "ii  base:all"`);
    host.program("dpkg", "exit 0");
    host.program(
      "apt-get",
      `echo "apt-get $*" >>"$FAKE/calls"; echo "E: Unable to locate package"; exit 100`,
    );
    const { status, stderr } = host.agent(["stage"], bundleOf(nodeFiles()));
    expect(status).toBe(1);
    expect(stderr).toContain(
      "missing: semanage; apt-get cannot install policycoreutils-python-utils: give the host a package source or install by hand",
    );
  });

  test("track scripts of the user's own may connect, from the first apply until the last restore", () => {
    host.state("booleans", "keepalived_connect_any (off , off) words\n");
    apply(1);
    expect(said("semanage").join("\n")).not.toContain("boolean -m");
    apply(2, {
      "/etc/keepalived/keepalived.conf": `vrrp_script web {\n    script "/usr/local/bin/web"\n}\nvrrp_instance gw {\n}\n`,
    });
    expect(said("semanage")).toContain("semanage boolean -m --on keepalived_connect_any");
    host.succeed(["restore", "gw", "me"]);
    expect(said("semanage").at(-1)).toBe("semanage boolean -m --off keepalived_connect_any");
  });

  test("the agent's own checks need no boolean", () => {
    host.state("booleans", "keepalived_connect_any (off , off) words\n");
    apply(1, {
      "/etc/keepalived/keepalived.conf": `vrrp_script net {\n    script "/bin/sh /usr/lib/vrrp-agent/vrrp-check gw net"\n}\n`,
    });
    expect(said("semanage").join("\n")).not.toContain("boolean -m");
  });

  /** Of a gateway only what SELinux is told: there is no nginx on the fake host. */
  const drive = (text: string) => {
    host.write("/var/lib/vrrp-agent/gw/owner", "me\n");
    const kept = "/var/lib/vrrp-agent/gw/generations/0/kept";
    if (!host.has(kept)) host.write(kept, "service disabled stopped\n");
    host.write("/var/lib/vrrp-agent/gw/generations/1/files/etc/vrrp-agent/gw/node.conf", text);
    const lib = join(dirname(AGENT), "lib");
    const modules = ["common", "bundle", "service", "generations", "nginx", "keepalived", "selinux"];
    const script = `set -eu; here=${dirname(AGENT)}; for m in ${modules.join(" ")}; do . ${lib}/$m.sh; done; make_work; drive_selinux gw "$state_dir/gw/generations/1"`;
    const [program = "", ...words] = host.command;
    const ended = spawnSync(program, [...words, "-c", script], {
      env: host.env,
      encoding: "utf8",
      // By a socket for its stdin bash would take itself for the shell of a remote login.
      stdio: ["ignore", "pipe", "pipe"],
    });
    expect(ended.stderr).toBe("");
    return host.read(kept).split("\n").slice(1, -1);
  };

  test.each([
    ["a port of no name", 8405, "", ["port tcp 8405 none"], "semanage port -d -p tcp 8405"],
    [
      "a port that the policy gives to another program",
      8081,
      "",
      ["port tcp 8081 none"],
      "semanage port -d -p tcp 8081",
    ],
    [
      "a port that somebody has named",
      8405,
      "jboss_debug_port_t tcp 8405\n",
      ["port tcp 8405 jboss_debug_port_t"],
      "semanage port -m -t jboss_debug_port_t -p tcp 8405",
    ],
    ["a port within a range of nginx's", 8010, "", [], undefined],
    ["nginx's own port", 80, "", [], undefined],
  ])("%s is nginx's while the gateway is there", (_what, port, local, kept, back) => {
    host.state(
      "ports",
      "http_port_t tcp 80, 443, 8008-8011\ntransproxy_port_t tcp 8081\nunreserved_port_t tcp 1024-32767\n",
    );
    if (local !== "") host.state("ports.local", local);
    const text = gateway(port)["/etc/vrrp-agent/gw/node.conf"];
    expect(drive(text)).toEqual(kept);
    expect(drive(text)).toEqual(kept);
    if (back === undefined) {
      expect(said("semanage").join("\n")).not.toMatch(/port -[am]/);
    } else {
      expect(said("ports.local")).toEqual([`http_port_t tcp ${port}`]);
      expect(drive(node)).toEqual([]);
      expect(said("semanage")).toContain(back);
    }
  });

  const avc = (seconds: number, words: string) =>
    `type=AVC msg=audit(${seconds}.123:42): avc:  denied  { read open } for  pid=7 ${words} tclass=file permissive=0\n`;
  const denied = (name: string) =>
    `comm="sh" name="${name}" dev="dm-0" scontext=system_u:system_r:keepalived_t:s0 tcontext=system_u:object_r:var_lib_t:s0`;

  test.each(["audit.log", "the journal", "dmesg"])(
    "status has what was denied lately, each once, out of %s",
    (source) => {
      const now = Math.floor(Date.now() / 1000);
      const lines = [
        avc(now - 7200, denied("old")),
        avc(now - 60, denied("drain")),
        avc(now - 50, denied("drain")),
        avc(
          now - 40,
          `comm="smbd" name="x" scontext=system_u:system_r:smbd_t:s0 tcontext=system_u:object_r:etc_t:s0`,
        ),
      ].join("");
      host.withoutProgram("ausearch");
      for (const tool of ["journalctl", "dmesg"]) host.program(tool, "exit 0");
      if (source === "audit.log") host.write("/var/log/audit/audit.log", lines);
      else {
        host.state("log", lines);
        host.program(source === "dmesg" ? "dmesg" : "journalctl", `cat "$FAKE/log"`);
        if (source === "dmesg") host.remove("/run/systemd/system");
      }
      const status = JSON.parse(host.succeed(["status", "--json"])) as {
        facts: { selinux: string };
        denials: unknown;
      };
      expect(status.facts.selinux).toBe("enforcing");
      expect(status.denials).toEqual([
        {
          permissions: "read,open",
          class: "file",
          command: "sh",
          name: "drain",
          source: "keepalived_t",
          target: "var_lib_t",
        },
      ]);
      expect(host.succeed(["status"])).toContain(
        "SELinux denied sh (keepalived_t): read,open of the file drain (var_lib_t)\n",
      );
    },
  );

  test("the port of the probe is nginx's, too, whatever address it is on", () => {
    host.state("ports", "http_port_t tcp 80\nunreserved_port_t tcp 1024-32767\n");
    host.write(
      "/var/lib/vrrp-agent/gw/generations/1/files/etc/vrrp-agent/gw/gateway-probe.conf",
      "server {\n  listen 10.0.0.1:8085;\n  listen [::]:8086 ipv6only=on;\n  listen 8087;\n}\n",
    );
    expect(drive(gateway(80)["/etc/vrrp-agent/gw/node.conf"])).toEqual([
      "port tcp 8085 none",
      "port tcp 8086 none",
      "port tcp 8087 none",
    ]);
  });

  test("nginx may connect where there is something behind it, but for a build of the user's own", () => {
    host.state("booleans", "httpd_can_network_connect (off , off) words\n");
    host.state("ports", "http_port_t tcp 80\n");
    const own = gateway(80, "gateway upstream 10.0.0.9 9000\ngateway prefix /opt/nginx\n");
    expect(drive(own["/etc/vrrp-agent/gw/node.conf"])).toEqual([]);
    const text = gateway(80, "gateway upstream 10.0.0.9 9000\n")["/etc/vrrp-agent/gw/node.conf"];
    expect(drive(text)).toEqual(["boolean httpd_can_network_connect off"]);
    expect(drive(node)).toEqual([]);
    expect(said("semanage").at(-1)).toBe("semanage boolean -m --off httpd_can_network_connect");
  });
});

describe.each(EVERY_SHELL)("what keepalived starts under SELinux, under %s", (shell) => {
  let host: FakeHost;

  beforeEach(async () => {
    host = await FakeHost.create(shell);
    host.write("/usr/lib/vrrp-agent/.keep", "");
    cpSync(dirname(AGENT), join(host.root, "usr/lib/vrrp-agent"), { recursive: true });
    host.write(
      "/usr/lib/vrrp-agent/vrrp-unconfined",
      `#!/bin/sh\necho "unconfined: $*" | sed "s|$VRRP_ROOT||g"\n`,
      0o755,
    );
    chmodSync(join(host.root, "usr/lib/vrrp-agent/vrrp-check"), 0o644);
  });
  afterEach(() => host.close());

  const run = (context: string, program: string, ...args: string[]) => {
    // As the kernel writes it: with a NUL and no newline.
    host.write("/proc/self/attr/current", `${context}\0`);
    const [shellProgram = "", ...words] = host.command;
    return spawnSync(shellProgram, [...words, join(host.root, "usr/lib/vrrp-agent", program), ...args], {
      env: host.env,
      encoding: "utf8",
      timeout: 20_000,
    });
  };

  test.each(["system_u:system_r:keepalived_t:s0", "system_u:system_r:keepalived_t"])(
    "goes on outside of %s",
    (context) => {
      expect(run(context, "vrrp-check", "gw", "web").stdout).toBe(
        "unconfined: /bin/sh /usr/lib/vrrp-agent/vrrp-check gw web\n",
      );
      expect(run(context, "vrrp-agent", "notify", "/run/x").stdout).toBe(
        "unconfined: /usr/lib/vrrp-agent/vrrp-agent notify /run/x\n",
      );
    },
  );

  test.each([
    "unconfined_u:unconfined_r:unconfined_t:s0",
    "system_u:system_r:keepalived_unconfined_script_t:s0",
    "",
  ])("stays where it is in '%s'", (context) => {
    expect(run(context, "vrrp-check", "gw", "web").stdout).not.toContain("unconfined:");
  });
});
