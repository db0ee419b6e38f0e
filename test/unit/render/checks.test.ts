import fc from "fast-check";

import { renderHost } from "../../../render";
import { Check, HostPlan } from "../../../spec";
import { instance, plan } from "./plan";

const common = { name: "c", interval: 2, timeout: 3, fall: 4, rise: 5, effect: "yield" as const };

/** The lines of node.conf about checks. */
function lines(checks: Check[], changes: Partial<HostPlan> = {}): string[] {
  const files = renderHost(plan([instance()], { checks, ...changes }));
  const { text } = files.find(({ path }) => path.endsWith("/node.conf"))!;
  return text.split("\n").filter((line) => line.startsWith("check"));
}

const kinds: [Check, string[]][] = [
  [
    {
      ...common,
      kind: "tunnel",
      interface: "wg0",
      peers: ["K1=", "K2="],
      maxHandshakeAge: 200,
      uplink: ["gateway"],
    },
    ["interface wg0", "peer K1=", "peer K2=", "max-handshake-age 200", "uplink gateway"],
  ],
  [
    { ...common, kind: "network", targets: ["gateway", "fd00::1"], count: 2, minSuccesses: 1 },
    ["target gateway", "target fd00::1", "count 2", "min-successes 1"],
  ],
  [{ ...common, kind: "tcp", host: "::1", port: 22 }, ["host ::1", "port 22"]],
  [
    { ...common, kind: "http", url: "http://a/?b=c&d", expectStatus: "200", expectText: "it's  up" },
    ["url http://a/?b=c&d", "status 200", "text it's  up"],
  ],
  [{ ...common, kind: "process", process: "nginx" }, ["process nginx"]],
  [{ ...common, kind: "file", path: "/a b", present: false }, ["path /a b", "present no"]],
  [
    { ...common, kind: "file", path: "/a", present: true, maxAge: 60 },
    ["path /a", "present yes", "max-age 60"],
  ],
  [{ ...common, kind: "command", command: "/bin/x 'a b' $c" }, ["command /bin/x 'a b' $c"]],
];

test.each(kinds)("the agent is told of %j", (check, settings) => {
  expect(lines([check])).toEqual([
    `check c ${check.kind} 3 4 5 yield 2`,
    ...settings.map((setting) => `check-set c ${setting}`),
  ]);
});

test("a user other than root is named where a command runs as him, and nowhere else", () => {
  const process = kinds[4]![0];
  const command = kinds[7]![0];
  const scriptUser = "nobody";
  expect(lines([process], { scriptUser })[0]).toBe("check c process 3 4 5 yield 2");
  expect(lines([command], { scriptUser })[0]).toBe("check-user nobody");
  expect(lines([command])[0]).toBe("check c command 3 4 5 yield 2");
});

test("whatever a value is, it stays on its line, or an error names it", () => {
  const value = fc.oneof(
    fc.string({ minLength: 1 }),
    fc.constantFrom("a\ncheck x command 1 1 1", " a", "a ", "a\r", "", "\u0085"),
  );
  fc.assert(
    fc.property(value, (text) => {
      let made: string[];
      try {
        made = lines([{ ...common, kind: "command", command: text }]);
      } catch (error) {
        expect((error as Error).message).toMatch(/^checks\.command is .*: leave out/s);
        return;
      }
      expect(made).toEqual(["check c command 3 4 5 yield 2", `check-set c command ${text}`]);
    }),
  );
});

test.each(["/a\tb", "/a\u0007b", "/a\u0085b"])("a control character is refused: %j", (path) => {
  expect(() => lines([{ ...common, kind: "file", path, present: true }])).toThrow(/^checks\.path is /);
});

test("keepalived runs the check of a kind as root where scriptUser is another", () => {
  const script = {
    name: "c",
    script: "/usr/bin/env sh /usr/lib/vrrp-agent/vrrp-check gw c",
    interval: 2,
    timeout: 2,
    fall: 2,
    rise: 2,
    weight: -11,
    user: "root",
    tests: "pidof x",
  };
  const conf = renderHost(plan([instance({ trackScripts: [script] })])).find(({ path }) =>
    path.endsWith("keepalived.conf"),
  )!.text;
  expect(conf).toContain(
    'vrrp_script c {\n    script "/usr/bin/env sh /usr/lib/vrrp-agent/vrrp-check gw c"\n    interval 2\n    timeout 2\n    fall 2\n    rise 2\n    weight -11\n    user root\n}\n',
  );
  expect(conf).not.toContain("pidof");
});
