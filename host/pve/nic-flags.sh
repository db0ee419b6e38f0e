#!/bin/sh
# Made by pulumi-keepalived, which writes it anew. A hookscript of Proxmox VE: sets the flags of a guest's ports on bridges
# after each start, on a live migration's target, too. Called with VMID PHASE. Never fails: a start would fail with it.
PATH=$PATH:/usr/sbin:/sbin

guest=0
# A line for each NIC: its number, whose it is, flags.
flags() {
  cat <<'END'
END
}

say() {
  echo "vrrp-agent: guest $guest: $*" >&2
  logger -t vrrp-agent -p daemon.warning "guest $guest: $*" 2>/dev/null
}

# A clone keeps its original's hookscript.
if [ "${1-}" != "$guest" ] || [ "${2-}" != post-start ]; then
  exit 0
fi

# set_port PORT FLAG VALUE ...: one by one, for an old iproute2 does not know them all.
set_port() {
  port=$1
  shift
  while [ $# -ge 2 ]; do
    if ! problem=$(bridge link set dev "$port" "$1" "$2" 2>&1); then
      say "$port: $1 $2: $problem"
    fi
    shift 2
  done
}

flags | while read -r nic _ words; do
  found=
  # Behind the firewall the guest's end is on a bridge of its own, whose way to the node's bridge is fwpr.
  for port in "tap${guest}i$nic" "veth${guest}i$nic" "fwpr${guest}p$nic"; do
    # Open vSwitch's ports have none of these flags; bridge shows nothing of them.
    [ -n "$(bridge link show dev "$port" 2>/dev/null)" ] || continue
    found=1
    # shellcheck disable=SC2086 # words
    set_port "$port" $words
  done
  [ -n "$found" ] || say "net$nic has no port on a Linux bridge: its flags are not set"
done
exit 0
