# shellcheck shell=sh disable=SC2154,SC2034 # the names of common.sh
# Whether this host can be what its node.conf says, before anything is changed.

# check_host CLUSTER DIRECTORY: DIRECTORY has manifest and files/ of the staged generation.
check_host() {
  check_paths "$1" "$2/manifest"
  check_room "$2"
  facts_conf=$2/files/etc/vrrp-agent/$1/node.conf
  check_procd "$facts_conf"
  if [ -s "$2/files/etc/vrrp-agent/$1/firewall.rules" ]; then
    check_firewalls "$1" "$2"
  fi
  [ -e "$facts_conf" ] || return 0
  check_interfaces "$facts_conf"
  check_vips "$facts_conf"
  check_advertised_routes "$2"
}

# check_advertised_routes DIRECTORY: a host that begins to forward IPv6 takes no router advertisements any more, and the
# kernel drops what it has from them, unless accept_ra is 2.
check_advertised_routes() {
  wanted_sysctls "$1" | grep -q '^net[./]ipv6[./]conf[./]all[./]forwarding 1$' || return 0
  [ "$(cat "$root/proc/sys/net/ipv6/conf/all/forwarding" 2>/dev/null)" = 0 ] || return 0
  ip -6 route show default proto ra 2>/dev/null |
    awk '{ for (i = 1; i < NF; i++) if ($i == "dev") print $(i + 1) }' | sort -u >"$work/advertised"
  while read -r dev; do
    accept_ra=$(cat "$root/proc/sys/net/ipv6/conf/$dev/accept_ra" 2>/dev/null) || continue
    case $accept_ra in
    2) ;;
    # systemd-networkd and NetworkManager turn the kernel's off and make the routes themselves.
    0) note "the default route over $dev is of router advertisements that a program takes; see that it does so on a host that forwards (systemd-networkd: IPv6AcceptRA=yes)" ;;
    *) fail "IPv6 forwarding would cost this host its default route, which $dev has from router advertisements; set net.ipv6.conf.$(say "$dev" | tr . /).accept_ra = 2 here, in /etc/sysctl.d too, or leave IPv6 subnets out (forward: false)" ;;
    esac
  done <"$work/advertised"
}

# check_listen_ports CLUSTER DIRECTORY: of a staged generation; no two interfaces can listen on one UDP port.
check_listen_ports() {
  facts tunnel "$2/files/etc/vrrp-agent/$1/node.conf" >"$work/tunnel-ports"
  [ -s "$work/tunnel-ports" ] || return 0
  # These end, or get other ports, before any of the generation's begins.
  tunnel_devs "$1" "$2" | while read -r dev fate; do
    if [ "$fate" = up ]; then
      say "$dev"
    else
      case $(kept_tunnel "$1" "$dev") in *stopped) say "$dev" ;; esac
    fi
  done >"$work/ports-to-change"
  {
    wg show all listen-port 2>/dev/null || true
    for conf in "$conf_dir"/*/node.conf; do
      [ "$conf" = "$conf_dir/$1/node.conf" ] || facts tunnel "$conf"
    done
  } | awk '
    part == 1 { ours[$1] = 1; next }
    !($1 in ours) && $2 > 0 { print $2, $1 }' part=1 "$work/ports-to-change" part=2 - >"$work/ports-taken"
  while read -r dev port _; do
    taken_by=$(awk -v port="$port" '$1 == port { print $2; exit }' "$work/ports-taken")
    [ -z "$taken_by" ] ||
      fail "$dev cannot listen on UDP port $port, which the WireGuard interface $taken_by has on this host; give the tunnel another listenPort"
    say "$port $dev" >>"$work/ports-taken"
  done <"$work/tunnel-ports"
}

# check_paths CLUSTER MANIFEST: two clusters share a path only when both want the same there.
check_paths() {
  manifest_paths "$2" >"$work/paths"
  while read -r path; do
    other=$(managed_by_another "$1" "$path") || continue
    theirs=$(manifest_digest "$path" "$(generation_dir "$other" "$(current_generation "$other")")/manifest")
    [ "$theirs" = "$(manifest_digest "$path" "$2")" ] ||
      fail "$path belongs to the cluster $other on this host; make this one a virtual router of it (virtualRouters), destroy that one first or use another host"
  done <"$work/paths"
}

# check_room DIRECTORY: a generation is kept once, staged once and placed once.
check_room() {
  needed=$(($(du -sk "$1" | cut -f 1) * 3 + 64))
  for place in "$state_dir" "$root/etc"; do
    free=$(df -Pk "$place" | awk 'NR == 2 { print $4 }')
    [ "$free" -ge "$needed" ] ||
      fail "$place has $free KiB free, $needed KiB are needed; make room on its file system"
  done
}

check_interfaces() {
  {
    facts interface "$1"
    facts wan "$1"
    facts instance "$1" | awk '{ print $4 }'
    facts vip "$1" | awk '{ print $3 }'
  } | sort -u >"$work/interfaces-named"
  # A tunnel of this very change is still to be made.
  facts tunnel "$1" 1 >"$work/interfaces-to-make"
  lines_new_in "$work/interfaces-named" "$work/interfaces-to-make" >"$work/interfaces"
  while read -r dev; do
    [ -d "$root/sys/class/net/$dev" ] ||
      fail "interface $dev does not exist; this host has: $(interfaces)"
  done <"$work/interfaces"
  facts source "$1" >"$work/sources"
  while read -r address dev; do
    held "$address" "$dev" >/dev/null ||
      fail "unicastSrcIp $address is not on $dev, which has $(networks "$dev"); use one of these"
  done <"$work/sources"
}

# check_vips NODE_CONF
check_vips() {
  off_link=$(facts off-link "$1")
  facts vip "$1" >"$work/vips"
  while read -r _ vip dev; do
    address=${vip%/*}
    if [ "$off_link" != yes ]; then
      on_network "$address" "$dev" || fail \
        "virtual address $address is on no network of $dev, which has $(networks "$dev"); correct it or set vipOffLink: true"
    fi
    vip_is_managed "$address" || check_unused "$1" "$address" "$dev"
  done <"$work/vips"
}

# vip_is_managed ADDRESS: by a cluster that is applied on this host.
vip_is_managed() {
  for managed_conf in "$conf_dir"/*/node.conf; do
    facts vip "$managed_conf" | awk '{ sub(/\/.*/, "", $2); print $2 }' | grep -q -x -F "$1" && return 0
  done
  return 1
}

# check_unused NODE_CONF ADDRESS DEV: nobody has the address but a peer.
check_unused() {
  if held "$2" "$3" >/dev/null; then
    # A keepalived that was set up by hand, or by UCI, holds it: that one is taken over.
    ! { keepalived_pid >/dev/null && grep -q -s -F "$2" "$root$keepalived_conf" "$root/tmp/keepalived.conf"; } || return 0
    fail "virtual address $2 is already configured on $3 of this host; remove it there or choose another"
  fi
  answers=$(answering_macs "$2" "$3") || {
    note "whether $2 is in use was not checked: neither arping nor ping is here"
    return 0
  }
  # shellcheck disable=SC2086
  strangers=$(strangers_among "$1" "$3" $answers)
  [ -z "$strangers" ] || fail \
    "virtual address $2 is in use on $3 by $(say "$strangers" | tr '\n' ' ' | sed 's/ $//'), which is no peer; free it or choose another"
}

# strangers_among NODE_CONF DEV MAC...: those that no peer has, one a line. A peer may answer with the MAC that VRRP gives
# to its virtual router.
strangers_among() {
  strangers_conf=$1
  strangers_dev=$2
  shift 2
  [ $# -gt 0 ] || return 0
  strangers_known=$(
    # Somebody at the other end of a link that only peers have.
    has_arp "$strangers_dev" || printf '%s ' "$no_mac"
    facts instance "$strangers_conf" | awk '{ printf "00:00:5e:00:%s:%02x ", $2 == 6 ? "02" : "01", $3 }'
    peer_macs "$strangers_conf" "$strangers_dev"
  )
  for strangers_mac; do
    case " $strangers_known " in
    *" $strangers_mac "*) ;;
    *) say "$strangers_mac" ;;
    esac
  done
}

# In place of a MAC where there are none.
no_mac=00:00:00:00:00:00

# answering_macs ADDRESS DEV: of everybody who answers for it; fails when no tool can ask. Where there are no MACs it must not
# be an address of this host.
answering_macs() {
  if ! has_arp "$2"; then
    have ping || return 1
    # By the way that leads there: of an address on a dummy interface that is another one.
    ! ping -c 1 -W 1 "$1" >/dev/null 2>&1 || say "$no_mac"
    return 0
  fi
  case $1 in
  *:*) ;;
  *)
    if have arping && ! arping -V 2>&1 | grep -q Habets; then
      arping -D -I "$2" -c 2 -w 2 "$1" 2>&1 | awk '
        /reply from/ { for (i = 1; i <= NF; i++) if ($i ~ /^\[.*\]$/) print tolower(substr($i, 2, length($i) - 2)) }' |
        sort -u
      return 0
    fi
    ;;
  esac
  have ping || return 1
  ask "$1" "$2" || true
  neighbour "$1" "$2"
}

# peer_macs NODE_CONF DEV: on one line.
peer_macs() {
  facts peer "$1" | while read -r _ address; do
    ask "$address" "$2" || true
    ip neigh show "$address" dev "$2" | awk '{ for (i = 1; i < NF; i++) if ($i == "lladdr") print tolower($(i + 1)) }'
  done | sort -u | tr '\n' ' ' | sed 's/ $//'
}
