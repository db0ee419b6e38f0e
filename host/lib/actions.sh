# shellcheck shell=sh disable=SC2154,SC2034 # the names of common.sh
# Actions: what a role consists of. Each kind is a module of its own, lib/action-KIND.sh, which defines
#   KIND_promote, KIND_demote      0 done, 1 failed, 3 failed and not to be tried again; `why` says more
#   KIND_reached ROLE              it is as ROLE wants it; cheap, changes nothing
#   KIND_forget                    back to before it was first done
#   KIND_test, KIND_identity, KIND_quiesce, KIND_resume     where the kind needs them; 4 of KIND_quiesce: nothing to make ready
# and runs in a process of its own, `vrrp-agent act`; see docs/design.md, 'Roles'.

# use_action CONF NAME [FILE]: kind and settings, of a node.conf and the secrets beside it, or as FILE has kept them.
use_action() {
  name=$2
  if [ -n "${3-}" ]; then
    settings=$(cat "$3")
  else
    settings=$(cat "$1" "${1%/*}/role.conf" 2>/dev/null | awk -v name="$2" '
      ($1 == "action" || $1 == "action-set") && $2 == name')
  fi
  kind=$(printf '%s\n' "$settings" | awk '$1 == "action" { print $3; exit }')
  case $kind in
  '' | *[!a-z]*) fail "there is no action $2 of cluster $cluster; see $1" ;;
  esac
  [ -r "$here/lib/action-$kind.sh" ] || fail "this agent knows no action of kind $kind; apply the cluster again"
  # shellcheck disable=SC1090
  . "$here/lib/action-$kind.sh"
  action_dir=$role_state_dir/$name
  action_run=$role_dir/actions/$name.d
}

# setting KEY: its values, a line each.
setting() { printf '%s\n' "$settings" | sed -n "s/^action-set [^ ]* $1 //p"; }

# is_function NAME
is_function() { type "$1" 2>/dev/null | grep -q function; }

# verb_act CLUSTER NAME VERB [ROLE]: what the loop runs; on its own, an operator's way to try one.
verb_act() {
  check_name cluster "$1"
  check_name action "$2"
  act_verb=$3
  use_role "$1"
  umask 022
  make_work
  why=
  events_dir=
  find_events_dir 2>/dev/null || true
  role_wanted=${4-}
  act_name=$2
  if [ "$act_verb" = forget ]; then
    use_action "$conf" "$2" "$role_state_dir/$2/settings"
  else
    use_action "$conf" "$2"
  fi
  action_timeout=$(printf '%s\n' "$settings" | awk '$1 == "action" { print $4; exit }')
  role=${4-}
  case $act_verb in
  promote) role=master ;;
  demote) role=backup ;;
  reached)
    case $role in master | backup) ;; *) fail "reached wants a role, master or backup, not '$role'" ;; esac
    ;;
  quiesce | resume)
    role=master
    is_function "${kind}_$act_verb" || return 0
    ;;
  forget) ;;
  *) fail "unknown verb '$act_verb'; give promote, demote, reached, quiesce, resume or forget" ;;
  esac
  role_wanted=$role
  act_status=0
  if [ "$act_verb" = reached ]; then
    "${kind}_reached" "$role" || act_status=$?
  else
    # An operator may be sooner than the loop.
    mkdir -p "$role_dir"
    exec 4>>"$role_dir/lock"
    flock 4
    if [ "$act_verb" != forget ]; then
      keep_settings
      mkdir -p "$action_run"
    fi
    "${kind}_$act_verb" || act_status=$?
  fi
  [ -z "$why" ] || say "$why"
  exit "$act_status"
}

# keep_settings: so that the action can be undone when node.conf has it no more.
keep_settings() {
  [ -d "$action_dir" ] || (umask 077 && mkdir -p "$action_dir")
  [ "$settings" != "$(cat "$action_dir/settings" 2>/dev/null)" ] || return 0
  (umask 077 && printf '%s\n' "$settings" | write_file "$action_dir/settings")
}

# role_event STATE WORDS: of an action, beside how it ended.
role_event() { role_event_of ACTION "$name" "$1" 0 "$2"; }

# identity_of: what an action is about; another kind, or another thing, is another action.
identity_of() {
  say "$kind"
  ! is_function "${kind}_identity" || "${kind}_identity"
}

# forget_left [all]: what was done for actions that the spec has no more, or has for another thing now, is undone.
forget_left() {
  forget_failed=no
  for forget_settings in "$role_state_dir"/*/settings; do
    [ -e "$forget_settings" ] || continue
    act_name=${forget_settings%/settings}
    act_name=${act_name##*/}
    if [ "${1-}" != all ] && facts action "$conf" | grep -q "^$act_name "; then
      forget_same=$(
        use_action "$conf" "$act_name"
        identity_of
      ) || continue
      forget_was=$(
        use_action "$conf" "$act_name" "$forget_settings"
        identity_of
      ) || forget_was=$forget_same
      [ "$forget_same" != "$forget_was" ] || continue
    fi
    if act_run 60 forget; then
      rm -rf "${role_state_dir:?}/$act_name" "$role_dir/actions/$act_name" "$role_dir/actions/$act_name.d"
      [ "$role_reached" = none ] || role_reached=none role_failed_at=0
    else
      warn "what the action $act_name has done is not undone: $act_words"
      forget_failed=yes
    fi
  done
}

# act_run SECONDS VERB [ROLE]: one action in a process and a group of its own; act_words is its last line.
act_run() {
  act_limit=$1
  shift
  act_status=0
  timeout=$act_limit
  [ -n "${clock-}" ] || begin_limit
  act_output=$role_dir/actions/.$act_name.output
  limited "$((act_limit * 10))" "$here/vrrp-agent" act "$cluster" "$act_name" "$@" \
    >"$act_output" 2>&1 </dev/null 5>&- 6>&- 8>&- 9>&- || act_status=$?
  act_words=$(tr '\000-\037\177' '\n' <"$act_output" 2>/dev/null | grep . | tail -n 1 | cut -c 1-300 | sed 's/ *$//') || act_words=
  if was_late "$act_status"; then
    act_words="did not end within $act_limit s${act_words:+; its last words: $act_words}"
    act_status=1
  fi
  return "$act_status"
}

# role_event_of KIND NAME STATE MS WORDS [FROM CAUSE]
role_event_of() {
  {
    find_events_dir && event_members=$(
      printf ',"role":%s,"ms":%s' "$(json_text "$role_wanted")" "$4"
      [ $# -lt 7 ] || printf ',"from":%s,"to":%s,"cause":%s' "$(json_text "$6")" "$(json_text "$3")" "$(json_text "$7")"
    ) && log_event "$1" "$2" "$3" '' "$cluster" "$5"
  } || warn "cannot write to $events_dir; an event is lost"
  event_members=
  logger -t vrrp-role -p daemon.notice -- "$cluster: $1 $2 $3${5:+: $5}" 2>/dev/null || true
}

# test_actions CLUSTER DIRECTORY: whether this host can do what the staged generation wants of it.
test_actions() {
  test_actions_conf=$2/files/etc/vrrp-agent/$1/node.conf
  facts action "$test_actions_conf" >"$work/actions"
  while read -r test_action _; do
    (
      use_role "$1"
      staged=$2/files
      use_action "$test_actions_conf" "$test_action"
      ! is_function "${kind}_test" || "${kind}_test"
    ) || exit 1
  done <"$work/actions"
}

# quiesce_role CLUSTER: what moves on purpose is made ready for it; where that fails it stays as it was, and this prints why.
quiesce_role() {
  [ -e "$run_dir/$1/role/master" ] || return 0
  use_role "$1"
  role_wanted=master
  quiesce_list=$(actions_for backup)
  stand_still "$(printf '%s\n' "$quiesce_list" | awk '{ if ($3 > longest) longest = $3 } END { print longest + 30 }')"
  if ! await_rest; then
    say "the loop of its role is at $(role_is_doing) and does not stand still; see vrrp-agent status"
    resume_role "$1"
    return 1
  fi
  while read -r act_name act_kind act_timeout _; do
    has_verb "$act_kind" quiesce || continue
    stand_still $((act_timeout + 30))
    quiesce_began=$(uptime_ms) quiesce_status=0
    act_run "$act_timeout" quiesce || quiesce_status=$?
    quiesce_ms=$(($(uptime_ms) - quiesce_began))
    case $quiesce_status in
    0) role_event_of ACTION "$act_name" quiesced "$quiesce_ms" "$act_words" ;;
    # It has nothing to make ready.
    4) ;;
    *)
      role_event_of ACTION "$act_name" not-ready "$quiesce_ms" "$act_words"
      # What is not the master's yet has nothing that the peer must have.
      [ "$(result role) $(result state)" = "master done" ] || continue
      say "$act_name is not ready to move${act_words:+: $act_words}"
      resume_role "$1"
      return 1
      ;;
    esac
  done <<LIST
$quiesce_list
LIST
  stand_still $(($(hand_over_seconds "$1") + 60))
}

# resume_role CLUSTER: the move did not happen. Where the addresses are gone from here the loop has its own way.
resume_role() {
  [ -e "$run_dir/$1/role/quiesced" ] || return 0
  use_role "$1"
  role_wanted=master
  if [ -e "$role_dir/master" ] && wants master; then
    resume_list=$(actions_for master)
    while read -r act_name act_kind act_timeout _; do
      has_verb "$act_kind" resume || continue
      act_run "$act_timeout" resume || role_event_of ACTION "$act_name" not-resumed 0 "$act_words"
    done <<LIST
$resume_list
LIST
  fi
  end_stillness "$1" "a move was taken back"
}

# has_verb KIND VERB: whether actions of that kind know it.
has_verb() { [ -n "$1" ] && grep -q "^$1_$2()" "$here/lib/action-$1.sh" 2>/dev/null; }

# stand_still SECONDS: the loop does nothing for the master meanwhile; after that whoever asked for it is gone.
stand_still() { say "$(($(uptime) + $1))" | write_file "$role_dir/quiesced"; }

# stands_still: what a move has made ready is not to be undone by looking.
stands_still() {
  still_until=0
  { read -r still_until <"$role_dir/quiesced"; } 2>/dev/null || return 1
  [ "${still_until:-0}" -gt "$(uptime)" ]
}

# end_stillness CLUSTER WORDS
end_stillness() {
  rm -f "$run_dir/$1/role/quiesced"
  wake_role "$1" "$2"
}

role_is_doing() { sed -n 's/^doing //p' "$role_dir/state" 2>/dev/null; }

# await_rest: until the loop is through with the action that it is at.
await_rest() {
  # It waits for us.
  [ -z "${VRRP_ROLE_LOOP-}" ] || return 0
  while role_runs "$cluster"; do
    case $(role_is_doing) in '' | -) return 0 ;; esac
    stands_still || return 1
    sleep 1
  done
}
