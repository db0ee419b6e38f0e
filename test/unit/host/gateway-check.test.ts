import { spawnSync } from "node:child_process";
import { join } from "node:path";

import { FakeHost, SHELLS } from "./fake-host";

const PROGRAM = join(__dirname, "../../../host/vrrp-check");
const STATE = "run/vrrp-agent/gw/checks/gateway";
const MASTER = "run/vrrp-agent/gw/role/master";

/** A service that runs while `nginx.pid` is there, and starts unless `broken` is. */
const SYSTEMCTL = `
  case $* in
  "show --property=MainPID nginx.service") echo "MainPID=$(cat "$FAKE/nginx.pid" 2>/dev/null || echo 0)"; exit ;;
  esac
  echo "systemctl $*" >>"$FAKE/calls"
  case $* in
  *" restart nginx.service") [ -e "$FAKE/broken" ] || echo 1 >"$FAKE/nginx.pid" ;;
  esac`;

/** Says the code in \`http\`, or ends with the status there; only while the service runs. */
const CURL = `
  [ -e "$FAKE/nginx.pid" ] || exit 7
  read -r code <"$FAKE/http"
  echo "curl $*" >>"$FAKE/calls"
  case $code in exit*) exit "\${code#exit }" ;; esac
  printf %s "$code"`;

/** Time passes in the waits of the check; programs that are ended in time are so by the real clock. */
const SLEEP = (real: string) => `
  [ "$1" = 0.2 ] || exec ${real} "$1"
  awk '{ printf "%.2f 0\\n", $1 + 0.2 }' "$VRRP_ROOT/proc/uptime" >"$FAKE/up" && cp "$FAKE/up" "$VRRP_ROOT/proc/uptime"`;

describe.each(SHELLS)("the check of a gateway under %s", (shell) => {
  let host: FakeHost;
  let uptime: number;
  beforeEach(async () => {
    host = await FakeHost.create(shell);
    host.program("systemctl", SYSTEMCTL);
    host.program("curl", CURL);
    host.program("bash", '[ -e "$FAKE/reached" ]');
    host.program("sleep", SLEEP(shell === "busybox" ? "/bin/busybox sleep" : "/bin/sleep"));
    host.program("logger", 'echo "logger $*" >>"$FAKE/calls"');
    host.write(
      "usr/sbin/nginx",
      '#!/bin/sh\n[ ! -e "$FAKE/refused" ] || { echo "[emerg] no such word"; exit 1; }\n',
      0o755,
    );
    host.state("nginx.pid", "1\n");
    host.state("http", "200\n");
    uptime = 1000;
    configure("both");
  });
  afterEach(() => host.close());

  const configure = (runs: string, upstreams: string[] = []) =>
    host.write(
      "/etc/vrrp-agent/gw/node.conf",
      [
        "cluster gw",
        "node a",
        "check gateway gateway 4 2 2 yield 2",
        "gateway unit nginx",
        "gateway binary /usr/sbin/nginx",
        "gateway conf /etc/nginx/nginx.conf",
        `gateway runs ${runs}`,
        "gateway listen 80",
        "gateway path /alive",
        "gateway host www.example.org",
        ...upstreams.map((upstream) => `gateway upstream ${upstream}`),
        "",
      ].join("\n"),
    );
  const tick = (seconds: number) => (uptime += seconds);
  const check = (): [number | null, string] => {
    host.uptime(uptime);
    const [program = "", ...before] = host.command;
    const { status, stderr } = spawnSync(program, [...before, PROGRAM, "gw", "gateway"], {
      env: host.env,
      encoding: "utf8",
    });
    expect(stderr).toBe("");
    return [status, /^words ?(.*)$/m.exec(host.read(STATE))![1]!];
  };
  const restarts = () => host.calls().filter((call) => call.includes("restart nginx.service")).length;
  const stop = () => host.withoutState("nginx.pid");

  test.each(["200", "301", "404", "500"])(
    "passes with the answer %s, which is nginx's own or of what is behind it",
    (code) => {
      host.state("http", `${code}\n`);
      expect(check()).toEqual([0, ""]);
      const asked = host.calls().find((call) => call.startsWith("curl"));
      expect(asked).toMatch(/-H Host: www\.example\.org --url http:\/\/127\.0\.0\.1:80\/alive$/);
    },
  );

  test("has nginx that does not run started anew, tells it, and passes where it then answers", () => {
    stop();
    expect(check()).toEqual([0, "nginx does not run; it was restarted and answers"]);
    expect(host.calls()).toEqual(
      expect.arrayContaining([
        "systemctl --no-block restart nginx.service",
        "logger -t vrrp-check -p daemon.notice -- gateway of gw: nginx does not run; it was restarted and answers",
      ]),
    );
    const events = host.read("var/log/vrrp-agent/events.jsonl");
    expect(JSON.parse(events.split("\n")[0]!)).toMatchObject({
      kind: "ACTION",
      name: "gateway",
      state: "restarted",
    });
  });

  test("fails where that does not help, and tries it once a minute", () => {
    host.state("broken");
    stop();
    expect(check()).toEqual([1, "nginx does not run; a restart has not helped yet"]);
    expect(restarts()).toBe(1);
    tick(59);
    expect(check()).toEqual([1, "nginx does not run; it was restarted 59 s ago"]);
    expect(restarts()).toBe(0);
    tick(1);
    check();
    expect(restarts()).toBe(1);
  });

  test("restarts nothing that runs: a port that takes no connection is mended, an answer that is late is not", () => {
    host.state("http", "exit 28\n");
    expect(check()[1]).toMatch(/^nginx gives no answer/);
    expect(restarts()).toBe(0);
    host.state("http", "exit 7\n");
    check();
    expect(restarts()).toBe(1);
  });

  describe.each(["502", "503", "504"])("with the answer %s, which every node may give", (code) => {
    test("fails at once where the node holds nothing, and passes later than the holder", () => {
      host.state("http", `${code}\n`);
      expect(check()).toEqual([1, `nginx answers ${code}: nothing behind it does`]);
      host.state("http", "200\n");
      tick(2);
      expect(check()).toEqual([1, "it answers again for 0 s; the holder is given time to see it, too"]);
      tick(7);
      expect(check()[0]).toBe(1);
      tick(1);
      expect(check()).toEqual([0, ""]);
      expect(restarts()).toBe(0);
    });

    test("fails later where it holds, and passes at once", () => {
      host.write(MASTER, "");
      host.state("http", `${code}\n`);
      expect(check()[0]).toBe(0);
      tick(7);
      expect(check()).toEqual([
        0,
        `nginx answers ${code}: nothing behind it does, for 7 s; the others are given time to see it, too`,
      ]);
      tick(1);
      expect(check()[0]).toBe(1);
      host.state("http", "200\n");
      tick(2);
      expect(check()).toEqual([0, ""]);
    });
  });

  describe("where it runs on the master alone", () => {
    beforeEach(() => configure("master"));

    test("passes on a backup, on which it does not run, and starts nothing there", () => {
      stop();
      expect(check()).toEqual([0, ""]);
      expect(restarts()).toBe(0);
    });

    test("that failed as master fails as backup until it could start, and for a minute: no loop", () => {
      host.write(MASTER, "");
      host.state("broken");
      host.state("refused");
      stop();
      expect(check()[0]).toBe(1);
      host.remove(MASTER);
      tick(100);
      expect(check()).toEqual([1, "it failed here as master, and cannot start: [emerg] no such word"]);
      host.withoutState("refused");
      host.write(
        "proc/net/tcp",
        "  sl  local_address rem_address   st\n   0: 00000000:0050 00000000:0000 0A\n",
      );
      expect(check()).toEqual([1, "it failed here as master, and port 80 is taken by another program"]);
      host.remove("proc/net/tcp");
      expect(check()).toEqual([0, ""]);
      // The second time in a row it takes twice as long.
      host.write(MASTER, "");
      tick(60);
      expect(check()[0]).toBe(1);
      host.remove(MASTER);
      tick(60);
      expect(check()).toEqual([1, "it failed here as master; it counts as well in 60 s"]);
      tick(60);
      expect(check()[0]).toBe(0);
    });

    test("sees on a backup whether the upstreams are there, as the master does", () => {
      configure("master", ["10.0.0.11 8080", "fd00::11 8080"]);
      stop();
      expect(check()).toEqual([1, "no upstream takes a connection"]);
      host.state("reached");
      tick(2);
      expect(check()[0]).toBe(1);
      tick(8);
      expect(check()).toEqual([0, ""]);
    });
  });

  test("is broken, and goes on as it was, without curl or a gateway", () => {
    host.write("/etc/vrrp-agent/gw/node.conf", "cluster gw\nnode a\ncheck gateway gateway 4 2 2 yield 2\n");
    expect(check()).toEqual([0, `${host.root}/etc/vrrp-agent/gw/node.conf has no gateway`]);
  });
});
