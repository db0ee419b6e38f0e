import type { Host } from "../../../lab";

/** What a change may touch on a host, a line each: kind, mode, owner and digest of files, firewall, units, packages. */
export type HostState = string[];

const DIRECTORIES =
  "/etc /usr/sbin /usr/lib/systemd /usr/lib/vrrp-agent* /var/lib/vrrp-agent /var/lib/dpkg/info /root";

const RECORD = `
  find ${DIRECTORIES} ! -name '*.cache' -printf '%M %u:%g %p %l\\n' 2>/dev/null
  find ${DIRECTORIES} ! -name '*.cache' -type f -exec sha256sum {} + 2>/dev/null
  nft -s list ruleset | sed 's/^/firewall: /'
  dpkg-query --show | sed 's/^/package: /'
  systemctl list-unit-files --no-legend --no-pager | awk '{ print "unit file:", $1, $2 }'
  for unit in keepalived nftables netfilter-persistent ssh; do
    echo "service: $unit $(systemctl is-active $unit)"
  done
  sysctl net.ipv4.ip_nonlocal_bind net.ipv6.ip_nonlocal_bind
  ip -o address show | awk '{ print "address:", $2, $3, $4 }'`;

/** Records a host. */
export async function stateOf(host: Host): Promise<HostState> {
  const { stdout } = await host.exec(RECORD);
  return stdout.split("\n").filter(Boolean).sort();
}

/** Records several hosts, by name. */
export async function statesOf(hosts: readonly Host[]): Promise<Record<string, HostState>> {
  return Object.fromEntries(
    await Promise.all(hosts.map(async (host) => [host.name, await stateOf(host)] as const)),
  );
}

// The programs, their link, the unit that undoes at boot, what has tunnels come after it, and the empty directory for what
// they keep.
const AGENT =
  /^(unit file: vrrp-agent\.service|\S+ (root:root |) ?(\/usr\/lib\/vrrp-agent\S*|\/usr\/sbin\/vrrp-agent|\/var\/lib\/vrrp-agent|\/etc\/systemd\/system\/((multi-user\.target\.wants\/)?vrrp-agent\.service|wg-quick@\.service\.d(\/vrrp-agent\.conf)?)))( |$)/;

/** What is not as it was, apart from an installed but idle agent: `+` is new, `-` is gone. */
export function changesBesideAgent(before: HostState, after: HostState): string[] {
  return changes(
    before,
    after.filter((line) => !AGENT.test(line)),
  );
}

/** What is not as it was: `+` is new, `-` is gone. */
export function changes(before: HostState, after: HostState): string[] {
  const [was, is] = [new Set(before), new Set(after)];
  return [
    ...before.filter((line) => !is.has(line)).map((line) => `- ${line}`),
    ...after.filter((line) => !was.has(line)).map((line) => `+ ${line}`),
  ];
}
