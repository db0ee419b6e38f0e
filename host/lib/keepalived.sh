# shellcheck shell=sh disable=SC2154,SC2034 # the names of common.sh
# The daemon: bringing it to what its files say, and what it needs before a start and after its end.

keepalived_conf=/etc/keepalived/keepalived.conf

# manages_keepalived DIRECTORY: whether the generation in DIRECTORY has a config for it.
manages_keepalived() { manifest_paths "$1/manifest" | grep -q -x -F "$keepalived_conf"; }

# service_words: enabled|disabled running|stopped
service_words() {
  service_words=disabled
  ! service_enabled || service_words=enabled
  if keepalived_pid >/dev/null; then say "$service_words running"; else say "$service_words stopped"; fi
}

# What a reload does not take up: these need a restart.
# start_time_options FILE
start_time_options() {
  [ ! -e "$1" ] || grep -E '^[[:space:]]*(net_namespace|namespace_with_ipsets|use_pid_dir|instance|nftables)' "$1" || true
}

# start_words: what keepalived would start with now, of that.
start_words() {
  program_in_force
  start_time_options "$root$keepalived_conf"
}

# There while keepalived runs: what it was started with, of that.
started_with=$run_dir/started-with

# drive_keepalived CLUSTER GENERATION MUST_HOLD: runs with the present files. MUST_HOLD: yes when a reload drops the
# instances, so that the addresses that this host serves are kept on it by hand meanwhile.
drive_keepalived() {
  service_enabled || service enable
  if ! pid=$(keepalived_pid); then
    service start
    return 0
  fi
  moved "$1" /etc/keepalived/ || has_line "$keepalived_unit" "$state_dir/$1/moving" || return 0
  ! has_lease "$conf_dir/$1/node.conf" || begin_witness "$1"
  verb=reload
  # One that we did not start is taken to be like its file was.
  [ -e "$started_with" ] || start_time_options "$state_dir/$1/generations/0/files$keepalived_conf" >"$started_with"
  [ "$(cat "$started_with")" = "$(start_words)" ] || verb=restart
  ! reload_is_fatal "$pid" || verb=restart
  own_vips "$1" "$(words_conf "$1" "$2")" >"$work/served"
  if [ ! -s "$work/served" ]; then
    service "$verb"
  elif [ "$3" = yes ]; then
    hold_by_hand "$1" "$2" "$verb"
  elif [ "$verb" = restart ]; then
    restart_drained "$1"
  else
    service reload
  fi
}

# restart_drained CLUSTER: a peer takes over first; where none can, the restart is a gap all the same.
restart_drained() {
  restart_undrain=no
  if ! is_drained "$1"; then
    move_force=no
    # Alone it moves nothing.
    ! meets_a_peer "$1" || get_ready "$1"
    drain_on "$1"
    restart_undrain=yes
  fi
  restart_settle=$(facts settle "$conf_dir/$1/node.conf")
  await_no_vip "$1" $((${restart_settle:-0} + 5)) ||
    warn "note: no peer took over within $((${restart_settle:-0} + 5)) s; keepalived is restarted here all the same"
  service restart
  [ "$restart_undrain" = no ] || drain_off "$1"
}

# hold_by_hand CLUSTER GENERATION VERB: no peer runs, so nobody else can have the addresses while keepalived, which
# starts as a backup, waits for adverts that do not come. Those of the served ones that the generation has stay here.
hold_by_hand() {
  facts vip "$(words_conf "$1" "$2")" | awk '{ print $2, $3 }' >"$work/wanted-vips"
  grep -x -F -f "$work/wanted-vips" "$work/served" >"$work/by-hand" || true
  if [ ! -s "$work/by-hand" ]; then
    service "$3"
    return 0
  fi
  # keepalived removes them when it drops an instance; in a restart when it ends, and once more when it starts.
  hold_times=1
  if [ "$3" = restart ]; then
    hold_times=2
    # A restart runs `cleanup`, which leaves these alone until then. A full /run is no reason to stop here.
    ({ say "$(($(uptime) + hold_seconds))"; cat "$work/by-hand"; } | write_file "$run_dir/$1/held") 2>/dev/null || true
  fi
  hold_addresses "$hold_times" 8>&- 9>&- &
  hold_pid=$!
  service "$3"
  wait "$hold_pid" || true
  rm -f "$run_dir/$1/held"
  # None was ever gone: an instance that the change does not drop stays master, and reports nothing.
  if [ "$3" != restart ] && cmp -s "$work/by-hand" "$work/holding"; then return 0; fi
  hold_left=$(facts settle "$(words_conf "$1" "$2")")
  until is_master "$1" "$2"; do
    # Held by hand no longer than the votes last.
    ! has_lease "$conf_dir/$1/node.conf" || (lend_again "$1") || true
    [ "${hold_left:-0}" -gt 0 ] || {
      while read -r address dev; do
        ! held "${address%/*}" "$dev" >/dev/null || ip address del "$address" dev "$dev" || true
      done <"$work/by-hand"
      fail "keepalived did not become master with the new files; see its log: journalctl -u keepalived"
    }
    hold_left=$((hold_left - 1))
    sleep 1
  done
}

# Seconds that are enough for a reload, and for a restart.
hold_seconds=5

# held_by_hand ADDRESS/PREFIX DEV: by a step that runs now.
held_by_hand() {
  for by_hand in "$run_dir"/*/held; do
    [ -e "$by_hand" ] || continue
    read -r by_hand_until <"$by_hand"
    by_hand_left=$((by_hand_until - $(uptime)))
    # What a step that was killed left behind counts no longer, also not in a later boot.
    if [ "$by_hand_left" -le 0 ] || [ "$by_hand_left" -gt "$hold_seconds" ]; then continue; fi
    ! has_line "$1 $2" "$by_hand" || return 0
  done
  return 1
}

# hold_addresses TIMES: puts each back as soon as it is gone, so often; to add one that is there fails.
hold_addresses() {
  hold_until=$(($(uptime) + hold_seconds))
  hold_turns=0
  hold_passes=$1
  cp "$work/by-hand" "$work/holding"
  while [ "$(uptime)" -lt "$hold_until" ] && [ "$hold_turns" -lt 5000 ]; do
    if [ ! -s "$work/holding" ]; then
      hold_passes=$((hold_passes - 1))
      [ "$hold_passes" -gt 0 ] || return 0
      cp "$work/by-hand" "$work/holding" || return 0
    fi
    while read -r address dev; do
      ip address add "$address" dev "$dev" 2>/dev/null || say "$address $dev"
    done <"$work/holding" 2>/dev/null >"$work/still-there" || return 0
    # Gone with the step, when that has failed.
    mv "$work/still-there" "$work/holding" 2>/dev/null || return 0
    hold_turns=$((hold_turns + 1))
  done
}

# is_master CLUSTER GENERATION: as keepalived itself reported of the instances whose addresses are held by hand.
is_master() {
  facts vip "$(words_conf "$1" "$2")" >"$work/vips-of-instances"
  awk '
    FILENAME ~ /by-hand$/ { held[$1, $2] = 1; next }
    ($2, $3) in held && !seen[$1]++ { print $1 }' "$work/by-hand" "$work/vips-of-instances" >"$work/by-hand-instances"
  while read -r is_master_instance; do
    grep -q -x 'state MASTER' "$run_dir/$1/$is_master_instance.state" 2>/dev/null || return 1
  done <"$work/by-hand-instances"
}

# look_keepalived: it runs, and the process that speaks VRRP does not come and go.
look_keepalived() {
  for _ in 1 2 3 4 5 6 7 8 9 10; do
    if pid=$(keepalived_pid); then
      before=$(children "$pid")
      sleep 1
      [ -z "$before" ] || [ "$(keepalived_pid)" != "$pid" ] || [ "$(children "$pid")" != "$before" ] || return 0
    else
      sleep 1
    fi
  done
  if has_systemd; then
    systemctl --no-pager --lines=20 status keepalived.service >"$work/words" 2>&1 || true
  elif have logread; then
    logread -e eepalived 2>/dev/null | tail -n 20 >"$work/words" || true
  fi
  fail "keepalived does not keep running with the new files; see its own words" "$work/words"
}

# record_service CLUSTER: what keepalived's service was before the first apply.
record_service() {
  grep -q '^service ' "$state_dir/$1/generations/0/kept" 2>/dev/null && return 0
  keep_line "$1" "service $(service_words)"
  keepalived_pid >/dev/null || for record_path in $written_by_keepalived; do
    record_written "$1" "$record_path"
  done
}

# What keepalived makes when it starts, and leaves behind: since 2.3.0 a name for the protocol of its addresses.
written_by_keepalived=/etc/iproute2/rt_addrprotos.d/keepalived.conf

# record_written CLUSTER PATH: and which of the directories above it were not there either.
record_written() {
  [ ! -e "$root$2" ] || return 0
  keep_line "$1" "written $2"
  record_above=${2%/*}
  while [ -n "$record_above" ] && [ ! -d "$root$record_above" ]; do
    keep_line "$1" "made $record_above"
    record_above=${record_above%/*}
  done
}

# return_service CLUSTER: as it was before the first apply. On a boot it is not for us to start or reload it.
return_service() {
  return_pointer "$1"
  record=$(grep '^service ' "$state_dir/$1/generations/0/kept" 2>/dev/null) || return 0
  case $record in
  "service disabled "*) ! service_enabled || service disable ;;
  *) service_enabled || service enable ;;
  esac
  [ "$step" != boot ] || return 0
  case $record in
  *" stopped")
    stop_service
    sed -n 's/^written //p' "$state_dir/$1/generations/0/kept" | while read -r written_path; do
      rm -f "$root$written_path"
    done
    ;;
  *)
    if ! keepalived_pid >/dev/null; then
      service start
    elif grep -q '^program ' "$started_with" 2>/dev/null; then
      service restart
    else
      reload_service
    fi
    ;;
  esac
  rm -f "$started_with"
}

# Seconds that a boot may take to give the interfaces their addresses.
source_limit=10

# There while keepalived runs without an address that it was to send from.
late_sources=$run_dir/late-sources

# await_sources: keepalived stays in FAULT for good when it cannot bind to its source address at its start, and during
# a boot an IPv6 address cannot be bound to until it has been checked for duplicates.
await_sources() {
  rm -f "$late_sources"
  end=$(($(now) + source_limit))
  for conf in "$conf_dir"/*/node.conf; do
    [ -e "$conf" ] || continue
    facts source "$conf" | while read -r address dev; do
      until usable "$address" "$dev"; do
        if [ "$(now)" -ge "$end" ]; then
          warn "$address is not usable on $dev after $source_limit s; keepalived starts without it"
          : >"$late_sources"
          break
        fi
        sleep 1
      done
    done
  done
}

# greet_late_sources: a host that was started with its cable out gets its addresses when it is plugged in.
greet_late_sources() {
  [ -e "$late_sources" ] || return 0
  for conf in "$conf_dir"/*/node.conf; do
    [ -e "$conf" ] || continue
    facts source "$conf" | while read -r address dev; do usable "$address" "$dev" || exit 1; done || return 0
  done
  rm -f "$late_sources"
  warn "the source addresses are usable now; keepalived is told to look again"
  # In a subshell: a reload that fails is no reason for the reader of the FIFO to end.
  (
    make_work
    reload_service
  ) || true
}

# recover: what the boot's own unit runs, before keepalived and also where keepalived does not start: a change that
# nobody confirmed before the host went down is undone.
verb_recover() {
  step=boot
  umask 022
  make_run_dir
  for cluster in $(clusters); do
    pending=$state_dir/$cluster/pending
    [ -e "$pending" ] || continue
    read -r _ _ boot _ <"$pending"
    [ "$boot" != "$(boot_id)" ] || continue
    make_work
    take_lock apply 9
    # Somebody may have been faster.
    [ -e "$pending" ] || continue
    read -r former new boot _ <"$pending"
    [ "$boot" != "$(boot_id)" ] || continue
    use_node "$(words_conf "$cluster" "$new")"
    undo_pending "$cluster" "$former" "$new"
    [ "$(current_generation "$cluster")" = "$new" ] ||
      say "vrrp-agent: $cluster: undid generation $new, which was not confirmed before the host went down"
  done
}

# ExecStartPre.
verb_boot() {
  verb_recover
  [ -s "$root$keepalived_conf" ] || fail "there is no $keepalived_conf any more; keepalived is not to run"
  make_work
  for cluster in $(clusters); do
    [ -e "$state_dir/$cluster/apart" ] || continue
    # The others may be heard through one only.
    await_tunnels
    use_node "$conf_dir/$cluster/node.conf"
    # systemd tries again.
    ! blocks_start "$cluster" || fail "another host runs another generation of $cluster; keepalived starts after that"
    [ -e "$state_dir/$cluster/pending" ] || rm -f "$state_dir/$cluster/apart"
  done
  start_words >"$started_with"
  # What a step that was cut short had drained is not drained any more.
  for cluster in $(clusters); do drain_off "$cluster"; done
  for cluster in $(clusters); do prepare_checks "$cluster"; done
  await_sources
  await_tunnels
  for cluster in $(clusters); do tell_confirmed "$cluster"; done
}

# ExecStopPost: a daemon that died left its addresses behind.
verb_cleanup() {
  ! pid=$(keepalived_pid) || fail "keepalived runs with pid $pid and minds its addresses itself; stop it first"
  for conf in "$conf_dir"/*/node.conf; do
    [ -e "$conf" ] || continue
    facts vip "$conf" | while read -r _ vip dev; do
      [ -d "$root/sys/class/net/$dev" ] || continue
      if found=$(held "${vip%/*}" "$dev") && ! held_by_hand "$vip" "$dev"; then
        # It may have gone meanwhile.
        ip address del "$found" dev "$dev" || ! held "${vip%/*}" "$dev" >/dev/null
        say "vrrp-agent: removed $found, which keepalived left on $dev"
      fi
    done
  done
  # After all of that: a full disk must not keep an address here.
  report_stopped
  for conf in "$conf_dir"/*/node.conf; do
    ! has_lease "$conf" || (resign_witness "$(facts cluster "$conf")") || true
  done
}
