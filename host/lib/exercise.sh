# shellcheck shell=sh disable=SC2154,SC2034 # the names of common.sh
# exercise: a drill brings back what it has changed. Should whoever runs it be gone in the middle, this host does by itself.
#
#   exercise CLUSTER SECONDS   from then on, unless it is ended or said anew: keepalived is started, no drain and no promote
#   exercise CLUSTER end
#   exercise CLUSTER await     by that alone, in the background
#
# /run/vrrp-agent/CLUSTER/exercise: UPTIME ID: a watch ends where the id is another one than it began with, or the file is gone.

verb_exercise() {
  check_cluster "$1"
  exercise_file=$run_dir/$1/exercise
  case $2 in
  end) rm -f "$exercise_file" ;;
  await) exercise_watch "$1" ;;
  '' | *[!0-9]* | ?????*)
    warn "'$2' is no number of seconds from 0 to 9999, and not end"
    exit 2
    ;;
  *) exercise_begin "$1" "$2" ;;
  esac
}

# Seconds between two looks at the time.
exercise_interval=2

# exercise_begin CLUSTER SECONDS
exercise_begin() {
  make_work
  mkdir -p "$run_dir/$1"
  say "$(($(uptime) + $2)) $$" | write_file "$exercise_file"
  # It is to outlive the session. systemd reads dollars and percents in what it is given: there are none.
  if has_systemd; then
    tool "cannot start what brings back" systemd-run --quiet --collect --unit="vrrp-agent-exercise-$1-$$" "$(undo_agent)" exercise "$1" await
  else
    detached "$work/pid" "$(undo_agent)" exercise "$1" await
  fi
}

# exercise_watch CLUSTER
exercise_watch() {
  { read -r _ exercise_id <"$exercise_file"; } 2>/dev/null || return 0
  while { read -r exercise_until exercise_now <"$exercise_file"; } 2>/dev/null && [ "$exercise_now" = "$exercise_id" ]; do
    if [ "$(uptime)" -ge "$exercise_until" ]; then
      attempt exercise_over "$1"
      [ "$attempt_status" -ne 0 ] || return 0
    fi
    sleep "$exercise_interval"
  done
}

# exercise_over CLUSTER: whoever ran it has not come back.
exercise_over() {
  step=undrain
  (verb_undrain "$1")
  keepalived_pid >/dev/null || service start
  rm -f "$exercise_file"
  exercise_words="a drill was not ended by whoever ran it; what it had changed is brought back"
  { find_events_dir && log_event REPAIR exercise "done" '' "$1" "$exercise_words"; } 2>/dev/null || true
  logger -t vrrp-agent -p daemon.notice -- "$1: $exercise_words" 2>/dev/null || true
}
