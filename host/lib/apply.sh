# shellcheck shell=sh disable=SC2154,SC2034 # the names of common.sh
# activate and finish: a staged generation comes into force; rollback and undo: a former one does.

verb_activate() { apply_verb "$1" "$2" may-defer; }

verb_finish() { apply_verb "$1" "$2" now; }

apply_verb() {
  check_name cluster "$1"
  check_name generation "$2"
  umask 022
  make_work
  take_lock apply 9
  use_node "$conf_dir/$1/node.conf"
  [ -e "$state_dir/$1/owner" ] || fail "the cluster $1 is not on this host; stage it first"
  applied=$(current_generation "$1")
  if [ "$applied" = "$2" ]; then
    say "generation $2 is applied already"
    return 0
  fi
  if [ "$3" = may-defer ] && [ "$applied" != 0 ] && holds_a_vip "$1"; then
    say deferred
    return 0
  fi
  take_in "$1" "$2"
  use_node "$(generation_dir "$1" "$2")/files/etc/vrrp-agent/$1/node.conf"
  # Observations that follow are of this try.
  rm -f "$state_dir/$1/refused"
  activate "$1" "$2"
  say "activated $2"
}

# take_in CLUSTER GENERATION: from where stage left it.
take_in() {
  staged=$state_dir/$1/staged
  if [ -e "$staged/manifest" ] && [ "$(manifest_value generation "$staged/manifest")" = "$2" ]; then
    rm -rf "$(generation_dir "$1" "$2")"
    mkdir -p "$state_dir/$1/generations"
    mv "$staged" "$(generation_dir "$1" "$2")"
  fi
  [ -e "$(generation_dir "$1" "$2")/manifest" ] || fail "generation $2 of $1 is not on this host; stage it first"
}

# activate CLUSTER GENERATION: in force at the end, or the host is back where it was and the step has failed.
activate() {
  former=$(current_generation "$1")
  # What was never confirmed is nothing to go back to.
  [ ! -e "$state_dir/$1/pending" ] || read -r former _ <"$state_dir/$1/pending"
  # The first apply starts from what is there now.
  [ "$former" != 0 ] || [ -e "$state_dir/$1/pending" ] || rm -rf "$(generation_dir "$1" 0)"
  # Armed first: a change is never pending without a timer.
  arm_undo "$1" "$2"
  say "$former $2 $(boot_id)" | write_file "$state_dir/$1/pending"
  sync "$state_dir/$1/pending" "$state_dir/$1"
  set +e
  (
    set -e
    bring_into_force "$1" "$2"
    set_current "$1" "$2"
  )
  activate_status=$?
  set -e
  [ "$activate_status" -ne 0 ] || return 0
  go_back "$1" "$former"
  warn "the host is back at generation $former"
  exit 1
}

# go_back CLUSTER FORMER: undoes a change that is pending.
go_back() {
  bring_into_force "$1" "$2"
  set_current "$1" "$2"
  [ "$2" != 0 ] || remove_made_directories "$1"
  rm -f "$state_dir/$1/pending"
  disarm_undo "$1"
}

# bring_into_force CLUSTER GENERATION: files, then what reads them, then a look.
bring_into_force() {
  force_conf=$(generation_dir "$1" "$(current_generation "$1")")/files$keepalived_conf
  manages=no
  ! manifest_paths "$(generation_dir "$1" "$2")/manifest" | grep -q -x -F "$keepalived_conf" || manages=yes
  if [ "$manages" = yes ]; then
    mkdir -p "$state_dir/$1/generations/0"
    record_service "$1"
  fi
  move_to "$1" "$2"
  if grep -q '^/etc/systemd/system/' "$work/changed" && has_systemd; then
    tool "systemctl daemon-reload failed" systemctl daemon-reload
  fi
  apply_sysctls "$1" "$(generation_dir "$1" "$2")"
  firewall_ensure
  if [ "$manages" = no ]; then
    return_service "$1"
  elif [ "$step" != boot ]; then
    drive_keepalived "$force_conf"
    look_keepalived
  fi
  problems=$(firewall_problems)
  [ -z "$problems" ] || fail "$problems"
}

# apply_sysctls CLUSTER DIRECTORY: values of the generation's sysctl files; those it does not set become what they were.
apply_sysctls() {
  : >"$work/sysctls"
  manifest_paths "$2/manifest" | grep '^/etc/sysctl\.d/' >"$work/sysctl-files" || true
  while read -r path; do
    sed -n 's/^ *\([a-z0-9_./-]*\) *= *\(.*[^ ]\) *$/\1 \2/p' "$2/files$path" >>"$work/sysctls"
  done <"$work/sysctl-files"
  while read -r key value; do
    knob=$root/proc/sys/$(say "$key" | tr . /)
    [ -e "$knob" ] || fail "the kernel has no sysctl $key; remove what asks for it"
    grep -q "^sysctl $key " "$state_dir/$1/generations/0/kept" 2>/dev/null ||
      keep_line "$1" "sysctl $key $(tr '\t' ' ' <"$knob")"
    say "$value" >"$knob"
  done <"$work/sysctls"
  sed -n 's/^sysctl //p' "$state_dir/$1/generations/0/kept" 2>/dev/null >"$work/former-sysctls" || true
  while read -r key value; do
    grep -q "^$key " "$work/sysctls" || say "$value" >"$root/proc/sys/$(say "$key" | tr . /)"
  done <"$work/former-sysctls"
}

# holds_a_vip CLUSTER: as the interfaces have it now.
holds_a_vip() {
  facts vip "$conf_dir/$1/node.conf" >"$work/own-vips"
  while read -r _ vip dev; do
    if [ -d "$root/sys/class/net/$dev" ] && held "${vip%/*}" "$dev" >/dev/null; then return 0; fi
  done <"$work/own-vips"
  return 1
}

# rollback [CLUSTER [GENERATION]]: a pending change is undone; else the generation before the current one comes back.
verb_rollback() {
  make_work
  take_lock apply 9
  for cluster in ${1:-$(clusters)}; do
    check_name cluster "$cluster"
    [ -e "$state_dir/$cluster/owner" ] || fail "there is no cluster $cluster on this host; see: vrrp-agent status"
    target=${2:-$(former_generation "$cluster")}
    [ "$target" = 0 ] || [ -e "$(generation_dir "$cluster" "$target")/manifest" ] ||
      fail "generation $target of $cluster is not on this host; see: vrrp-agent generations"
    go_back "$cluster" "$target"
    say "$cluster is at generation $target"
  done
}

former_generation() {
  if [ -e "$state_dir/$1/pending" ]; then
    cut -d ' ' -f 1 "$state_dir/$1/pending"
  else
    { say 0; cat "$state_dir/$1/history" 2>/dev/null || true; } | grep -v -x "$(current_generation "$1")" | tail -n 1
  fi
}
