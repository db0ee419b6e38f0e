import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { FakeHost } from "./fake-host";

const image = join(__dirname, "../../../lab/image/openwrt");

/** As OpenWrt's package of firewall4 has it, with a comment that uci would drop. */
export const FIREWALL = `config defaults
	option input 'REJECT'

# We need to accept udp packets on port 68
config zone
	option name		lan
	list   network		'lan'
`;

/** As its package of keepalived has it. */
export const KEEPALIVED = `config globals 'globals'
	option enabled '0'
#	option alt_config_file		"/etc/keepalived/keepalived.conf"
`;

/**
 * Makes a host one like OpenWrt: no systemd, /var in memory, the lab's stand-in for uci, and init scripts that note how they are
 * called. The firewall's loads the names of all rules into $FAKE/fw4, which nft lists.
 */
export function likeOpenWrt(host: FakeHost): void {
  host.remove("/run/systemd");
  host.withoutProgram("systemctl");
  host.withoutProgram("systemd-run");
  host.withoutProgram("ufw");
  const uci = readFileSync(join(image, "sbin/uci"), "utf8")
    .replace("#!/bin/sh\n", "")
    .replaceAll("/etc/config", "$VRRP_ROOT/etc/config")
    .replaceAll("/tmp/.uci-input", "$FAKE/uci-input")
    .replaceAll("/tmp/.uci", "$FAKE/tmp-uci")
    .replaceAll("/usr/libexec/lab", join(image, "usr/libexec/lab"));
  host.program("uci", uci);
  host.program("nft", `case "$*" in "list table inet fw4") cat "$FAKE/fw4" ;; esac`);
  host.write("/proc/mounts", "root / overlay rw 0 0\ntmpfs /tmp tmpfs rw 0 0\nproc /proc proc rw 0 0\n");
  host.write("/tmp/run/fw4.state", "");
  host.remove("/var");
  host.link("tmp", "/var");
  host.write("/etc/rc.common", "");
  host.write("/lib/functions/procd.sh", "");
  host.write("/etc/config/firewall", FIREWALL);
  host.write("/etc/config/keepalived", KEEPALIVED, 0o600);
  host.write(
    "/etc/init.d/firewall",
    `#!/bin/sh
echo "firewall $1" >>"$FAKE/calls"
[ -e "$FAKE/fw4-broken" ] || sed -n "s/.*option name '\\(vrrp-agent:.*\\)'/  accept comment \\"!fw4: \\1\\"/p" "$VRRP_ROOT/etc/config/firewall" >"$FAKE/fw4"
`,
    0o755,
  );
  host.state("fw4");
  host.write(
    "/etc/init.d/keepalived",
    `#!/bin/sh
case $1 in enabled) [ -e "$FAKE/enabled" ]; exit ;; esac
echo "keepalived $1" >>"$FAKE/calls"
case $1 in
enable) : >"$FAKE/enabled" ;;
disable) rm -f "$FAKE/enabled" ;;
start) mkdir -p "$VRRP_ROOT/var/run"; echo "$(cat "$FAKE/daemon")" >"$VRRP_ROOT/var/run/keepalived.pid" ;;
stop) rm -f "$VRRP_ROOT/var/run/keepalived.pid" ;;
esac
`,
    0o755,
  );
}
