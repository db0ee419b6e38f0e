# shellcheck shell=sh disable=SC2154,SC2034 # the names of common.sh and repair.sh
# Repairs of the agent's own directories and state files, of modes on the way to a script, and of settings of the kernel.

# repair_sysctl: what the generation sets.
repair_sysctl() {
  drifted_sysctls "$(repair_dir_now)" >"$work/sysctls-were"
  if [ ! -s "$work/sysctls-were" ] && for_tunnel; then drifted_sysctls "$(repair_dir_now)" >"$work/sysctls-were"; fi
  [ -s "$work/sysctls-were" ] || nothing_to_do "the settings of the kernel are as they were applied"
  while read -r sysctl_key sysctl_is sysctl_wanted; do
    [ "$sysctl_is" = absent ] || on_undo "sysctl $sysctl_key $sysctl_is"
  done <"$work/sysctls-were"
  apply_sysctls "$repair_cluster" "$(repair_dir_now)"
  drifted_sysctls "$(repair_dir_now)" >"$work/sysctls-are"
  [ ! -s "$work/sysctls-are" ] || {
    read -r sysctl_key sysctl_is sysctl_wanted <"$work/sysctls-are"
    fail "$sysctl_key stays $sysctl_is, not $sysctl_wanted: the kernel or a container does not let it be set"
  }
  while read -r sysctl_key sysctl_is sysctl_wanted; do
    say "$sysctl_key is $sysctl_wanted again; it was $sysctl_is"
  done <"$work/sysctls-were"
}

# repair_state_dir: the directories that the agent works in.
repair_state_dir() {
  [ -e "$state_dir/$repair_cluster/owner" ] ||
    fail "$state_dir/$repair_cluster is gone, and with it what was applied; replace the stage step of this node (pulumi up --target-replace), which brings it anew"
  state_dir_did=no
  tidy_directory 700 "$state_dir"
  tidy_directory - "$state_dir/$repair_cluster"
  tidy_directory 755 "$run_dir"
  tidy_directory 755 "$run_dir/$repair_cluster"
  find_events_dir 2>/dev/null || fail "cannot make $events_dir; make room on its file system"
  tidy_directory 755 "$events_dir"
  link_state
  prepare_checks "$repair_cluster"
  for tidy_in in "$state_dir/$repair_cluster" "$run_dir/$repair_cluster" "$events_dir"; do
    tidy_test "$tidy_in"
  done
  [ "$state_dir_did" = yes ] || nothing_to_do "the agent's directories are there, and can be written to"
  # What was in one that was gone.
  if keepalived_pid >/dev/null; then (write_states) || warn "note: a state file is missing until the next change of state"; fi
  ! has_role "$conf" || [ -p "$run_dir/$repair_cluster/role/wake" ] || (repair_role) || true
  rm -f "$work/nothing"
}

# tidy_directory MODE|- DIRECTORY: is there, root's, with its mode.
tidy_directory() {
  if [ ! -d "$2" ]; then
    [ ! -e "$2" ] || fail "${2#"$root"} is no directory; move it away"
    tool "cannot make ${2#"$root"}; make room on its file system" mkdir -p "$2"
    chmod "${1#-}" "$2" 2>/dev/null || true
    state_dir_did=yes
    say "made ${2#"$root"}"
    return 0
  fi
  tidy_is=$(octal_rights "$2")
  case $1:${tidy_is%% *} in
  -:?7?? | "$1:0$1") ;;
  *)
    on_undo "mode ${tidy_is%% *} ${2#"$root"}"
    tool "cannot set the mode of ${2#"$root"}" chmod "$(if [ "$1" = - ]; then say u+rwx; else say "$1"; fi)" "$2"
    state_dir_did=yes
    say "${2#"$root"} has its mode again; it was ${tidy_is%% *}"
    ;;
  esac
}

# tidy_test DIRECTORY: a file can be written in it.
tidy_test() {
  tidy_file=$(mktemp "$1/.repair.XXXXXX" 2>"$work/tidy-words") || {
    tidy_flags=
    ! have lsattr || tidy_flags=$(lsattr -d "$1" 2>/dev/null | cut -d ' ' -f 1)
    case $tidy_flags in
    *i*) fail "${1#"$root"} was made immutable by somebody; if that was no intention: chattr -i ${1#"$root"}" ;;
    esac
    fail "cannot write to ${1#"$root"}: $(tail -n 1 "$work/tidy-words" | sed 's/.*: //'); see: df ${1#"$root"} and: mount"
  }
  tidy_status=0
  { head -c 4096 /dev/zero >"$tidy_file"; } 2>/dev/null || tidy_status=1
  rm -f "$tidy_file"
  [ "$tidy_status" -eq 0 ] || fail "the file system of ${1#"$root"} is full; make room there: $(df -Pk "$1" | awk 'NR == 2 { print $5 " of " $6 " is used" }')"
}

# repair_write_state: what the state files say is what is.
repair_write_state() {
  state_file_was=$(stale_states)
  [ -n "$state_file_was" ] || nothing_to_do "the state files tell what is"
  write_states
  if keepalived_pid >/dev/null && ! beats_on; then
    # Nobody reads what keepalived says: a reload starts the reader anew.
    reload_service
    look_keepalived
    beats_on || fail "the state files are written, and nobody renews them: the reader of keepalived's FIFO does not run; see its log: journalctl -u keepalived"
  fi
  look_anew
  state_file_still=$(stale_states)
  [ -z "$state_file_still" ] || fail "a state file is wrong again: $state_file_still"
  say "the state files tell what is; before: $state_file_was"
}

# stale_states: what is wrong with them, in words.
stale_states() {
  facts instance "$conf" 1 | while read -r stale_instance; do
    stale_file=$run_dir/$repair_cluster/$stale_instance.state
    stale_live=$(live_state "$stale_instance")
    if [ ! -e "$stale_file" ]; then
      # One that never ran has none.
      [ "$stale_live" = STOPPED ] || printf '%s has none; ' "$stale_instance"
    elif [ "$(facts state "$stale_file")" != "$stale_live" ]; then
      printf '%s is %s, not %s; ' "$stale_instance" "$stale_live" "$(facts state "$stale_file")"
    elif [ "$stale_live" != STOPPED ] && [ "$(state_age "$stale_file")" -gt $((3 * heartbeat)) ]; then
      printf '%s had no heartbeat for %s s; ' "$stale_instance" "$(state_age "$stale_file")"
    fi
  done | sed 's/; $//'
}

# write_states: of every instance, from what is.
write_states() {
  mkdir -p "$run_dir/$repair_cluster"
  facts instance "$conf" 1 >"$work/state-instances"
  while read -r write_instance; do
    write_live=$(live_state "$write_instance")
    write_to=$run_dir/$repair_cluster/$write_instance.state
    write_since=$(now) write_priority=
    if [ -e "$write_to" ]; then
      write_priority=$(facts priority "$write_to")
      [ "$(facts state "$write_to")" != "$write_live" ] || write_since=$(facts since "$write_to")
    fi
    repair_look
    write_seen=$(awk -v instance="$write_instance" '$1 == "loaded" && $2 == instance && $3 == "effective-priority" { print $4; exit }' "$work/repair-facts")
    printf 'state %s\npriority %s\nsince %s\nheartbeat %s\n' "$write_live" "${write_seen:-$write_priority}" "$write_since" "$(now)" |
      write_file "$write_to"
  done <"$work/state-instances"
}

# beats_on: a heartbeat comes.
beats_on() {
  beats_file=$run_dir/$repair_cluster/$(facts instance "$conf" 1 | head -n 1).state
  beats_was=$(facts heartbeat "$beats_file")
  beats_left=$((2 * heartbeat + 2))
  while [ "$(facts heartbeat "$beats_file")" = "$beats_was" ]; do
    [ "$beats_left" -gt 0 ] || return 1
    beats_left=$((beats_left - 1))
    sleep 1
  done
}

# repair_modes PATH: of a script that keepalived or a check runs, and of what is above it. Somebody else's script only becomes
# executable, and only where the spec names it.
repair_modes() {
  case $1 in
  /*) ;;
  *) fail "'$1' is no path from the root" ;;
  esac
  modes_real=$(readlink -f "$root$1") || modes_real=
  [ -f "$modes_real" ] || fail "$1 is not there; run vrrp-agent repair $repair_cluster reapply, or install what the spec names"
  modes_real=${modes_real#"$(readlink -f "$root/" | sed 's|/$||')"}
  modes_whose "$1" "$modes_real"
  : >"$work/modes-done"
  case $modes_owner in
  agent) mend_mode 0755 "$modes_real" ;;
  managed) mend_mode "$modes_mode" "$modes_real" ;;
  spec) [ -x "$root$modes_real" ] || mend_mode a+x "$modes_real" ;;
  esac
  mend_way "$modes_real" file
  modes_above=${modes_real%/*}
  while [ -n "$modes_above" ]; do
    mend_way "$modes_above" directory
    modes_above=${modes_above%/*}
  done
  [ -s "$work/modes-done" ] || nothing_to_do "$1 and what is above it have the modes that keepalived wants"
  cat "$work/modes-done"
  # A script that it could not run it has dropped at its start.
  ! keepalived_pid >/dev/null || (repair_reload) ||
    warn "note: keepalived was not reloaded, and takes the script up when it is"
}

# modes_whose PATH REAL: modes_owner is agent, managed (modes_mode as it was applied) or spec.
modes_whose() {
  case $2 in
  /usr/lib/vrrp-agent.*/* | /usr/lib/vrrp-agent/*)
    modes_owner=agent
    return 0
    ;;
  esac
  modes_mode=$(awk -v path="$1" '$1 == "file" && $6 == path { print $2 }' "$(repair_dir_now)/manifest")
  if [ -n "$modes_mode" ]; then
    modes_owner=managed
  elif cat "$(repair_dir_now)"/files/etc/keepalived/*.conf "$(repair_dir_now)/files/etc/vrrp-agent/$repair_cluster/node.conf" 2>/dev/null |
    tr " \t\"'" '\n' | grep -q -x -F "$1"; then
    modes_owner=spec
  else
    fail "$1 is neither ours nor named in what was applied; its modes are for whoever it belongs to"
  fi
}

# mend_mode MODE PATH
mend_mode() {
  mend_is=$(octal_rights "$root$2")
  mend_is=${mend_is%% *}
  [ "$mend_is" != "$1" ] && [ "$mend_is" != "0$1" ] || return 0
  on_undo "mode $mend_is $2"
  tool "cannot set the mode of $2" chmod "$1" "$root$2"
  mend_now=$(octal_rights "$root$2")
  say "$2 has the mode ${mend_now%% *}; it was $mend_is" >>"$work/modes-done"
}

# mend_way PATH file|directory: nobody but root can put something else there. A group that is not root's somebody has chosen.
mend_way() {
  # shellcheck disable=SC2012 # a stat is not everywhere
  way_now=$(ls -ldn "$root$1" | awk '{ print substr($1, 1, 10), $3, $4 }')
  way_rights=${way_now%% *} way_ids=${way_now#* }
  way_ours=no
  [ "$modes_owner" = spec ] || [ "$2" = directory ] || way_ours=yes
  case $1 in /usr/lib/vrrp-agent.* | /etc/vrrp-agent | /etc/vrrp-agent/* | /etc/keepalived) way_ours=yes ;; esac
  if [ "${way_ids% *}" != "$(id -u)" ]; then
    [ "$way_ours" = yes ] || fail "$1 does not belong to root; whoever minds it: chown root $1"
    on_undo "owner ${way_ids% *}:${way_ids#* } $1"
    tool "cannot give $1 to root" chown 0:0 "$root$1"
    say "$1 belongs to root; it belonged to the user ${way_ids% *}" >>"$work/modes-done"
  fi
  way_take=
  case $way_rights in ????????w[tT]) [ "$2" = file ] || fail "$1 is for everybody (as /tmp is), no place for a script that keepalived runs; move the script, and change the spec" ;; esac
  case $way_rights in ????????w?) way_take=o-w ;; esac
  case $way_rights in
  ?????w????)
    if [ "$way_ours" = yes ] || [ "${way_ids#* }" = 0 ] || [ "${way_ids#* }" = "$(id -g)" ]; then
      way_take=${way_take:+o-w,}g-w
    else
      fail "the group ${way_ids#* } can write to $1, which somebody has chosen; whoever minds it: chmod g-w $1"
    fi
    ;;
  esac
  [ -z "$way_take" ] || mend_mode "$way_take" "$1"
}
