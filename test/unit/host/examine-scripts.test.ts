import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";

import { apply, CONF, examine, examinedHost, facts, KEEPALIVED_CONF } from "./examine-host";
import { type FakeHost, SHELLS } from "./fake-host";

/** Of no other process on this machine. */
const FIFO = `run/vrrp-agent/notify-${process.pid}.fifo`;
const NODE = "etc/vrrp-agent/gw/node.conf";
const CHECKS = "run/vrrp-agent/gw/checks";

describe.each(SHELLS)("examine of scripts under %s", (shell) => {
  let host: FakeHost;
  beforeEach(async () => {
    host = await examinedHost(shell);
    host.write("opt/n/ok", "#!/bin/sh\nexit 0\n", 0o755);
  });
  afterEach(() => host.close());

  const configure = (instance: string, before = "") => {
    apply(host, 1);
    const text = KEEPALIVED_CONF.replace("    advert_int", `${instance}\n    advert_int`);
    host.write(CONF, text.replace("vrrp_instance", `${before}\nvrrp_instance`));
  };
  const notifies = () =>
    facts(examine(host), "script notify").map((line) => line.replace("script notify ", ""));

  describe("that keepalived notifies by", () => {
    test("each state has its word, and none is ever run", () => {
      host.write("opt/n/ran", "", 0o644);
      host.write("opt/n/fails", `#!/bin/sh\nrm ${join(host.root, "opt/n/ran")}\nexit 3\n`, 0o755);
      host.write("opt/n/broken", "#!/bin/sh\nif true; then\n", 0o755);
      host.write("opt/n/perl", "#!/opt/no/perl\n", 0o755);
      host.write("opt/n/noexec", "#!/bin/sh\n", 0o644);
      host.write("opt/n/dir/file", "");
      configure(`
        notify_master "/opt/n/ok gw" root
        notify_backup /opt/n/fails
        notify_fault "/opt/n/broken"
        notify_stop /opt/n/perl
        notify /opt/n/noexec
        notify_deleted /opt/gone/x
        notify_master_rx_lower_pri /opt/n/dir`);
      expect(notifies()).toEqual([
        "/opt/n/ok ok root",
        "/opt/n/fails failing line 3 is exit 3",
        expect.stringMatching(/^\/opt\/n\/broken failing .*[Ss]yntax error/),
        "/opt/n/perl failing its interpreter /opt/no/perl is not there",
        expect.stringMatching(/^\/opt\/n\/noexec not-executable -rw-r--r-- \S+:\S+ for root$/),
        "/opt/gone/x missing /opt/gone is not there",
        "/opt/n/dir missing it is no plain file",
      ]);
      expect(host.has("opt/n/ran")).toBe(true);
    });

    test("a shell script's commands about services are told with the `case` around them, and nothing else of it", () => {
      host.write(
        "opt/n/role",
        `#!/bin/sh
# systemctl stop never
curl -u me:word http://x
case $1 in
master) systemctl start web ;;
backup | "fault")
  if systemctl is-active --quiet web; then /usr/bin/systemctl stop web; fi
  ;;
esac
case $2 in a) service one stop;; *) /etc/init.d/two stop; esac
pkill -f hush7hush && true
`,
        0o755,
      );
      host.write("opt/n/python", "#!/usr/bin/python3\nsystemctl stop web\n", 0o755);
      configure('notify_backup "/opt/n/role backup"\nnotify_fault /opt/n/python');
      expect(
        facts(examine(host), "script-line").map((line) => line.replace("script-line /opt/n/role ", "")),
      ).toEqual([
        "master systemctl start web",
        "backup|fault if systemctl is-active --quiet web",
        "backup|fault then /usr/bin/systemctl stop web",
        "a service one stop",
        "* /etc/init.d/two stop",
        "- pkill -f ********",
      ]);
    });

    test("one that others can change, or put another in the place of, is insecure; a sticky directory is none", () => {
      host.write("opt/open/x", "#!/bin/sh\n", 0o755);
      host.write("opt/sticky/x", "#!/bin/sh\n", 0o755);
      host.write("opt/n/all", "#!/bin/sh\n", 0o777);
      chmod("opt/open", "757");
      chmod("opt/sticky", "1777");
      configure("notify_master /opt/open/x\nnotify_backup /opt/sticky/x\nnotify_fault /opt/n/all");
      expect(notifies()).toEqual([
        expect.stringMatching(/^\/opt\/open\/x insecure \/opt\/open drwxr-xrwx /),
        "/opt/sticky/x ok root",
        expect.stringMatching(/^\/opt\/n\/all insecure \/opt\/n\/all -rwxrwxrwx /),
      ]);
    });

    test("one whose user is not there cannot be run", () => {
      configure('notify_master "/opt/n/ok" nobody-such');
      expect(notifies()).toEqual(["/opt/n/ok not-executable there is no user nobody-such"]);
    });

    let slow: ChildProcess | undefined;
    afterEach(() => {
      slow?.kill("SIGKILL");
      slow = undefined;
    });

    test("one that has been running for long is hanging", async () => {
      host.program("getconf", "echo 100");
      host.write("opt/n/slow", "#!/bin/sh\necho on\nread -r _\n", 0o755);
      configure("notify_master /opt/n/slow");
      slow = spawn("/bin/sh", [join(host.root, "opt/n/slow")], { stdio: ["pipe", "pipe", "ignore"] });
      await once(slow.stdout!, "data");
      expect(notifies()).toEqual(["/opt/n/slow ok root"]);
      // Ticks are shorter than the kernel's: it has been running for long.
      host.program("getconf", "echo 1");
      host.program("awk", `case $* in *"ticks=1"*) echo 4000 ;; *) exec /usr/bin/awk "$@" ;; esac`);
      expect(notifies()).toEqual([`/opt/n/slow hanging process ${slow.pid} has been running for 4000 s`]);
    });
  });

  describe("that read its FIFO", () => {
    let reader: ChildProcess | undefined;
    afterEach(() => {
      reader?.kill("SIGKILL");
      reader = undefined;
    });
    const fifo = () => facts(examine(host), "script fifo").map((line) => line.replace("script fifo ", ""));
    const configureFifo = () => {
      host.write("usr/lib/vrrp-agent/vrrp-agent", "#!/bin/sh\nread -r _\n", 0o755);
      configure("");
      const globals = `    vrrp_notify_fifo /${FIFO}\n    vrrp_notify_fifo_script "/bin/sh /usr/lib/vrrp-agent/vrrp-agent notify" root\n}`;
      host.write(CONF, host.read(CONF).replace("}", globals));
      host.write("bin/sh", "", 0o755);
    };

    test("the one that does not run is failing, the one that renews nothing is hanging", () => {
      configureFifo();
      host.program("awk", `case $* in *ticks=*) echo 60 ;; *) exec /usr/bin/awk "$@" ;; esac`);
      expect(fifo()).toEqual([
        "/bin/sh ok root",
        `/usr/lib/vrrp-agent/vrrp-agent failing no process of it reads /${FIFO}`,
      ]);
      reader = spawn("/bin/sh", ["-c", "read -r _", "/usr/lib/vrrp-agent/vrrp-agent", `/${FIFO}`], {
        stdio: ["pipe", "ignore", "ignore"],
      });
      expect(fifo()[1]).toBe("/usr/lib/vrrp-agent/vrrp-agent ok root");
      const now = Math.floor(Date.now() / 1000);
      host.write(
        "run/vrrp-agent/gw/gw.state",
        `state MASTER\npriority 100\nsince 1\nheartbeat ${now - 100}\n`,
      );
      expect(fifo()[1]).toMatch(/^\/usr\/lib\/vrrp-agent\/vrrp-agent hanging its last sign is 10\d s old$/);
    });
  });

  describe("that are checks", () => {
    const runs = () =>
      facts(examine(host), "check-run").map((line) => line.replace(/^(check-run \S+ \S+) \d+/, "$1"));

    test("each is run as keepalived would, and has its verdict", () => {
      host.withoutProgram("sleep");
      host.write("opt/n/slow", "#!/bin/sh\nexec sleep 60\n", 0o755);
      const script = (name: string, command: string, more = "") =>
        `vrrp_script ${name} {\n script ${command}\n interval 1\n ${more}\n}\n`;
      const at = host.root;
      configure(
        "",
        script("good", `"/usr/bin/env test -e ${at}/opt/n/ok"`) +
          script("bad", `"/bin/sh -c 'echo it is bad; exit 4'"`) +
          script("gone", `${at}/opt/n/none`) +
          script("slow", `${at}/opt/n/slow`, "timeout 1") +
          script("file", `</etc/passwd`),
      );
      expect(runs()).toEqual([
        "check-run good passing",
        "check-run bad failing it is bad",
        expect.stringMatching(/^check-run gone broken /),
        "check-run slow hanging did not end within 1 s",
      ]);
    });

    test("one that may take longer than a look waits is not judged by that", () => {
      host.withoutProgram("sleep");
      host.write("opt/n/slow", "#!/bin/sh\nexec sleep 60\n", 0o755);
      configure("", `vrrp_script slow {\n script ${host.root}/opt/n/slow\n interval 1\n timeout 10\n}\n`);
      expect(runs()).toEqual([]);
      expect(facts(examine(host), "lacks patience")).toEqual([
        "lacks patience how slow ends: it may take 10 s, and a look waits for 5",
      ]);
    });

    const own = (name: string) =>
      `vrrp_script ${name} {\n script "/bin/sh ${join(__dirname, "../../../host/vrrp-check")} gw ${name}"\n interval 2\n timeout 2\n}\n`;
    const configureOwn = (settings: string) => {
      configure("", own("c"));
      host.write(NODE, `${host.read(NODE)}${settings}`);
    };

    test("the agent's own remember nothing and tell nothing of it", () => {
      host.withoutProgram("sleep");
      host.write("opt/probe", "#!/bin/sh\nexit 0\n", 0o755);
      configureOwn("check c command 2 1 1 yield 2\ncheck-set c command /opt/probe\n");
      host.write("opt/probe", "#!/bin/sh\nexit 7\n", 0o755);
      const record =
        "verdict passing\nbroken no\nrow 5\nkind command\ncondition passing\ncount 5\ntold passing\n";
      host.write(`${CHECKS}/c`, record);
      const before = host.tree("run", "var");
      expect(runs()).toEqual(["check-run c failing /opt/probe ended with 7"]);
      host.write("opt/probe", "#!/bin/sh\nexit 0\n", 0o644);
      expect(runs()).toEqual(["check-run c broken /opt/probe is not executable"]);
      expect(host.tree("run", "var")).toBe(before);
      expect(host.calls()).toEqual([]);
      host.write("opt/probe", "#!/bin/sh\nexit 0\n", 0o755);
      expect(runs()).toEqual(["check-run c passing"]);
    });

    test("one of the agent's that does not end is hanging", () => {
      host.withoutProgram("sleep");
      host.write("opt/probe", "#!/bin/sh\nexec sleep 60\n", 0o755);
      configureOwn("check c command 2 1 1 yield 2\ncheck-set c command /opt/probe\n");
      expect(runs()).toEqual(["check-run c hanging /opt/probe did not end in time"]);
    });

    test("a witness is not asked for its vote", () => {
      configureOwn("check c witness 2 1 1 fault 2\n");
      expect(runs()).toEqual([]);
    });

    test("what status has of a check is told", () => {
      configureOwn("check c file 2 1 1 yield 2\ncheck-set c path /etc/x\n");
      host.write(
        `${CHECKS}/c`,
        "verdict failing\nbroken no\nrow 5\nsince 1700000000\nwords /etc/x is not there\n",
      );
      expect(facts(examine(host), "check")).toEqual([
        "check c file failing failing 2023-11-14T22:13:20Z /etc/x is not there",
      ]);
    });
  });

  function chmod(path: string, mode: string): void {
    execFileSync("chmod", [mode, join(host.root, path)]);
  }
});
