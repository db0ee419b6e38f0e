# shellcheck shell=sh disable=SC2154,SC2034 # the names of common.sh
# Roles: what the node that holds the addresses runs. `vrrp-agent role CLUSTER`, one loop a cluster, brings its actions to the
# role that holds now; notify wakes it, and it looks by itself every few seconds. Each action is a process of its own, `act`.
#
# /run/vrrp-agent/CLUSTER/role/
#   wake             FIFO: a line for each change that keepalived tells
#   changes          a byte for each of these, by which a role that changes is told from one that holds
#   master, backup   there from the beginning of that role to its end: units that belong to it start only then; when it began, as
#                    uptime has it
#   state            KEY VALUE: wanted, reached (none: neither wholly), since, cause, doing, failed-at, heartbeat
#   quiesced         the uptime until which the loop leaves a master alone that a planned move has made ready
#   actions/NAME     KEY VALUE: state (done|failed|given-up), role, at, ms, words
#   seen             node.conf as the loop has it
#   loop.lock, lock  one loop, and one action at a time
# /var/lib/vrrp-agent/CLUSTER/role/NAME/
#   settings         what the action was last done with, secrets too
#   others           the kind's own

# Seconds between two looks at what is done already, and between two tries of what has failed.
role_look=${VRRP_ROLE_LOOK_SECONDS:-30}
role_retry=${VRRP_ROLE_RETRY_SECONDS:-30}

# has_role CONF
has_role() { grep -q '^role ' "$1" 2>/dev/null; }

role_unit() { say "vrrp-role-$1.service"; }

# uptime_ms: since the boot, in steps of 10.
uptime_ms() {
  read -r uptime_ms _ <"$root/proc/uptime"
  uptime_ms=${uptime_ms%.*}${uptime_ms#*.}
  say "$((${uptime_ms#"${uptime_ms%%[!0]*}"} * 10))"
}

# role_of CLUSTER: master where keepalived runs and every address of the role's instances is here.
role_of() {
  role_of_conf=$conf_dir/$1/node.conf
  is_keepalived "${role_pid-}" || keepalived_pid >/dev/null || {
    say backup
    return 0
  }
  awk '
    FNR == NR { if ($1 == "role") for (i = 3; i <= NF; i++) counts[$i] = 1; next }
    $1 == "vip" && $2 in counts { print $3, $4 }' "$role_of_conf" "$role_of_conf" | {
    role_of=backup
    while read -r role_vip role_dev; do
      role_of=master
      held "${role_vip%/*}" "$role_dev" >/dev/null || {
        role_of=backup
        break
      }
    done
    say "$role_of"
  }
}

# is_keepalived PID: without a program, for the loop asks often.
is_keepalived() {
  [ -n "$1" ] && { read -r role_comm <"/proc/$1/comm"; } 2>/dev/null && [ "$role_comm" = keepalived ]
}

# wants ROLE: still, as interface and daemon have it now.
wants() { [ "$(role_of "$cluster")" = "$1" ]; }

# wake_role CLUSTER WORDS: from notify, which must never wait.
wake_role() {
  [ -p "$run_dir/$1/role/wake" ] || return 0
  printf . >>"$run_dir/$1/role/changes"
  printf '%s\n' "$2" 1<>"$run_dir/$1/role/wake"
}

# use_role CLUSTER
use_role() {
  cluster=$1
  conf=$conf_dir/$1/node.conf
  role_dir=$run_dir/$1/role
  role_state_dir=$state_dir/$1/role
  use_node "$conf"
}

# verb_role CLUSTER: the loop.
verb_role() {
  check_name cluster "$1"
  umask 022
  make_run_dir
  find_events_dir || warn "cannot make $events_dir; events are not logged"
  use_role "$1"
  mkdir -p "$role_dir/actions" "$role_state_dir"
  chmod 755 "$run_dir/$1" "$role_dir" "$role_dir/actions"
  chmod 700 "$role_state_dir"
  exec 6>>"$role_dir/loop.lock"
  flock -n 6 || fail "another process minds the roles of $1 already"
  [ -p "$role_dir/wake" ] || mkfifo -m 600 "$role_dir/wake"
  exec 5<>"$role_dir/wake"
  ticker "$$" "$role_dir/wake" 5>&- 6>&- &
  ticker_pid=$!
  trap 'end_notify' EXIT
  trap 'exit 0' TERM INT HUP
  load_role
  role_line="the agent has started"
  while :; do
    if ! has_role "$conf"; then return 0; fi
    if [ "$role_line" = TICK ]; then
      renew_role
    else
      role_cause=$role_line
    fi
    converge || true
    send_queued || true
    role_rested_at=$(now)
    # Ticks that have come while something was done ask for nothing new.
    while read -r role_line <&5 && [ "$role_line" = TICK ] && [ "$(now)" = "$role_rested_at" ]; do :; done
  done
}

# renew_role: goes on as the agent that was installed meanwhile.
renew_role() {
  renew_agent=$root/usr/lib/vrrp-agent/vrrp-agent
  [ -x "$renew_agent" ] && [ "$(readlink -f "$renew_agent")" != "$here/vrrp-agent" ] || return 0
  kill "$ticker_pid" 2>/dev/null || true
  exec 5>&- 6>&-
  exec "$renew_agent" role "$cluster"
}

# load_role: of a loop that has ended; after a boot there is nothing.
load_role() {
  role_wanted=none role_reached=none role_since=$(now) role_cause='' role_doing=- role_failed_at=0 role_looked_at=0
  role_stood_still=no
  role_seen_at=$(uptime) role_began=$(uptime_ms) role_changes=$(role_changes_now)
  [ -r "$role_dir/state" ] || return 0
  while read -r role_key role_value; do
    case $role_key in
    wanted) role_wanted=$role_value ;;
    reached) role_reached=$role_value ;;
    since) role_since=$role_value ;;
    cause) role_cause=$role_value ;;
    esac
  done <"$role_dir/state"
}

save_role() {
  write_file "$role_dir/state" <<STATE
wanted $role_wanted
reached $role_reached
since $role_since
cause $role_cause
doing $role_doing
failed-at $role_failed_at
heartbeat $(now)
STATE
}

# role_changes_now: changes that keepalived has told so far.
role_changes_now() { if [ -e "$role_dir/changes" ]; then wc -c <"$role_dir/changes" | tr -d ' '; else say 0; fi; }

# converge: one look, and what it asks for. What has come to be wanted meanwhile is the next look's.
converge() {
  is_keepalived "${role_pid-}" || role_pid=$(keepalived_pid) || role_pid=
  # Only another file can leave an action out, or have another wish for one that is done.
  cmp -s "$conf" "$role_dir/seen" || {
    converge_mark=$(conf_mark)
    [ "$converge_mark" = "${role_mark-}" ] || role_looked_at=-$role_look
    role_mark=$converge_mark
    forget_left
    [ "$forget_failed" = yes ] || cp "$conf" "$role_dir/seen"
  }
  converge_role=$(role_of "$cluster")
  if [ "$converge_role" != "$role_wanted" ]; then
    role_wanted=$converge_role role_began=$(uptime_ms) role_seen_at=$(uptime) role_failed_at=0
    role_changes=$(role_changes_now)
  fi
  if [ -e "$role_dir/quiesced" ]; then
    role_stood_still=yes
    if [ "$role_wanted" = master ] && stands_still; then
      save_role
      return 0
    fi
    # Moved, or whoever wanted to move it is gone.
    attempt resume_role "$cluster"
    rm -f "$role_dir/quiesced"
  fi
  # It may be master still, and nothing that it was.
  if [ "$role_stood_still" = yes ]; then
    role_stood_still=no role_looked_at=-$role_look role_failed_at=0
  fi
  if [ "$role_reached" != "$role_wanted" ]; then
    [ "$role_failed_at" = 0 ] || [ $(($(uptime) - role_failed_at)) -ge "$role_retry" ] || {
      save_role
      return 0
    }
  elif [ $(($(uptime) - role_looked_at)) -lt "$role_look" ]; then
    save_role
    return 0
  fi
  pursue
  role_doing=-
  save_role
}

# actions_for ROLE: NAME KIND TIMEOUT RETRIES ON-FAILURE SETTLED, in the order of a promotion, for backup in reverse.
actions_for() {
  facts action "$conf" | awk -v role="$1" '
    { line[NR] = $0 }
    END { for (i = 1; i <= NR; i++) print role == "master" ? line[i] : line[NR + 1 - i] }'
}

# pursue: brings the actions to role_wanted, unless another role comes to be wanted in between.
pursue() {
  case $role_wanted in master) role_other=backup ;; *) role_other=master ;; esac
  if [ -e "$role_dir/$role_other" ] || [ ! -e "$role_dir/$role_wanted" ]; then
    role_from=$role_reached
    [ ! -e "$role_dir/$role_other" ] || role_from=$role_other
    rm -f "$role_dir/$role_other"
    uptime | write_file "$role_dir/$role_wanted"
    # Also where this turns round before its end.
    role_reached=none
  fi
  pursue_failed=no pursue_conf=$(conf_mark) pursue_list=$(actions_for "$role_wanted")
  while read -r act_name act_kind act_timeout act_retries act_policy act_settled; do
    [ -n "$act_name" ] || continue
    # Written before it is looked whether a move has begun, which looks whether something is being done.
    role_doing=$act_name
    save_role
    goes_on || return 0
    ! try_reached || continue
    # Here something is to be done.
    [ "$role_reached" != "$role_wanted" ] || {
      role_reached=none role_from=none role_began=$(uptime_ms)
      role_cause="$act_name was not as it must be"
    }
    if [ "$role_wanted $act_settled" = "master yes" ]; then
      await_settled || return 0
    fi
    if action_given_up || ! do_action; then
      goes_on || return 0
      pursue_failed=yes
      [ "$role_wanted" = master ] || continue
      case $act_policy in
      stop) break ;;
      yield)
        give_role_back
        break
        ;;
      esac
    fi
  done <<LIST
$pursue_list
LIST
  role_looked_at=$(uptime)
  if [ "$pursue_failed" = yes ]; then
    role_failed_at=$(uptime)
    return 0
  fi
  role_failed_at=0
  [ "$role_reached" != "$role_wanted" ] || return 0
  role_reached=$role_wanted role_since=$(now)
  role_event_of ROLE "$cluster" "$role_wanted" "$(($(uptime_ms) - role_began))" "" "${role_from:-none}" "$role_cause"
  role_from=$role_wanted
}

# conf_mark: another one for each file that an apply brings.
conf_mark() { ls -i "$conf" 2>/dev/null || say gone; }

# goes_on: the role that is worked at is still wanted, by the same spec, and no planned move has begun.
goes_on() {
  wants "$role_wanted" || return 1
  [ "$(conf_mark)" = "$pursue_conf" ] || return 1
  [ "$role_wanted" = backup ] || ! stands_still
}

# await_settled: the role has held, without a change in between, for as long as the spec says.
await_settled() {
  settle_seconds=$(facts role "$conf" 1)
  while :; do
    goes_on || return 1
    settle_changes=$(role_changes_now)
    if [ "$settle_changes" != "$role_changes" ]; then
      role_changes=$settle_changes
      role_seen_at=$(uptime)
    fi
    [ $(($(uptime) - role_seen_at)) -lt "$settle_seconds" ] || return 0
    sleep 1
  done
}

# result KEY: of the action's last try.
result() { sed -n "s/^$1 //p" "$role_dir/actions/$act_name" 2>/dev/null; }

# try_reached: it is done already, or was and still is.
try_reached() {
  act_run 10 reached "$role_wanted" || return 1
  [ "$(result role) $(result state)" = "$role_wanted done" ] || note_result "done" 0 ""
}

# action_given_up: for this role, with these settings.
action_given_up() {
  [ "$(result role) $(result state)" = "$role_wanted given-up" ] || return 1
  (
    use_action "$conf" "$act_name"
    [ "$settings" = "$(cat "$action_dir/settings")" ]
  )
}

# note_result STATE MS WORDS
note_result() {
  write_file "$role_dir/actions/$act_name" <<RESULT
state $1
role $role_wanted
at $(now)
ms $2
words $3
RESULT
}

# do_action: with its retries; fails when it is not done in the end.
do_action() {
  do_try=0 do_began=$(uptime_ms)
  do_verb=promote
  [ "$role_wanted" = master ] || do_verb=demote
  while :; do
    do_status=0
    act_run "$act_timeout" "$do_verb" || do_status=$?
    do_ms=$(($(uptime_ms) - do_began))
    if [ "$do_status" -eq 0 ]; then
      note_result "done" "$do_ms" "$act_words"
      role_event_of ACTION "$act_name" "done" "$do_ms" "$act_words"
      return 0
    fi
    do_state=failed
    [ "$do_status" -ne 3 ] || do_state=given-up
    note_result "$do_state" "$do_ms" "$act_words"
    if [ "$do_status" -eq 3 ] || [ "$do_try" -ge "$act_retries" ]; then
      role_event_of ACTION "$act_name" "$do_state" "$do_ms" "$act_words"
      return 1
    fi
    role_event_of ACTION "$act_name" retry "$do_ms" "$act_words"
    sleep $((do_try < 4 ? 1 << do_try : 16))
    do_try=$((do_try + 1))
    goes_on || return 1
  done
}

# give_role_back: a peer takes the addresses, and this node takes none until somebody has seen to it.
give_role_back() {
  is_drained "$cluster" && return 0
  yield_status=0
  yield_words=$(VRRP_ROLE_LOOP=$$ "$here/vrrp-agent" drain "$cluster" 2>&1 </dev/null 5>&- 6>&-) || yield_status=$?
  yield_words=$(printf '%s' "$yield_words" | tr '\000-\037\177' ' ')
  if [ "$yield_status" -eq 0 ]; then
    role_event_of ACTION "$act_name" yielded 0 "the node is drained until vrrp-agent undrain: $yield_words"
  else
    role_event_of ACTION "$act_name" kept 0 "the role stays here: $yield_words"
  fi
}

# stop_role CLUSTER GENERATION: before the files change; a generation without roles has none of their doings left.
stop_role() {
  [ -d "$state_dir/$1/role" ] || return 0
  ! has_role "$(generation_dir "$1" "$2")/files/etc/vrrp-agent/$1/node.conf" || return 0
  end_role_loop "$1"
  attempt undo_actions "$1"
  [ "$attempt_status" -eq 0 ] || warn "roles: not all that the actions of $1 have done is undone"
  rm -rf "${state_dir:?}/$1/role" "${run_dir:?}/$1/role"
}

# leave_conntrack CLUSTER GENERATION: the same of a daemon that keepalived's unit has started before the loop has ever looked.
leave_conntrack() {
  leave_service=$(conntrack_service "$conf_dir/$1/node.conf")
  [ -n "$leave_service" ] && has_systemd || return 0
  [ -z "$(conntrack_service "$(generation_dir "$1" "$2")/files/etc/vrrp-agent/$1/node.conf")" ] || return 0
  systemctl stop "$leave_service.service" >/dev/null 2>&1 </dev/null || true
  systemctl reset-failed "$leave_service.service" >/dev/null 2>&1 || true
  rm -f "$root/run/$leave_service".*
}

# conntrack_service CONF
conntrack_service() { sed -n 's/^action-set conntrack service //p' "$1" 2>/dev/null || true; }

undo_actions() {
  use_role "$1"
  role_reached=none
  mkdir -p "$role_dir/actions"
  forget_left all
  [ "$forget_failed" = no ]
}

end_role_loop() {
  if has_systemd; then
    tool "roles: cannot stop $(role_unit "$1")" systemctl --quiet disable --now "$(role_unit "$1")"
  elif has_procd; then
    "$root$procd_script" stop "role-$1" >/dev/null 2>&1 </dev/null 8>&- 9>&- || true
  else
    end_pid=$(cat "$run_dir/$1/role/pid" 2>/dev/null) || return 0
    # The pid may be somebody else's by now.
    ! grep -q -a vrrp-agent "/proc/$end_pid/cmdline" 2>/dev/null || kill "$end_pid" 2>/dev/null || true
  fi
}

# drive_role CLUSTER: the loop runs, and looks.
drive_role() {
  has_role "$conf_dir/$1/node.conf" || return 0
  start_role "$1"
  wake_role "$1" "the cluster was applied"
}

# start_role CLUSTER: where there is no systemd, notify sees to it as well.
start_role() {
  if has_systemd; then
    tool "roles: cannot start $(role_unit "$1"); see: journalctl -u $(role_unit "$1")" \
      systemctl --quiet enable --now "$(role_unit "$1")"
    return 0
  fi
  if has_procd; then
    drive_procd
    return 0
  fi
  mkdir -p "$run_dir/$1/role"
  ! role_runs "$1" || return 0
  detached "$run_dir/$1/role/pid" "$(undo_agent)" role "$1"
}

# role_runs CLUSTER
role_runs() { [ -e "$run_dir/$1/role/loop.lock" ] && ! flock -n "$run_dir/$1/role/loop.lock" true; }

# role_facts CLUSTER CONF: for status.
role_facts() {
  has_role "$2" || return 0
  use_role "$1"
  load_role
  role_beat=$(sed -n 's/^heartbeat //p' "$role_dir/state" 2>/dev/null)
  role_age=never
  [ -z "$role_beat" ] || role_age=$(($(now) - role_beat))
  role_doing=$(sed -n 's/^doing //p' "$role_dir/state" 2>/dev/null)
  say "role $role_wanted $role_reached $(utc "$role_since") $role_age ${role_doing:--}"
  facts action "$2" >"$work/actions"
  while read -r act_name act_kind _; do
    say "action $act_name $act_kind $(result state | grep . || say unknown) $(result role | grep . || say none) $(result at | grep . || say 0) $(queue_words "$act_name" | grep . || result words)"
  done <"$work/actions"
}
