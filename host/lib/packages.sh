# shellcheck shell=sh disable=SC2154,SC2034 # the names of common.sh
# Packages: what is missing is installed with the distribution's own tool, and only that is removed again.

package_manager() {
  for manager in apt-get dnf apk opkg; do
    if have "$manager"; then
      say "$manager"
      return 0
    fi
  done
  return 1
}

# packages_present: names of all installed packages, sorted.
packages_present() {
  case $(package_manager) in
  apt-get) dpkg-query -W -f '${db:Status-Abbrev}${Package}:${Architecture}\n' | sed -n 's/^i[a-z] *//p' ;;
  dnf) rpm -qa --qf '%{NAME}.%{ARCH}\n' ;;
  apk) apk info ;;
  opkg) opkg list-installed | cut -d ' ' -f 1 ;;
  esac | sort
}

# lines_new_in FILE FORMER
lines_new_in() { awk 'FILENAME == ARGV[1] { former[$0] = 1; next } !($0 in former)' "$2" "$1"; }

install_with() {
  case $1 in
  apt-get)
    shift
    DEBIAN_FRONTEND=noninteractive apt-get --quiet=2 --yes --no-install-recommends install "$@"
    ;;
  dnf)
    shift
    dnf --quiet --assumeyes --setopt=install_weak_deps=False install "$@"
    ;;
  apk)
    shift
    apk add "$@"
    ;;
  opkg)
    shift
    opkg install "$@"
    ;;
  esac
}

# refresh_lists MANAGER: a failure is not one here; the installation says what could not be found.
refresh_lists() {
  case $1 in
  apt-get) apt-get --quiet=2 update ;;
  dnf) ;;
  *) "$1" update ;;
  esac
}

# install_missing CLUSTER MANIFEST: installs the packages whose command is not there and writes down what came with them.
install_missing() (
  umask 022
  missing=
  commands=
  awk '$1 == "package"' "$2" >"$work/packages"
  while read -r _ command package; do
    have "$command" && continue
    missing="$missing $package"
    commands="$commands $command"
  done <"$work/packages"
  [ -n "$missing" ] || return 0
  manager=$(package_manager) ||
    fail "missing:$commands; this host has no known package manager: install$missing by hand"
  packages_present >"$work/packages-before"
  # A package's own script must not start the daemon before its config is there.
  ! has_systemd || systemctl --quiet --runtime mask keepalived.service 2>/dev/null || true
  status=0
  # shellcheck disable=SC2086
  install_with "$manager" $missing >"$work/install" 2>&1 8>&- 9>&- || {
    refresh_lists "$manager" >"$work/refresh" 2>&1 8>&- 9>&- || true
    install_with "$manager" $missing >"$work/install" 2>&1 8>&- 9>&- || status=1
  }
  ! has_systemd || systemctl --quiet --runtime unmask keepalived.service 2>/dev/null || true
  packages_present >"$work/packages-after"
  {
    [ ! -e "$state_dir/$1/packages" ] || cat "$state_dir/$1/packages"
    lines_new_in "$work/packages-after" "$work/packages-before"
  } | sort -u | write_file "$state_dir/$1/packages"
  [ "$status" -eq 0 ] || fail \
    "missing:$commands; $manager cannot install$missing: give the host a package source or install by hand" "$work/install"
  for command in $commands; do
    have "$command" || fail "$command is still missing after $manager installed$missing; install it by hand"
  done
)

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

remove_with() {
  case $(package_manager) in
  apt-get) DEBIAN_FRONTEND=noninteractive apt-get --quiet=2 --yes purge "$@" ;;
  dnf) rpm --erase "$@" ;;
  apk) apk del "$@" ;;
  opkg) opkg remove "$@" ;;
  esac
}

# remove_installed CLUSTER: purges what we have installed, unless something else needs it by now.
remove_installed() (
  list=$state_dir/$1/packages
  [ -s "$list" ] || return 0
  packages_present >"$work/packages-now"
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
  tool "cannot remove the packages that were installed for $1: $ours" remove_with $ours
  say "removed packages: $ours"
)
