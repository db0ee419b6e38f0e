# shellcheck shell=sh disable=SC2154,SC2034 # the names of common.sh
# The undo timer: depends on no session; when nobody confirms, the host goes back by itself.

undo_seconds=${VRRP_UNDO_SECONDS:-300}

boot_id() { cat "$root/proc/sys/kernel/random/boot_id"; }

# arm_undo CLUSTER GENERATION: each arming is a unit of its own, for a former one may still be waiting for the lock. One
# that fails, because the lock is held for long or there is no room, tries again until it is done.
arm_undo() {
  disarm_undo "$1"
  mkdir -p "$run_dir/$1"
  if has_systemd; then
    undo_unit=vrrp-agent-undo-$1-$$
    tool "cannot arm the undo timer" systemd-run --quiet --collect --unit="$undo_unit" \
      --on-active="$undo_seconds" --timer-property=AccuracySec=1s --property=Restart=on-failure \
      --property=RestartSec=15 --property=StartLimitIntervalSec=0 "$here/vrrp-agent" undo "$1" "$2"
    say "$undo_unit" >"$run_dir/$1/undo.unit"
  else
    # shellcheck disable=SC2016
    setsid sh -c 'sleep "$1"; exec "$2" undo "$3" "$4"' vrrp-agent-undo \
      "$undo_seconds" "$here/vrrp-agent" "$1" "$2" </dev/null >/dev/null 2>&1 8>&- 9>&- &
    say "$!" >"$run_dir/$1/undo.pid"
  fi
}

disarm_undo() {
  if [ -e "$run_dir/$1/undo.unit" ]; then
    read -r undo_unit <"$run_dir/$1/undo.unit"
    rm -f "$run_dir/$1/undo.unit"
    ! systemctl --quiet is-active "$undo_unit.timer" 2>/dev/null ||
      tool "cannot disarm the undo timer" systemctl stop "$undo_unit.timer"
  elif [ -e "$run_dir/$1/undo.pid" ]; then
    read -r undo_pid <"$run_dir/$1/undo.pid"
    rm -f "$run_dir/$1/undo.pid"
    # The pid may be somebody else's by now.
    ! grep -q -a vrrp-agent-undo "/proc/$undo_pid/cmdline" 2>/dev/null || kill -- "-$undo_pid"
  fi
}

# What the timer runs.
verb_undo() {
  check_name cluster "$1"
  make_work
  take_lock apply 9
  [ -e "$state_dir/$1/pending" ] || return 0
  read -r former new _ <"$state_dir/$1/pending"
  [ "$new" = "$2" ] || return 0
  go_back "$1" "$former"
  say "went back to generation $former: nobody confirmed $new within $undo_seconds s"
}
