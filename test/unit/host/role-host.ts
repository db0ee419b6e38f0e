import { FakeHost, generation, type Shell } from "./fake-host";

const CONF = "/etc/vrrp-agent/gw/node.conf";
const EVENTS = "var/log/vrrp-agent/events.jsonl";

export interface AgentEvent {
  name: string;
  state: string;
  role: string;
  words?: string;
}

/** A fake host whose cluster gw has one action; nothing is sent before `deliver`. */
export class RoleHost {
  private constructor(
    readonly host: FakeHost,
    readonly node: string,
  ) {}

  static async create(shell: Shell, node = "a"): Promise<RoleHost> {
    const host = await FakeHost.create(shell);
    host.program("logger", "");
    // The queue's sender would be started through it.
    host.program("setsid", 'case $* in *" deliver "*) ;; *) exec "$@" ;; esac');
    host.withoutProgram("sleep");
    return new RoleHost(host, node);
  }

  /** `head` is KIND TIMEOUT RETRIES POLICY SETTLED. */
  configure(name: string, head: string, settings: string[], secrets: string[]): void {
    const lines = [
      "cluster gw",
      `node ${this.node}`,
      "role 3 gw",
      "vip gw 10.0.0.100/24 eth0",
      "vip gw 2001:db8::100/64 eth0",
      `action ${name} ${head}`,
      ...settings.map((line) => `action-set ${name} ${line}`),
    ];
    this.host.write(CONF, `${lines.join("\n")}\n`);
    const secret = secrets.map((line) => `action-set ${name} ${line}\n`).join("");
    this.host.write("/etc/vrrp-agent/gw/role.conf", secret, 0o600);
  }

  /** Interface and daemon have it so. `began` is the uptime at which it became so. */
  becomes(role: "master" | "backup", began = 1000): void {
    const held = role === "master" ? ["10.0.0.100/24", "2001:db8::100/64"] : [];
    this.host.addresses("eth0", ["10.0.0.1/24", ...held]);
    this.host.program(
      "systemctl",
      `echo "MainPID=${role === "master" ? "$(cat $FAKE/daemon)" : 0}"; [ "$1" = show ]`,
    );
    for (const marker of ["master", "backup"]) this.host.write(`run/vrrp-agent/gw/role/${marker}`, "");
    this.host.remove(`run/vrrp-agent/gw/role/${role === "master" ? "backup" : "master"}`);
    this.host.write(`run/vrrp-agent/gw/role/${role}`, `${began}\n`);
    this.host.write("run/vrrp-agent/gw/role/state", `wanted ${role}\ncause keepalived: gw is ${role}\n`);
    this.host.write("run/vrrp-agent/gw/role/actions/.made", "");
  }

  act(name: string, ...words: string[]) {
    return this.host.agent(["act", "gw", name, ...words]);
  }

  /** The verb that brings the action to a role, which must succeed. */
  turn(name: string, role: "master" | "backup"): string {
    this.becomes(role);
    return this.host.succeed(["act", "gw", name, role === "master" ? "promote" : "demote"]);
  }

  deliver(name: string): void {
    expect(this.host.agent(["deliver", "gw", name])).toEqual({ status: 0, stdout: "", stderr: "" });
  }

  events(): AgentEvent[] {
    if (!this.host.has(EVENTS)) return [];
    const lines = this.host.read(EVENTS).trimEnd().split("\n");
    return lines.map((line) => JSON.parse(line) as AgentEvent);
  }

  states(): string[] {
    return this.events().map(({ state, words }) => `${state}: ${words ?? ""}`);
  }

  close(): void {
    this.host.close();
  }
}

/** A boot that is not the present one. */
export const otherBoot = `boot-${generation(2).slice(0, 8)}\n`;
