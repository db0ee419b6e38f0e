# shellcheck shell=sh disable=SC2154,SC2034 # the names of common.sh and examine.sh
# Facts: the daemon, its own test of its config, the clock.

# daemon_facts
daemon_facts() {
  daemon_pid=$examine_pid
  if [ -n "$daemon_pid" ]; then
    say "daemon running $daemon_pid $(keepalived_age "$daemon_pid")"
  else
    say "daemon stopped"
  fi
  daemon_active='' daemon_sub='' daemon_result='' daemon_restarts='' daemon_file='' daemon_exit=''
  if has_systemd; then
    systemctl show --property=ActiveState,SubState,Result,NRestarts,UnitFileState,ExecMainStatus keepalived.service >"$work/unit" 2>/dev/null || true
    while IFS='=' read -r daemon_key daemon_value; do
      case $daemon_key in
      ActiveState) daemon_active=$daemon_value ;;
      SubState) daemon_sub=$daemon_value ;;
      Result) daemon_result=$daemon_value ;;
      NRestarts) daemon_restarts=$daemon_value ;;
      UnitFileState) daemon_file=$daemon_value ;;
      ExecMainStatus) daemon_exit=$daemon_value ;;
      esac
    done <"$work/unit"
    case $daemon_active-$daemon_sub-$daemon_result in
    -* | active-running-success | active-running-) ;;
    *) say "daemon-unit $daemon_active $daemon_sub ${daemon_result:--} ${daemon_restarts:--} status ${daemon_exit:--}" ;;
    esac
    # Also while it runs well: a start by hand sets it to 0.
    case $daemon_restarts in '' | 0 | *[!0-9]*) ;; *) say "daemon-auto-restarts $daemon_restarts" ;; esac
  elif [ -z "$daemon_pid" ] && [ -x "$init_script" ]; then
    say "daemon-unit $(init_system) stopped"
  fi
  case $daemon_file in
  enabled*) say "daemon-enabled yes" ;;
  '')
    if { has_systemd || [ -x "$init_script" ]; } && service_enabled; then
      say "daemon-enabled yes"
    elif has_systemd || [ -x "$init_script" ]; then
      say "daemon-enabled no"
    else
      say "daemon-enabled unknown"
    fi
    ;;
  masked*) say "daemon-enabled masked" ;;
  *) say "daemon-enabled no" ;;
  esac
}

# read_conf_path: what keepalived reads, or would; without the root.
read_conf_path() {
  if [ -n "$examine_pid" ]; then
    read_conf=$(tr '\000' '\n' <"/proc/$examine_pid/cmdline" 2>/dev/null | awk '
      wanted { print; exit }
      $0 == "-f" || $0 == "--use-file" { wanted = 1; next }
      sub(/^--use-file=/, "") || (/^-f./ && sub(/^-f/, "")) { print; exit }') || read_conf=
    if [ -n "$read_conf" ] && [ -e "$root$read_conf" ]; then
      say "$read_conf"
      return 0
    fi
  fi
  if has_procd && have uci; then
    read_conf=$(uci -q get keepalived.globals.alt_config_file 2>/dev/null) || read_conf=
    [ -n "$read_conf" ] || [ ! -e "$root/tmp/keepalived.conf" ] || read_conf=/tmp/keepalived.conf
    if [ -n "$read_conf" ]; then
      say "$read_conf"
      return 0
    fi
  fi
  say "$keepalived_conf"
}

# Lines of keepalived's test that are told.
conf_errors=20

# conf_test_facts: what keepalived itself says. Its test dies in some versions where a script has a user other than root (see
# stage.sh): then a copy is tested that has root everywhere.
conf_test_facts() {
  manages_keepalived "$examine_dir" 2>/dev/null || [ -e "$root$keepalived_conf" ] || return 0
  conf_program=$(present_program)
  if ! has_program "$conf_program"; then
    say "lacks keepalived whether its config is good"
    return 0
  fi
  conf_version=$(keepalived_version "$conf_program")
  [ -z "$conf_version" ] || say "keepalived $conf_version"
  if [ ! -e "$root$examine_conf" ]; then
    say "conf-test failed"
    say "conf-error there is no $examine_conf"
    return 0
  fi
  conf_status=0
  "$conf_program" -t -f "$root$examine_conf" >"$work/words" 2>&1 || conf_status=$?
  if [ "$conf_status" -eq 143 ]; then
    copy_with_root
    conf_status=0
    "$conf_program" -t -f "$work/copy/${examine_conf##*/}" >"$work/words" 2>&1 || conf_status=$?
  fi
  case $conf_status in
  0) say "conf-test ok" ;;
  143) say "lacks keepalived whether its config is good, for its own test dies of it" ;;
  *)
    say "conf-test failed"
    redacted <"$work/words" | conf_errors
    ;;
  esac
}

# copy_with_root: the directory of the config, in $work/copy.
copy_with_root() {
  cp -R "$root${examine_conf%/*}" "$work/copy" 2>/dev/null || mkdir -p "$work/copy"
  for copy_file in "$work"/copy/*.conf; do
    [ -f "$copy_file" ] || continue
    sed -e 's/^\([[:space:]]*script_user\)[[:space:]].*/\1 root/' -e 's/^\([[:space:]]*user\)[[:space:]].*/\1 root/' \
      -e 's/^\([[:space:]]*notify[a-z_]*[[:space:]]*"[^"]*"\).*/\1 root/' \
      -e 's/^\([[:space:]]*notify[a-z_]*[[:space:]]\{1,\}[^"[:space:]][^[:space:]]*\)[[:space:]].*/\1 root/' "$copy_file" >"$work/with-root"
    cat "$work/with-root" >"$copy_file"
  done
}

# conf_errors: a filter. keepalived says most twice, the second time with the file.
conf_errors() {
  awk -v most="$conf_errors" -v copy="$work/copy" -v place="${examine_conf%/*}" '
    NF == 0 || /^Opening file/ { next }
    {
      gsub(/[[:cntrl:]]/, " ")
      if ((at = index($0, copy))) $0 = substr($0, 1, at - 1) place substr($0, at + length(copy))
      key = $0
      sub(/^\([^ ]*: Line /, "(Line ", key)
      if (!(key in text)) order[++count] = key
      text[key] = $0
    }
    END { for (i = 1; i <= count && i <= most; i++) print "conf-error " substr(text[order[i]], 1, 300) }'
}

# clock_by_looking: synchronised, not or unknown. Asking timedatectl would start a service.
clock_by_looking() {
  if [ -e "$root/run/systemd/timesync/synchronized" ]; then
    say synchronised
  elif [ -e "$root/run/chrony/chronyd.pid" ] && have chronyc; then
    case $(chronyc -n tracking 2>/dev/null) in
    *'Not synchronised'*) say not ;;
    *'Leap status'*) say synchronised ;;
    *) say unknown ;;
    esac
  elif [ -d "$root/run/systemd/timesync" ]; then
    say not
  else
    say unknown
  fi
}

# clock_fact
clock_fact() {
  clock_word=$(clock_by_looking)
  # Not every date knows parts of a second.
  clock_ms=$(date +%s%3N 2>/dev/null) || clock_ms=
  case $clock_ms in
  '' | *[!0-9]* | ??????????) clock_ms=$(now)000 ;;
  esac
  say "clock $clock_ms $clock_word"
}
