#!/bin/sh
# Installs vrrp-agent from an archive on stdin:
#   vrrp-agent-archive 1
#   file MODE OWNER:GROUP SHA256 LINES NAME
#   ...
#   end
#   <the files' lines, in that order>
# Each version is a directory of its own, /usr/lib/vrrp-agent.DIGEST; the link /usr/lib/vrrp-agent names the one in use.
set -eu

root=${VRRP_ROOT-}
lib=$root/usr/lib

# fail WHAT [WORDS]: WORDS are the tool's own.
fail() {
  printf 'vrrp-agent: %s: install: %s\n' "$(uname -n)" "$1" >&2
  [ -z "${2-}" ] || printf '%s\n' "$2" >&2
  exit 1
}

# writing COMMAND...: what fails for want of room, mostly. Until the link has its new name nothing is changed.
writing() {
  words=$("$@" 2>&1) || fail "cannot write to $lib or $root/usr/sbin; make room on their file systems" "$words"
}

# unpack DIRECTORY: the files of DIRECTORY/archive, each looked at.
unpack() {
  [ "$(head -n 1 "$1/archive")" = "vrrp-agent-archive 1" ] || fail "stdin is no vrrp-agent-archive of version 1"
  ahead=$(grep -n -x end "$1/archive" | head -n 1 | cut -d : -f 1)
  [ -n "$ahead" ] || fail "the archive is cut off; send it again"
  head -n "$ahead" "$1/archive" | grep -q '^file ' || fail "the archive is empty"
  words=$(head -n "$ahead" "$1/archive" | grep '^file ' 2>&1 >"$1/list") ||
    fail "cannot write to $lib; make room on its file system" "$words"
  while read -r _ mode owner digest lines name; do
    case $name in
    /* | *..*) fail "$name is no path within the agent" ;;
    */*) writing mkdir -p "$1/${name%/*}" ;;
    esac
    words=$(tail -n "+$((ahead + 1))" "$1/archive" 2>/dev/null | head -n "$lines" 2>&1 >"$1/$name") ||
      fail "cannot write to $lib; make room on its file system" "$words"
    ahead=$((ahead + lines))
    [ "$(sha256sum <"$1/$name" | cut -d ' ' -f 1)" = "$digest" ] ||
      fail "$name arrived damaged; is there room on the file system of $lib?"
    chmod "$mode" "$1/$name"
    # Without privileges, as in a test, everything belongs to who runs this.
    [ "$(id -u)" -ne 0 ] || chown "$owner" "$1/$name"
  done <"$1/list"
  rm "$1/list"
}

# same_files ONE OTHER: directories with the same files in them. Not every busybox has a diff.
same_files() {
  [ -d "$2" ] && [ "$(cd "$1" && find . | sort)" = "$(cd "$2" && find . | sort)" ] || return 1
  differs=$(find "$1" -type f | while read -r one; do cmp -s "$one" "$2${one#"$1"}" || printf x; done)
  [ -z "$differs" ]
}

# link TARGET PATH: by rename, so PATH is there at every moment.
link() {
  [ "$(readlink "$2" || true)" != "$1" ] || return 0
  writing ln -sfn "$1" "$2.new"
  writing mv -T "$2.new" "$2"
}

# is_procd: OpenWrt.
is_procd() { [ ! -d "$root/run/systemd/system" ] && [ -f "$root/etc/rc.common" ] && [ -f "$root/lib/functions/procd.sh" ]; }

# keep TEXT: a script of ours, written only where it is not so already.
keep() {
  printf '%s\n' "$2" | cmp -s - "$1" && return 0
  mkdir -p "${1%/*}"
  printf '%s\n' "$2" >"$1.new"
  mv -f "$1.new" "$1"
}

umask 022
# Not every OpenWrt has a /run; as a directory it would be on flash.
if is_procd && [ ! -e "$root/run" ]; then
  mkdir -p "$root/var/run"
  writing ln -sfn var/run "$root/run"
  ours=/run
elif grep -q -s -x /run "$root/lib/upgrade/keep.d/vrrp-agent"; then
  ours=/run
fi
writing mkdir -p "$lib" "$root/usr/sbin" "$root/run/vrrp-agent"
incoming=$lib/vrrp-agent.incoming.$$
trap 'rm -rf "$incoming"' EXIT
trap 'exit 143' TERM INT HUP
# Two at once would take each other's files for left behind.
if command -v flock >/dev/null 2>&1; then
  exec 9>>"$root/run/vrrp-agent/install.lock"
  flock 9
fi
writing mkdir "$incoming"
words=$(cat 2>&1 >"$incoming/archive") || fail "cannot write to $lib; make room on its file system" "$words"
version=$(sha256sum <"$incoming/archive" | cut -c 1-16)
unpack "$incoming"
rm "$incoming/archive"
former=$(readlink "$lib/vrrp-agent" || true)
directory=vrrp-agent.$version
if ! same_files "$incoming" "$lib/$directory" || [ ! -x "$lib/$directory/vrrp-agent" ]; then
  # One that is damaged may be the one in use: it stays until the link has gone over.
  [ ! -e "$lib/$directory" ] || directory=$directory.$$
  # What the link names must outlast a power cut.
  # shellcheck disable=SC2038 # names of our own
  words=$(find "$incoming" -type f | xargs sync 2>&1) ||
    fail "cannot write to $lib or $root/usr/sbin; make room on their file systems" "$words"
  writing mv "$incoming" "$lib/$directory"
fi
link "$directory" "$lib/vrrp-agent"
link ../lib/vrrp-agent/vrrp-agent "$root/usr/sbin/vrrp-agent"
# The contexts that SELinux's policy has for it; a first stage tells it the agent's own.
if [ -e "$root/sys/fs/selinux/enforce" ] && command -v restorecon >/dev/null 2>&1; then
  restorecon -R "$lib/vrrp-agent" "$lib/$directory" "$root/run/vrrp-agent" || true
fi
# A change that is pending when the host goes down is undone also where keepalived is not started.
if [ -d "$root/run/systemd/system" ]; then
  units=$root/etc/systemd/system
  mkdir -p "$units/multi-user.target.wants"
  cat >"$units/.vrrp-agent.service" <<'UNIT'
# Managed by pulumi-keepalived.
[Unit]
Description=Undo a change that was not confirmed before the host went down
ConditionPathExistsGlob=/var/lib/vrrp-agent/*/pending
Wants=network-online.target
After=network-online.target nftables.service netfilter-persistent.service iptables.service ip6tables.service firewalld.service ufw.service
Before=keepalived.service

[Service]
Type=oneshot
ExecStart=/usr/lib/vrrp-agent/vrrp-agent recover
TimeoutStartSec=120

[Install]
WantedBy=multi-user.target
UNIT
  mv -f "$units/.vrrp-agent.service" "$units/vrrp-agent.service"
  link ../vrrp-agent.service "$units/multi-user.target.wants/vrrp-agent.service"
  # A tunnel that comes up at the boot does so with the files that were confirmed last. Settings of the kernel that are of
  # its interface are made when that is there, also where no udev does so.
  mkdir -p "$units/wg-quick@.service.d"
  cat >"$units/wg-quick@.service.d/.vrrp-agent.conf" <<'UNIT'
# Managed by pulumi-keepalived.
[Unit]
After=vrrp-agent.service

[Service]
ExecStartPost=-sysctl --quiet --pattern "[./]%i[./]" --system
ExecStartPost=-/usr/lib/vrrp-agent/vrrp-agent tunnel-made %i
UNIT
  mv -f "$units/wg-quick@.service.d/.vrrp-agent.conf" "$units/wg-quick@.service.d/vrrp-agent.conf"
  sync "$units/vrrp-agent.service" "$units/multi-user.target.wants" "$units/wg-quick@.service.d" "$lib"
fi
# The same where procd starts things (host/lib/procd.sh), and what a sysupgrade is to keep.
if is_procd; then
  keep "$root/lib/upgrade/keep.d/vrrp-agent" "# Managed by pulumi-keepalived.
/etc/vrrp-agent/
/etc/vrrp-agent.state/
/etc/keepalived/
/etc/wireguard/
/etc/hotplug.d/iface/50-vrrp-agent
/etc/init.d/vrrp-agent
/etc/rc.d/S65vrrp-agent
/lib/upgrade/keep.d/vrrp-agent
/usr/lib/vrrp-agent
/usr/lib/vrrp-agent.*/
/usr/sbin/vrrp-agent${ours:+
$ours}"
  # shellcheck disable=SC2016 # variables of that script
  keep "$root/etc/init.d/vrrp-agent" '#!/bin/sh /etc/rc.common
# Managed by pulumi-keepalived.
START=65
USE_PROCD=1
agent=/usr/lib/vrrp-agent/vrrp-agent

boot() {
  "$agent" procd-boot 2>&1 | logger -t vrrp-agent
  start
}

instance() {
  procd_open_instance "$1"
  shift
  procd_set_param command "$agent" "$@"
  procd_set_param respawn 3600 5 0
  procd_close_instance
}

start_service() {
  instance tend tend
  for conf in /etc/vrrp-agent/*/node.conf; do
    grep -q -s "^role " "$conf" || continue
    cluster=${conf%/node.conf}
    instance "role-${cluster##*/}" role "${cluster##*/}"
  done
}'
  chmod 755 "$root/etc/init.d/vrrp-agent"
  "$root/etc/init.d/vrrp-agent" enabled || "$root/etc/init.d/vrrp-agent" enable
  # With the new version from now on.
  if [ "$former" = "$directory" ]; then verb=start; else verb=restart; fi
  "$root/etc/init.d/vrrp-agent" "$verb" </dev/null >/dev/null 2>&1 9>&-
  sync
fi
# The former version stays: a step that has just begun may still be reading it.
for old in "$lib"/vrrp-agent.*; do
  case ${old##*/} in
  "$directory" | "$former") ;;
  *) rm -rf "$old" ;;
  esac
done
printf 'installed vrrp-agent %s\n' "$version"
