# shellcheck shell=sh disable=SC2154,SC2034 # the names of common.sh
# Programs that end in time, whatever they do.

# begin_limit: what is tested ends half a second before keepalived would end the run. busybox' timeout takes tenths of a second
# and looks once a second; its sleep knows them. What does not heed TERM is killed 0.2 s later.
begin_limit() {
  limit=$((timeout * 10 - 5))
  { read -r clock <"$run_dir/clock"; } 2>/dev/null || find_clock
}

# find_clock: what ends a program in time here; prepare_checks keeps it in /run/vrrp-agent/clock, for a check runs often.
find_clock() {
  if timeout --preserve-status 0.5 true 2>/dev/null; then
    clock=timeout
  elif sleep 0.01 2>/dev/null; then
    clock="sleep"
  elif have timeout; then
    clock=none
  else
    clock=seconds
  fi
}

# limited TENTHS COMMAND...
limited() {
  limited_text=$(($1 / 10)).$(($1 % 10))
  limited_whole=$(($1 < 10 ? 1 : $1 / 10))
  shift
  case $clock in
  timeout) timeout -k 0.2 "$limited_text" "$@" ;;
  sleep | seconds)
    [ "$clock" = "sleep" ] || limited_text=$limited_whole
    # A group of its own, so that what it has started ends with it.
    if have setsid; then
      setsid "$@" &
      limited_pid=$! limited_victim=-$!
    else
      "$@" &
      limited_pid=$! limited_victim=$!
    fi
    (
      limited_nap=
      # Nothing is left of it: keepalived adopts what its scripts leave behind.
      trap 'kill "$limited_nap" 2>/dev/null || true; exit 0' TERM
      sleep "$limited_text" &
      limited_nap=$!
      wait "$limited_nap" || true
      kill -- "$limited_victim" 2>/dev/null || true
      sleep 0.2 2>/dev/null || sleep 1
      kill -KILL "$limited_victim" 2>/dev/null || true
    ) </dev/null >/dev/null 2>&1 &
    limited_watch=$!
    limited_status=0
    wait "$limited_pid" 2>/dev/null || limited_status=$?
    kill "$limited_watch" 2>/dev/null || true
    wait "$limited_watch" 2>/dev/null || true
    return "$limited_status"
    ;;
  *) timeout "$limited_whole" "$@" ;;
  esac
}

# was_late STATUS: coreutils' timeout says 124, others the signal.
was_late() { [ "$1" = 124 ] || [ "$1" = 143 ] || [ "$1" = 137 ]; }
