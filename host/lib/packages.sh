# shellcheck shell=sh disable=SC2154,SC2034 # the names of common.sh
# Packages: what is missing is installed with the distribution's own tool, and only that is removed again. A step can be
# cut short at any moment; the next try, or the removal, ends what it began.
# Each function in a subshell has a `stopped` of its own.
# shellcheck disable=SC2030,SC2031

package_manager() {
  for manager in apt-get dnf apk opkg; do
    if have "$manager"; then
      say "$manager"
      return 0
    fi
  done
  return 1
}

packages_raw() {
  case $(package_manager) in
  apt-get) dpkg-query -W -f '${db:Status-Abbrev}${Package}:${Architecture}\n' ;;
  dnf) rpm -qa --qf '%{NAME}.%{ARCH}\n' ;;
  apk) apk info ;;
  opkg) opkg list-installed ;;
  esac >"$work/packages-raw" 2>"$work/words"
}

# packages_present [with-remains]: names of all installed packages, sorted; with-remains: also of those of which
# something is left. Fails rather than print a part: whatever is not in it counts as ours, and would be removed with us.
packages_present() {
  {
    packages_raw && [ -s "$work/packages-raw" ]
  } || fail "the package manager does not tell which packages are installed; repair it" "$work/words"
  case $(package_manager):${1-} in
  apt-get:with-remains) sed -n 's/^.[^n]. *//p' ;;
  apt-get:*) sed -n 's/^.[^cn]. *//p' ;;
  opkg:*) cut -d ' ' -f 1 ;;
  *) cat ;;
  esac <"$work/packages-raw" | sort
}

# lines_new_in FILE FORMER
lines_new_in() { awk 'FILENAME == ARGV[1] { former[$0] = 1; next } !($0 in former)' "$2" "$1"; }

# manage MANAGER install|remove|refresh|repair PACKAGE...: takes the place of this process.
manage() {
  manage_what=$1:$2
  shift 2
  export DEBIAN_FRONTEND=noninteractive
  # A pseudo terminal of its own would hang up on dpkg when apt-get is stopped.
  manage_apt="apt-get --quiet=2 --yes --option DPkg::Lock::Timeout=60 --option Dpkg::Use-Pty=0"
  # shellcheck disable=SC2086
  case $manage_what in
  apt-get:install) exec $in_session $manage_apt --no-install-recommends install "$@" ;;
  apt-get:remove) exec $in_session $manage_apt purge "$@" ;;
  apt-get:refresh) exec $in_session apt-get --quiet=2 update ;;
  apt-get:repair) exec $in_session dpkg --force-confold --configure -a ;;
  dnf:install) exec $in_session dnf --quiet --assumeyes --setopt=install_weak_deps=False install "$@" ;;
  dnf:refresh) exec $in_session dnf --quiet makecache --refresh ;;
  dnf:remove) exec $in_session rpm --erase "$@" ;;
  apk:install) exec $in_session apk --wait 60 add "$@" ;;
  apk:remove) exec $in_session apk --wait 60 del "$@" ;;
  apk:refresh) exec $in_session apk --wait 60 update ;;
  apk:repair) exec $in_session apk --wait 60 fix ;;
  opkg:install) exec $in_session opkg install "$@" ;;
  opkg:remove) exec $in_session opkg remove "$@" ;;
  opkg:refresh) exec $in_session opkg update ;;
  *) exit 0 ;;
  esac
}

# run_manager MANAGER VERB PACKAGE...: in a session of its own and with HUP ignored, so that the end of an SSH connection
# does not tear it. Its words are in $work/manager. A TERM, which the step's time limit sends, stops it: apt-get then
# leaves a dpkg that is at work to end by itself, which repair_packages waits for.
run_manager() {
  in_session=$(! have setsid || say setsid)
  manager_stopped=$stopped
  manage "$@" >"$work/manager" 2>&1 </dev/null 8>&- 9>&- &
  manager_pid=$!
  say "$$ $manager_pid" >"$run_dir/package-manager"
  manager_status=0
  [ "$stopped" != "$manager_stopped" ] || wait "$manager_pid" || manager_status=$?
  [ "$stopped" != "$manager_stopped" ] || return "$manager_status"
  kill "$manager_pid" 2>/dev/null || true
  for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
    # Until somebody waits for it, one that has ended is a zombie.
    grep -q '^State:[[:space:]]*[^Z]' "/proc/$manager_pid/status" 2>/dev/null || return 1
    sleep 1
  done
  if [ -n "$in_session" ]; then kill -9 -- "-$manager_pid"; else kill -9 "$manager_pid"; fi 2>/dev/null || true
  return 1
}

# repair_packages MANAGER: ends what another run began; a former one may still be at work. What cannot be repaired shows
# when the packages are installed or removed.
repair_packages() {
  for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30; do
    ! run_manager "$1" repair || return 0
    grep -q lock "$work/manager" || return 0
    sleep 2
  done
}

# mask_daemons PACKAGE...: a package's own script must not start its daemon before the config is there.
mask_daemons() {
  has_systemd || return 0
  masked=keepalived.service
  for masked_package; do
    case $masked_package in
    nginx | openresty) masked="$masked $masked_package.service" ;;
    conntrackd | conntrack-tools) masked="$masked conntrackd.service" ;;
    esac
  done
  say "$masked" >"$run_dir/masked"
  # shellcheck disable=SC2086
  systemctl --quiet --runtime mask $masked 2>/dev/null || true
}

unmask_daemons() {
  [ -e "$run_dir/masked" ] || return 0
  # Former agents wrote no names.
  masked=$(grep . "$run_dir/masked") || masked=keepalived.service
  # shellcheck disable=SC2086
  systemctl --quiet --runtime unmask $masked 2>/dev/null || true
  rm -f "$run_dir/masked" "$run_dir/package-manager"
}

# unmask_left_behind: at the start of each step, for one that was killed had no time to do it.
unmask_left_behind() {
  [ -e "$run_dir/masked" ] || return 0
  if [ -e "$run_dir/package-manager" ]; then
    read -r masked_agent masked_manager <"$run_dir/package-manager" || return 0
    [ ! -d "/proc/${masked_agent:-none}" ] && [ ! -d "/proc/${masked_manager:-none}" ] || return 0
  fi
  # Not everybody who asks for the status may.
  (unmask_daemons) 2>/dev/null || true
}

# is_there COMMAND: a program; of a library NAME.pc, as pkg-config knows it, or the path of one of its files.
is_there() {
  case $1 in
  /*) [ -e "$root$1" ] ;;
  *.pc) have pkg-config && pkg-config --exists "${1%.pc}" 2>/dev/null ;;
  *) have "$1" ;;
  esac
}

# package_name MANAGER PACKAGE COMMAND: as the distribution calls what Debian calls so.
package_name() {
  # OpenWrt's packages have its own names, whichever of its managers installs them.
  set -- "$(if has_procd; then say opkg; else say "$1"; fi)" "$2" "${3-}"
  case $1:$2 in
  opkg:iproute2) say ip-full ;;
  opkg:iputils-ping | opkg:procps) say busybox ;;
  dnf:bind9-dnsutils) say bind-utils ;;
  apk:bind9-dnsutils) say bind-tools ;;
  opkg:bind9-dnsutils) case $3 in nsupdate) say bind-client ;; *) say bind-dig ;; esac ;;
  dnf:conntrackd | apk:conntrackd) say conntrack-tools ;;
  dnf:libc6-dev) say glibc-devel ;;
  dnf:libssl-dev) say openssl-devel ;;
  dnf:libnl-3-dev | dnf:libnl-genl-3-dev) say libnl3-devel ;;
  dnf:pkg-config) say pkgconf-pkg-config ;;
  dnf:xz-utils) say xz ;;
  dnf:iputils-ping | apk:iputils-ping) say iputils ;;
  *) say "$2" ;;
  esac
}

# install_missing CLUSTER MANIFEST: installs the packages of which nothing is there and writes down what came with them.
# What was there before the first try is on the disk until that is written down, however often a try is cut short.
install_missing() (
  umask 022
  missing=
  commands=
  {
    awk '$1 == "package"' "$2"
    selinux_packages
  } >"$work/packages"
  while read -r _ command package; do
    is_there "$command" && continue
    # Its interfaces are netifd's.
    [ "$command" != wg-quick ] || ! has_netifd || continue
    missing="$missing $(package_name "$(package_manager)" "$package" "$command")"
    commands="$commands $command"
  done <"$work/packages"
  before=$state_dir/$1/packages-before
  [ -n "$missing" ] || [ -e "$before" ] || return 0
  manager=$(package_manager) ||
    fail "missing:$commands; this host has no known package manager: install$missing by hand"
  stopped=
  trap '' HUP
  trap 'stopped=yes; trap "" TERM INT' TERM INT
  if [ -e "$before" ]; then
    repair_packages "$manager"
  else
    packages_present >"$work/packages-before"
    write_file "$before" <"$work/packages-before"
    sync "$before" "$state_dir/$1"
  fi
  status=0
  : >"$work/words-of-manager"
  if [ -n "$missing" ] && [ -z "$stopped" ]; then
    # shellcheck disable=SC2086
    mask_daemons $missing
    # shellcheck disable=SC2086
    install_with_refresh "$manager" $missing || status=1
    [ -z "$stopped" ] || repair_packages "$manager"
    unmask_daemons
  fi
  note_installed "$1"
  [ -z "$stopped" ] ||
    fail "was stopped while $manager installed$missing; what it began is ended; apply again" "$work/words-of-manager"
  [ "$status" -eq 0 ] || fail \
    "missing:$commands; $manager cannot install$missing: give the host a package source or install by hand" \
    "$work/words-of-manager"
  for command in $commands; do
    is_there "$command" || fail "$command is still missing after $manager installed$missing; install it by hand"
  done
)

# install_with_refresh MANAGER PACKAGE...: with fresh lists where the present ones do not do.
install_with_refresh() {
  install_manager=$1
  shift
  ! run_manager "$install_manager" install "$@" || return 0
  [ -z "$stopped" ] || return 1
  # A failure here is not one yet; the installation says what could not be found.
  run_manager "$install_manager" refresh || cat "$work/manager" >"$work/refresh"
  [ -z "$stopped" ] || return 1
  install_status=0
  run_manager "$install_manager" install "$@" || install_status=1
  [ -e "$work/refresh" ] || : >"$work/refresh"
  awk '!seen[$0]++' "$work/refresh" "$work/manager" >"$work/words-of-manager"
  return "$install_status"
}

# note_installed CLUSTER: what was not there before the first try is ours.
note_installed() {
  before=$state_dir/$1/packages-before
  [ -e "$before" ] || return 0
  packages_present >"$work/packages-after" || exit 1
  {
    [ ! -e "$state_dir/$1/packages" ] || cat "$state_dir/$1/packages"
    lines_new_in "$work/packages-after" "$before"
  } | sort -u >"$work/packages-new" || exit 1
  write_file "$state_dir/$1/packages" <"$work/packages-new"
  sync "$state_dir/$1/packages" "$state_dir/$1"
  rm -f "$before"
}

# would_remove PACKAGE...: what else would go with them; prints the names.
would_remove() {
  case $(package_manager) in
  apt-get)
    apt-get --simulate --quiet=2 purge "$@" | awk '$1 == "Purg" || $1 == "Remv" { print $2 }' | sed 's/:.*//' | sort -u
    ;;
  dnf) rpm --erase --test "$@" 2>&1 | sed -n 's/.*needed by (installed) \(.*\)/\1/p' ;;
  apk) apk del --simulate "$@" | sed -n 's/.*Purging \([^ ]*\).*/\1/p' | sort -u ;;
  opkg) opkg remove --noaction "$@" 2>&1 | sed -n 's/.*Removing package \([^ ]*\) .*/\1/p' | sort -u ;;
  esac
}

# remove_installed CLUSTER: purges what we have installed, unless something else needs it by now.
remove_installed() (
  stopped=
  trap '' HUP
  trap 'stopped=yes; trap "" TERM INT' TERM INT
  list=$state_dir/$1/packages
  if [ -e "$list-before" ]; then
    # A try was cut short.
    manager=$(package_manager)
    repair_packages "$manager"
    unmask_daemons
    note_installed "$1"
  fi
  [ -s "$list" ] || return 0
  manager=$(package_manager)
  packages_present with-remains >"$work/packages-now" || exit 1
  ours=$(grep -x -F -f "$work/packages-now" "$list" | tr '\n' ' ')
  [ -n "$ours" ] || return 0
  # shellcheck disable=SC2086
  printf '%s\n' $ours | sed 's/[:].*//' | sort -u >"$work/packages-ours"
  # shellcheck disable=SC2086
  would_remove $ours >"$work/packages-gone"
  others=$(lines_new_in "$work/packages-gone" "$work/packages-ours" | tr '\n' ' ')
  if [ -n "$others" ]; then
    say "kept packages: $ours(needed by: $others)"
    return 0
  fi
  # shellcheck disable=SC2086
  run_manager "$manager" remove $ours || {
    # What was torn in the middle stands in the way of everything else.
    [ -n "$stopped" ] || repair_packages "$manager"
    { [ -z "$stopped" ] && run_manager "$manager" remove $ours; } ||
      fail "cannot remove the packages that were installed for $1: $ours" "$work/manager"
  }
  rm -f "$run_dir/package-manager"
  say "removed packages: $ours"
)
