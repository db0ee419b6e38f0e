# shellcheck shell=sh disable=SC2154,SC2034 # the names of common.sh
# keepalived's service: systemd, else its init script.

has_systemd() { [ -d "$root/run/systemd/system" ] && have systemctl; }

init_script=$root/etc/init.d/keepalived

# has_procd: OpenWrt.
has_procd() { ! has_systemd && [ -f "$root/etc/rc.common" ] && [ -f "$root/lib/functions/procd.sh" ]; }

# service VERB: start, stop, reload, restart, enable, disable.
service() {
  if has_systemd; then
    tool "keepalived: systemctl $1 failed; see: journalctl -u keepalived" systemctl "$1" keepalived.service
  elif [ -x "$init_script" ]; then
    if has_procd; then procd_service "$1"; else init_service "$1"; fi
  else
    fail "found neither systemd nor $init_script; one of them must run keepalived"
  fi
}

init_service() { tool "keepalived: $init_script $1 failed; see the system's log" "$init_script" "$1" </dev/null; }

service_enabled() {
  if has_systemd; then
    systemctl --quiet is-enabled keepalived.service 2>/dev/null
  else
    [ -x "$init_script" ] && "$init_script" enabled >/dev/null 2>&1
  fi
}

# keepalived_pid: of the running daemon; fails when there is none.
keepalived_pid() {
  if has_systemd; then
    keepalived_pid=$(systemctl show --property=MainPID keepalived.service)
    keepalived_pid=${keepalived_pid#MainPID=}
  else
    keepalived_pid=
    for pid_file in "$root/run/keepalived.pid" "$root/run/keepalived/keepalived.pid" "$root/var/run/keepalived.pid"; do
      [ ! -s "$pid_file" ] || read -r keepalived_pid <"$pid_file"
    done
  fi
  [ "${keepalived_pid:-0}" -gt 0 ] && [ -d "/proc/$keepalived_pid" ] && say "$keepalived_pid"
}

# stop_service: also where systemd is about to start a daemon again that does not run now.
stop_service() {
  if has_systemd; then
    case $(systemctl is-active keepalived.service || true) in
    activating | deactivating | reloading)
      service stop
      return 0
      ;;
    esac
  fi
  ! keepalived_pid >/dev/null || service stop
}

# keepalived_age PID: whole seconds since it was started.
keepalived_age() {
  awk -v ticks="$(getconf CLK_TCK 2>/dev/null || echo 100)" '
    FNR == NR { sub(/.*\) /, ""); started = $20 / ticks; next }
    { printf "%d\n", $1 - started }' "/proc/$1/stat" /proc/uptime
}

# children PID: pids, one a line.
children() {
  for stat in /proc/[0-9]*/stat; do
    # A process may end while we look.
    { read -r line <"$stat"; } 2>/dev/null || continue
    rest=${line##*) ? }
    [ "${rest%% *}" != "$1" ] || say "${line%% *}"
  done
}

# reload_is_fatal PID: at a reload keepalived (2.0.0 to 2.4.3) sets the limit of its real-time processes to 0 and raises it
# again afterwards. Where it may not, as in containers without CAP_SYS_RESOURCE, the kernel kills it then.
reload_is_fatal() {
  for fatal_child in $(children "$1"); do
    awk '/^Max realtime timeout/ { exit $4 == "unlimited" }' "/proc/$fatal_child/limits" 2>/dev/null || continue
    fatal_capabilities=$(sed -n 's/^CapEff:[[:space:]]*........//p' "/proc/$fatal_child/status" 2>/dev/null) || continue
    [ $((0x${fatal_capabilities:-ffffffff} & 0x1000000)) -ne 0 ] || return 0
  done
  return 1
}

# reload_service: of a daemon that runs; by a restart where it would not survive.
reload_service() {
  if pid=$(keepalived_pid) && reload_is_fatal "$pid"; then service restart; else service reload; fi
}
