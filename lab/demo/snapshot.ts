import type { Host } from "../host";

/** Where a host that runs writes by itself. */
export const unwatched = ["/tmp", "/var/tmp", "/var/log", "/var/lib/systemd"];

function files(what: string): string {
  const prune = unwatched.map((path) => `-path ${path}`).join(" -o ");
  return `find / -xdev \\( ${prune} \\) -prune -o ${what}`;
}

/** What is recorded of a host: a name, and the command that prints it line by line. */
const aspects: Record<string, string> = {
  "modes, owners and links of all files": files("-printf '%M %u:%g %p %l\\n'"),
  "contents of all files": files("-type f -print0 | xargs -0 sha256sum"),
  "the firewall": "nft --stateless list ruleset",
  "installed packages": "dpkg-query --show",
  "enabled services": "systemctl list-unit-files --no-legend --no-pager",
  // A login's own units end some seconds after it.
  "running services":
    "systemctl list-units --no-legend --no-pager --plain --type=service,timer,socket --state=active,failed" +
    " | awk '{ print $1, $3, $4 }' | grep -v ^user",
  addresses: "ip -oneline address show | awk '{ print $2, $3, $4 }'",
  "kernel settings of the network": "sysctl net.ipv4.ip_nonlocal_bind net.ipv6.ip_nonlocal_bind",
};

/** A host at one moment: aspect -> its lines. */
export type Snapshot = Record<string, string[]>;

/** Records a host, which is to be at rest. */
export async function takeSnapshot(host: Host): Promise<Snapshot> {
  const taken = Object.entries(aspects).map(async ([aspect, command]) => {
    const { stdout } = await host.exec(command);
    return [aspect, stdout.split("\n").filter(Boolean)] as const;
  });
  return Object.fromEntries(await Promise.all(taken));
}

/** What is not as it was, one line each: `+` is new, `-` is gone. */
export function differences(before: Snapshot, after: Snapshot): string[] {
  const lacking = (lines: string[] = [], others: string[] = []) => {
    const known = new Set(others);
    return lines.filter((line) => !known.has(line));
  };
  return Object.keys({ ...before, ...after }).flatMap((aspect) => [
    ...lacking(before[aspect], after[aspect]).map((line) => `${aspect}: - ${line}`),
    ...lacking(after[aspect], before[aspect]).map((line) => `${aspect}: + ${line}`),
  ]);
}
