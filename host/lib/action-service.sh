# shellcheck shell=sh disable=SC2154,SC2034 # the names of common.sh and role.sh
# An action of kind service: a unit of systemd, a script of /etc/init.d, or commands of the user's own, started and stopped with the
# role.
#   service NAME                   (unit or script; else:)
#   start|stop|status|reload COMMAND
#   on-master|on-backup start|stop|restart|reload|mask|none
# `before` remembers how it was: enabled|disabled|masked active|inactive.

service_identity() { say "$(setting service) $(setting start)"; }

# service_unit: with its suffix.
service_unit() {
  service_name=$(setting service)
  case $service_name in
  *.service | *.timer | *.socket | *.target | *.path | *.mount) say "$service_name" ;;
  *) say "$service_name.service" ;;
  esac
}

# service_is: active, or not.
service_is_active() {
  if [ -z "$(setting service)" ]; then
    sh -c "$(setting status)" >/dev/null 2>&1 </dev/null
  elif has_systemd; then
    case $(systemctl is-active "$(service_unit)" 2>/dev/null) in
    active | activating | reloading) ;;
    *) return 1 ;;
    esac
  else
    service_script=$root/etc/init.d/$(setting service)
    # OpenWrt's know `running`, Debian's and others' `status`.
    if grep -q '/etc/rc\.common' "$service_script" 2>/dev/null; then
      "$service_script" running >/dev/null 2>&1
    else
      "$service_script" status >/dev/null 2>&1
    fi
  fi
}

# service_enablement: enabled, disabled or masked; of commands nothing is known.
service_enablement() {
  if [ -z "$(setting service)" ]; then
    say none
  elif has_systemd; then
    case $(systemctl is-enabled "$(service_unit)" 2>/dev/null) in
    masked*) say masked ;;
    enabled*) say enabled ;;
    *) say disabled ;;
    esac
  elif "$root/etc/init.d/$(setting service)" enabled >/dev/null 2>&1; then
    say enabled
  else
    say disabled
  fi
}

# service_do VERB: with the tool's own words when it fails.
service_do() {
  if [ -z "$(setting service)" ]; then
    if [ "$1" = restart ]; then
      service_do stop && service_do start
      return
    fi
    # A daemon that the command leaves behind must keep neither this waiting nor the lock.
    sh -c "$(setting "$1")" >"$work/words" 2>&1 </dev/null 4>&- && return 0
    service_words=$(cat "$work/words")
  elif has_systemd; then
    case $1 in
    start | restart | reload) ! systemctl is-failed --quiet "$(service_unit)" || systemctl reset-failed "$(service_unit)" ;;
    esac
    service_words=$(systemctl "$1" "$(service_unit)" 2>&1 </dev/null) && return 0
  else
    service_words=$("$root/etc/init.d/$(setting service)" "$1" 2>&1 </dev/null 4>&-) && return 0
  fi
  why="$1 failed: $(printf '%s' "$service_words" | tr '\n' ' ')"
  return 1
}

# remember_service: once, before it is first touched.
remember_service() {
  [ ! -e "$action_dir/before" ] || return 0
  before_active=inactive
  ! service_is_active || before_active=active
  say "$(service_enablement) $before_active" | write_file "$action_dir/before"
}

service_promote() { serve "$(setting on-master)"; }
service_demote() { serve "$(setting on-backup)"; }

# serve VERB
serve() {
  remember_service
  if [ "$1" != mask ] && has_systemd && [ -n "$(setting service)" ] && [ "$(service_enablement)" = masked ]; then
    service_words=$(systemctl --quiet unmask "$(service_unit)" 2>&1) || {
      why="unmask failed: $service_words"
      return 1
    }
  fi
  case $1 in
  none) ;;
  start | restart)
    service_do "$1" || return 1
    service_is_active || {
      why="$(setting service) does not run after its $1; see its log"
      return 1
    }
    ;;
  reload)
    if service_is_active; then service_do reload; else service_do start; fi || return 1
    ;;
  stop)
    service_do stop || return 1
    ! service_is_active || {
      why="it still runs after its stop"
      return 1
    }
    ;;
  mask)
    service_do stop || return 1
    if has_systemd; then
      service_words=$(systemctl --quiet mask "$(service_unit)" 2>&1) || {
        why="mask failed: $service_words"
        return 1
      }
    else
      "$root/etc/init.d/$(setting service)" disable >/dev/null 2>&1 || true
    fi
    ;;
  esac
  # What is done once a role is done for this one.
  mkdir -p "$action_run"
  say "$role" >"$action_run/did"
}

service_reached() {
  reached_verb=$(setting "on-$1")
  case $reached_verb in
  none) ;;
  start) service_is_active ;;
  stop) ! service_is_active ;;
  mask) ! service_is_active && [ "$(service_enablement)" = masked ] ;;
  restart | reload) service_is_active && [ "$(cat "$action_run/did" 2>/dev/null)" = "$1" ] ;;
  esac
}

service_forget() {
  [ -e "$action_dir/before" ] || return 0
  read -r before_enablement before_active <"$action_dir/before"
  if has_systemd && [ -n "$(setting service)" ] && [ "$(service_enablement)" = masked ] && [ "$before_enablement" != masked ]; then
    systemctl --quiet unmask "$(service_unit)"
  fi
  # Its drop-in still waits for a role.
  if [ "$before_active" = active ]; then
    for forget_role in master backup; do [ -e "$role_dir/$forget_role" ] || : >"$role_dir/$forget_role"; done
    service_is_active || service_do start
  else
    ! service_is_active || service_do stop
  fi
}

service_test() {
  if [ -z "$(setting service)" ]; then
    for test_word in start stop status; do
      test_program=$(setting "$test_word")
      test_program=${test_program%%[ 	]*}
      if [ -f "$root$test_program" ] && [ -x "$root$test_program" ]; then continue; fi
      fail "role: $test_word of the action $name is $test_program, which is no program on this host; install it, make it executable or correct the spec"
    done
    return 0
  fi
  if has_systemd; then
    systemctl cat "$(service_unit)" >/dev/null 2>&1 ||
      fail "role: the action $name is about $(service_unit), which this host has not; install it or correct the spec"
  else
    [ -x "$root/etc/init.d/$(setting service)" ] ||
      fail "role: the action $name is about /etc/init.d/$(setting service), which is not on this host; install it or correct the spec"
  fi
}
