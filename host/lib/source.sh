# shellcheck shell=sh disable=SC2154,SC2034 # the names of common.sh
# keepalived built from a tarball, where a node.conf says so:
#   keepalived-source VERSION SHA256 DIRECTORY URL
#   keepalived-source-option OPTION        (of configure; one each)
# DIRECTORY is of this one build, so that the host can go back to a former one: it stays as long as a generation on this
# host names it. The unit that starts it is a file of the generation.
#
# /var/lib/vrrp-agent/.builds/
#   list        DIRECTORY of each build, a line each
#   made        directories above them that we made
#   work/       of a build that runs, or was cut short

builds_dir=$state_dir/.builds
keepalived_unit=/etc/systemd/system/keepalived.service
enabling_link=$root/etc/systemd/system/multi-user.target.wants/keepalived.service

# source_directory CONF: of the build; nothing where keepalived is the distribution's.
source_directory() { facts keepalived-source "$1" 3; }

# keepalived_program CONF: the one that runs with this node.conf.
keepalived_program() {
  program_directory=$(source_directory "$1")
  if [ -n "$program_directory" ]; then say "$root$program_directory/sbin/keepalived"; else say keepalived; fi
}

# has_program PROGRAM: a name, or a path.
has_program() {
  case $1 in
  /*) [ -f "$1" ] && [ -x "$1" ] ;;
  *) have "$1" ;;
  esac
}

# program_in_force: a line where the files in place have keepalived started from a build.
program_in_force() {
  for force_conf in "$conf_dir"/*/node.conf; do
    force_directory=$(source_directory "$force_conf")
    [ -z "$force_directory" ] || say "program $force_directory"
  done
}

# present_program: the keepalived that the files in place start.
present_program() {
  present_program=$(program_in_force | head -n 1)
  present_program=${present_program#program }
  if [ -n "$present_program" ]; then say "$root$present_program/sbin/keepalived"; else say keepalived; fi
}

# is_built DIRECTORY: and it runs: after an upgrade of the host its libraries may have other names.
is_built() {
  has_line "$1" "$builds_dir/list" && has_program "$root$1/sbin/keepalived" &&
    [ -n "$(keepalived_version "$root$1/sbin/keepalived")" ]
}

# build_source CLUSTER DIRECTORY: DIRECTORY has manifest and files/ of the staged generation.
build_source() {
  build_conf=$2/files/etc/vrrp-agent/$1/node.conf
  build_place=$(source_directory "$build_conf")
  [ -n "$build_place" ] && ! is_built "$build_place" || return 0
  has_systemd || fail "keepalivedSource: there is no systemd on this host to start what is built; remove it for this node"
  # For as long as it builds others may drain, undo or change what is in force.
  flock -u 9
  attempt build_alone "$build_conf" "$build_place" "$(manifest_value owner "$2/manifest")"
  [ "$attempt_status" -lt 128 ] ||
    fail "was stopped while it built keepalived; nothing half-built is used: apply again"
  [ "$attempt_status" -eq 0 ] || exit 1
  await_lock apply 9
  check_owner "$1" "$(manifest_value owner "$2/manifest")"
}

# Seconds that a build waits for another one.
build_patience=1200

# build_alone CONF PLACE OWNER
build_alone() {
  umask 022
  # The end of the connection is no reason to do it all again.
  trap '' HUP
  lock_patience=$build_patience
  take_lock build 8
  # Another one may have made it meanwhile.
  ! is_built "$2" || return 0
  has_line "$2" "$builds_dir/list" || [ ! -e "$root$2" ] ||
    fail "$2 is there already and is none of ours; move it away or give another keepalivedSource.prefix"
  rm -rf "$builds_dir/work"
  tool "cannot make $builds_dir/work; make room on the disk" mkdir -p "$builds_dir/work/tree"
  read -r build_version build_digest _ build_url <<SOURCE
$(facts keepalived-source "$1")
SOURCE
  get_tarball "$build_url" "$build_digest"
  compile "$1" "$2" "$build_version" "$build_url"
  put_build "$2"
  rm -rf "$builds_dir/work"
}

# build_fails WHAT [FILE]: nothing half-built stays.
build_fails() {
  [ ! -e "${2-}" ] || tail -n 30 "$2" >"$work/words"
  rm -rf "$builds_dir/work"
  fail "$1" "$work/words"
}

# get_tarball URL DIGEST: as work/tarball.
get_tarball() {
  : >"$work/words"
  case $1 in
  file://*) cat "$root${1#file://}" >"$builds_dir/work/tarball" 2>"$work/words" ;;
  *)
    curl --fail --silent --show-error --location --proto '=http,https' --retry 2 --max-time 600 \
      --output "$builds_dir/work/tarball" "$1" >"$work/words" 2>&1 8>&- 9>&-
    ;;
  esac || build_fails "cannot get $1; correct keepalivedSource.url, or let the host reach it"
  get_digest=$(sha256 "$builds_dir/work/tarball")
  [ "$get_digest" = "$2" ] || build_fails \
    "$1 has the sha256 $get_digest, and keepalivedSource.sha256 is $2; nothing of it was unpacked: find out why, then correct the one that is wrong"
}

# compile CONF PLACE VERSION URL: into work/root, as make install would put it on the host.
compile() {
  compile_work=$builds_dir/work
  compile_log=$compile_work/log
  # Not every tar knows by itself how it was packed.
  case $4 in *.xz) compile_unpack=xz ;; *.bz2) compile_unpack=bzip2 ;; *) compile_unpack=gzip ;; esac
  "$compile_unpack" -dc "$compile_work/tarball" 2>"$compile_log" |
    tar -x -o -f - -C "$compile_work/tree" 2>>"$compile_log" ||
    build_fails "cannot unpack the tarball of keepalivedSource.url" "$compile_log"
  compile_tree=
  for compile_configure in "$compile_work/tree"/*/configure; do compile_tree=${compile_configure%/configure}; done
  [ -f "$compile_tree/configure" ] || build_fails \
    "the tarball of keepalivedSource.url has no configure; give that of a release, not one of the repository"
  set -- "$1" "$2" "$3" --prefix="$2" --sysconfdir=/etc --localstatedir=/var --enable-bfd
  # Before 2.2.0 it has none.
  ! grep -q 'runstatedir' "$compile_tree/configure" || set -- "$@" --runstatedir=/run
  facts keepalived-source-option "$1" >"$work/options"
  while IFS= read -r compile_option; do set -- "$@" "$compile_option"; done <"$work/options"
  compile_version=$3
  compile_place=$2
  shift 3
  cd "$compile_tree" || build_fails "cannot go into $compile_tree"
  # What serves here comes first.
  in_background ./configure "$@" ||
    build_fails "the configure of keepalived $compile_version failed; see its own words" "$compile_log"
  # Side by side, the words of what failed may not be the last.
  in_background make -j "$(nproc 2>/dev/null || echo 1)" || in_background make ||
    build_fails "keepalived $compile_version cannot be compiled here; see the words of make" "$compile_log"
  in_background make install DESTDIR="$compile_work/root" ||
    build_fails "keepalived $compile_version cannot be installed; see the words of make" "$compile_log"
  cd /
  compile_made=$(keepalived_version "$compile_work/root$compile_place/sbin/keepalived")
  [ "$compile_made" = "$compile_version" ] || build_fails \
    "the tarball builds keepalived ${compile_made:-(of no version that it tells)}, and keepalivedSource.version is $compile_version; correct the one that is wrong"
}

# in_background COMMAND...: with the lock of the build, for who comes after a step that was killed.
in_background() {
  background_nice=$(! have nice || say nice -n 19)
  # shellcheck disable=SC2086
  $background_nice "$@" >"$compile_log" 2>&1 </dev/null 9>&-
}

# put_build PLACE: whole, or not at all.
put_build() {
  put_parent=$root${1%/*}
  put_missing=$put_parent
  while [ -n "$put_missing" ] && [ ! -d "$put_missing" ]; do
    has_line "${put_missing#"$root"}" "$builds_dir/made" || say "${put_missing#"$root"}" >>"$builds_dir/made"
    put_missing=${put_missing%/*}
  done
  tool "cannot make ${1%/*}" mkdir -p "$put_parent"
  rm -rf "$root$1" "$root$1.new"
  tool "cannot put the build into $1; make room on its file system" cp -R -p "$builds_dir/work/root$1" "$root$1.new"
  # Known before it is there: a power cut must not leave one that nobody knows.
  has_line "$1" "$builds_dir/list" || say "$1" >>"$builds_dir/list"
  sync
  mv "$root$1.new" "$root$1"
}

# forget_builds: those that nothing on this host can come back to.
forget_builds() {
  [ -e "$builds_dir" ] || return 0
  # One that builds now will look for its directory.
  forget_lock=$run_dir/build.lock
  [ ! -e "$forget_lock" ] || flock -n "$forget_lock" true || return 0
  cat "$state_dir"/*/generations/*/files/etc/vrrp-agent/*/node.conf \
    "$state_dir"/.incoming.*/files/etc/vrrp-agent/*/node.conf "$conf_dir"/*/node.conf 2>/dev/null |
    awk '$1 == "keepalived-source" { print $4 }' >"$work/named-builds"
  rm -rf "$builds_dir/work"
  [ ! -e "$builds_dir/list" ] || cp "$builds_dir/list" "$work/all-builds"
  : >>"$work/all-builds"
  while read -r forget_place; do
    if has_line "$forget_place" "$work/named-builds"; then
      say "$forget_place"
    else
      rm -rf "$root$forget_place" "$root$forget_place.new"
    fi
  done <"$work/all-builds" >"$work/left-builds"
  if [ -s "$work/left-builds" ]; then
    write_file "$builds_dir/list" <"$work/left-builds"
    return 0
  fi
  [ ! -e "$builds_dir/made" ] || sort -r "$builds_dir/made" >"$work/made-above"
  : >>"$work/made-above"
  while read -r forget_above; do rmdir "$root$forget_above" 2>/dev/null || true; done <"$work/made-above"
  rm -rf "$builds_dir"
}

# unlink_unit: after our unit went: the link that enabled it leads nowhere. The distribution's, if there is one, is enabled
# again by whoever wants that.
unlink_unit() {
  [ -L "$enabling_link" ] && [ "$(readlink "$enabling_link")" = "$keepalived_unit" ] && [ ! -e "$root$keepalived_unit" ] || return 0
  rm -f "$enabling_link"
}
