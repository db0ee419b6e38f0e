# shellcheck shell=sh disable=SC2154,SC2034 # the names of common.sh
# Single sections of ours in a package of UCI that is somebody else's (OpenWrt). uci has what others have not committed in all
# that it tells of a package, and in each commit; and it writes a file anew without its comments. So all is done in a copy, as a
# package `ours`, which takes the file's place by rename, and the file from before comes back byte for byte where nobody else has
# changed it.

has_uci() { have uci && [ -d "$root/etc/config" ]; }

# package_take PACKAGE: a copy, empty where there is none.
package_take() {
  rm -rf "$work/package"
  mkdir -p "$work/package/config"
  : >"$work/package/before"
  [ ! -e "$root/etc/config/$1" ] || tool "cannot read /etc/config/$1" cp -p "$root/etc/config/$1" "$work/package/before"
  cp -p "$work/package/before" "$work/package/config/ours"
}

# package_uci WORD...: of the copy.
package_uci() { uci -q -c "$work/package/config" -t "$work/package/changes" "$@"; }

# package_export PACKAGE: all of the copy.
package_export() { package_uci export ours || fail "uci does not read /etc/config/$1; repair it"; }

# package_committed PACKAGE: who made the others has not seen the sections that are about to come.
package_committed() {
  [ -z "$(uci -q -c "$root/etc/config" changes "$1")" ] ||
    fail "$1 has changes that nobody has committed; run: uci commit $1, or: uci revert $1, and try again"
}

# package_change PACKAGE COMMANDS: the commands of `uci batch`, for a package `ours`, in the copy and then in the file's place.
package_change() {
  say "commit ours" >>"$2"
  # It goes on after an error, and ends with 0 all the same.
  uci -c "$work/package/config" -t "$work/package/changes" batch <"$2" >"$work/words" 2>&1 8>&- 9>&- || true
  [ ! -s "$work/words" ] || fail "uci refused a change of $1" "$work/words"
}

# package_place PACKAGE: the copy takes the file's place, unless somebody was faster.
package_place() {
  package_now=$root/etc/config/$1
  [ -e "$package_now" ] || package_now=/dev/null
  cmp -s "$work/package/before" "$package_now" || fail "somebody has changed /etc/config/$1 meanwhile; try again"
  place "$work/package/config/ours" "/etc/config/$1"
}

# package_keep PACKAGE KEPT: its bytes from before our first section.
package_keep() {
  [ ! -e "$2" ] || return 0
  mkdir -p "${2%/*}"
  tool "cannot keep a copy of /etc/config/$1" cp -p "$work/package/before" "$2"
  sync "$2"
}

# package_is_as_before PACKAGE KEPT: the copy says what KEPT says.
package_is_as_before() {
  [ -e "$2" ] || return 1
  package_export "$1" >"$work/package/says"
  mkdir -p "$work/package/kept"
  cp -p "$2" "$work/package/kept/ours"
  uci -q -c "$work/package/kept" -t "$work/package/none" export ours 2>/dev/null | cmp -s - "$work/package/says"
}

# package_return PACKAGE KEPT: when ours are out of the copy: the file from before, where that says the same.
package_return() {
  if package_is_as_before "$1" "$2"; then cp -p "$2" "$work/package/config/ours"; fi
  package_place "$1"
  rm -f "$2"
}
