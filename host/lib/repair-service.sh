# shellcheck shell=sh disable=SC2154,SC2034 # the names of common.sh and repair.sh
# Repairs of what runs: the daemon, its files, the firewall, tunnels and the loop of a role.

# keepalived_as_applied: the files that it reads are those of the generation.
keepalived_as_applied() {
  applied_changed=$(drifted_files "$(repair_dir_now)" | grep '^/etc/keepalived/' | tr '\n' ' ') || true
  [ -z "$applied_changed" ] ||
    fail "${applied_changed% } is not as it was applied; run vrrp-agent repair $repair_cluster reapply, which keeps a copy, or take what was changed into the spec"
}

# keepalived_accepts: the files in place, by its own test.
keepalived_accepts() {
  accepts_program=$(present_program)
  has_program "$accepts_program" || fail "keepalived is not installed; install it"
  [ -s "$root$keepalived_conf" ] || fail "there is no $keepalived_conf; run vrrp-agent repair $repair_cluster reapply"
  (test_config "$root$keepalived_conf" "$accepts_program") 2>"$work/accepts-words" || {
    sed 1d "$work/accepts-words" >&2
    fail "keepalived does not accept $keepalived_conf; run vrrp-agent repair $repair_cluster reapply"
  }
}

# repair_start_daemon: what a dead one has left on an interface it clears as it starts.
repair_start_daemon() {
  ! pid=$(keepalived_pid) || nothing_to_do "keepalived runs (pid $pid)"
  keepalived_accepts
  on_undo stop
  # One that has failed too often systemd does not start again.
  ! has_systemd || systemctl reset-failed keepalived.service >/dev/null 2>&1 </dev/null 8>&- 9>&- || true
  service start
  look_keepalived
  # What is on the interfaces without a daemon that means it.
  start_left=5
  until start_stray=$(stray_vips) && [ -z "$start_stray" ]; do
    [ "$start_left" -gt 0 ] || fail "keepalived runs, and is not MASTER with what is on the interfaces: $start_stray"
    start_left=$((start_left - 1))
    sleep 1
    look_anew
  done
  say "keepalived was started"
}

# stray_vips: addresses of instances that are on their interface while the daemon is not MASTER.
stray_vips() {
  facts vip "$conf" | while read -r stray_instance stray_vip stray_dev; do
    ! is_on "$stray_vip" "$stray_dev" || [ "$(live_state "$stray_instance")" = MASTER ] || say "${stray_vip%/*} on $stray_dev"
  done
}

repair_enable_daemon() {
  ! service_enabled || nothing_to_do "keepalived is started at boot"
  on_undo disable
  service enable
  service_enabled || fail "keepalived is not started at boot though $(if has_systemd; then say systemctl; else say "$init_script"; fi) enable succeeded; see whether its unit is masked: systemctl status keepalived"
  say "keepalived is started at boot"
}

# repair_reload: keepalived takes up its files, and starts the reader of its FIFO anew.
repair_reload() {
  keepalived_pid >/dev/null || fail "keepalived does not run; run vrrp-agent repair $repair_cluster start-daemon"
  keepalived_as_applied
  keepalived_accepts
  # As after an apply whose readers have not been told yet.
  note_move "$repair_cluster" "$keepalived_conf"
  drive_keepalived "$repair_cluster" "$(current_generation "$repair_cluster")" no
  look_keepalived
  rm -f "$state_dir/$repair_cluster/moving"
  say "keepalived has loaded its files"
}

# repair_notify: the reader of its FIFO hangs, or is gone. Only ours is ended.
repair_notify() {
  keepalived_pid >/dev/null || fail "keepalived does not run; run vrrp-agent repair $repair_cluster start-daemon"
  grep -q '^ *vrrp_notify_fifo_script .*/vrrp-agent notify"' "$(repair_dir_now)/files$keepalived_conf" ||
    fail "the reader of keepalived's FIFO is not vrrp-agent's own by what was applied; see its own log"
  for notify_process in $(notify_processes); do
    kill "$notify_process" 2>/dev/null || true
  done
  notify_left=5
  while [ -n "$(notify_processes)" ] && [ "$notify_left" -gt 0 ]; do
    notify_left=$((notify_left - 1))
    sleep 1
  done
  # A shell heeds a signal only when what it runs in front has ended.
  for notify_process in $(notify_processes); do
    kill -KILL "$notify_process" 2>/dev/null || true
  done
  repair_reload
  # What nobody heard meanwhile keepalived does not tell again.
  write_states
  beats_on || fail "nobody reads keepalived's FIFO though it was reloaded; see: journalctl -u keepalived"
  say "what keepalived tells is read again"
}

# notify_processes: pids of `vrrp-agent notify FIFO`.
notify_processes() {
  for notify_dir in "$root"/proc/[0-9]*; do
    tr '\000' ' ' <"$notify_dir/cmdline" 2>/dev/null | grep -q '/vrrp-agent notify /' || continue
    say "${notify_dir##*/}"
  done
}

# repair_reapply: whatever is not as it was applied.
repair_reapply() {
  (drifted "$repair_cluster" "$(repair_dir_now)" && firewall_drift "$(repair_dir_now)") >"$work/drifted" 2>&1
  [ -s "$work/drifted" ] || for_tunnel || true
  reapply "$repair_cluster"
  if [ ! -s "$work/drifted" ]; then
    : >"$work/nothing"
    return 0
  fi
  [ ! -d "$reapply_copies" ] || on_undo "by-hand $reapply_copies $repair_cluster $reapply_current"
  { drifted "$repair_cluster" "$reapply_dir" && firewall_drift "$reapply_dir"; } >"$work/still-drifted"
  [ ! -s "$work/still-drifted" ] || fail "something changes it again: $(tr '\n' ';' <"$work/still-drifted" | sed 's/;$//; s/;/; /g')"
}

# repair_firewall: only rules that the spec asks for, for the peers.
repair_firewall() {
  firewall_rules_of=$(repair_dir_now)/files/etc/vrrp-agent/$repair_cluster/firewall.rules
  [ -s "$firewall_rules_of" ] ||
    fail "the spec asks for no rules (firewall: none), so adding one is for whoever minds this firewall: accept IP protocol 112 from $(facts peer "$conf" 2 | tr '\n' ' ' | sed 's/ $//')"
  firewall_was=$(firewall_problems) || exit 1
  if [ -z "$firewall_was" ]; then
    repair_look
    firewall_rule=$(sed -n 's/^verdict [^ ]* [^ ]* [^ ]* \(drop\|reject\) \(.*\)/\2/p' "$work/repair-facts" | head -n 1)
    fail "our rules are in force in every chain that they go into; what drops the adverts is for a person to remove${firewall_rule:+: $firewall_rule}"
  fi
  firewall_ensure
  firewall_still=$(firewall_problems) || exit 1
  [ -z "$firewall_still" ] || fail "$firewall_still"
  say "the rules of $repair_cluster are in force"
}

# repair_tunnel DEV
repair_tunnel() {
  check_tunnel_name "$1"
  facts tunnel "$conf" 1 | grep -q -x -F "$1" || for_tunnel "$1" || fail "there is no tunnel $1 in the cluster $repair_cluster"
  tunnel_changed=$(drifted_files "$(repair_dir_now)" | grep -x -F -e "$(tunnel_conf "$1")" -e "/etc/wireguard/$1.key") || true
  [ -z "$tunnel_changed" ] || fail "$tunnel_changed is not as it was applied; run vrrp-agent repair $repair_cluster reapply"
  tunnel_was=$(tunnel_drift "$repair_cluster" "$(repair_dir_now)" | tr '\n' ';')
  [ -n "$tunnel_was" ] || nothing_to_do "$1 is as it was applied"
  tunnel_up "$1" || on_undo "tunnel $1 $repair_cluster"
  keys_later=no
  # One that systemd gave up.
  ! has_systemd || systemctl reset-failed "$(tunnel_unit "$1")" >/dev/null 2>&1 </dev/null 8>&- 9>&- || true
  prepare_tunnels "$repair_cluster" "$(current_generation "$repair_cluster")"
  drive_tunnels "$repair_cluster" "$(current_generation "$repair_cluster")"
  apply_sysctls "$repair_cluster" "$(repair_dir_now)"
  tunnel_still=$(tunnel_drift "$repair_cluster" "$(repair_dir_now)" | tr '\n' ';')
  [ -z "$tunnel_still" ] || fail "${tunnel_still%;}"
  say "$1 is up again; it was so: ${tunnel_was%;}"
}

# Seconds that a role may take to be reached.
role_patience=${VRRP_REPAIR_ROLE_SECONDS:-60}

# repair_role: its loop begins anew, and tries again what it has given up.
repair_role() {
  has_role "$conf" || fail "the cluster $repair_cluster has no role"
  use_role "$repair_cluster"
  if role_runs "$repair_cluster" && role_is_reached && [ "$(state_age "$role_dir/state")" -le $((6 * heartbeat)) ]; then
    nothing_to_do "the role is $(facts reached "$role_dir/state")"
  fi
  for role_result in "$role_dir/actions"/*; do
    case $(facts state "$role_result" 2>/dev/null) in failed | given-up) rm -f "$role_result" ;; esac
  done
  if has_systemd; then
    systemctl reset-failed "$(role_unit "$repair_cluster")" >/dev/null 2>&1 </dev/null 8>&- 9>&- || true
    tool "roles: cannot start $(role_unit "$repair_cluster"); see: journalctl -u $(role_unit "$repair_cluster")" \
      systemctl --quiet restart "$(role_unit "$repair_cluster")"
  else
    ! role_runs "$repair_cluster" || end_role_loop "$repair_cluster"
    role_left=10
    while role_runs "$repair_cluster" && [ "$role_left" -gt 0 ]; do
      role_left=$((role_left - 1))
      sleep 1
    done
    start_role "$repair_cluster"
  fi
  role_left=$role_patience
  until role_runs "$repair_cluster" && role_is_reached; do
    [ "$role_left" -gt 0 ] || fail "the role is not $(role_of "$repair_cluster") after $role_patience s$(failing_actions); see vrrp-agent status"
    role_left=$((role_left - 1))
    sleep 1
  done
  say "the role is $(facts reached "$role_dir/state")"
}

# role_is_reached: what the loop says is what holds now.
role_is_reached() {
  reached_role=$(role_of "$repair_cluster")
  [ "$(facts wanted "$role_dir/state") $(facts reached "$role_dir/state")" = "$reached_role $reached_role" ]
}

# failing_actions: in words.
failing_actions() {
  for failing_file in "$role_dir/actions"/*; do
    [ -f "$failing_file" ] || continue
    case $(facts state "$failing_file") in
    failed | given-up) printf '; %s: %s' "${failing_file##*/}" "$(facts words "$failing_file")" ;;
    esac
  done
}
