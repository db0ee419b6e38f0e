# shellcheck shell=sh disable=SC2154,SC2034 # the names of common.sh
# The undo timer: depends on no session and on no clock; when nobody confirms, the host goes back by itself. It looks
# every few seconds, so that a host whose peer goes back follows at once, and one that fails tries again.

# Seconds between two looks.
undo_interval=5

boot_id() {
  read -r boot_id <"$root/proc/sys/kernel/random/boot_id"
  say "$boot_id"
}

# undo_seconds CLUSTER GENERATION: seconds that a change waits for being confirmed.
undo_seconds() {
  undo_given=$(facts undo "$(words_conf "$1" "$2")")
  say "${VRRP_UNDO_SECONDS:-${undo_given:-300}}"
}

# The link, which is there when this version of the agent is not any more.
undo_agent() {
  if [ -x "$root/usr/lib/vrrp-agent/vrrp-agent" ]; then say "$root/usr/lib/vrrp-agent/vrrp-agent"; else say "$here/vrrp-agent"; fi
}

# arm_undo CLUSTER GENERATION: each arming is a unit of its own, for a former one may still be waiting for the lock.
arm_undo() {
  disarm_undo "$1"
  mkdir -p "$run_dir/$1"
  if has_systemd; then
    undo_unit=vrrp-agent-undo-$1-$$
    tool "cannot arm the undo timer" systemd-run --quiet --collect --unit="$undo_unit" \
      --on-active="$undo_interval" --on-unit-inactive="$undo_interval" --timer-property=AccuracySec=500ms \
      "$(undo_agent)" undo "$1" "$2"
    say "$undo_unit" >"$run_dir/$1/undo.unit"
  else
    # shellcheck disable=SC2016
    detached "$run_dir/$1/undo.pid" \
      sh -c 'while sleep "$1" && [ -e "$2" ]; do "$3" undo "$4" "$5" || :; done' vrrp-agent-undo \
      "$undo_interval" "$state_dir/$1/pending" "$(undo_agent)" "$1" "$2"
  fi
}

# disarm_undo CLUSTER: only the timer; a run that has begun ends by itself when there is nothing left to undo.
disarm_undo() {
  if [ -e "$run_dir/$1/undo.unit" ]; then
    read -r undo_unit <"$run_dir/$1/undo.unit"
    rm -f "$run_dir/$1/undo.unit"
    if systemctl --quiet is-active "$undo_unit.timer" 2>/dev/null &&
      ! systemctl stop "$undo_unit.timer" >"$work/words" 2>&1 8>&- 9>&-; then
      # A run of that very timer, which finds nothing to undo, may have been faster.
      ! systemctl --quiet is-active "$undo_unit.timer" 2>/dev/null ||
        fail "cannot disarm the undo timer" "$work/words"
    fi
  elif [ -e "$run_dir/$1/undo.pid" ]; then
    read -r undo_pid <"$run_dir/$1/undo.pid"
    rm -f "$run_dir/$1/undo.pid"
    # The pid may be somebody else's by now. Not the whole group: this may be a run of that very timer.
    ! grep -q -a vrrp-agent-undo "/proc/$undo_pid/cmdline" 2>/dev/null || kill "$undo_pid"
  fi
}

# make_reserve CLUSTER FORMER: room that going back to FORMER may need, twice its files: on a disk that is full by then
# nothing could be put back. Of random bytes, for some file systems compress.
make_reserve() {
  reserve_kib=64
  if [ -d "$(generation_dir "$1" "$2")" ]; then
    reserve_kib=$((64 + 2 * $(du -sk "$(generation_dir "$1" "$2")" | cut -f 1)))
  fi
  fill_reserve "$1" "$state_dir/.reserve.$1"
  [ "$(mount_of "$state_dir")" = "$(mount_of "$root/etc")" ] || fill_reserve "$1" "$root/etc/.vrrp-agent.reserve.$1"
}

# mount_of DIRECTORY
mount_of() { df -Pk "$1" | awk 'NR == 2 { print $1, $6 }'; }

# fill_reserve CLUSTER FILE
fill_reserve() {
  if ! head -c "$((reserve_kib * 1024))" /dev/urandom >"$2" 2>"$work/words" || ! sync "$2" 2>"$work/words"; then
    drop_reserve "$1"
    fail "cannot keep $reserve_kib KiB free for going back; make room on the file system of ${2%/*}" "$work/words"
  fi
}

# drop_reserve CLUSTER
drop_reserve() { rm -f "$state_dir/.reserve.$1" "$root/etc/.vrrp-agent.reserve.$1"; }

# is_due CLUSTER: nobody has confirmed the pending change in its time. One of an older boot is due anyhow.
is_due() {
  read -r _ _ due_boot due_deadline <"$state_dir/$1/pending"
  [ "$due_boot" = "$(boot_id)" ] || return 0
  [ "$(uptime)" -ge "${due_deadline:-0}" ]
}

# What the timer runs.
verb_undo() {
  check_name cluster "$1"
  umask 022
  [ -e "$state_dir/$1/pending" ] || {
    # Whoever ended the change was cut short before it could end this.
    make_work
    disarm_undo "$1"
    return 0
  }
  read -r _ new _ <"$state_dir/$1/pending"
  [ "$new" = "$2" ] || return 0
  reason="nobody confirmed it in time"
  if ! is_due "$1"; then
    refuser=$(somebody_tells "$1" refused "$2") || return 0
    ! has_line "$refuser" "$run_dir/$1/old-refusers" || return 0
    reason="$refuser went back"
  fi
  make_work
  take_lock apply 9
  [ -e "$state_dir/$1/pending" ] || return 0
  read -r former new _ <"$state_dir/$1/pending"
  [ "$new" = "$2" ] || return 0
  use_node "$(words_conf "$1" "$2")"
  undo_pending "$1" "$former" "$new"
  [ "$(current_generation "$1")" = "$new" ] || say "went back from $new to $former: $reason"
}

# undo_pending CLUSTER FORMER NEW: goes back, unless some host has been confirmed: then all are.
undo_pending() {
  if is_confirmed "$1" "$3"; then
    commit "$1" "$3"
    say "confirmed $3, as another host is"
  else
    go_back "$1" "$2"
  fi
}

# is_confirmed CLUSTER GENERATION: this host was cut short while it said so, or another one says so. Whoever confirms
# late looks for hosts that go back, and whoever goes back for hosts that confirm, each after having said what it is
# about to do: the one that confirms gives way, so the other looks twice.
is_confirmed() {
  ! told_here "$1" confirmed "$2" || return 0
  tell "$1" refused "$2" || return 1
  if somebody_tells "$1" confirmed "$2" >/dev/null; then
    untell "$1" refused "$2"
    sleep 3
    ! somebody_tells "$1" confirmed "$2" >/dev/null || return 0
  fi
  return 1
}
