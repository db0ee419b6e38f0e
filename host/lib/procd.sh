# shellcheck shell=sh disable=SC2154,SC2034 # the names of common.sh
# OpenWrt: what elsewhere units of systemd do, and the way of keepalived's own init script to our config.
#
# /etc/init.d/vrrp-agent (install.sh) runs `boot` before keepalived's script at a boot, and has procd keep `tend`, and the loop of
# each role. keepalived's script starts the daemon with /tmp/keepalived.conf, a link to the file that keepalived.globals.alt_config_file
# names. keepalived looks for what a config includes in the directory by which it was told the config, /tmp here; so that file is
# one that only includes ours by its full path.

procd_script=/etc/init.d/vrrp-agent
pointer=/etc/vrrp-agent/keepalived.conf
# There while a start of keepalived waits for other hosts.
waiting=$run_dir/waiting

# procd_service VERB: what ExecStartPre and ExecStopPost do elsewhere is done here.
procd_service() {
  case $1 in
  start)
    keepalived_gate || fail "keepalived is not to run yet" "$work/gate-words"
    init_service start
    ;;
  stop)
    rm -f "$waiting"
    init_service stop
    # procd does not wait for its end.
    procd_left=10
    while keepalived_pid >/dev/null && [ "$procd_left" -gt 0 ]; do
      procd_left=$((procd_left - 1))
      sleep 1
    done
    ! keepalived_pid >/dev/null || fail "keepalived has not ended 10 s after $init_script stop; see: logread -e keepalived"
    "$(undo_agent)" cleanup >"$work/cleanup-words" 2>&1 </dev/null 8>&- 9>&- || true
    ;;
  restart)
    procd_service stop
    procd_service start
    ;;
  *) init_service "$1" ;;
  esac
}

# keepalived_gate: whether it may start, with what has to be done before.
keepalived_gate() { "$(undo_agent)" boot >"$work/gate-words" 2>&1 </dev/null 8>&- 9>&-; }

# point_keepalived CLUSTER: its script starts it with our config.
point_keepalived() {
  has_procd && has_uci || return 0
  make_directory "${pointer%/*}" "$1"
  pointer_text | cmp -s - "$root$pointer" || pointer_text | write_file "$root$pointer"
  package_take keepalived
  pointed_at "$1" || return 0
  package_keep keepalived "$state_dir/$1/generations/0/uci-keepalived"
  package_change keepalived "$work/package/commands"
  package_place keepalived
}

pointer_text() {
  cat <<TEXT
# Managed by pulumi-keepalived: keepalived.globals.alt_config_file names this file.
include $keepalived_conf
TEXT
}

# pointed_at: whether something has to be done, as commands. Some versions of the script want an \`enabled\`.
pointed_at() {
  : >"$work/package/commands"
  [ "$(package_uci get ours.globals)" = globals ] || say "set ours.globals=globals" >>"$work/package/commands"
  [ "$(package_uci get ours.globals.alt_config_file)" = "$pointer" ] ||
    say "set ours.globals.alt_config_file='$pointer'" >>"$work/package/commands"
  case $(package_uci get ours.globals.enabled) in
  '' | 1 | on | true | yes | enabled) ;;
  *) say "set ours.globals.enabled='1'" >>"$work/package/commands" ;;
  esac
  [ -s "$work/package/commands" ]
}

# return_pointer CLUSTER: the config that it had before: all of it where nobody has changed anything else, else our options.
return_pointer() {
  pointer_kept=$state_dir/$1/generations/0/uci-keepalived
  has_procd && [ -e "$pointer_kept" ] || return 0
  rm -f "$root$pointer"
  package_take keepalived
  # Somebody has removed it since: there is nothing of ours in it any more.
  if [ -z "$(package_uci get ours.globals)" ]; then
    rm -f "$pointer_kept"
    return 0
  fi
  mkdir -p "$work/package/former"
  cp -p "$pointer_kept" "$work/package/former/ours"
  : >"$work/package/commands"
  for pointer_option in alt_config_file enabled; do
    pointer_was=$(uci -q -c "$work/package/former" -t "$work/package/none" get "ours.globals.$pointer_option") || pointer_was=
    [ "$pointer_was" != "$(package_uci get "ours.globals.$pointer_option")" ] || continue
    if [ -n "$pointer_was" ]; then
      say "set ours.globals.$pointer_option='$pointer_was'"
    else
      say "delete ours.globals.$pointer_option"
    fi
  done >"$work/package/commands"
  [ -n "$(uci -q -c "$work/package/former" -t "$work/package/none" get ours.globals)" ] ||
    say "delete ours.globals" >>"$work/package/commands"
  package_change keepalived "$work/package/commands"
  package_return keepalived "$pointer_kept"
  [ -s "$root/etc/config/keepalived" ] || rm -f "$root/etc/config/keepalived"
}

# procd_drift CLUSTER DIRECTORY: in words.
procd_drift() {
  has_procd && has_uci && manages_keepalived "$2" || return 0
  package_take keepalived
  ! pointed_at || say "keepalived.globals in UCI does not lead to $keepalived_conf"
  pointer_text | cmp -s - "$root$pointer" || say "$pointer"
}

# drive_procd: procd runs what the present files ask for.
drive_procd() {
  [ -x "$root$procd_script" ] || return 0
  tool "$procd_script start failed; see: logread -e vrrp" "$root$procd_script" start </dev/null
}

# leave_procd: the agent is about to go. install.sh says what it has made.
leave_procd() {
  [ -e "$root$procd_script" ] || return 0
  "$root$procd_script" stop >/dev/null 2>&1 </dev/null 8>&- 9>&- || true
  "$root$procd_script" disable >/dev/null 2>&1 </dev/null 8>&- 9>&- || true
  leave_keep=$root/lib/upgrade/keep.d/vrrp-agent
  leave_run=
  ! grep -q -s '^/run$' "$leave_keep" || [ ! -L "$root/run" ] || leave_run=$root/run
  rm -f "$root$procd_script" "$leave_keep"
  [ ! -L "$root/var/lib/vrrp-agent" ] || rm -f "$root/var/lib/vrrp-agent"
  if [ -n "$leave_run" ]; then rm -rf "${run_dir:?}" "$leave_run"; fi
}

# check_procd CONF: what there is no way to do here.
check_procd() {
  has_procd && [ -e "$1" ] || return 0
  check_procd_not=
  ! grep -q '^gateway ' "$1" || check_procd_not="$check_procd_not gateway,"
  ! grep -q '^action [^ ]* mariadb ' "$1" || check_procd_not="$check_procd_not a role's database (mariadb),"
  ! grep -q '^action [^ ]* conntrack ' "$1" || check_procd_not="$check_procd_not connectionState,"
  if grep -q '^witness lease' "$1" && ! have base64; then check_procd_not="$check_procd_not a witness with a vote (no base64 here: install coreutils-base64),"; fi
  [ -z "$check_procd_not" ] || fail "not supported on OpenWrt:${check_procd_not%,}; leave it out, or give this part to another host"
}

# tend: what systemd does elsewhere for a daemon that dies, or whose start has to wait. procd starts it again, 5 s later.
verb_tend() {
  make_work
  tend_was=no
  tend_turn=0
  while :; do
    if keepalived_pid >/dev/null; then
      tend_was=yes
    else
      [ "$tend_was" = no ] || tend_up || "$(undo_agent)" cleanup 2>&1 | logger -t vrrp-agent
      tend_was=no
    fi
    [ ! -e "$waiting" ] || end_waiting || true
    [ $((tend_turn % 15)) -ne 0 ] || tend_endpoints
    tend_turn=$((tend_turn + 1))
    sleep 2
  done
}

# tend_up: a step is at it: its own words about keepalived come first.
tend_up() { ! (exec 9>>"$run_dir/apply.lock" && flock -n 9) 2>/dev/null; }

# end_waiting: keepalived starts as soon as it may.
end_waiting() (
  ! tend_up || return 0
  ! keepalived_pid >/dev/null || init_service stop
  keepalived_gate || return 0
  let_start
  init_service start
)

# begin_waiting: at a boot, when the gate is shut. A change of UCI that is not committed is in memory, and in all that scripts read.
begin_waiting() {
  : >"$waiting"
  uci -q set keepalived.globals.enabled=0 || true
}

let_start() {
  rm -f "$waiting"
  uci -q revert keepalived.globals.enabled || true
}

# tend_endpoints: peers whose endpoint is a name.
tend_endpoints() {
  for tend_manifest in "$state_dir"/*/generations/*/manifest; do
    grep -q -s '^not-here .* /etc/systemd/system/vrrp-endpoints-.*\.timer$' "$tend_manifest" || continue
    tend_cluster=${tend_manifest#"$state_dir/"}
    tend_cluster=${tend_cluster%%/*}
    case $tend_manifest in
    */generations/"$(current_generation "$tend_cluster")"/manifest) ("$(undo_agent)" endpoints "$tend_cluster" 8>&- 9>&-) 2>&1 | logger -t vrrp-agent ;;
    esac
  done
}

# procd_boot, of the init script: before keepalived's.
verb_procd_boot() {
  [ ! -d "$state_dir" ] || link_state
  "$(undo_agent)" recover || true
  [ -s "$root$keepalived_conf" ] && [ -n "$(clusters)" ] || return 0
  make_work
  keepalived_gate || {
    cat "$work/gate-words" >&2
    begin_waiting
  }
  "$(undo_agent)" firewall ensure || true
}
