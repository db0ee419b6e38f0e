import { type ChildProcess, spawn } from "node:child_process";
import { bundleOf, FakeHost, generation, nodeFiles, SHELLS } from "./fake-host";

const CONF = "etc/nginx/nginx.conf";

/** keepalived as the fake host's own has it; nginx runs while `nginx.pid` is there. */
const SYSTEMCTL = `
  case $* in
  "show --property=MainPID nginx.service") echo "MainPID=$(cat "$FAKE/nginx.pid" 2>/dev/null || echo 0)"; exit ;;
  "show "*) echo "MainPID=$(cat "$FAKE/keepalived.pid" 2>/dev/null || echo 0)"; exit ;;
  *"is-enabled keepalived"*) [ -e "$FAKE/enabled" ]; exit ;;
  *"is-enabled nginx"*) [ -e "$FAKE/nginx-enabled" ]; exit ;;
  *is-active*) exit 1 ;;
  "cat nginx.service") [ ! -e "$FAKE/no-nginx" ]; exit ;;
  esac
  echo "systemctl $*" >>"$FAKE/calls"
  case $* in
  *"enable nginx.service") : >"$FAKE/nginx-enabled" ;;
  *"disable nginx.service") rm -f "$FAKE/nginx-enabled" ;;
  *"start nginx.service") [ ! -e "$FAKE/nginx-broken" ] || { echo "nginx is broken"; exit 1; }
    cp "$FAKE/master" "$FAKE/nginx.pid" ;;
  "stop nginx.service") rm "$FAKE/nginx.pid" ;;
  # By the file that is there now; one that is refused leaves the workers as they are.
  "reload nginx.service")
    if grep -q refused "$VRRP_ROOT/etc/nginx/nginx.conf"; then
      echo "[emerg] bind() to 0.0.0.0:80 failed (98: Address already in use)" >>"$VRRP_ROOT/var/log/nginx/error.log"
    else kill -HUP "$(cat "$FAKE/nginx.pid")"; fi ;;
  *"enable keepalived.service") : >"$FAKE/enabled" ;;
  *"start keepalived.service") cp "$FAKE/daemon" "$FAKE/keepalived.pid" ;;
  "stop keepalived.service") rm "$FAKE/keepalived.pid" ;;
  esac`;

/** -t refuses what says so, by the file that it is given. */
const NGINX = `#!/bin/sh
while [ $# -gt 0 ]; do case $1 in -c) conf=$2; shift ;; -t) test=yes ;; -V) echo "configure arguments: --error-log-path=/var/log/nginx/error.log" >&2 ;; esac; shift; done
[ -n "$test" ] || exit 0
echo "nginx -t $conf: $(grep include "$VRRP_ROOT$conf")" >>"$FAKE/calls"
! grep -q nonsense "$VRRP_ROOT$conf" || { echo "[emerg] unknown directive in $conf:1"; exit 1; }
! grep -q vip "$VRRP_ROOT$conf" || { echo "[emerg] bind() to 10.0.0.100:80 failed (99: Cannot assign requested address)"; exit 1; }
`;

/** A process that has another child after a HUP. */
const MASTER = `trap 'kill $child; sleep 600 & child=$!' HUP; sleep 600 & child=$!; echo; while :; do wait; done`;

describe.each(SHELLS)("a gateway under %s", (shell) => {
  let host: FakeHost;
  let master: ChildProcess;
  beforeEach(async () => {
    host = await FakeHost.create(shell);
    master = spawn("/bin/sh", ["-c", MASTER], { detached: true, stdio: ["ignore", "pipe", "ignore"] });
    await new Promise((resolve) => master.stdout!.once("data", resolve));
    host.state("master", String(master.pid));
    host.program("systemctl", SYSTEMCTL);
    host.write("usr/sbin/nginx", NGINX, 0o755);
    host.write(CONF, "by hand\n");
    host.write("var/log/nginx/error.log", "[emerg] of yesterday\n");
  }, 20_000);
  afterEach(() => {
    process.kill(-master.pid!, "SIGKILL");
    host.close();
  });

  const files = (
    conf: string,
    { runs = "both", more = {} }: { runs?: string; more?: Record<string, string> } = {},
  ) => {
    const node = nodeFiles().find(({ path }) => path.endsWith("node.conf"))!.text;
    const lines = [
      "role 3 gw",
      "action gateway gateway 30 2 continue no",
      "unit nginx",
      "binary /usr/sbin/nginx",
      "conf /etc/nginx/nginx.conf",
      `runs ${runs}`,
      "listen 80",
    ];
    const said = lines.map((line) => (/^(role|action)/.test(line) ? line : `gateway ${line}`));
    return nodeFiles({
      "/etc/vrrp-agent/gw/node.conf": `${node}${said.join("\n")}\n`,
      "/etc/nginx/nginx.conf": `${conf}\n`,
      ...more,
    });
  };
  const stage = (list: ReturnType<typeof files>, n = 1) =>
    host.agent(["stage"], bundleOf(list, { generation: generation(n) }));
  const apply = (list: ReturnType<typeof files>, n = 1) => {
    const staged = stage(list, n);
    expect(staged).toMatchObject({ status: 0 });
    host.calls();
    const result = host.agent(["activate", "gw", generation(n)]);
    const calls = host.calls().filter((call) => call.includes("nginx"));
    return { ...result, calls };
  };
  const confirm = (n = 1) =>
    host.succeed(
      ["confirm", "gw", generation(n)],
      `vip 10.0.0.100 holder a\nvip 10.0.0.100 free b\ngeneration ${generation(n)} a\ngeneration ${generation(n)} b\n`,
    );

  test("is tested beside its file, with what the change brings, and nothing is in force yet", () => {
    const probe = "/etc/vrrp-agent/gw/gateway-probe.conf";
    expect(stage(files(`include ${probe};`, { more: { [probe]: "server {}\n" } })).status).toBe(0);
    expect(host.calls().find((call) => call.startsWith("nginx"))).toMatch(
      /^nginx -t \/etc\/nginx\/\.nginx\.conf\.vrrp-agent: include \S+\.incoming\.\d+\/files\/etc\/vrrp-agent\/gw\/gateway-probe\.conf;$/,
    );
    expect(host.read(CONF)).toBe("by hand\n");
    expect(host.has("etc/nginx/.nginx.conf.vrrp-agent")).toBe(false);
  });

  test.each<[string, string, () => void, RegExp]>([
    [
      "what nginx refuses",
      "nonsense",
      () => undefined,
      /gateway: nginx does not accept its configuration; correct gateway\n\[emerg\] unknown directive in \/etc\/nginx\/nginx\.conf:1/,
    ],
    [
      "a program that is not there",
      "fine",
      () => host.remove("usr/sbin/nginx"),
      /gateway: there is no program \/usr\/sbin\/nginx on this host/,
    ],
    [
      "a unit that is not there",
      "fine",
      () => host.state("no-nginx"),
      /gateway: this host has no nginx\.service/,
    ],
    [
      "a port that another program has",
      "fine",
      () => host.write("proc/net/tcp", "0: 0100007F:0050 00000000:0000 0A\n"),
      /gateway: port 80 is taken by another program/,
    ],
    ["an address that it may not bind to", "vip", () => undefined, /failed \(99/],
  ])("is refused at stage for %s", (_what, conf, change, words) => {
    change();
    const { status, stderr } = stage(files(conf));
    expect(status).toBe(1);
    expect(stderr).toMatch(words);
    expect(host.has("etc/nginx/.nginx.conf.vrrp-agent")).toBe(false);
  });

  test("that the kernel will let bind to a virtual address is taken", () => {
    const more = { "/etc/sysctl.d/60-vrrp-gw.conf": "net.ipv4.ip_nonlocal_bind = 1\n" };
    expect(stage(files("vip", { more })).status).toBe(0);
  });

  test("that did not run is enabled and started; one that did is reloaded, and not where nothing changed", () => {
    expect(apply(files("one")).calls).toEqual(
      expect.arrayContaining(["systemctl --quiet enable nginx.service", "systemctl start nginx.service"]),
    );
    confirm();
    expect(apply(files("two"), 2).calls.filter((call) => !call.includes("-t"))).toEqual([
      "systemctl reload nginx.service",
    ]);
    confirm(2);
    const other = files("two", { more: { "/etc/vrrp-agent/gw/other": "x\n" } });
    expect(apply(other, 3).calls.filter((call) => !call.includes("-t"))).toEqual([]);
  });

  test("that refuses its new file takes the change back, and says why in nginx's words", () => {
    apply(files("one"));
    confirm();
    const { status, stderr, calls } = apply(files("refused"), 2);
    expect(status).toBe(1);
    expect(stderr).toMatch(
      /gateway: nginx does not take its new configuration and goes on with the former one/,
    );
    expect(stderr).toContain("[emerg] bind() to 0.0.0.0:80 failed (98: Address already in use)");
    expect(stderr).not.toContain("of yesterday");
    expect(host.read(CONF)).toBe("one\n");
    expect(calls.filter((call) => call.includes("reload"))).toHaveLength(2);
  });

  test("with runs: master is stopped where the node is none, and started by the role alone", () => {
    host.state("nginx.pid", String(master.pid));
    const { calls } = apply(files("one", { runs: "master" }));
    expect(calls.filter((call) => /(start|stop) nginx/.test(call))).toEqual(["systemctl stop nginx.service"]);
  });

  test.each([
    [false, false],
    [true, true],
    [true, false],
  ])("is again as it was when it is taken out (enabled: %s, running: %s)", (enabled, running) => {
    if (enabled) host.state("nginx-enabled");
    if (running) host.state("nginx.pid", String(master.pid));
    const before = host.tree("etc/nginx");
    apply(files("one"));
    confirm();
    host.calls();
    host.succeed(["restore", "gw", "me"]);
    expect(host.tree("etc/nginx")).toBe(before);
    expect([host.has("fake/nginx-enabled"), host.has("fake/nginx.pid")]).toEqual([enabled, running]);
    expect(host.calls().includes("systemctl reload nginx.service")).toBe(running);
  });

  test("whose service was stopped has drifted, and comes back with a reapply", () => {
    apply(files("one"));
    confirm();
    host.withoutState("nginx.pid");
    host.write(CONF, "by hand again\n");
    expect(host.succeed(["drift", "gw"])).toContain("\ngateway nginx is stopped\n");
    host.succeed(["reapply", "gw", generation(1)]);
    expect([host.read(CONF), host.has("fake/nginx.pid")]).toEqual(["one\n", true]);
    expect(host.succeed(["drift", "gw"])).not.toContain("\ngateway ");
  });

  test("is an action of the role: it runs where it is to run, and says what keeps it", () => {
    apply(files("one", { runs: "master" }));
    confirm();
    const act = (...words: string[]) => host.agent(["act", "gw", "gateway", ...words]);
    expect(act("reached", "backup").status).toBe(0);
    expect(act("reached", "master").status).toBe(1);
    expect(act("promote").status).toBe(0);
    expect(act("reached", "master").status).toBe(0);
    expect(act("demote").status).toBe(0);
    expect(host.has("fake/nginx.pid")).toBe(false);
    host.state("nginx-broken");
    expect(act("promote")).toMatchObject({ status: 1, stdout: "nginx does not start: nginx is broken\n" });
  });
});
