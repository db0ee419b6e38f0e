# shellcheck shell=sh disable=SC2154,SC2034 # the names of common.sh and role.sh
# An action of kind command: what the user's own programs do.
#   on-master|on-backup COMMAND     (of sh; absent: nothing is to do)
#   reached COMMAND                 (ends with 0 where it is so already; absent: once done in a role it is done, until it is another one)
#   quiesce COMMAND                 (before a planned move takes the role away; what fails keeps it here)
#   resume COMMAND                  (the move did not happen)
# They are told VRRP_ROLE, VRRP_CLUSTER, VRRP_NODE and VRRP_ACTION.

command_promote() { command_for master; }
command_demote() { command_for backup; }

# command_for ROLE
command_for() {
  command_text=$(setting "on-$1")
  if [ -n "$command_text" ]; then
    command_status=0
    command_run "$1" "$command_text" >"$work/words" 2>&1 </dev/null || command_status=$?
    if [ "$command_status" -ne 0 ]; then
      why="the command ended with $command_status: $(tr '\n' ' ' <"$work/words" | cut -c 1-200)"
      # What is not there does not come by trying.
      case $command_status in 126 | 127) return 3 ;; esac
      return 1
    fi
  fi
  mkdir -p "$action_run"
  command_doing "$1" >"$action_run/did"
}

# command_doing ROLE: what is to be done there; another command for a role is not done yet.
command_doing() {
  say "$1"
  setting "on-$1"
}

# command_run ROLE COMMAND
command_run() {
  VRRP_ROLE=$1 VRRP_CLUSTER=$cluster VRRP_NODE=$node VRRP_ACTION=$name sh -c "$2" 4>&-
}

command_reached() {
  command_text=$(setting reached)
  if [ -n "$command_text" ]; then
    command_run "$1" "$command_text" >/dev/null 2>&1 </dev/null
  else
    [ -z "$(setting "on-$1")" ] || [ "$(cat "$action_run/did" 2>/dev/null)" = "$(command_doing "$1")" ]
  fi
}

command_quiesce() {
  [ -n "$(setting quiesce)" ] || return 4
  command_tell quiesce
}

command_resume() {
  [ -z "$(setting resume)" ] || command_tell resume
}

# command_tell KEY: of a master that a planned move is about to end, or has not ended.
command_tell() {
  command_status=0
  command_run master "$(setting "$1")" >"$work/words" 2>&1 </dev/null || command_status=$?
  [ "$command_status" -ne 0 ] || return 0
  command_said=$(tr '\n' ' ' <"$work/words" | cut -c 1-200 | sed 's/ *$//')
  why="$1 ended with $command_status${command_said:+: $command_said}"
  return 1
}

# Nobody knows what they have done; what a backup does is the best that can be undone.
command_forget() { :; }

command_test() {
  for test_word in on-master on-backup reached quiesce resume; do
    test_program=$(setting "$test_word")
    test_program=${test_program%%[ 	]*}
    case $test_program in
    /*)
      if [ -f "$root$test_program" ] && [ -x "$root$test_program" ]; then continue; fi
      fail "role: the action $name runs $test_program, which is no program on this host; install it, make it executable or correct the spec"
      ;;
    esac
  done
}
