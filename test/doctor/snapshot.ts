import { type Host, run } from "../../lab";
import { rulesOf } from "../hosts/state";

/** What of a host must be as it was: a line each. */
export interface Snapshot {
  host: string;
  lines: string[];
}

/** What goes on by itself: the agent's memory of by-hand changes and repairs, random seeds, and what tools rewrite with the same meaning. */
const OWN_BUSINESS = [
  "*.cache",
  "*/etc/firewalld/zones/*",
  "*/etc/firewalld/policies/*",
  "*/etc/ufw/user*.rules*",
  "*/etc/ld.so.cache",
  "*/var/lib/vrrp-agent/*/by-hand*",
  "*/var/lib/vrrp-agent/*/role*",
  "*/etc/vrrp-agent.state/*/by-hand*",
  "*/var/lib/vrrp-agent/*/repair*",
  "*/etc/vrrp-agent.state/*/repair*",
  "*/etc/resolv.conf",
  "*/etc/mtab",
];

const PLACES = ["etc", "usr/sbin", "usr/lib/vrrp-agent*", "opt", "var/lib/vrrp-agent", "etc/systemd"];

/** Looks at files and rules from outside, with this machine's tools: a host need not have any. */
export async function snapshot(host: Host): Promise<Snapshot> {
  // Of one without power there is nothing to see.
  if (!host.isOn) return { host: host.name, lines: [] };
  const ignored = OWN_BUSINESS.flatMap((pattern) => ["!", "-path", pattern])
    .map(quoted)
    .join(" ");
  const places = PLACES.map((place) => `./${place}`).join(" ");
  const look = `cd ${quoted(host.root)} || exit
    find ${places} ${ignored} -printf '%M %U:%G %p %l\\n' 2>/dev/null
    find ${places} ${ignored} -type f -exec sha256sum {} + 2>/dev/null`;
  const files = (await run(["sh", "-c", look], { check: false })).stdout.split("\n");
  const inside = await host.exec(
    `for key in net.ipv4.ip_forward net.ipv4.ip_nonlocal_bind; do echo "sysctl $key $(cat /proc/sys/$(echo $key | tr . /))"; done
     ip -o link show | awk '{ sub(/[@:].*/, "", $2); print "link", $2 }'
     ls /run/vrrp-agent 2>/dev/null | grep -v -e lock -e holder -e '^work\.' | sed 's/^/run: /'
     ls /tmp /var/tmp /run | grep -i -e doctor -e vrrp-examine | sed 's/^/leftover: /'`,
    { check: false },
  );
  const rules = (await rulesOf(host)).map((line) => `rule: ${line.trim()}`);
  return {
    host: host.name,
    lines: [...new Set(files)]
      .filter(Boolean)
      .sort()
      .concat(inside.stdout.split("\n").filter(Boolean), rules),
  };
}

const quoted = (word: string) => `'${word}'`;

/** What is not as it was on any host: `+` is new, `-` is gone. */
export function differencesOf(before: readonly Snapshot[], after: readonly Snapshot[]): string[] {
  return before.flatMap(({ host, lines }, i) => {
    const is = after[i]!.lines;
    if (is.length === 0 || lines.length === 0) return [];
    const [was, now] = [new Set(lines), new Set(is)];
    return [
      ...lines.filter((line) => !now.has(line)).map((line) => `${host}: - ${line}`),
      ...is.filter((line) => !was.has(line)).map((line) => `${host}: + ${line}`),
    ];
  });
}
