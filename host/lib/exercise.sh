# shellcheck shell=sh disable=SC2154,SC2034 # the names of common.sh
# exercise: a drill brings back what it has changed. Should whoever runs it be gone in the middle, this host does by itself.
#
#   exercise CLUSTER SECONDS   from then on, unless it is ended or said anew: keepalived is started, no drain and no promote
#   exercise CLUSTER end
#   exercise CLUSTER over      by the watch itself
#
# /run/vrrp-agent/CLUSTER/exercise: UPTIME ID: a watch whose id is another one's ends, and one without the file.

verb_exercise() {
  check_cluster "$1"
  exercise_file=$run_dir/$1/exercise
  case $2 in
  end) rm -f "$exercise_file" ;;
  over) exercise_over "$1" ;;
  '' | *[!0-9]* | ?????*)
    warn "'$2' is no number of seconds from 0 to 9999, and neither end nor over"
    exit 2
    ;;
  *) exercise_watch "$1" "$2" ;;
  esac
}

# Seconds between two looks at the time.
exercise_interval=2

# exercise_watch CLUSTER SECONDS
exercise_watch() {
  exercise_cluster=$1
  make_work
  mkdir -p "$run_dir/$1"
  say "$(($(uptime) + $2)) $$" | write_file "$exercise_file"
  # It is to outlive the session.
  if has_systemd; then
    set -- systemd-run --quiet --collect --unit="vrrp-agent-exercise-$1-$$"
  else
    set -- detached "$work/pid"
  fi
  # shellcheck disable=SC2016
  tool "cannot start what brings back" "$@" sh -c \
    'while read -r until id <"$1" && [ "$id" = "$2" ]; do read -r now _ <"$3"; if [ "${now%%.*}" -ge "$until" ] && "$4" exercise "$5" over; then exit; fi; sleep "$6"; done 2>/dev/null' \
    vrrp-agent-exercise "$exercise_file" "$$" "$root/proc/uptime" "$(undo_agent)" "$exercise_cluster" "$exercise_interval"
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
