# shellcheck shell=sh disable=SC2154,SC2034 # the names of common.sh and examine.sh
# Facts: what the agent needs of the host, services of the role, and the session.

# role_part: the role as status has it, and what of it is not as it is to be.
role_part() {
  for role_state in "$run_dir/$examine_cluster"/*.state; do
    [ -e "$role_state" ] || continue
    role_instance=${role_state##*/}
    say "reported ${role_instance%.state} $(reported_words "$role_state")"
  done
  has_role "$conf" || return 0
  role_facts "$examine_cluster" "$conf"
  if role_runs "$examine_cluster"; then say "role-loop running"; else say "role-loop stopped"; fi
  case $role_reached in master | backup) role=$role_reached ;; *) role=$role_wanted ;; esac
  case $role in master | backup) ;; *) return 0 ;; esac
  facts action "$conf" >"$work/actions"
  while read -r role_action role_kind _; do
    case $role_kind in
    service) (unit_fact "$role_action") || true ;;
    mariadb) [ "$role" != backup ] || (replica_fact "$role_action") || true ;;
    esac
  done <"$work/actions"
  ! has_gateway "$conf" || nginx_drift "$examine_cluster" "$examine_dir" | awk '
    / is disabled$/ { print "unit", $1, "enabled", "disabled" }
    / is stopped$/ { print "unit", $1, "active", "inactive" }
    / runs on a backup$/ { print "unit", $1, "inactive", "active" }'
}

# unit_fact ACTION: of kind service.
unit_fact() {
  use_action "$conf" "$1"
  ! service_reached "$role" || return 0
  case $(setting "on-$role") in
  stop) unit_wanted=inactive ;;
  mask) unit_wanted=masked ;;
  *) unit_wanted=active ;;
  esac
  unit_name=$(setting service)
  if [ -n "$unit_name" ] && has_systemd; then
    unit_name=$(service_unit)
    unit_is=$(systemctl is-active "$unit_name" 2>/dev/null) || true
    [ "$unit_wanted" != masked ] || unit_is=$(service_enablement)
  else
    unit_is=inactive
    ! service_is_active || unit_is=active
  fi
  say "unit ${unit_name:-$1} $unit_wanted ${unit_is:-unknown}"
}

# replica_fact ACTION: of kind mariadb, on the backup.
replica_fact() {
  use_action "$conf" "$1"
  if ! have "$(db_tool mariadb)"; then
    say "lacks mariadb how the replication of $1 is"
    return 0
  fi
  if ! read_replica here; then
    say "replica $1 absent $(db_words | one_line_of)"
  elif [ -e "$action_dir/kept-out" ]; then
    say "replica $1 error $(one_line_of <"$action_dir/kept-out")"
  elif [ -z "$(of_replica here Master_Host)" ]; then
    say "replica $1 absent it replicates from nobody"
  elif ! is_replica; then
    say "replica $1 error it replicates from $(of_replica here Master_Host):$(of_replica here Master_Port), which is not the peer"
  elif replica_error=$(sql_error here); then
    say "replica $1 error $(say "$replica_error" | one_line_of)"
  elif ! replicates; then
    say "replica $1 stopped receives $(of_replica here Slave_IO_Running), applies $(of_replica here Slave_SQL_Running) $(of_replica here Last_IO_Error | one_line_of)"
  elif [ "$(of_replica here Slave_IO_Running)" != Yes ]; then
    say "replica $1 error $(of_replica here Last_IO_Error | one_line_of)"
  else
    case $(of_replica here Seconds_Behind_Master) in
    '' | NULL | [0-9] | [0-5][0-9]) say "replica $1 ok $(of_replica here Seconds_Behind_Master) s behind" ;;
    *) say "replica $1 behind $(of_replica here Seconds_Behind_Master) s" ;;
    esac
  fi
}

# witness_facts: every endpoint, side by side.
witness_facts() {
  [ -e "$conf" ] && has_lease "$conf" || return 0
  ! lacks curl whether the witness can be reached || return 0
  facts witness-endpoint "$conf" >"$work/endpoints"
  witness_count=0
  witness_pids=
  while read -r witness_url; do
    witness_count=$((witness_count + 1))
    witness_fact "$witness_url" >"$work/witness.$witness_count" </dev/null &
    witness_pids="$witness_pids $!"
  done <"$work/endpoints"
  for witness_pid in $witness_pids; do wait "$witness_pid" || true; done
  cat "$work"/witness.* 2>/dev/null || true
}

# witness_fact URL: a read, as test_witness asks.
witness_fact() {
  witness_status=0
  {
    facts witness-file "$conf" | awk '{ print $1 " = \"" $2 "\"" }'
    printf 'url = "%s/v3/kv/range"\ndata = "{\\"key\\":\\"dnJycA==\\"}"\n' "$1"
  } | curl -q --noproxy '*' --silent --show-error --fail --max-time 2 --output /dev/null --config - >"$work/witness-words.$witness_count" 2>&1 || witness_status=$?
  if [ "$witness_status" -eq 0 ]; then
    say "witness $1 reachable"
  else
    say "witness $1 unreachable $(one_line_of <"$work/witness-words.$witness_count")"
  fi
}

# wall_facts: the firewall, as status has it.
wall_facts() {
  firewall_report | sed 's/^/firewall /'
  firewalls_in_force | awk '
    $1 == "firewalld" || $1 == "ufw" || $1 == "uci" { print "firewall-manager", $1; next }
    !chains++ { print "firewall-manager chains" }'
  have nft || have iptables || say "lacks nft which rules the firewall has"
}

# rest_facts: directories, sysctls, SELinux, this session, timers.
rest_facts() {
  directory_fact "${state_dir#"$root"}"
  [ "$state_dir" = "$root/var/lib/vrrp-agent" ] || directory_fact /var/lib/vrrp-agent
  directory_fact /run/vrrp-agent
  for rest_dir in $examine_dirs; do
    [ ! -r "$rest_dir/manifest" ] || drifted_sysctls "$rest_dir"
  done | awk '!seen[$0]++ { print "sysctl " $0 }'
  rest_mode=$(selinux_mode)
  say "selinux $rest_mode"
  [ "$rest_mode" = disabled ] || selinux_denials | sed 's/^/denied /'
  rest_session=$(session_address)
  [ -z "$rest_session" ] || say "session-on $rest_session"
  timer_fact
}

# directory_fact PATH: tried with a file that is gone again.
directory_fact() {
  directory_is=$root$1
  if [ ! -d "$directory_is/" ]; then
    directory_words="there is none"
    [ ! -e "$directory_is" ] && [ ! -L "$directory_is" ] || directory_words="it is no directory"
    say "directory $1 missing $directory_words"
    return 0
  fi
  # Root is kept from little, programs of others are.
  # shellcheck disable=SC2012
  directory_rights=$(ls -ldn "$directory_is/" | awk '{ print substr($1, 1, 10), $3 }')
  case $directory_rights in
  drwx*' 0') ;;
  drwx*) [ -n "$root" ] || {
    say "directory $1 unwritable its owner is ${directory_rights#* }"
    return 0
  } ;;
  *)
    say "directory $1 unwritable its rights are ${directory_rights%% *}"
    return 0
    ;;
  esac
  # A name that examine_end knows.
  directory_try=$directory_is/.examine.$$
  if ! (: >"$directory_try") 2>"$work/words"; then
    case $(cat "$work/words") in
    *'No space'* | *'no space'*) say "directory $1 full $(one_line_of <"$work/words")" ;;
    *) say "directory $1 unwritable $(one_line_of <"$work/words")" ;;
    esac
    return 0
  fi
  if head -c 16384 /dev/zero >"$directory_try" 2>/dev/null; then
    rm -f "$directory_try"
    say "directory $1 ok"
  else
    rm -f "$directory_try"
    say "directory $1 full there is no room for 16 KiB"
  fi
}

# session_address: the address of this host that the session came to.
session_address() {
  session_line=${SSH_CONNECTION-}
  session_pid=$$
  session_depth=0
  # sudo keeps it to itself.
  while [ -z "$session_line" ] && [ "${session_pid:-0}" -gt 1 ] && [ "$session_depth" -lt 8 ]; do
    session_pid=$(parent_of "$session_pid")
    session_line=$(tr '\000' '\n' 2>/dev/null <"/proc/$session_pid/environ" | sed -n 's/^SSH_CONNECTION=//p') || session_line=
    session_depth=$((session_depth + 1))
  done
  # shellcheck disable=SC2086
  set -- $session_line
  [ -z "${3-}" ] || say "$3"
}

# timer_fact: a change goes back by itself.
timer_fact() {
  if [ -r "$run_dir/$examine_cluster/undo.unit" ]; then
    read -r timer_unit <"$run_dir/$examine_cluster/undo.unit" || return 0
    ! systemctl --quiet is-active "$timer_unit.timer" 2>/dev/null || say "timer $timer_unit"
  elif [ -r "$run_dir/$examine_cluster/undo.pid" ]; then
    read -r timer_pid <"$run_dir/$examine_cluster/undo.pid" || return 0
    ! grep -q -a vrrp-agent-undo "/proc/$timer_pid/cmdline" 2>/dev/null || say "timer vrrp-agent-undo"
  fi
}
