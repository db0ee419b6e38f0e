import { type Ended, type Host, type HostAddress, hostAt, runnerAt } from "../host";
import type { DrillKind } from "./model";

/** A host that can be struck. */
export interface DrillHost extends Host {
  /** Ends keepalived by its service, or kills all its processes; prints the uptime in seconds just before. */
  strike(kind: Exclude<DrillKind, "drain">): Promise<Ended>;
}

/** Seconds that a stop may take. */
const LIMIT = 60;

const uptime = 'read -r up _ </proc/uptime\necho "$up"';

/** Of the service's own group; where there is no systemd, of the daemon and its children: parent first, so that it sees none of them die. */
const kill = `${uptime}
if [ -d /run/systemd/system ]; then
  systemctl kill --signal=KILL keepalived.service
else
  pid=
  for file in /run/keepalived.pid /run/keepalived/keepalived.pid /var/run/keepalived.pid; do
    [ ! -s "$file" ] || read -r pid <"$file"
  done
  [ "\${pid:-0}" -gt 0 ] && [ "$(cat "/proc/$pid/comm" 2>/dev/null)" = keepalived ] || {
    echo 'no pid file names a keepalived that runs' >&2
    exit 1
  }
  kill -STOP "$pid"
  for stat in /proc/[0-9]*/stat; do
    { read -r line <"$stat"; } 2>/dev/null || continue
    rest=\${line##*) ? }
    [ "\${rest%% *}" != "$pid" ] || { child=\${stat#/proc/}; kill -KILL "\${child%/stat}"; }
  done
  kill -KILL "$pid"
fi`;

const stop = `${uptime}
if [ -d /run/systemd/system ]; then systemctl stop keepalived.service; else /etc/init.d/keepalived stop; fi`;

/** A host over SSH that can be struck. */
export function drillHostAt(address: HostAddress): DrillHost {
  const run = runnerAt(address.connection);
  return { ...hostAt(address), strike: (kind) => run(`set -e\n${kind === "kill" ? kill : stop}`, LIMIT) };
}
