import { checkCluster, hostPlan, parseCluster, Problem } from "../../../spec";
import { clusterInput, mixedInput } from "./cluster-input";

type Input = Record<string, unknown>;

const web = { name: "web", kind: "service", service: "nginx" };

function cluster(role: Input, change: Input = {}) {
  const parsed = parseCluster(clusterInput({ role, ...change }));
  if ("problems" in parsed) {
    throw new Error(JSON.stringify(parsed.problems));
  }
  return parsed.value;
}

const problems = (actions: Input[], change: Input = {}): Problem[] =>
  checkCluster(clusterInput({ role: { actions }, ...change }));

/** What is said of one action. */
const found = (action: Input, change: Input = {}) =>
  problems([{ name: "x", ...action }], change).map((p) => [p.rule, p.path]);

describe("the defaults of an action", () => {
  const common = { timeout: 30, retries: 2, onFailure: "stop", settled: false };
  it.each([
    ["service", { service: "nginx" }, { onMaster: "start", onBackup: "stop" }],
    ["file", { path: "/etc/cron.d/x" }, { on: "master" }],
    ["command", { onMaster: "true" }, { settled: true }],
  ])("of kind %s", (kind, given, defaults) => {
    const { role } = cluster({ actions: [{ name: "x", kind, ...given }] });
    expect(role).toEqual({
      settle: 3,
      actions: [expect.objectContaining({ name: "x", kind, ...common, ...given, ...defaults })],
    });
  });
});

describe("a property of an action", () => {
  it.each([
    [{ kind: "servise" }, "role.actions[0].kind", "bounds"],
    [{ ...web, name: "a b" }, "role.actions[0].name", "bounds"],
    [{ ...web, timeout: 0 }, "role.actions[0].timeout", "bounds"],
    [{ ...web, retries: 21 }, "role.actions[0].retries", "bounds"],
    [{ ...web, onFailure: "panic" }, "role.actions[0].onFailure", "bounds"],
    [{ ...web, onMaster: "begin" }, "role.actions[0].onMaster", "bounds"],
    [{ ...web, service: "a/b" }, "role.actions[0].service", "bounds"],
    [{ ...web, path: "/etc/x" }, "role.actions[0].path", "unknown-key"],
    [{ kind: "file", path: "etc/x" }, "role.actions[0].path", "bounds"],
    [{ kind: "file", path: "/etc/../x" }, "role.actions[0].path", "bounds"],
    [{ kind: "file", path: "/etc/x", content: "\0" }, "role.actions[0].content", "bounds"],
    [{ kind: "command", onMaster: "a\nb" }, "role.actions[0].onMaster", "bounds"],
  ])("that is out of bounds, or another kind's, is refused by name: %j", (action, path, rule) => {
    expect(found(action)).toEqual([[rule, path]]);
  });

  it("may not be missing where its kind is nothing without it", () => {
    expect(found({ kind: "file" })).toEqual([["missing", "role.actions[0].path"]]);
    expect(checkCluster(clusterInput({ role: { actions: [] } })).map((p) => p.path)).toEqual([
      "role.actions",
    ]);
  });
});

describe("the proof of a role", () => {
  it("wants each name once, and each service and file in one action only", () => {
    expect(problems([web, { ...web, service: "cron" }]).map((p) => [p.rule, p.path])).toEqual([
      ["duplicate-name", "role.actions[1].name"],
    ]);
    const twice = [web, { ...web, name: "again", service: "nginx.service" }];
    expect(problems(twice).map((p) => [p.rule, p.path])).toEqual([
      ["role-action-twice", "role.actions[1].service"],
    ]);
  });

  it("wants a service, or all the commands that stand for one", () => {
    const commands = { start: "/a", stop: "/b", status: "/c" };
    expect(found({ kind: "service", ...commands })).toEqual([]);
    expect(found({ kind: "service", start: "/a", stop: "/b" })).toEqual([
      ["role-service-commands", "role.actions[0].status"],
    ]);
    expect(found({ kind: "service", service: "x", start: "/a" })).toEqual([
      ["role-service-commands", "role.actions[0].start"],
    ]);
    expect(found({ kind: "service", ...commands, onBackup: "mask" })).toEqual([
      ["role-service-commands", "role.actions[0].onBackup"],
    ]);
    expect(found({ kind: "service", ...commands, onMaster: "reload" })).toEqual([
      ["role-service-commands", "role.actions[0].onMaster"],
    ]);
  });

  it("refuses to have the role move keepalived, or touch a file of the agent's", () => {
    expect(found({ kind: "service", service: "keepalived" })).toEqual([
      ["role-of-keepalived", "role.actions[0].service"],
    ]);
    expect(found({ kind: "file", path: "/etc/keepalived/keepalived.conf" })).toEqual([
      ["role-of-own-file", "role.actions[0].path"],
    ]);
  });

  it.each([
    [{ checks: [{ name: "c", kind: "process", process: "nginx" }] }, "checks[0].process"],
    [{ checks: [{ name: "c", kind: "command", command: "/bin/pidof nginx" }] }, "checks[0].command"],
    [{ trackScripts: [{ name: "c", script: "/bin/systemctl is-active nginx" }] }, "trackScripts[0].script"],
    [{ trackProcesses: [{ name: "c", process: "nginx" }] }, "trackProcesses[0].process"],
  ])("refuses a check of what a backup stops, for a backup would never take over: %j", (change, path) => {
    expect(found(web, change)).toEqual([["check-loop", path]]);
    expect(found({ ...web, onBackup: "none" }, change)).toEqual([]);
  });
});

describe("a host", () => {
  it("is master of a role that holds the addresses of both families, and of what moves with them", () => {
    const routers = [
      { name: "inside", virtualRouterId: 52, virtualIpAddresses: ["192.168.1.9/24"], syncGroup: true },
      { name: "apart", virtualRouterId: 53, virtualIpAddresses: ["192.168.1.10/24"] },
    ];
    const parsed = parseCluster(mixedInput({ role: { actions: [web] }, virtualRouters: routers }));
    if ("problems" in parsed) throw new Error(JSON.stringify(parsed.problems));
    expect(hostPlan(parsed.value, "gw-a").role?.instances).toEqual(["gw", "gw-6", "gw-inside"]);
  });
});
