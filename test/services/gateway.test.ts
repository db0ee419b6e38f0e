import type { ChildProcess } from "node:child_process";
import { dirname } from "node:path";

import { type Host, Image, Lab, Stack, until } from "../../lab";
import { renderHost } from "../../render";
import { hostPlan, parseCluster } from "../../spec";
import { configure, errorsOf, holders, nodeOf, staysWith, VIP } from "../e2e/pair/cluster";
import { changesBesideAgent, type HostState, stateOf } from "../e2e/pair/hostState";

const CONF = "/etc/nginx/nginx.conf";
const PREFIX = "/usr/local/nginx";
const APP = 9000;
const PROBE = 8081;

/** An application on the client: it says who it is. */
const app = `require("node:http").createServer((_, answer) => answer.end("the app\\n")).listen(${APP})`;

/** Asks for the virtual address all the time, a connection each, and prints what was no answer of the application. */
const asker = `
  const http = require("node:http");
  let asked = 0;
  const lost = [];
  const ask = () => {
    asked += 1;
    const request = http.get({ host: "${VIP}", agent: false, timeout: 5000 }, (answer) => {
      let text = "";
      answer.on("data", (part) => (text += part));
      answer.on("end", () => text === "the app\\n" || lost.push(answer.statusCode));
    });
    request.on("timeout", () => request.destroy(new Error("timeout")));
    request.on("error", (error) => lost.push(error.message));
  };
  const clock = setInterval(ask, 20);
  process.stdin.on("end", () => {
    clearInterval(clock);
    setTimeout(() => console.log(JSON.stringify({ asked, lost })), 5100);
  });
  process.stdin.resume();`;

interface Seen {
  state: string;
  words: string;
}

describe("the gateway of a pair", () => {
  let lab: Lab;
  let stack: Stack;
  let served: ChildProcess | undefined;
  let before: HostState;
  let [a, b]: Host[] = [];

  const gateway = (changes: Record<string, unknown> = {}) => ({
    upstreams: [{ address: `${lab.client.address}:${APP}` }],
    probe: { port: PROBE },
    ...changes,
  });
  const give = (changes: Record<string, unknown> = {}) =>
    configure(
      stack,
      lab,
      lab.hosts.map((host) => nodeOf(host)),
      { gateway: gateway(changes) },
    );
  const apply = async (changes: Record<string, unknown> = {}) => {
    await give(changes);
    return stack.up();
  };
  const get = async (url: string) =>
    (await lab.client.exec(["curl", "-s", "--max-time", "5", "-w", "%{http_code}", url], { check: false }))
      .stdout;
  const answers = () =>
    until("the application answers", 30_000, async () => (await get(`http://${VIP}/`)) === "the app\n200");
  const probes = () => Promise.all(lab.hosts.map(({ address }) => get(`http://${address}:${PROBE}/`)));
  const check = async (host: Host): Promise<Seen> => {
    const { stdout } = await host.exec("vrrp-agent status --json");
    const { clusters } = JSON.parse(stdout) as { clusters: { checks: (Seen & { name: string })[] }[] };
    return clusters[0]!.checks.find(({ name }) => name === "gateway")!;
  };
  const checkIs = (host: Host, state: string) =>
    until(`the check is ${state} on ${host.name}`, 30_000, async () => (await check(host)).state === state);
  const pidOf = async (host: Host, unit = "nginx") =>
    (await host.exec(["systemctl", "show", "--property=MainPID", "--value", unit])).stdout.trim();
  const runs = async (host: Host, unit?: string) => (await pidOf(host, unit)) !== "0";
  const holds = (host: Host) =>
    until(
      `${host.name} alone holds ${VIP}`,
      40_000,
      async () => (await holders([a!, b!])).join() === host.name,
    );
  const events = async (host: Host) => (await host.exec("cat /var/log/vrrp-agent/events.jsonl")).stdout;

  beforeAll(async () => {
    lab = await Lab.start({
      hosts: ["gw-a", "gw-b"].map((name) => ({ name, image: Image.Services })),
    });
    [a, b] = lab.hosts as [Host, Host];
    stack = await Stack.create({ client: lab.client });
    served = lab.client.spawn([process.execPath, "-e", app]);
    before = await stateOf(a);
  });
  afterAll(async () => {
    served?.kill();
    stack?.remove();
    await lab?.stop();
  });

  test.each<[string, Record<string, unknown>]>([
    ["the defaults", {}],
    [
      "everything",
      {
        listen: [80, 8080],
        listenOn: "vip",
        serverName: "www.example.org",
        upstreams: [
          { address: "10.0.0.11:8080", weight: 3 },
          { address: "[fd00::11]:8080", backup: true },
        ],
        connectTimeout: 1.5,
        runs: "master",
      },
    ],
    [
      "config of one's own",
      {
        config: `events {}\nhttp { include mime.types; include /etc/vrrp-agent/gw/gateway-probe.conf; }`,
        upstreams: undefined,
      },
    ],
  ])("is rendered so that real nginx takes it: %s", async (_what, changes) => {
    const parsed = parseCluster({
      name: "gw",
      virtualRouterId: 51,
      virtualIpAddresses: [`${VIP}/24 dev eth0 label eth0:vip`, "fd20:30:40::200/64"],
      nodes: lab.hosts.map((host) => ({
        ...nodeOf(host, { agentSocketPath: "/x" }),
        unicastSrcIp6: host.address6,
      })),
      gateway: gateway(changes),
    });
    if ("problems" in parsed) throw new Error(JSON.stringify(parsed.problems));
    const files = renderHost(hostPlan(parsed.value, "gw-a")).filter(({ path }) => /nginx|gateway/.test(path));
    await a!.exec("sysctl -q net.ipv4.ip_nonlocal_bind=1 net.ipv6.ip_nonlocal_bind=1");
    await a!.exec("mkdir -p /tmp/nginx && cp -r /etc/nginx/. /tmp/nginx");
    for (const { path, text } of files) await a!.writeFile(path.replace(dirname(CONF), "/tmp/nginx"), text);
    const { stdout, stderr } = await a!.exec("nginx -t -c /tmp/nginx/nginx.conf 2>&1");
    expect(stdout + stderr).toMatch(/syntax is ok\n.*test is successful\n$/);
    await a!.exec(`
      rm -rf /tmp/nginx ${files
        .map(({ path }) => path)
        .filter((path) => !path.startsWith("/etc/nginx/"))
        .join(" ")}
      rmdir -p /etc/vrrp-agent/gw /etc/systemd/system/nginx.service.d 2>/dev/null
      sysctl -q net.ipv4.ip_nonlocal_bind=0 net.ipv6.ip_nonlocal_bind=0`);
  });

  test("answers by its virtual address after one up, hot on both, and its probe on the owner alone", async () => {
    await apply();
    await answers();
    await holds(a!);
    expect(await Promise.all([a!, b!].map((host) => runs(host)))).toEqual([true, true]);
    await Promise.all([a!, b!].map((host) => checkIs(host, "passing")));
    await until(
      "the probe follows",
      10_000,
      async () => (await probes()).join() === "master\n200,backup\n503",
    );
  });

  test("that stops is started anew before the address moves", async () => {
    const former = await pidOf(a!);
    // By a clean end, which systemd takes for meant.
    await a!.exec("nginx -s stop");
    await until("it runs again", 20_000, async () => !["0", former].includes(await pidOf(a!)));
    await staysWith(a!, [a!, b!]);
    await answers();
    await until("an event says so", 10_000, async () =>
      (await events(a!)).includes('"name":"gateway","state":"restarted"'),
    );
  });

  test("changes by a reload: the preview shows the line, and no request is lost", async () => {
    const pids = await Promise.all([a!, b!].map((host) => pidOf(host)));
    const asking = lab.client.spawn([process.execPath, "-e", asker], { stdio: ["pipe", "pipe", "inherit"] });
    const said = new Promise<string>((resolve) =>
      asking.stdout!.once("data", (data: Buffer) => resolve(String(data))),
    );
    await give({ readTimeout: 61 });
    const { stdout } = await stack.preview();
    expect(stdout).toMatch(/-\s+proxy_read_timeout 60000ms;/);
    expect(stdout).toMatch(/\+\s+proxy_read_timeout 61000ms;/);
    await stack.up();
    asking.stdin!.end();
    const { asked, lost } = JSON.parse(await said) as { asked: number; lost: unknown[] };
    expect(asked).toBeGreaterThan(100);
    expect(lost).toEqual([]);
    expect(await Promise.all([a!, b!].map((host) => pidOf(host)))).toEqual(pids);
    expect(await a!.readFile(CONF)).toContain("proxy_read_timeout 61000ms;");
  });

  test("whose reload nginx refuses takes the whole change back, byte for byte", async () => {
    const conf = await b!.readFile(CONF);
    await b!.exec("systemd-run --quiet --unit=taken busybox httpd -f -p 8099 -h /tmp");
    await give({ readTimeout: 61, listen: [80, 8099] });
    const [error] = errorsOf(await stack.pulumi(["up", "--yes", "--skip-preview"], { check: false }));
    expect(error!.text).toMatch(
      /gateway: nginx does not take its new configuration[^]*bind\(\) to 0\.0\.0\.0:8099 failed/,
    );
    for (const host of [a!, b!]) {
      await until(`${host.name} is back`, 60_000, async () => (await host.readFile(CONF)) === conf);
    }
    await answers();
    await b!.exec("systemctl stop taken");
    await apply({ readTimeout: 61 });
  });

  test("that cannot start gives its address away, and keepalived lives on", async () => {
    await a!.exec(`cp ${CONF} /root/nginx.conf && echo nonsense >>${CONF} && systemctl stop nginx`);
    await holds(b!);
    await answers();
    expect((await a!.exec("systemctl is-active keepalived")).stdout).toBe("active\n");
    expect(await check(a!)).toMatchObject({
      state: "failing",
      words: expect.stringMatching(/^nginx does not run/) as string,
    });
    await a!.exec(`mv /root/nginx.conf ${CONF}`);
    await holds(a!);
    await answers();
  });

  test("answers from the other node when the power is lost", async () => {
    await a!.powerOff();
    await until("the other one holds", 20_000, async () => (await holders([b!])).join() === "gw-b");
    await answers();
    await a!.boot();
    await holds(a!);
    await answers();
    expect(await runs(a!)).toBe(true);
  });

  test("with runs: master runs where the address is, and nowhere else, also after a boot", async () => {
    await apply({ readTimeout: 61, runs: "master" });
    await answers();
    expect(await Promise.all([a!, b!].map((host) => runs(host)))).toEqual([true, false]);
    await checkIs(b!, "passing");
    await b!.exec("systemctl enable --quiet nginx");
    await b!.reboot();
    await checkIs(b!, "passing");
    expect(await runs(b!)).toBe(false);
    await b!.exec("systemctl start nginx");
    expect(await runs(b!)).toBe(false);
    await b!.exec("systemctl disable --quiet nginx");
    await a!.exec("vrrp-agent drain");
    await answers();
    await until("it has moved", 20_000, async () => !(await runs(a!)) && (await runs(b!)));
    await a!.exec("vrrp-agent undrain");
    await holds(a!);
    await until("it is back", 20_000, async () => (await runs(a!)) && !(await runs(b!)));
    await answers();
  });

  test("that cannot start where it is to run moves once: its node does not take the address back to fail again", async () => {
    await a!.exec(`cp ${CONF} /root/nginx.conf && echo nonsense >>${CONF} && systemctl stop nginx`);
    await holds(b!);
    await answers();
    await until("it is the backup that fails", 20_000, async () =>
      (await check(a!)).words.startsWith("it failed here as master, and cannot start"),
    );
    await staysWith(b!, [a!, b!]);
    await a!.exec(`mv /root/nginx.conf ${CONF}`);
    await until(
      "it counts as well again after a while",
      90_000,
      async () => (await check(a!)).state === "passing",
    );
    await holds(a!);
    await answers();
  });

  test("of a build at a prefix has a unit of its own, and the package's service is as it was", async () => {
    // Debian's nginx in the place of one that was built there.
    for (const host of [a!, b!]) {
      await host.exec(
        `mkdir -p ${PREFIX}/sbin ${PREFIX}/conf ${PREFIX}/logs && cp /usr/sbin/nginx ${PREFIX}/sbin/ && echo 'events {}' >${PREFIX}/conf/nginx.conf`,
      );
    }
    await apply({ prefix: PREFIX });
    await answers();
    for (const host of [a!, b!]) {
      expect([await runs(host, "vrrp-gateway-gw"), await runs(host)]).toEqual([true, false]);
    }
    const former = await pidOf(a!, "vrrp-gateway-gw");
    await a!.exec(`kill -KILL ${former}`);
    await until(
      "it runs again",
      20_000,
      async () => !["0", former].includes(await pidOf(a!, "vrrp-gateway-gw")),
    );
    await staysWith(a!, [a!, b!]);
    await apply({ prefix: PREFIX, readTimeout: 61 });
    await answers();
  });

  test("leaves no trace of itself when it is destroyed", async () => {
    await stack.destroy();
    expect(await a!.readFile(`${PREFIX}/conf/nginx.conf`)).toBe("events {}\n");
    expect([await runs(a!, "vrrp-gateway-gw"), await runs(a!)]).toEqual([false, false]);
    expect(changesBesideAgent(before, await stateOf(a!))).toEqual([]);
  });
});
