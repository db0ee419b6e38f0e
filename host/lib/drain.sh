# shellcheck shell=sh disable=SC2154,SC2034 # the names of common.sh
# drain and undrain: this host gives its addresses to a healthy peer and takes none while one is there, until undrain.
# keepalived watches the file; 1 in it lowers the priority of every instance, so that a peer takes over before this
# host lets go. It is neither part of a generation nor of what a rollback takes back, and it survives a reboot.

drain_file() { say "$state_dir/$1/drain"; }

is_drained() { [ -e "$(drain_file "$1")" ]; }

# drain_on CLUSTER: behind the 1 stands who has done it, for a step's own drain must not end the operator's.
drain_on() {
  ! is_drained "$1" || [ "$step" = drain ] || return 0
  # By rename: keepalived never reads half of it.
  say "1 $step" | write_file "$(drain_file "$1")"
  sync "$(drain_file "$1")" "$state_dir/$1"
}

# drain_off CLUSTER: a drain that the operator asked for is left to the operator.
drain_off() {
  is_drained "$1" || return 0
  case $step in
  drain | undrain) ;;
  # A step names itself; what was written by hand names nobody.
  *) grep -q -E '^1 [a-z]+$' "$(drain_file "$1")" && ! grep -q -x '1 drain' "$(drain_file "$1")" || return 0 ;;
  esac
  rm -f "$(drain_file "$1")"
  sync "$state_dir/$1"
}

# await_no_vip CLUSTER SECONDS: fails when this host still holds one of the cluster's addresses then.
await_no_vip() {
  await_left=$2
  while holds_a_vip "$1"; do
    [ "$await_left" -gt 0 ] || return 1
    await_left=$((await_left - 1))
    sleep 1
  done
}

# hand_over_seconds CLUSTER: within which a healthy peer takes over from a host that is drained.
hand_over_seconds() {
  hand_over=$(facts hand-over "$conf_dir/$1/node.conf")
  say "${hand_over:-0}"
}

# verb_drain [CLUSTER]: of all clusters with addresses when none is named.
verb_drain() {
  make_work
  take_lock apply 9
  for cluster in ${1:-$(clusters)}; do
    check_cluster "$cluster"
    if [ -n "$(facts vip "$conf")" ]; then
      drain "$cluster"
    elif [ $# -gt 0 ]; then
      fail "the cluster $cluster has no addresses on this host: there is nothing to drain"
    fi
  done
}

verb_undrain() {
  make_work
  take_lock apply 9
  for cluster in ${1:-$(clusters)}; do
    check_cluster "$cluster"
    if is_drained "$cluster"; then
      drain_off "$cluster"
      say "$cluster is no longer drained"
    else
      say "$cluster was not drained"
    fi
  done
}

check_cluster() {
  require_cluster "$1"
  conf=$conf_dir/$1/node.conf
  use_node "$conf"
}

# knows_drain: whether what keepalived was told here tracks the file.
knows_drain() { grep -q '^ *drain weight ' "$root$keepalived_conf" 2>/dev/null; }

# drain CLUSTER
drain() {
  knows_drain ||
    fail "keepalived's config on this host knows no drain; apply the cluster again first"
  drain_was=no
  ! is_drained "$1" || drain_was=yes
  if ! holds_a_vip "$1"; then
    drain_on "$1"
    say "$1 is drained; this host held none of its addresses and takes none while a healthy peer is there"
    return 0
  fi
  # FAULT lets go at once: without anybody to take over, nobody would serve meanwhile.
  if falls_silent && ! meets_a_peer; then
    fail "no peer of $1 answers, and with nopreempt a drain lets go before a peer takes over; bring a peer back first"
  fi
  drain_on "$1"
  drain_left=$(hand_over_seconds "$1")
  if ! await_no_vip "$1" "$drain_left"; then
    take_drain_back "$1"
    fail "no peer took the addresses of $1 within $drain_left s, so they stay here; see vrrp-agent status on the peers"
  fi
  until who_took_over >"$work/taken"; do
    if [ "$drain_left" -le 0 ]; then
      take_drain_back "$1"
      fail "nobody took ${vip%/*} over within $(hand_over_seconds "$1") s, so the drain was taken back; see vrrp-agent status on the peers"
    fi
    # To ask in vain takes up to two seconds.
    drain_left=$((drain_left - 3))
    sleep 1
  done
  say "$1 is drained"
  cat "$work/taken"
}

take_drain_back() { [ "$drain_was" = yes ] || drain_off "$1"; }

# falls_silent: whether a drain is FAULT on this host.
falls_silent() { grep -q '^ *drain weight 0$' "$root$keepalived_conf"; }

meets_a_peer() {
  facts interface "$conf" >"$work/drain-dev"
  read -r dev <"$work/drain-dev"
  facts peer "$conf" >"$work/peers"
  while read -r _ address; do
    if ask "$address" "$dev" || [ -n "$(neighbour "$address" "$dev")" ]; then return 0; fi
  done <"$work/peers"
  return 1
}

# who_took_over: a line for each address; fails at one that nobody holds.
who_took_over() {
  facts vip "$conf" >"$work/drained-vips"
  while read -r _ vip dev; do
    if ! macs=$(answering_macs "${vip%/*}" "$dev" </dev/null); then
      say "note: who holds ${vip%/*} now cannot be asked from here"
    elif [ -z "$macs" ]; then
      return 1
    else
      say "${vip%/*} is held by $(name_of "$macs" "$dev")"
    fi
  done <"$work/drained-vips"
}

# name_of MACS DEV: the peer that has one of them, else the MACs themselves.
name_of() {
  facts peer "$conf" >"$work/peers"
  if [ "$1" = "$no_mac" ]; then
    peer=$(peer_nodes "$conf")
    case $peer in *"
"*) say "one of its peers" ;; *) say "$peer" ;; esac
    return 0
  fi
  while read -r peer address; do
    ask "$address" "$2" </dev/null || true
    for mac in $1; do
      if ip neigh show "$address" dev "$2" | grep -q -i -F "$mac"; then
        say "$peer"
        return 0
      fi
    done
  done <"$work/peers"
  say "$1" | tr '\n' ' ' | sed 's/ $//'
}
