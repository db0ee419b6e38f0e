# shellcheck shell=sh disable=SC2154 # of rc.common
# Stands in for procd and its shell library. What `set` does is service.c's and instance.c's: an instance that is described
# as before goes on; a changed one ends and starts anew, or gets its reload_signal; one that is not named any more ends.
# /tmp/run/procd/SERVICE/INSTANCE has the words: command (one a line), respawn, pid, env, log.
procd_root=/tmp/run/procd

procd_lock() {
  mkdir -p /tmp/lock "$procd_root"
  [ -n "${procd_locked-}" ] || exec 7>"/tmp/lock/procd_$name.lock"
  procd_locked=yes
  flock 7
}
procd_open_service() {
  procd_lock
  procd_service=$1 procd_count=0 procd_new=$procd_root/$1.new
  rm -rf "$procd_new"
  mkdir -p "$procd_new"
}
procd_open_instance() {
  procd_count=$((procd_count + 1))
  procd_instance=$procd_new/${1:-instance$procd_count}
  mkdir -p "$procd_instance"
}
procd_set_param() {
  procd_param=$1
  shift
  rm -f "$procd_instance/$procd_param"
  procd_append_param "$procd_param" "$@"
}
procd_append_param() {
  procd_param=$1
  shift
  case $procd_param in
  respawn) echo "${1:-3600} ${2:-5} ${3:-5}" >"$procd_instance/respawn" ;;
  # Of a file its contents count, of a device its number.
  file) for procd_file; do md5sum "$procd_file" 2>/dev/null; done >>"$procd_instance/file" ;;
  *) for procd_word; do printf '%s\n' "$procd_word"; done >>"$procd_instance/$procd_param" ;;
  esac
}
procd_close_instance() { :; }
procd_add_reload_trigger() { for procd_file; do echo "$procd_file" >>"$procd_new/triggers"; done; }
procd_add_reload_data_trigger() { :; }
procd_add_interface_trigger() { :; }
procd_add_raw_trigger() { :; }
procd_close_service() {
  service_triggers
  mkdir -p "$procd_root/$procd_service"
  rm -f "$procd_root/$procd_service/triggers"
  [ ! -e "$procd_new/triggers" ] || mv "$procd_new/triggers" "$procd_root/$procd_service/triggers"
  for procd_old in "$procd_root/$procd_service"/*/; do
    [ -d "$procd_old" ] || continue
    procd_old=${procd_old%/}
    [ -d "$procd_new/${procd_old##*/}" ] || procd_end "$procd_old"
  done
  for procd_instance in "$procd_new"/*/; do
    [ -d "$procd_instance" ] || continue
    procd_instance=${procd_instance%/}
    procd_old=$procd_root/$procd_service/${procd_instance##*/}
    if procd_runs "$procd_old"; then
      procd_same "$procd_old" "$procd_instance" && continue
      if [ -e "$procd_old/reload_signal" ]; then
        kill "-$(cat "$procd_old/reload_signal")" "$(cat "$procd_old/pid")"
        continue
      fi
      procd_end "$procd_old"
    fi
    rm -rf "$procd_old"
    mv "$procd_instance" "$procd_old"
    procd_begin "$procd_old"
  done
  rm -rf "$procd_new"
}
procd_same() {
  for procd_word in command respawn env file reload_signal stdout stderr term_timeout; do
    [ "$(cat "$1/$procd_word" 2>/dev/null)" = "$(cat "$2/$procd_word" 2>/dev/null)" ] || return 1
  done
}
procd_runs() { [ -e "$1/supervisor" ] && kill -0 "$(cat "$1/supervisor")" 2>/dev/null; }
procd_begin() {
  # Of its own session, with nothing of the caller's but its environment's PATH.
  start-stop-daemon -S -b -m -p "$1/supervisor" -x /usr/libexec/lab/supervise -- "$1" 7>&-
  for _ in 1 2 3 4 5 6 7 8 9 10; do [ ! -s "$1/pid" ] || return 0; /bin/busybox usleep 20000; done
}
# procd_end INSTANCE: TERM, and KILL after term_timeout (5 s). procd itself does not wait; the next `start` does.
procd_end() {
  procd_runs "$1" || { rm -rf "$1"; return 0; }
  : >"$1/halt"
  procd_pid=$(cat "$1/pid" 2>/dev/null)
  [ -z "$procd_pid" ] || kill "$procd_pid" 2>/dev/null
  procd_left=$(($(cat "$1/term_timeout" 2>/dev/null || echo 5) * 20))
  while procd_runs "$1" && [ "$procd_left" -gt 0 ]; do procd_left=$((procd_left - 1)); /bin/busybox usleep 50000; done
  ! procd_runs "$1" || kill -9 "$procd_pid" "$(cat "$1/supervisor")" 2>/dev/null
  rm -rf "$1"
}
procd_kill() {
  for procd_old in "$procd_root/$1"/${2:-*}; do [ ! -d "$procd_old" ] || procd_end "$procd_old"; done
  [ -n "${2-}" ] || rm -rf "${procd_root:?}/$1"
}
procd_send_signal() {
  for procd_old in "$procd_root/$1"/*/; do
    procd_pid=$(cat "$procd_old/pid" 2>/dev/null) && kill "-${3:-HUP}" "$procd_pid"
  done
}
procd_running() {
  for procd_old in "$procd_root/$1"/${2:-*}; do ! procd_runs "$procd_old" || return 0; done
  return 1
}
