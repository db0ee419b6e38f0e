# shellcheck shell=sh disable=SC2154,SC2034 # the names of common.sh
# stage: everything that can fail does so here, with nothing in force yet.

verb_stage() {
  umask 077
  make_work
  mkdir -p "$state_dir"
  chmod 700 "$state_dir"
  link_state
  incoming=$state_dir/.incoming.$$
  trap 'rm -rf "$work" "$incoming" "$incoming.old"' EXIT
  rm -rf "$incoming" "$incoming.old"
  tool "cannot store the bundle; make room on the disk" mkdir "$incoming"
  cat >"$incoming/bundle" 2>"$work/words" || fail "cannot store the bundle; make room on the disk" "$work/words"
  unpack_status=0
  unpack "$incoming/bundle" "$incoming" >"$work/words" 2>&1 || unpack_status=$?
  case $unpack_status in
  0) ;;
  1) fail "cannot read the bundle; send it again, with the same version of agent and program" "$work/words" ;;
  *) fail "cannot store the bundle; make room on the disk" "$work/words" ;;
  esac
  rm "$incoming/bundle"
  cluster=$(manifest_value cluster "$incoming/manifest")
  generation=$(manifest_value generation "$incoming/manifest")
  take_lock apply 9
  check_owner "$cluster" "$(manifest_value owner "$incoming/manifest")"
  lay_out "$incoming"
  leave_out_units "$incoming"
  use_node "$incoming/files/etc/vrrp-agent/$cluster/node.conf"
  check_host "$cluster" "$incoming"
  attempt try_out "$cluster" "$incoming"
  if [ "$attempt_status" -ne 0 ]; then
    forget_first_stage "$cluster"
    exit 1
  fi
  show_replaced "$cluster" "$incoming"
  [ "$(current_generation "$cluster")" != 0 ] || note_network "$incoming/files/etc/vrrp-agent/$cluster/node.conf"
  manifest_value owner "$incoming/manifest" | write_file "$state_dir/$cluster/owner"
  [ ! -e "$incoming/files$keepalived_conf" ] ||
    tell_keepalived "$(keepalived_program "$incoming/files/etc/vrrp-agent/$cluster/node.conf")"
  if [ "$generation" = "$(current_generation "$cluster")" ]; then
    say "generation $generation is applied already"
  else
    put_by "$cluster" "$generation"
    say "staged $generation"
  fi
}

# try_out CLUSTER DIRECTORY: all that can fail and has to be taken back then.
try_out() {
  # What installs packages minds these itself.
  trap : TERM INT HUP
  tool "cannot write to $state_dir; make room on its file system" mkdir -p "$state_dir/$1"
  install_missing "$1" "$2/manifest"
  selinux_setup
  build_source "$1" "$2"
  check_versions "$1" "$2"
  test_staged "$1" "$2"
}

# put_by CLUSTER GENERATION: beside others that wait: two people may be at it, and each has their own generation staged.
put_by() {
  mkdir -p "$state_dir/$1/generations"
  : >"$incoming/new"
  put_by_place=$(generation_dir "$1" "$2")
  [ ! -e "$put_by_place" ] || mv "$put_by_place" "$incoming.old"
  mv "$incoming" "$put_by_place"
  sync "$state_dir/$1/generations"
  rm -rf "$incoming.old"
}

# check_owner CLUSTER OWNER: of one stack's nodes, the one that stages last has the host; another stack's is refused.
check_owner() {
  [ -e "$state_dir/$1/owner" ] || return 0
  read -r owner <"$state_dir/$1/owner"
  [ "${owner%/*}" = "${2%/*}" ] ||
    fail "the cluster $1 on this host is managed by another stack; give this cluster another name or destroy that stack"
}

# forget_first_stage CLUSTER: a host that never had this cluster stays as it was.
forget_first_stage() {
  [ ! -e "$state_dir/$1/owner" ] || return 0
  remove_installed "$1"
  # A key that was made before stays: others know its public half.
  for forget_what in "$state_dir/$1"/*; do
    [ "${forget_what##*/}" = keys ] || rm -rf "$forget_what"
  done
  rmdir "$state_dir/$1" 2>/dev/null || true
  rm -rf "$incoming"
  forget_builds
}

# test_staged CLUSTER DIRECTORY: with the tools that will read the files.
test_staged() {
  if [ -e "$2/files$keepalived_conf" ]; then
    test_program=$(keepalived_program "$2/files/etc/vrrp-agent/$1/node.conf")
    has_program "$test_program" || fail "keepalived is not installed; install it"
    check_includes "$2"
    test_config "$2/files$keepalived_conf" "$test_program"
    test_programs "$2/files$keepalived_conf" "$test_program"
    test_checks "$1" "$2"
    test_actions "$1" "$2"
    test_nginx "$1" "$2"
  fi
  if [ -e "$2/files/etc/vrrp-agent/$1/firewall.rules" ]; then
    test_rules "$2/files/etc/vrrp-agent/$1/firewall.rules"
  fi
  test_tunnels "$1" "$2"
  check_listen_ports "$1" "$2"
}

# test_config FILE KEEPALIVED: by keepalived itself. 2.2.7 and its like end by their own SIGTERM when they test the scripts of a user
# other than root (they take their parent for a keepalived that has died): then as root, with a look at that user.
test_config() {
  test_status=0
  "$2" -t -f "$1" >"$work/words" 2>&1 8>&- 9>&- || test_status=$?
  test_user=$(awk '$1 == "script_user" { gsub(/"/, "", $2); print $2; exit }' "$1")
  if [ "$test_status" -eq 143 ] && [ "${test_user:-root}" != root ]; then
    id "$test_user" >"$work/words" 2>&1 ||
      fail "scriptUser $test_user is no user on this host; make it there or correct the spec" "$work/words"
    # Beside the file, which includes others by their relative paths.
    sed '1,/script_user/ s/^\( *script_user\) .*/\1 root/' "$1" >"$1.test"
    test_status=0
    "$2" -t -f "$1.test" >"$work/words" 2>&1 8>&- 9>&- || test_status=$?
    rm -f "$1.test"
  fi
  [ "$test_status" -eq 0 ] || fail "keepalived does not accept its config; correct the spec" "$work/words"
}

# test_programs FILE KEEPALIVED: keepalived's own test looks at track scripts only; a notify program that it cannot run it drops
# at its start, with a line in the log. From 2.3.0 on that is also one behind a link to a directory.
test_programs() {
  test_version=$(keepalived_version "$2")
  awk '$1 ~ /^notify_(master|backup|fault)$/ { gsub(/"/, "", $2); print $1, $2 }' "$1" >"$work/programs"
  while read -r notify_word program; do
    if [ ! -f "$root$program" ] || [ ! -x "$root$program" ]; then
      fail "$notify_word runs $program, which is no program on this host; install it or correct the spec"
    fi
    if [ -z "$test_version" ] || older "$test_version" 2.3.0 || ! is_behind_link "$program"; then continue; fi
    fail "$notify_word runs $program behind a link to a directory, which keepalived $test_version does not; write $test_path/${program##*/}"
  done <"$work/programs"
}

# is_behind_link PATH: a directory of it is a link; sets test_path to the true one.
is_behind_link() {
  test_root=$(readlink -f "$root/")
  test_path=$(readlink -f "$root${1%/*}/")
  test_path=${test_path#"${test_root%/}"}
  [ "$test_path" != "${1%/*}" ]
}
