import { renderHost } from "../../../render";
import { Role, RoleAction } from "../../../spec";
import { instance, plan } from "./plan";

const common = { timeout: 30, retries: 2, onFailure: "stop" as const, settled: false };

function files(actions: RoleAction[], settle = 3): Record<string, string> {
  const role: Role & { instances: string[] } = { settle, actions, instances: ["gw"] };
  return Object.fromEntries(renderHost(plan([instance()], { role })).map(({ path, text }) => [path, text]));
}

const lines = (actions: RoleAction[]) =>
  files(actions)
    [`/etc/vrrp-agent/${plan([instance()]).cluster}/node.conf`]!.split("\n")
    .filter((line) => /^(role|action)/.test(line));

const nginx: RoleAction = {
  ...common,
  name: "web",
  kind: "service",
  service: "nginx",
  onMaster: "start",
  onBackup: "stop",
};

const cluster = plan([instance()]).cluster;
const gateOf = (unit: string) => `/etc/systemd/system/${unit}.d/vrrp-${cluster}.conf`;

describe("node.conf", () => {
  it("has the settle time with the instances, and each action with what its kind has", () => {
    const tell: RoleAction = {
      ...common,
      name: "tell",
      kind: "command",
      onMaster: "echo  'a b'",
      settled: true,
    };
    const job: RoleAction = { ...common, name: "job", kind: "file", path: "/etc/cron.d/x", on: "backup" };
    expect(lines([nginx, tell, job])).toEqual([
      "role 3 gw",
      "action web service 30 2 stop no",
      "action-set web service nginx",
      "action-set web on-master start",
      "action-set web on-backup stop",
      "action tell command 30 2 stop yes",
      "action-set tell on-master echo  'a b'",
      "action job file 30 2 stop no",
      "action-set job path /etc/cron.d/x",
      "action-set job on backup",
    ]);
  });

  it("says nothing of a role where there is none, and no unit is made", () => {
    const { cluster: name } = plan([instance()]);
    const paths = renderHost(plan([instance()])).map(({ path }) => path);
    expect(paths).not.toContain(`/etc/systemd/system/vrrp-role-${name}.service`);
  });

  it("refuses a command that would not stay on its line", () => {
    const tell: RoleAction = { ...common, name: "tell", kind: "command", onMaster: "a\naction x" };
    expect(() => files([tell])).toThrow("does not go on one line");
  });
});

describe("a unit that belongs to one role", () => {
  it.each([
    ["nginx.service", "master", nginx],
    ["backup.timer", "master", { ...nginx, service: "backup.timer", onBackup: "mask" }],
    ["standby.timer", "backup", { ...nginx, service: "standby.timer", onMaster: "stop", onBackup: "start" }],
  ] as [string, string, RoleAction][])("%s starts as %s only", (unit, role, action) => {
    expect(files([action])[gateOf(unit)]).toContain(
      `ConditionPathExists=/run/vrrp-agent/${cluster}/role/${role}\n`,
    );
  });

  it.each([
    [{ ...nginx, onBackup: "reload" }],
    [{ ...nginx, service: undefined, start: "/a", stop: "/b", status: "/c" }],
  ] as [RoleAction][])("is none that runs in both, or has no unit", (action) => {
    expect(Object.keys(files([action])).filter((path) => path.includes(".d/vrrp-"))).not.toContain(
      gateOf("nginx.service"),
    );
  });
});

it("a file's text is a file of its own, which a preview shows", () => {
  const job: RoleAction = {
    ...common,
    name: "job",
    kind: "file",
    path: "/etc/cron.d/x",
    content: "* * * * * root x",
    on: "master",
  };
  const source = `/etc/vrrp-agent/${cluster}/role/job`;
  expect(files([job])[source]).toBe("* * * * * root x\n");
  expect(lines([job])).toContain(`action-set job source ${source}`);
});
