# shellcheck shell=sh disable=SC2154,SC2034 # the names of common.sh
# notify FIFO: the only reader of keepalived's notify FIFO. One line after the other becomes an event in the log and a
# state file; a ticker's lines, which come through the same FIFO, renew the heartbeat: it beats only while this loop runs.

# Seconds between two heartbeats.
heartbeat=${VRRP_HEARTBEAT_SECONDS:-5}

# Bytes of events.jsonl above which it becomes events.jsonl.1.
events_limit=1048576

verb_notify() {
  umask 022
  # Nobody would start this program again: it goes on where it cannot write, and tries again with each heartbeat.
  make_run_dir || warn "cannot make $run_dir; what keepalived tells is kept until it is there"
  find_events_dir || warn "cannot make $events_dir; events are not logged"
  unwritten=
  # A reload starts this program anew, and keepalived tells only what changes: what it told before still holds.
  forget_unknown
  ticker "$$" "$1" &
  ticker_pid=$!
  trap 'end_notify' EXIT
  trap 'exit 0' TERM INT HUP
  # Both only read what others write.
  # shellcheck disable=SC2094
  while read -r line; do
    hear "$line"
    [ "$line" != TICK ] || renew "$1"
  done <"$1"
}

# find_events_dir: of events.jsonl.
find_events_dir() {
  events_dir=$log_dir
  [ -d "$root/var/log" ] || events_dir=$run_dir
  mkdir -p "$events_dir"
}

# renew FIFO: goes on as the agent that was installed meanwhile. Lines wait in the FIFO, which keepalived holds open.
renew() {
  renew_agent=$root/usr/lib/vrrp-agent/vrrp-agent
  [ -x "$renew_agent" ] && [ "$(readlink -f "$renew_agent")" != "$here/vrrp-agent" ] || return 0
  kill "$ticker_pid" 2>/dev/null || true
  exec "$renew_agent" notify "$1"
}

end_notify() {
  kill "$ticker_pid" 2>/dev/null || true
}

# forget_unknown: state files of instances that there are no more.
forget_unknown() {
  for file in "$run_dir"/*/*.state; do
    [ -e "$file" ] || continue
    name=${file##*/}
    [ -n "$(cluster_of "${name%.state}")" ] || rm -f "$file"
  done
}

# tend_roles: where neither systemd nor procd does.
tend_roles() {
  ! has_systemd && ! has_procd || return 0
  for conf in "$conf_dir"/*/node.conf; do
    ! has_role "$conf" || (start_role "$(facts cluster "$conf")") || true
  done
}

# report_stopped: once keepalived is gone; this program cannot tell its end from a reload.
report_stopped() {
  for file in "$run_dir"/*/*.state; do
    [ ! -e "$file" ] || rewrite_state "$file" STOPPED
  done
  for file in "$run_dir"/*/role; do
    [ ! -e "$file" ] || {
      name=${file%/role}
      wake_role "${name##*/}" "keepalived has stopped" || true
    }
  done
}

# ticker PARENT FIFO: ends with its parent. The FIFO is opened for reading too: that never blocks.
ticker() {
  trap - EXIT
  trap 'kill "$sleeper" 2>/dev/null; exit 0' TERM
  while kill -0 "$1" 2>/dev/null; do
    printf 'TICK\n' 1<>"$2"
    sleep "$heartbeat" &
    sleeper=$!
    wait "$sleeper"
  done
}

# hear LINE: `INSTANCE "NAME" STATE PRIORITY`, the same with GROUP, or TICK.
hear() {
  kind=${1%% *}
  if [ "$kind" = TICK ]; then
    [ -z "$unwritten" ] || write_unwritten
    for file in "$run_dir"/*/*.state; do
      # What such a file says is old: it is not to look fresh.
      [ ! -e "$file" ] || is_unwritten "$file" || rewrite_state "$file" || warn "cannot write $file"
    done
    greet_late_sources
    tend_roles
    return 0
  fi
  name=${1#*\"}
  rest=${name##*\"}
  name=${name%\"*}
  # shellcheck disable=SC2086
  set -- $rest
  cluster=$(cluster_of "$name")
  log_event "$kind" "$name" "${1-}" "${2-}" "$cluster" || warn "cannot write to $events_dir; an event is lost"
  [ "$kind" = INSTANCE ] && [ -n "$cluster" ] || return 0
  # A master that has heard a lower priority is one still: this is no state.
  [ "${1-}" != MASTER_RX_LOWER_PRI ] || return 0
  hear_state "$run_dir/$cluster/$name.state" "${1-}" "${2-}" "$(now)" ||
    warn "cannot write the state of $name; that is tried again every $heartbeat s"
  wake_role "$cluster" "keepalived: $name is ${1-}" || true
  [ "${1-}" != MASTER ] || ! has_lease "$conf_dir/$cluster/node.conf" || (lend_again "$cluster") || true
}

# hear_state FILE STATE PRIORITY SINCE: where it cannot be written it is kept, and not what was kept of the file before.
hear_state() {
  unwritten=$(say "$unwritten" | awk -v file="$1" '{ of = $0; sub(/^[^ ]* [^ ]* [^ ]* /, "", of) } NF && of != file')
  ! put_state "$@" || return 0
  unwritten="$unwritten${unwritten:+
}$2 ${3:--} $4 $1"
  return 1
}

# put_state FILE STATE PRIORITY SINCE
put_state() {
  mkdir -p "${1%/*}" || return 1
  printf 'state %s\npriority %s\nsince %s\nheartbeat %s\n' "$2" "${3#-}" "$4" "$(now)" | write_file "$1"
}

# is_unwritten FILE
is_unwritten() {
  case "$unwritten
" in
  *" $1
"*) ;;
  *) return 1 ;;
  esac
}

# write_unwritten: tries again what could not be written.
write_unwritten() {
  while read -r retry_state retry_priority retry_since retry_file; do
    hear_state "$retry_file" "$retry_state" "$retry_priority" "$retry_since" || continue
    retry_name=${retry_file%/*}
    wake_role "${retry_name##*/}" "keepalived: its state is $retry_state" || true
  done <<EOF
$unwritten
EOF
}

# cluster_of INSTANCE: empty when it is none of ours.
cluster_of() {
  for conf in "$conf_dir"/*/node.conf; do
    [ -e "$conf" ] || continue
    if facts instance "$conf" 1 | grep -q -x -F "$1"; then
      facts cluster "$conf"
      return 0
    fi
  done
}

# rewrite_state FILE [STATE]: renews the heartbeat.
rewrite_state() {
  rewritten=$(awk -v time="$(now)" -v state="${2-}" '
    $1 == "heartbeat" { $2 = time }
    state != "" && $1 == "state" { $2 = state }
    state != "" && $1 == "since" { $2 = time }
    { print }' "$1")
  [ -n "$rewritten" ] || return 1
  say "$rewritten" | write_file "$1"
}

# log_event KIND NAME STATE PRIORITY CLUSTER [WORDS]; event_members: more of JSON.
log_event() {
  log=$events_dir/events.jsonl
  if [ -e "$log" ] && [ "$(wc -c <"$log")" -gt "$events_limit" ]; then
    mv -f "$log" "$log.1"
  fi
  printf '{"time":%s,"node":%s,"cluster":%s,"kind":%s,"name":%s,"state":%s%s%s%s}\n' \
    "$(json_text "$(utc "$(now)")")" "$(json_text "$node")" "$(json_text "$5")" "$(json_text "$1")" \
    "$(json_text "$2")" "$(json_text "$3")" "${4:+,\"priority\":$(json_text "$4")}" \
    "${event_members-}" "${6:+,\"words\":$(json_text "${6-}")}" >>"$log"
}
