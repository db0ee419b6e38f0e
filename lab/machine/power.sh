#!/bin/sh
# The power button of one host.
#   power.sh on DIR    runs the host until it powers itself off; a reboot from inside starts it again
#   power.sh off DIR   takes the power away: cable first, then every process, then the network namespace
# DIR/host.conf says what the host is: MACHINE HOST_NAME NETNS SWITCH PORT MAC GROUP NICS
set -eu
action=$1
readonly dir="$2"
# shellcheck source=/dev/null
. "$dir/host.conf"
# shellcheck source=lab/machine/cgroup.sh
. "$(dirname "$0")/cgroup.sh"

# Exit code of nspawn when the host asked for a reboot.
reboot_requested=133

# shellcheck disable=SC2153 # from host.conf
# Every boot gets a new namespace: what it has, the host has set up itself.
plug() {
  ip netns add "$NETNS"
  ip -n "$SWITCH" link add "$PORT" type veth peer name eth0 address "$MAC" netns "$NETNS"
  ip -n "$SWITCH" link set "$PORT" master br0
  [ -e "$dir/unplugged" ] || ip -n "$SWITCH" link set "$PORT" up
  for nic in ${NICS-}; do
    plug_nic "${nic%%/*}" "$(echo "$nic" | cut -d / -f 2)" "$(echo "$nic" | cut -d / -f 3)" "${nic##*/}"
  done
}

# plug_nic NAME PORT MAC BRIDGE
plug_nic() {
  ip -n "$SWITCH" link add "$2" type veth peer name "$1" address "$3" netns "$NETNS"
  ip -n "$SWITCH" link set "$2" master "$4" up
}

pull_cables() {
  [ -e "/run/netns/$SWITCH" ] || return 0
  for port in "$PORT" $(for nic in ${NICS-}; do echo "$nic" | cut -d / -f 2; done); do
    ! ip -n "$SWITCH" link show "$port" >/dev/null 2>&1 || ip -n "$SWITCH" link del "$port"
  done
}

unplug() {
  pull_cables
  [ ! -e "/run/netns/$NETNS" ] || ip netns del "$NETNS"
}

# nspawn's own state goes to a directory that vanishes with it, even when it is killed.
boot() {
  mkdir -p /run/systemd/nspawn
  # shellcheck disable=SC2016
  SYSTEMD_NSPAWN_API_VFS_WRITABLE=network unshare --mount --propagation slave sh -euc '
    mount -t tmpfs -o mode=755 lab /run/systemd/nspawn
    exec systemd-nspawn "$@"' sh \
    --quiet --boot --register=no --keep-unit --machine="$MACHINE" --hostname="$HOST_NAME" --directory="$dir/root" \
    --network-namespace-path="/run/netns/$NETNS" --capability=CAP_NET_ADMIN --bind=/dev/net/tun \
    --resolv-conf=off --timezone=off --link-journal=no --console=read-only </dev/null >>"$dir/console.log" 2>&1
}

case $action in
on)
  # Whoever ends the lab holds this lock from before it looks at the group until the directory is gone.
  exec 9<"$dir/../.."
  flock --shared 9
  [ -d "$dir" ] || exit 0
  cgroup_join "$GROUP"
  exec 9<&-
  while :; do
    plug
    code=0
    boot || code=$?
    unplug
    [ "$code" -eq "$reboot_requested" ] || break
  done
  ;;
off)
  pull_cables
  cgroup_kill "$GROUP"
  unplug
  ;;
*)
  echo "power.sh: unknown action $action" >&2
  exit 2
  ;;
esac
