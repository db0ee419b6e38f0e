# shellcheck shell=sh disable=SC2154,SC2034 # the names of common.sh
# restore: the host as it was before the first apply. uninstall: and without the agent.

# restore CLUSTER OWNER
verb_restore() {
  check_name cluster "$1"
  use_node "$conf_dir/$1/node.conf"
  make_work
  take_lock apply 9
  restore_cluster "$1" "$2"
}

restore_cluster() {
  if [ ! -e "$state_dir/$1/owner" ]; then
    say "the cluster $1 is not on this host: nothing to restore"
    return 0
  fi
  if [ "$(cat "$state_dir/$1/owner")" != "$2" ]; then
    say "the cluster $1 on this host is managed by another stack: left alone"
    return 0
  fi
  # After a rollback to 0 nothing of ours is in force: what is there now is somebody's own.
  if [ "$(current_generation "$1")" != 0 ] || [ -e "$state_dir/$1/pending" ]; then
    take_out "$1"
  fi
  # With the last cluster semanage may go, too.
  [ "$step" != uninstall ] || [ "$(clusters)" != "$1" ] || selinux_teardown
  remove_installed "$1"
  # Of a step that was killed before anything was pending.
  drop_reserve "$1"
  untell "$1"
  end_witness "$1"
  rm -rf "${state_dir:?}/$1" "${run_dir:?}/$1"
  # Of a stage that was killed: nobody comes back to it.
  rm -rf "$state_dir"/.incoming.*
  forget_builds
  say "restored what was there before $1"
}

take_out() {
  # A daemon that was not there before leaves first, with an advert of priority 0, while its files are still there.
  ! grep -q '^service .* stopped$' "$state_dir/$1/generations/0/kept" 2>/dev/null || stop_service
  go_back "$1" 0
}

# uninstall OWNER: the agent stays while somebody else's cluster needs it.
verb_uninstall() {
  make_work
  take_lock apply 9
  [ ! -e "$run_dir/build.lock" ] || flock -n "$run_dir/build.lock" true ||
    fail "keepalived is still being built on this host; destroy again when that has ended"
  for cluster in $(clusters); do
    restore_cluster "$cluster" "$1"
  done
  others=$(clusters)
  if [ -n "$others" ]; then
    say "the agent stays: $(say "$others" | tr '\n' ' ')is managed by another stack"
    return 0
  fi
  # Of a first stage that was cut short.
  for uninstall_dir in "$state_dir"/*/packages*; do
    [ ! -e "$uninstall_dir" ] || remove_installed "$(basename "${uninstall_dir%/*}")"
  done
  # Of a stage that was killed: nobody comes back to it.
  rm -rf "$state_dir"/.incoming.*
  forget_builds
  rm -f "$root/etc/systemd/system/wg-quick@.service.d/vrrp-agent.conf" "$root/etc/systemd/system/vrrp-agent.service" \
    "$root/etc/systemd/system/multi-user.target.wants/vrrp-agent.service"
  rmdir "$root/etc/systemd/system/wg-quick@.service.d" 2>/dev/null || true
  ! has_systemd || tool "systemctl daemon-reload failed" systemctl daemon-reload
  leave_procd
  rm -rf "$root/usr/sbin/vrrp-agent" "$root/usr/lib/vrrp-agent" "$root/usr/lib/vrrp-agent".*
  selinux_teardown
  rm -rf "$conf_dir" "$state_dir" "$log_dir" "$run_dir"
  say "removed vrrp-agent"
}
