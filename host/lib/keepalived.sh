# shellcheck shell=sh disable=SC2154,SC2034 # the names of common.sh
# The daemon: bringing it to what its files say, and what it needs before a start and after its end.

keepalived_conf=/etc/keepalived/keepalived.conf

# What a reload does not take up: these need a restart.
# start_time_options FILE
start_time_options() {
  [ ! -e "$1" ] || grep -E '^[[:space:]]*(net_namespace|namespace_with_ipsets|use_pid_dir|instance|nftables)' "$1" || true
}

# drive_keepalived FORMER_CONF: runs with the present files; FORMER_CONF is what it was started with.
drive_keepalived() {
  service_enabled || service enable
  if ! pid=$(keepalived_pid); then
    service start
  elif ! grep -q '^/etc/keepalived/' "$work/changed"; then
    return 0
  elif [ "$(start_time_options "$1")" != "$(start_time_options "$root$keepalived_conf")" ]; then
    service restart
  else
    service reload
  fi
}

# look_keepalived: it runs, and the process that speaks VRRP does not come and go.
look_keepalived() {
  for _ in 1 2 3 4 5 6 7 8 9 10; do
    if pid=$(keepalived_pid); then
      before=$(children "$pid")
      sleep 1
      [ -z "$before" ] || [ "$(keepalived_pid)" != "$pid" ] || [ "$(children "$pid")" != "$before" ] || return 0
    else
      sleep 1
    fi
  done
  if has_systemd; then
    systemctl --no-pager --lines=20 status keepalived.service >"$work/words" 2>&1 || true
  fi
  fail "keepalived does not keep running with the new files; see its own words" "$work/words"
}

# record_service CLUSTER: what keepalived's service was before the first apply.
record_service() {
  grep -q '^service ' "$state_dir/$1/generations/0/kept" 2>/dev/null && return 0
  enabled=disabled
  running=stopped
  ! service_enabled || enabled=enabled
  ! keepalived_pid >/dev/null || running=running
  keep_line "$1" "service $enabled $running"
}

# return_service CLUSTER: as it was before the first apply. On a boot it is not for us to start or reload it.
return_service() {
  record=$(grep '^service ' "$state_dir/$1/generations/0/kept" 2>/dev/null) || return 0
  case $record in
  "service disabled "*) ! service_enabled || service disable ;;
  *) service_enabled || service enable ;;
  esac
  [ "$step" != boot ] || return 0
  case $record in
  *" stopped") ! keepalived_pid >/dev/null || service stop ;;
  *) if keepalived_pid >/dev/null; then service reload; else service start; fi ;;
  esac
}

# Seconds that a boot may take to give the interfaces their addresses.
source_limit=10

# There while keepalived runs without an address that it was to send from.
late_sources=$run_dir/late-sources

# await_sources: keepalived stays in FAULT for good when it cannot bind to its source address at its start, and during
# a boot an IPv6 address cannot be bound to until it has been checked for duplicates.
await_sources() {
  rm -f "$late_sources"
  end=$(($(now) + source_limit))
  for conf in "$conf_dir"/*/node.conf; do
    [ -e "$conf" ] || continue
    facts source "$conf" | while read -r address dev; do
      until usable "$address" "$dev"; do
        if [ "$(now)" -ge "$end" ]; then
          warn "$address is not usable on $dev after $source_limit s; keepalived starts without it"
          : >"$late_sources"
          break
        fi
        sleep 1
      done
    done
  done
}

# greet_late_sources: a host that was started with its cable out gets its addresses when it is plugged in.
greet_late_sources() {
  [ -e "$late_sources" ] || return 0
  for conf in "$conf_dir"/*/node.conf; do
    [ -e "$conf" ] || continue
    facts source "$conf" | while read -r address dev; do usable "$address" "$dev" || exit 1; done || return 0
  done
  rm -f "$late_sources"
  warn "the source addresses are usable now; keepalived is told to look again"
  # In a subshell: a reload that fails is no reason for the reader of the FIFO to end.
  (
    make_work
    service reload
  ) || true
}

# ExecStartPre: a change that nobody confirmed before the host went down is undone before keepalived starts.
verb_boot() {
  make_run_dir
  for cluster in $(clusters); do
    pending=$state_dir/$cluster/pending
    [ -e "$pending" ] || continue
    read -r former new boot <"$pending"
    [ "$boot" != "$(boot_id)" ] || continue
    make_work
    take_lock apply 9
    go_back "$cluster" "$former"
    say "vrrp-agent: $cluster: undid generation $new, which was not confirmed before the host went down"
  done
  [ -s "$root$keepalived_conf" ] || fail "there is no $keepalived_conf any more; keepalived is not to run"
  await_sources
}

# ExecStopPost: a daemon that died left its addresses behind.
verb_cleanup() {
  ! pid=$(keepalived_pid) || fail "keepalived runs with pid $pid and minds its addresses itself; stop it first"
  for conf in "$conf_dir"/*/node.conf; do
    [ -e "$conf" ] || continue
    facts vip "$conf" | while read -r _ vip dev; do
      [ -d "$root/sys/class/net/$dev" ] || continue
      if found=$(held "${vip%/*}" "$dev"); then
        # It may have gone meanwhile.
        ip address del "$found" dev "$dev" || ! held "${vip%/*}" "$dev" >/dev/null
        say "vrrp-agent: removed $found, which keepalived left on $dev"
      fi
    done
  done
  # Last: a full disk must not keep an address here.
  report_stopped
}
