# shellcheck shell=sh disable=SC2154,SC2034 # the names of common.sh
# What a cluster's files were before the first apply and in each generation, and moving between those.
#
# /var/lib/vrrp-agent/CLUSTER/
#   owner                       who manages the set
#   packages                    what we have installed for it
#   current                     GENERATION EPOCH; absent: what was there before the first apply
#   history                     generations that were confirmed, newest last
#   pending                     FORMER NEW BOOT-ID DEADLINE: a change that nobody has confirmed yet; DEADLINE in
#                               seconds since the boot, so that no clock moves it
#   moving                      paths that were touched and whose readers have not been told yet
#   apart                       keepalived is not to run before no peer runs this generation any more, or all do
#   refused                     the generation that confirm refused last
#   keys/, told/, key-change    of tunnels: see keys.sh, tunnel.sh, handshake.sh
#   generations/DIGEST/         manifest, files/; new: staged and not tried yet; left-out: lines that this host's
#                               keepalived is too old for
#   generations/0/              kept (what was there, a line each), files/

generation_dir() { say "$state_dir/$1/generations/$2"; }

# current_generation CLUSTER: 0 when nothing is applied.
current_generation() {
  current_generation=0
  [ ! -e "$state_dir/$1/current" ] || read -r current_generation _ <"$state_dir/$1/current"
  say "$current_generation"
}

set_current() {
  if [ "$2" = 0 ]; then
    rm -f "$state_dir/$1/current"
  else
    say "$2 $(now)" | write_file "$state_dir/$1/current"
  fi
}

# remember CLUSTER GENERATION: it was confirmed.
remember() {
  {
    [ ! -e "$state_dir/$1/history" ] || grep -v -x "$2" "$state_dir/$1/history" || true
    say "$2"
  } | write_file "$state_dir/$1/history"
}

# Generations that stay on the host besides what was there before the first apply.
generations_kept=5

# Days for which a generation stays that was staged and has not been confirmed: a pulumi that was interrupted stages it
# no second time.
unconfirmed_kept=30

# prune CLUSTER: forgets the oldest generations.
prune() {
  tail -n "$generations_kept" "$state_dir/$1/history" >"$work/keep"
  prune_current=$(current_generation "$1")
  for prune_dir in "$state_dir/$1/generations"/*; do
    prune_name=${prune_dir##*/}
    case $prune_name in
    0 | "$prune_current") ;;
    *)
      if ! grep -q -x "$prune_name" "$work/keep" && { grep -q -x "$prune_name" "$state_dir/$1/history" ||
        [ -n "$(find "$prune_dir" -prune -mtime "+$unconfirmed_kept")" ]; }; then
        rm -rf "$prune_dir"
      fi
      ;;
    esac
  done
  write_file "$state_dir/$1/history" <"$work/keep"
  forget_builds
  prune_keys "$1"
  forget_former_tunnels "$1"
}

# managed_by_another CLUSTER PATH: names another cluster on this host whose current generation has PATH.
managed_by_another() (
  for other in $(clusters); do
    [ "$other" != "$1" ] || continue
    other_dir=$(generation_dir "$other" "$(current_generation "$other")")
    if { manifest_paths "$other_dir/manifest" && key_paths "$other" "$other_dir"; } | grep -q -x -F "$2"; then
      say "$other"
      exit 0
    fi
  done
  exit 1
)

# key_paths CLUSTER DIRECTORY: private keys of tunnels, which are in no manifest.
key_paths() { facts tunnel-key "$2/files/etc/vrrp-agent/$1/node.conf" | sed 's|^\([^ ]*\) .*|/etc/wireguard/\1.key|'; }

# kept_as WORD CLUSTER PATH: whether the record of the first apply says WORD about PATH.
kept_as() { has_line "$1 $3" "$state_dir/$2/generations/0/kept"; }

keep_line() {
  has_line "$2" "$state_dir/$1/generations/0/kept" || say "$2" >>"$state_dir/$1/generations/0/kept"
}

# keep CLUSTER PATH: bytes, mode and owner of PATH, or that it was absent, before this cluster first touches it.
keep() {
  zero=$state_dir/$1/generations/0
  mkdir -p "$zero/files"
  kept_as file "$1" "$2" || kept_as absent "$1" "$2" && return 0
  # A path that two clusters share had one state before both.
  keep_from=$root$2
  if keep_other=$(managed_by_another "$1" "$2"); then
    keep_from=$state_dir/$keep_other/generations/0/files$2
  fi
  [ -L "$keep_from" ] || [ ! -d "$keep_from" ] || fail "$2 is a directory; move it away"
  if [ -e "$keep_from" ] || [ -L "$keep_from" ]; then
    mkdir -p "$zero/files${2%/*}"
    # shellcheck disable=SC2046
    tool "cannot keep a copy of $2" cp -pP $(with_context) "$keep_from" "$zero/files$2"
    [ -L "$zero/files$2" ] || sync "$zero/files$2"
    keep_line "$1" "file $2"
  else
    keep_line "$1" "absent $2"
  fi
}

# same A B: bytes, mode and owner, or where a link leads to.
same() {
  if [ -L "$1" ] || [ -L "$2" ]; then
    [ "$(readlink "$1")" = "$(readlink "$2")" ]
    return
  fi
  [ -e "$1" ] && [ -e "$2" ] && cmp -s "$1" "$2" && [ "$(rights "$1")" = "$(rights "$2")" ]
}

# rights PATH: mode and owner; a trailing mark of ACL or SELinux is no part of the mode.
rights() {
  # shellcheck disable=SC2012
  ls -ldn "$1" | awk '{ print substr($1, 1, 10), $3, $4 }'
}

# make_directory CLUSTER PATH: with what is above it; what did not exist is written down.
make_directory() {
  [ ! -d "$root$1/" ] || return 0
  case ${1%/*} in
  '') ;;
  *) (make_directory "${1%/*}" "$2") ;;
  esac
  tool "cannot make the directory $1" mkdir "$root$1"
  chmod 755 "$root$1"
  keep_line "$2" "made $1"
}

# place FROM PATH: puts a copy, with mode and owner, in the place of PATH by rename. What was there before us keeps its
# context of SELinux, what is ours gets the policy's.
place() {
  place_temporary=$root${2%/*}/.${2##*/}.vrrp-agent
  rm -f "$place_temporary"
  place_context=
  case $1 in "$state_dir"/*/generations/0/files/*) place_context=$(with_context) ;; esac
  # shellcheck disable=SC2086
  if ! cp -pP $place_context "$1" "$place_temporary" 2>"$work/words"; then
    rm -f "$place_temporary"
    fail "cannot write $2; make room on its file system" "$work/words"
  fi
  [ -L "$place_temporary" ] || sync "$place_temporary"
  tool "cannot put $2 into place" mv -f "$place_temporary" "$root$2"
  [ -n "$place_context" ] || relabel "$root$2"
  sync "$root${2%/*}"
}

# put_back CLUSTER PATH: as it was before the first apply.
put_back() {
  if kept_as file "$1" "$2"; then
    same "$state_dir/$1/generations/0/files$2" "$root$2" && return 0
    note_move "$1" "$2"
    [ -d "$root${2%/*}" ] || make_directory "${2%/*}" "$1"
    place "$state_dir/$1/generations/0/files$2" "$2"
  else
    [ -e "$root$2" ] || [ -L "$root$2" ] || return 0
    note_move "$1" "$2"
    rm -f "$root$2"
  fi
}

# note_move CLUSTER PATH: before it is touched, so that after a run that was cut short the next one still tells the
# readers of PATH.
note_move() {
  has_line "$2" "$state_dir/$1/moving" || say "$2" >>"$state_dir/$1/moving"
}

# moved CLUSTER PREFIX: whether the readers of a path that begins so have to be told.
moved() { grep -q "^$2" "$state_dir/$1/moving" 2>/dev/null; }

# move_to CLUSTER GENERATION: puts the generation's files into place and takes back what it does not list. The drop-in
# that undoes a change at boot comes first and goes last.
move_to() {
  move_dir=$(generation_dir "$1" "$2")
  mkdir -p "$state_dir/$1/generations/0"
  manifest_paths "$move_dir/manifest" >"$work/target"
  grep '^/etc/systemd/' "$work/target" >"$work/ordered" || true
  grep -v '^/etc/systemd/' "$work/target" >>"$work/ordered" || true
  while read -r path; do
    keep "$1" "$path"
    same "$move_dir/files$path" "$root$path" && continue
    note_move "$1" "$path"
    make_directory "${path%/*}" "$1"
    place "$move_dir/files$path" "$path"
  done <"$work/ordered"
  place_keys "$1" "$move_dir" >"$work/placed-keys" || exit 1
  cat "$work/placed-keys" >>"$work/target"
  place_network "$1" "$move_dir" >"$work/placed-network" || exit 1
  cat "$work/placed-network" >>"$work/target"
  sed -n -e 's/^file //p' -e 's/^absent //p' "$state_dir/$1/generations/0/kept" 2>/dev/null >"$work/touched" || true
  grep -v '^/etc/systemd/' "$work/touched" >"$work/ordered" || true
  grep '^/etc/systemd/' "$work/touched" >>"$work/ordered" || true
  while read -r path; do
    has_line "$path" "$work/target" && continue
    managed_by_another "$1" "$path" >/dev/null || put_back "$1" "$path"
  done <"$work/ordered"
}

# remove_made_directories CLUSTER: those that we made and that are empty again.
remove_made_directories() {
  [ -e "$state_dir/$1/generations/0/kept" ] || return 0
  sed -n 's/^made //p' "$state_dir/$1/generations/0/kept" | sort -r >"$work/made"
  while read -r path; do
    [ ! -d "$root$path" ] || rmdir "$root$path" 2>/dev/null || true
  done <"$work/made"
}

verb_generations() {
  for cluster in ${1:-$(clusters)}; do
    require_cluster "$cluster"
    current=$(current_generation "$cluster")
    unconfirmed=
    [ ! -e "$state_dir/$cluster/pending" ] || unconfirmed=" not confirmed yet"
    {
      say 0
      cat "$state_dir/$cluster/history" 2>/dev/null || true
      say "$current"
    } | awk '!($0 in seen) { seen[$0] = 1; print }' | while read -r generation; do
      mark=
      [ "$generation" != "$current" ] || mark=" current$unconfirmed"
      say "$cluster $generation$mark"
    done
  done
}
