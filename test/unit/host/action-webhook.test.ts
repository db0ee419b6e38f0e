import { createHmac } from "node:crypto";
import { statSync, readdirSync } from "node:fs";
import { join } from "node:path";

import { SHELLS } from "./fake-host";
import { otherBoot, RoleHost } from "./role-host";

/** Answers as the state `http` says, `down` being a server that is away, and keeps what it was asked. */
const CURL = `
  case $1 in -V) echo "Protocols: file http https smtp smtps"; exit ;; esac
  echo "curl $*" >>"$FAKE/calls"
  n=$(ls "$FAKE" | grep -c '^request') || true
  cat >"$FAKE/request.$n"
  cat "$(sed -n 's/^data-binary = "@\\(.*\\)"$/\\1/p' "$FAKE/request.$n")" >"$FAKE/body.$n"
  read -r http <"$FAKE/http"
  [ "$http" != down ] || { echo "curl: (7) Failed to connect to hooks.example.org port 443" >&2; exit 7; }
  printf %s "$http"`;
const QUEUE = "var/lib/vrrp-agent/gw/role/hook/queue";
const URL = "https://hooks.example.org/T0/s3cret-path";
const HEAD = "webhook 30 2 continue no";

describe.each(SHELLS)("a webhook under %s", (shell) => {
  let node: RoleHost;
  beforeEach(async () => {
    node = await RoleHost.create(shell);
    node.host.program("curl", CURL);
    http("200");
    configure();
  });
  afterEach(() => node.close());

  const http = (answer: string) => node.host.state("http", `${answer}\n`);
  const configure = (settings: string[] = [], secrets: string[] = []) =>
    node.configure(
      "hook",
      HEAD,
      ["method POST", "on both", "current no", ...settings],
      [`url ${URL}`, ...secrets],
    );
  const turn = (role: "master" | "backup") => node.turn("hook", role);
  const requests = () =>
    readdirSync(join(node.host.root, "fake"))
      .filter((name) => name.startsWith("request"))
      .sort((a, b) => Number(a.split(".")[1]) - Number(b.split(".")[1]))
      .map((name) => node.host.read(`fake/${name}`));
  const body = (n = 0) => node.host.read(`fake/body.${n}`);
  const json = (n = 0) => JSON.parse(body(n)) as Record<string, string>;
  const queued = () => (node.host.has(QUEUE) ? readdirSync(join(node.host.root, QUEUE)).sort() : []);
  const header = (n: number, name: string) =>
    new RegExp(`^header = "${name}: (.*)"$`, "m").exec(requests()[n]!)?.[1];

  test("is queued by a change of the role, which waits for no answer, and sent afterwards", () => {
    http("down");
    expect(turn("master")).toBe("queued\n");
    expect([queued().length, requests()]).toEqual([1, []]);
    expect(statSync(join(node.host.root, QUEUE, queued()[0]!)).mode & 0o777).toBe(0o600);
    http("204");
    node.deliver("hook");
    expect(queued()).toEqual([]);
    expect(json()).toEqual({
      id: expect.stringMatching(/^[0-9a-f]{32}$/) as string,
      cluster: "gw",
      node: "a",
      role: "master",
      from: "none",
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/) as string,
      address: "10.0.0.100, 2001:db8::100",
      cause: "keepalived: gw is master",
    });
    expect(node.states()).toEqual(["sent: "]);
  });

  test("is told once in a role, with the role that was told before it", () => {
    turn("master");
    expect(node.act("hook", "promote")).toMatchObject({ status: 0, stdout: "" });
    expect([
      node.act("hook", "reached", "master").status,
      node.act("hook", "reached", "backup").status,
    ]).toEqual([0, 1]);
    turn("backup");
    node.deliver("hook");
    expect([json(0), json(1)].map(({ role, from }) => [from, role])).toEqual([
      ["none", "master"],
      ["master", "backup"],
    ]);
  });

  test("that is for one role leaves out the other, and is sent at each promotion", () => {
    node.configure("hook", HEAD, ["method POST", "on master", "current no"], [`url ${URL}`]);
    for (const role of ["backup", "master", "backup", "master"] as const) turn(role);
    node.deliver("hook");
    expect(requests()).toHaveLength(2);
    expect([json(0).role, json(1).role]).toEqual(["master", "master"]);
  });

  test("that cannot be delivered keeps its order and its id, and is tried after ever longer", () => {
    http("down");
    for (const role of ["master", "backup"] as const) turn(role);
    const delays: number[] = [];
    const delay = () => Number(node.host.read("run/vrrp-agent/gw/role/actions/hook.d/delay").split(" ")[0]);
    for (let i = 0; i < 8; i++) {
      node.deliver("hook");
      delays.push(delay() - 1000);
    }
    expect(delays).toEqual([5, 10, 20, 40, 80, 160, 300, 300]);
    expect(node.states()).toEqual([
      "failed: curl: (7) Failed to connect to hooks.example.org port 443; it waits, 1 behind it, and is tried again",
    ]);
    http("503");
    node.deliver("hook");
    expect(node.states().at(-1)).toMatch(/^failed: the receiver answered with HTTP 503; /);
    http("200");
    node.deliver("hook");
    const bodies = requests().map((_, n) => json(n));
    expect(bodies.map(({ role }) => role)).toEqual([...Array<string>(10).fill("master"), "backup"]);
    expect(new Set(bodies.slice(0, 10).map(({ id }) => id)).size).toBe(1);
    expect(header(9, "X-Vrrp-Id")).toBe(bodies[0]!.id);
    expect(queued()).toEqual([]);
  });

  test("is tried at once when the role changes again", () => {
    http("down");
    turn("master");
    node.deliver("hook");
    node.host.program("setsid", 'echo "setsid $*" >>"$FAKE/calls"');
    node.host.calls();
    const started = () => node.host.calls().filter((call) => /^setsid .* deliver gw hook$/.test(call)).length;
    expect(started()).toBe(0);
    turn("backup");
    expect(started()).toBe(1);
    expect(node.host.has("run/vrrp-agent/gw/role/actions/hook.d/delay")).toBe(false);
  });

  test.each(["400", "401", "404", "410"])(
    "that is refused with %s is given up, and the next is sent",
    (code) => {
      turn("master");
      turn("backup");
      http(code);
      node.deliver("hook");
      expect(node.states()).toEqual(
        Array(2).fill(
          `given-up: the receiver answered with HTTP ${code}, and will again; correct url, headers or body`,
        ),
      );
      expect(queued()).toEqual([]);
    },
  );

  test.each(["302", "408", "425", "429", "500"])("that is answered with %s is tried again", (code) => {
    turn("master");
    http(code);
    node.deliver("hook");
    expect(queued()).toHaveLength(1);
    expect(node.states()[0]).toContain(`HTTP ${code}`);
  });

  test("is dropped with an event when more than are kept wait, the oldest first", () => {
    for (let i = 0; i < 4; i++) {
      node.becomes(i % 2 === 0 ? "master" : "backup");
      const env = { VRRP_QUEUE_MESSAGES: "3" };
      const verb = i % 2 === 0 ? "promote" : "demote";
      expect(node.host.agent(["act", "gw", "hook", verb], "", env).status).toBe(0);
    }
    expect(queued()).toEqual(["0000000002", "0000000003", "0000000004"]);
    expect(node.states()).toEqual([
      "dropped: the oldest of 3 messages that wait, which is as many as are kept",
    ]);
  });

  test("is dropped with an event after 7 days, and after a reboot too", () => {
    turn("master");
    node.host.uptime(1000 + 7 * 86_400 + 1);
    node.deliver("hook");
    expect(node.states()).toEqual(["dropped: it is older than 7 days"]);
    turn("backup");
    node.host.write("proc/sys/kernel/random/boot_id", otherBoot);
    node.deliver("hook");
    expect(node.states().at(-1)).toBe("sent: ");
    turn("master");
    const [file = ""] = queued();
    const text = node.host.read(`${QUEUE}/${file}`).replace(/^boot .*$/m, "boot former");
    node.host.write(`${QUEUE}/${file}`, text.replace(/^at .*$/m, "at 1700000000"), 0o600);
    node.deliver("hook");
    expect(node.states().at(-1)).toBe("dropped: it is older than 7 days");
  });

  test("of a host whose clock was never set is not taken for an old one", () => {
    turn("master");
    const [file = ""] = queued();
    const text = node.host.read(`${QUEUE}/${file}`).replace(/^boot .*$/m, "boot former");
    node.host.write(`${QUEUE}/${file}`, text.replace(/^at .*$/m, "at 60"), 0o600);
    node.deliver("hook");
    expect(node.states()).toEqual(["sent: "]);
  });

  test("is signed with the time, as any HMAC-SHA256 verifies it", () => {
    for (const secret of ["s", 'q"uo\\te %d %s é', "k".repeat(64), "long ".repeat(40) + "."]) {
      configure([], [`secret ${secret}`]);
      turn("master");
      node.deliver("hook");
      const n = requests().length - 1;
      const signed = `${header(n, "X-Vrrp-Timestamp")}.${body(n)}`;
      expect(header(n, "X-Vrrp-Signature")).toBe(
        `sha256=${createHmac("sha256", secret).update(signed).digest("hex")}`,
      );
      turn("backup");
      node.deliver("hook");
    }
  });

  test("has the method, the headers and the body that the spec gives", () => {
    node.host.write(
      "/etc/vrrp-agent/gw/role/hook",
      '{\n  "type": "A", "content": "${address}", "comment": "${node} is ${role} ${unknown}"\n}\n',
    );
    node.configure(
      "hook",
      HEAD,
      ["method PATCH", "on master", "current no", "address 192.0.2.1", "source /etc/vrrp-agent/gw/role/hook"],
      [`url ${URL}`, 'header Authorization: Bearer t"o\\ken', "header X-A: b"],
    );
    turn("master");
    node.deliver("hook");
    expect(body()).toBe('{\n  "type": "A", "content": "192.0.2.1", "comment": "a is master ${unknown}"\n}');
    const [request = ""] = requests();
    expect(request).toContain('request = "PATCH"');
    expect(request).toContain('header = "Authorization: Bearer t\\"o\\\\ken"');
    expect(request).toContain('header = "X-A: b"');
    expect(request).toContain('header = "Content-Type: application/json"');
    expect(request).toContain('proto = "=http,https"');
    expect(request).not.toMatch(/location|insecure/);
  });

  const nasty = 'a "quoted" \\ & ${role} % \u0001 é';
  const withCause = (cause: string) =>
    node.host.write("run/vrrp-agent/gw/role/state", `wanted master\ncause ${cause}\n`);

  test("has values that cannot leave their string of JSON", () => {
    node.becomes("master");
    withCause(nasty);
    node.host.succeed(["act", "gw", "hook", "promote"]);
    node.deliver("hook");
    expect(json().cause).toBe('a "quoted" \\ & ${role} %   é');
  });

  test("has values as a form wants them, and as plain text", () => {
    node.host.write("/etc/vrrp-agent/gw/role/hook", "cause=${cause}&role=${role}\n");
    for (const [type, expected] of [
      [
        "application/x-www-form-urlencoded",
        "cause=a%20%22quoted%22%20%5C%20%26%20%24%7Brole%7D%20%25%20%20%20%C3%A9&role=master",
      ],
      ["text/plain", 'cause=a "quoted" \\ & ${role} %   é&role=master'],
    ] as const) {
      configure(["source /etc/vrrp-agent/gw/role/hook"], [`header content-type: ${type}`]);
      node.becomes("master");
      withCause(nasty);
      node.host.succeed(["act", "gw", "hook", "promote"]);
      node.deliver("hook");
      const n = requests().length - 1;
      expect(body(n)).toBe(expected);
      expect(requests()[n]).not.toContain("application/json");
      turn("backup");
      node.deliver("hook");
    }
  });

  test("that is about the present is not sent once the node has another role", () => {
    node.configure("hook", HEAD, ["method POST", "on master", "current yes"], [`url ${URL}`]);
    turn("master");
    turn("backup");
    node.deliver("hook");
    expect(requests()).toEqual([]);
    expect(node.states()).toEqual(["dropped: the node is not master any more"]);
  });

  test("keeps its secrets out of argument lists, queue, events and leftovers", () => {
    configure([], ["secret signing-secret", "header Authorization: Bearer bearer-secret"]);
    http("down");
    turn("master");
    node.deliver("hook");
    http("403");
    turn("backup");
    node.deliver("hook");
    expect(node.host.calls().filter((call) => call.startsWith("curl"))).toEqual(
      Array(3).fill("curl -q --silent --show-error --globoff --config -"),
    );
    const told = [
      JSON.stringify(node.events()),
      ...queued().map((file) => node.host.read(`${QUEUE}/${file}`)),
    ];
    for (const secret of ["signing-secret", "bearer-secret", "s3cret-path"]) {
      expect(told.join("\n")).not.toContain(secret);
    }
    expect(
      readdirSync(join(node.host.root, "run/vrrp-agent")).filter((name) => name.startsWith("work")),
    ).toEqual([]);
  });

  test("that leaves the spec says what it drops", () => {
    turn("master");
    expect(node.act("hook", "forget").status).toBe(0);
    expect([queued(), node.states()]).toEqual([
      [],
      ["dropped: 1 messages that waited: the action is no longer in the spec"],
    ]);
  });

  test("is sent by a process of its own when the role changes", async () => {
    node.host.withoutProgram("setsid");
    turn("master");
    for (let i = 0; i < 3000 && (node.states().length === 0 || queued().length > 0); i++) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    expect([node.states(), queued()]).toEqual([["sent: "], []]);
  });
});
