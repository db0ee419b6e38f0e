# shellcheck shell=sh disable=SC2154,SC2034 # the names of common.sh
# nginx, or OpenResty, as the gateway of a cluster. node.conf has `gateway KEY VALUE`:
#   unit NAME              of systemd, without suffix; where there is none, the script of /etc/init.d
#   prefix PATH            of a build of the user's own, whose unit is ours; absent: the package's
#   binary PATH, conf PATH
#   runs both|master       on all nodes, or where the node is master
#   listen PORT            (one each)
#   path PATH, host NAME   what the check asks for on the first port
#   upstream ADDRESS PORT  (one each; none where the configuration is the user's own)

# has_gateway CONF
has_gateway() { grep -q '^gateway ' "$1" 2>/dev/null; }

# nginx_setting CONF KEY: its values, a line each.
nginx_setting() {
  awk -v key="$2" '$1 == "gateway" && $2 == key { sub(/^[^ ]+ [^ ]+ /, ""); print }' "$1"
}

# use_nginx CONF: without another program, for the check does it every two seconds.
use_nginx() {
  nginx_unit='' nginx_prefix='' nginx_binary='' nginx_conf='' nginx_runs='' nginx_port='' nginx_path='' nginx_host=''
  while read -r nginx_word nginx_key nginx_value; do
    [ "$nginx_word" = gateway ] || continue
    case $nginx_key in
    unit) nginx_unit=$nginx_value ;;
    prefix) nginx_prefix=$nginx_value ;;
    binary) nginx_binary=$nginx_value ;;
    conf) nginx_conf=$nginx_value ;;
    runs) nginx_runs=$nginx_value ;;
    listen) nginx_port=${nginx_port:-$nginx_value} ;;
    path) nginx_path=$nginx_value ;;
    host) nginx_host=$nginx_value ;;
    esac
  done <"$1"
}

# nginx_wanted CLUSTER: it is to run here now.
nginx_wanted() { [ "$nginx_runs" = both ] || [ -e "$run_dir/$1/role/master" ]; }

# nginx_call WORD...: the binary itself, with its configuration.
nginx_call() {
  "$root$nginx_binary" ${nginx_prefix:+-p "$nginx_prefix/"} -c "$nginx_conf" "$@" </dev/null 4>&- 8>&- 9>&-
}

# nginx_pid: of its master process; fails where there is none.
nginx_pid() {
  if has_systemd; then
    nginx_main=$(systemctl show --property=MainPID "$nginx_unit.service" 2>/dev/null) || nginx_main=
    nginx_main=${nginx_main#MainPID=}
    [ "${nginx_main:-0}" = 0 ] || {
      say "$nginx_main"
      return 0
    }
    # The package's own is its unit's; one of another configuration is somebody else's.
    [ -n "$nginx_prefix" ] || return 1
  fi
  nginx_process
}

# nginx_process: the master process of this binary, whoever has started it.
nginx_process() {
  nginx_exe=$(readlink -f "$root$nginx_binary") || return 1
  # Paths of /proc hold no blanks.
  # shellcheck disable=SC2013
  for nginx_found in $(grep -l -x -F -e nginx "$root"/proc/[0-9]*/comm 2>/dev/null); do
    nginx_found=${nginx_found%/comm}
    case $(tr '\000' ' ' 2>/dev/null <"$nginx_found/cmdline") in "nginx: master process "*) ;; *) continue ;; esac
    nginx_its=$(readlink "$nginx_found/exe" 2>/dev/null) || continue
    # An update has put another one in its place.
    [ "${nginx_its% (deleted)}" = "$nginx_exe" ] || continue
    say "${nginx_found##*/}"
    return 0
  done
  return 1
}

# nginx_do start|stop|restart|reload: nginx_words are the tool's own where it fails.
nginx_do() {
  if has_systemd; then
    case $1 in start | restart) systemctl reset-failed "$nginx_unit.service" >/dev/null 2>&1 || true ;; esac
    nginx_words=$(systemctl "$1" "$nginx_unit.service" 2>&1 </dev/null 8>&- 9>&-)
  elif [ -z "$nginx_prefix" ]; then
    nginx_words=$("$root/etc/init.d/$nginx_unit" "$1" 2>&1 </dev/null 4>&- 8>&- 9>&-)
  else
    nginx_by_itself "$1"
  fi
}

# nginx_by_itself start|stop|restart|reload: of a build that nothing else starts.
nginx_by_itself() {
  case $1 in
  # What it leaves running must not keep anybody waiting for the end of its words.
  start) nginx_call >"${nginx_out=$work/nginx}" 2>&1 || { nginx_words=$(cat "$nginx_out") && return 1; } ;;
  reload) nginx_words=$(nginx_call -s reload 2>&1) ;;
  stop)
    nginx_words=$(nginx_call -s quit 2>&1) || return 1
    for _ in 1 2 3 4 5; do
      nginx_process >/dev/null || return 0
      sleep 1
    done
    nginx_words=$(nginx_call -s stop 2>&1)
    ;;
  restart)
    ! nginx_process >/dev/null || nginx_by_itself stop || return 1
    nginx_by_itself start
    ;;
  esac
}

# nginx_line: its words as one line.
nginx_line() { printf '%s' "$nginx_words" | tr '\000-\037\177' ' ' | cut -c 1-300; }

nginx_enabled() {
  if has_systemd; then
    systemctl --quiet is-enabled "$nginx_unit.service" 2>/dev/null
  else
    [ -x "$root/etc/init.d/$nginx_unit" ] && "$root/etc/init.d/$nginx_unit" enabled >/dev/null 2>&1
  fi
}

# nginx_enable yes|no: whether a boot starts it.
nginx_enable() {
  nginx_is=no
  ! nginx_enabled || nginx_is=yes
  [ "$nginx_is" != "$1" ] || return 0
  nginx_verb="enable"
  [ "$1" = yes ] || nginx_verb=disable
  if has_systemd; then
    tool "gateway: systemctl $nginx_verb $nginx_unit failed" systemctl --quiet "$nginx_verb" "$nginx_unit.service"
  elif [ -x "$root/etc/init.d/$nginx_unit" ]; then
    tool "gateway: /etc/init.d/$nginx_unit $nginx_verb failed" "$root/etc/init.d/$nginx_unit" "$nginx_verb"
  fi
}

# start_nginx
start_nginx() {
  nginx_do start || fail "gateway: $nginx_unit does not start: $(nginx_line); see: journalctl -u $nginx_unit"
  nginx_pid >/dev/null || fail "gateway: $nginx_unit does not run after its start; see its error log"
}

# stop_nginx
stop_nginx() {
  nginx_do stop || fail "gateway: $nginx_unit does not stop: $(nginx_line)"
  ! nginx_pid >/dev/null || fail "gateway: $nginx_unit still runs after its stop; see its error log"
}

# nginx_log: path of its error log, where that is a file.
nginx_log() {
  nginx_at=$(sed -n 's/^[[:space:]]*error_log[[:space:]]\{1,\}\([^;[:space:]]*\).*/\1/p' "$root$nginx_conf" | head -n 1)
  [ -n "$nginx_at" ] || nginx_at=$(nginx_call -V 2>&1 | tr ' ' '\n' | sed -n 's/^--error-log-path=//p')
  case $nginx_at in
  /*) say "$root$nginx_at" ;;
  *:* | stderr) ;;
  *) [ -z "$nginx_prefix" ] || say "$root$nginx_prefix/${nginx_at:-logs/error.log}" ;;
  esac
}

# Tenths of a second within which it has new workers, or has said why not: it tries five times to bind to a port.
nginx_patience=60

# reload_nginx: with new workers it has taken the new file; else it goes on with what it had, and says so only in its log.
reload_nginx() {
  nginx_master=$(nginx_pid)
  children "$nginx_master" >"$work/nginx-workers"
  nginx_errors=$(nginx_log)
  nginx_read=0
  [ ! -e "$nginx_errors" ] || nginx_read=$(wc -c <"$nginx_errors")
  nginx_do reload || fail "gateway: $nginx_unit does not reload: $(nginx_line)"
  nginx_left=$nginx_patience
  until children "$nginx_master" | grep -q -v -x -F -f "$work/nginx-workers"; do
    if [ "$nginx_left" -le 0 ]; then
      { tail -c "+$((nginx_read + 1))" "$nginx_errors" 2>/dev/null || true; } | grep '\[emerg\]' | awk '!seen[$0]++' | tail -n 5 >"$work/words" || true
      fail "gateway: $nginx_unit does not take its new configuration and goes on with the former one; correct the spec, or free the port" "$work/words"
    fi
    if sleep 0.2 2>/dev/null; then nginx_left=$((nginx_left - 2)); else
      sleep 1
      nginx_left=$((nginx_left - 10))
    fi
  done
}

# record_nginx CLUSTER GENERATION: what the service of that generation was before we first touched it.
record_nginx() {
  record_nginx_conf=$(generation_dir "$1" "$2")/files/etc/vrrp-agent/$1/node.conf
  has_gateway "$record_nginx_conf" || return 0
  use_nginx "$record_nginx_conf"
  ! grep -q "^gateway $nginx_unit " "$state_dir/$1/generations/0/kept" 2>/dev/null || return 0
  record_nginx_words="disabled stopped"
  ! nginx_enabled || record_nginx_words="enabled stopped"
  ! nginx_pid >/dev/null || record_nginx_words="${record_nginx_words% *} running"
  keep_line "$1" "gateway $nginx_unit $nginx_binary $nginx_conf $record_nginx_words $nginx_prefix"
}

# former_nginx CLUSTER UNIT: kept lines of services other than UNIT, which are to be what they were before.
former_nginx() {
  sed -n 's/^gateway //p' "$state_dir/$1/generations/0/kept" 2>/dev/null | awk -v unit="$2" '$1 != unit'
}

# leave_nginx CLUSTER GENERATION: before the files change; a unit of ours goes while its file is still there.
leave_nginx() {
  leave_unit=$(nginx_setting "$(generation_dir "$1" "$2")/files/etc/vrrp-agent/$1/node.conf" unit 2>/dev/null) || leave_unit=
  former_nginx "$1" "$leave_unit" >"$work/former-nginx"
  while read -r nginx_unit nginx_binary nginx_conf _ leave_active nginx_prefix; do
    if [ -z "$nginx_prefix" ] || ! has_systemd || [ ! -e "$root/etc/systemd/system/$nginx_unit.service" ]; then continue; fi
    nginx_enable no
    [ "$step" = boot ] || nginx_do stop || fail "gateway: $nginx_unit does not stop: $(nginx_line)"
  done <"$work/former-nginx"
}

# return_nginx CLUSTER UNIT: services that the present files have not are as they were before us.
return_nginx() {
  former_nginx "$1" "$2" >"$work/former-nginx"
  while read -r nginx_unit nginx_binary nginx_conf return_enabled return_active nginx_prefix; do
    if [ -z "$nginx_prefix" ]; then
      if [ "$return_enabled" = enabled ]; then nginx_enable yes; else nginx_enable no; fi
    fi
    if [ "$step" != boot ]; then
      case $return_active in
      stopped) ! nginx_pid >/dev/null || stop_nginx ;;
      *) if nginx_pid >/dev/null; then ! moved "$1" "$nginx_conf" || reload_nginx; else return_running; fi ;;
      esac
    fi
    grep -v "^gateway $nginx_unit " "$state_dir/$1/generations/0/kept" | write_file "$state_dir/$1/generations/0/kept"
  done <"$work/former-nginx"
}

# return_running: a build of the user's own had no unit then.
return_running() {
  if [ -n "$nginx_prefix" ]; then
    nginx_by_itself start || warn "gateway: $nginx_binary does not start as it ran before: $(nginx_line)"
  else
    start_nginx
  fi
}

# drive_nginx CLUSTER: the gateway runs, or does not, with the present files.
drive_nginx() {
  drive_nginx_conf=$conf_dir/$1/node.conf
  if ! has_gateway "$drive_nginx_conf"; then
    return_nginx "$1" ''
    return 0
  fi
  return_nginx "$1" "$(nginx_setting "$drive_nginx_conf" unit)"
  use_nginx "$drive_nginx_conf"
  if [ "$nginx_runs" = both ]; then
    nginx_enable yes
  elif [ -n "$nginx_prefix" ] || grep -q "^gateway $nginx_unit .* disabled " "$state_dir/$1/generations/0/kept"; then
    nginx_enable no
  fi
  [ "$step" != boot ] || return 0
  if [ "$nginx_runs" = master ] && [ "$(role_of "$1")" != master ]; then
    ! nginx_pid >/dev/null || stop_nginx
  elif nginx_adopted; then
    if moved "$1" "$nginx_conf" || moved "$1" "/etc/vrrp-agent/$1/gateway-probe.conf"; then reload_nginx; fi
  elif nginx_wanted "$1"; then
    start_nginx
  fi
}

# nginx_adopted: it runs, and by its unit; one that was started by hand makes way for that.
nginx_adopted() {
  adopted_pid=$(nginx_pid) || return 1
  has_systemd && [ -n "$nginx_prefix" ] || return 0
  [ "$(systemctl show --property=MainPID "$nginx_unit.service")" = MainPID=0 ] || return 0
  nginx_by_itself stop || fail "gateway: nginx, which runs with pid $adopted_pid, does not stop: $(nginx_line)"
  return 1
}

# nginx_drift CLUSTER DIRECTORY: what is not as it was applied, beside the files.
nginx_drift() {
  nginx_drift_conf=$2/files/etc/vrrp-agent/$1/node.conf
  has_gateway "$nginx_drift_conf" || return 0
  use_nginx "$nginx_drift_conf"
  [ "$nginx_runs" != both ] || nginx_enabled || say "$nginx_unit is disabled"
  if nginx_pid >/dev/null; then
    nginx_wanted "$1" || say "$nginx_unit runs on a backup"
  elif nginx_wanted "$1"; then
    say "$nginx_unit is stopped"
  fi
}

# port_taken PORT: somebody listens there.
port_taken() {
  cat "$root/proc/net/tcp" "$root/proc/net/tcp6" 2>/dev/null | awk -v port="$(printf %04X "$1")" '
    $4 == "0A" { sub(/.*:/, "", $2); if ($2 == port) found = 1 }
    END { exit !found }'
}

# test_nginx CLUSTER DIRECTORY: whether the program on this host takes the staged configuration.
test_nginx() {
  test_nginx_conf=$2/files/etc/vrrp-agent/$1/node.conf
  has_gateway "$test_nginx_conf" || return 0
  use_nginx "$test_nginx_conf"
  [ -x "$root$nginx_binary" ] ||
    fail "gateway: there is no program $nginx_binary on this host; install it there, or correct gateway.program and gateway.prefix"
  [ -d "$root${nginx_conf%/*}" ] || fail "gateway: this host has no directory ${nginx_conf%/*}; make it, or correct gateway.prefix"
  if [ -z "$nginx_prefix" ]; then
    if has_systemd; then
      systemctl cat "$nginx_unit.service" >/dev/null 2>&1 ||
        fail "gateway: this host has no $nginx_unit.service; install the package, or set gateway.prefix for a build of your own"
    else
      [ -x "$root/etc/init.d/$nginx_unit" ] ||
        fail "gateway: this host has no /etc/init.d/$nginx_unit; install the package, or set gateway.prefix for a build of your own"
    fi
  fi
  test_nginx_ports "$1"
  # Beside the real one, for what it includes by relative paths; nginx does not look at it.
  test_nginx_file=$root${nginx_conf%/*}/.nginx.conf.vrrp-agent
  sed "s|/etc/vrrp-agent/$1/|$2/files/etc/vrrp-agent/$1/|g" "$2/files$nginx_conf" >"$test_nginx_file" ||
    fail "gateway: cannot write to ${nginx_conf%/*}; make room on its file system"
  test_nginx_status=0
  timeout 30 "$root$nginx_binary" ${nginx_prefix:+-p "$nginx_prefix/"} -c "${nginx_conf%/*}/.nginx.conf.vrrp-agent" -t \
    >"$work/nginx-test" 2>&1 </dev/null 8>&- 9>&- || test_nginx_status=$?
  rm -f "$test_nginx_file"
  [ "$test_nginx_status" -ne 0 ] || return 0
  # It reads all of its configuration before it binds, and the kernel lets it bind to a virtual address once the change is in force.
  if manifest_paths "$2/manifest" | grep -q -x "/etc/sysctl.d/60-vrrp-$1.conf"; then
    facts vip "$test_nginx_conf" | sed 's|^[^ ]* \([^/]*\)/.*|\1|' >"$work/nginx-vips"
    grep '\[emerg\]' "$work/nginx-test" | grep 'bind() to .* failed (99:' | grep -q -F -f "$work/nginx-vips" && return 0
  fi
  sed "s|$2/files||g; s|/\.nginx\.conf\.vrrp-agent|/${nginx_conf##*/}|g" "$work/nginx-test" >"$work/words"
  fail "gateway: $nginx_unit does not accept its configuration; correct gateway" "$work/words"
}

# gateway_ports CLUSTER: those of the gateway that is in force and runs.
gateway_ports() (
  gateway_conf=$conf_dir/$1/node.conf
  has_gateway "$gateway_conf" || return 0
  use_nginx "$gateway_conf"
  ! nginx_pid >/dev/null || nginx_setting "$gateway_conf" listen
)

# test_nginx_ports CLUSTER: where it does not run yet, its ports are free, or of the gateway whose place it takes.
test_nginx_ports() {
  ! nginx_pid >/dev/null && ! nginx_process >/dev/null || return 0
  gateway_ports "$1" >"$work/gateway-ports"
  nginx_setting "$test_nginx_conf" listen >"$work/nginx-ports"
  while read -r test_nginx_port; do
    grep -q -x -F -e "$test_nginx_port" "$work/gateway-ports" || ! port_taken "$test_nginx_port" ||
      fail "gateway: port $test_nginx_port is taken by another program on this host; stop that, or choose another one in gateway.listen"
  done <"$work/nginx-ports"
}
