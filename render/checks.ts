import { AgentCheck, CheckKind, HostPlan } from "../spec";
import { rest, word } from "./word";

/** The lines of node.conf about checks: `check NAME KIND TIMEOUT FALL RISE EFFECT INTERVAL`, then `check-set NAME KEY VALUE` for what its kind has. */
export function checkLines({ checks, scriptUser = "root" }: HostPlan): string[] {
  const isOthers = scriptUser !== "root" && checks.some(({ kind }) => kind === CheckKind.Command);
  return [
    ...(isOthers ? [`check-user ${word(scriptUser, "scriptUser")}`] : []),
    ...checks.flatMap((check) => {
      const name = word(check.name, "checks.name");
      const { kind, timeout, fall, rise, effect, interval } = check;
      return [
        `check ${name} ${kind} ${timeout} ${fall} ${rise} ${effect} ${interval}`,
        ...settingsOf(check).map((setting) => `check-set ${name} ${setting}`),
      ];
    }),
  ];
}

function settingsOf(check: AgentCheck): string[] {
  const one = (key: string, value: string | number | undefined, property: string) =>
    value === undefined ? [] : [`${key} ${rest(`${value}`, `checks.${property}`)}`];
  switch (check.kind) {
    case CheckKind.Tunnel:
      return [
        ...one("interface", check.interface, "interface"),
        ...(check.peers ?? []).flatMap((peer) => one("peer", peer, "peers")),
        ...one("max-handshake-age", check.maxHandshakeAge, "maxHandshakeAge"),
        ...check.uplink.flatMap((target) => one("uplink", target, "uplink")),
      ];
    case CheckKind.Network:
      return [
        ...check.targets.flatMap((target) => one("target", target, "targets")),
        ...one("count", check.count, "count"),
        ...one("min-successes", check.minSuccesses, "minSuccesses"),
      ];
    case CheckKind.Tcp:
      return [...one("host", check.host, "host"), ...one("port", check.port, "port")];
    case CheckKind.Http:
      return [
        ...one("url", check.url, "url"),
        ...one("status", check.expectStatus, "expectStatus"),
        ...one("text", check.expectText, "expectText"),
      ];
    case CheckKind.Process:
      return one("process", check.process, "process");
    case CheckKind.File:
      return [
        ...one("path", check.path, "path"),
        ...one("present", check.present ? "yes" : "no", "present"),
        ...one("max-age", check.maxAge, "maxAge"),
      ];
    case CheckKind.Command:
      return one("command", check.command, "command");
    case "witness":
    case "gateway":
      return [];
  }
}
