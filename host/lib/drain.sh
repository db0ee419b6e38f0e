# shellcheck shell=sh disable=SC2154,SC2034 # the names of common.sh
# drain and undrain: this host gives its addresses to a healthy peer and takes none while one is there, until undrain.
# keepalived watches the file; 1 in it lowers the priority of every instance, so that a peer takes over before this
# host lets go. It is neither part of a generation nor of what a rollback takes back, and it survives a reboot.
# -1 in it raises them as much: this host is promoted (promote.sh).

drain_file() { say "$state_dir/$1/drain"; }

is_drained() { [ -e "$(drain_file "$1")" ] && ! is_promoted "$1"; }

is_promoted() { grep -q '^-1' "$(drain_file "$1")" 2>/dev/null; }

# write_drain CLUSTER TEXT: by rename: keepalived never reads half of it.
write_drain() {
  say "$2" | write_file "$(drain_file "$1")"
  sync "$(drain_file "$1")" "$state_dir/$1"
}

# drain_on CLUSTER: behind the 1 stands who has done it, for a step's own drain must not end the operator's, nor what promote did.
drain_on() {
  if is_promoted "$1" && [ "$step" != drain ]; then
    write_drain "$1" "1 $step promoted"
  elif ! is_drained "$1" || [ "$step" = drain ]; then
    write_drain "$1" "1 $step"
  fi
}

# drain_off CLUSTER: a drain that the operator asked for is left to the operator.
drain_off() {
  resume_role "$1"
  [ -e "$(drain_file "$1")" ] || return 0
  case $step in
  drain | undrain | promote) ;;
  # A step names itself; what was written by hand names nobody.
  *) grep -q -E '^1 [a-z]+( promoted)?$' "$(drain_file "$1")" && ! grep -q -x '1 drain' "$(drain_file "$1")" || return 0 ;;
  esac
  if grep -q ' promoted$' "$(drain_file "$1")" && [ "$step" != undrain ]; then
    write_drain "$1" "-1 promote"
    return 0
  fi
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

# move_options [CLUSTER] [--force] [--wait SECONDS]: sets move_cluster, move_force and move_wait.
move_options() {
  move_cluster='' move_force=no move_wait=0
  while [ $# -gt 0 ]; do
    case $1 in
    --force) move_force=yes ;;
    --wait)
      shift
      case ${1-} in
      '' | *[!0-9]* | ?????*)
        warn "--wait: '${1-}'; give seconds, 0 to 9999"
        exit 2
        ;;
      esac
      move_wait=$1
      ;;
    -*)
      warn "unknown option $1; there are --force and --wait SECONDS"
      exit 2
      ;;
    *)
      [ -z "$move_cluster" ] || {
        warn "give one cluster, not $move_cluster and $1"
        exit 2
      }
      move_cluster=$1
      ;;
    esac
    shift
  done
}

# each_cluster WHAT COMMAND: of all clusters with addresses when none is named.
each_cluster() {
  for cluster in ${move_cluster:-$(clusters)}; do
    check_cluster "$cluster"
    if [ -n "$(facts vip "$conf")" ]; then
      "$2" "$cluster"
    elif [ -n "$move_cluster" ]; then
      fail "the cluster $cluster has no addresses on this host: there is nothing to $1"
    fi
  done
}

# verb_drain [CLUSTER] [--force] [--wait SECONDS]
verb_drain() {
  move_options "$@"
  make_work
  take_lock apply 9
  each_cluster drain drain
}

verb_undrain() {
  make_work
  take_lock apply 9
  for cluster in ${1:-$(clusters)}; do
    check_cluster "$cluster"
    if is_promoted "$cluster"; then
      end_promotion "$cluster"
    elif is_drained "$cluster"; then
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
  drain_was=
  [ ! -e "$(drain_file "$1")" ] || read -r drain_was <"$(drain_file "$1")"
  if ! holds_a_vip "$1"; then
    drain_on "$1"
    say "$1 is drained; this host held none of its addresses and takes none while a healthy peer is there"
    return 0
  fi
  # FAULT lets go at once: without anybody to take over, nobody would serve meanwhile.
  if falls_silent && ! meets_a_peer "$1"; then
    [ "$move_force" = yes ] ||
      fail "no peer of $1 answers, and with nopreempt a drain lets go before a peer takes over; bring a peer back first, or give --force, and nobody has them"
    warn "note: no peer of $1 answers: nobody has its addresses until one does, or vrrp-agent undrain"
  fi
  get_ready "$1"
  drain_on "$1"
  drain_left=$(($(hand_over_seconds "$1") + move_wait))
  if ! await_no_vip "$1" "$drain_left"; then
    if [ "$move_force" = yes ]; then
      resume_role "$1"
      say "$1 is drained; no peer took its addresses within $drain_left s, so they stay here until one does"
      return 0
    fi
    take_drain_back "$1"
    fail "no peer took the addresses of $1 within $drain_left s, so they stay here; see vrrp-agent status on the peers"
  fi
  until who_took_over >"$work/taken"; do
    if [ "$drain_left" -le 0 ]; then
      if [ "$move_force" = yes ]; then
        warn "note: nobody has ${vip%/*} now"
        break
      fi
      take_drain_back "$1"
      fail "nobody took ${vip%/*} over within $(hand_over_seconds "$1") s, so the drain was taken back; see vrrp-agent status on the peers"
    fi
    # To ask in vain takes up to two seconds.
    drain_left=$((drain_left - 3))
    sleep 1
  done
  end_stillness "$1" "the addresses were given to a peer"
  say "$1 is drained"
  cat "$work/taken"
}

# take_drain_back: as it was before.
take_drain_back() {
  if [ -z "$drain_was" ]; then
    drain_off "$1"
  else
    write_drain "$1" "$drain_was"
    resume_role "$1"
  fi
}

# get_ready CLUSTER: what a master runs here, for its planned move to a peer; the step fails where it is not.
get_ready() {
  has_role "$conf_dir/$1/node.conf" || return 0
  if [ "${move_force:-no}" = no ] && ! meets_a_peer "$1"; then
    fail "no peer of $1 answers, so what this master runs is not made ready to move; bring a peer back first"
  fi
  ready_words=$(quiesce_role "$1") && return 0
  [ "${move_force:-no}" = yes ] || fail "$1 stays here: $ready_words; mend that, or give --force, and what the peer has not got is missing there"
  warn "note: $ready_words"
}

# falls_silent: whether a drain is FAULT on this host.
falls_silent() { grep -q '^ *drain weight 0$' "$root$keepalived_conf"; }

# meets_a_peer CLUSTER: one answers.
meets_a_peer() {
  meets_conf=$conf_dir/$1/node.conf
  facts interface "$meets_conf" >"$work/drain-dev"
  read -r dev <"$work/drain-dev"
  facts peer "$meets_conf" >"$work/peers"
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
