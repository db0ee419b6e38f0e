# shellcheck shell=sh disable=SC2154,SC2030,SC2031 # the names of common.sh; a root of its own is a subshell's
# drift: what is on the host now of everything that the current generation manages. reapply: puts it right.

# More of a file than this is not shown.
drift_limit=262144

# drift CLUSTER, read-only. One fact a line, in this order; a path holds no blank:
#   vrrp-drift 1
#   generation SHA256                      (0: nothing is applied, and nothing follows)
#   pending                                (a change is under way)
#   service enabled|disabled running|stopped
#   firewall WHAT IS WRONG                 (one line each; none: our rules are in force)
#   sysctl KEY IS WANTED                   (where they differ)
#   tunnel WHAT IS WRONG                   (one line each; none: the interfaces are as they were applied)
#   gateway WHAT IS WRONG                  (one line each; none: nginx runs, or does not, as it is to)
#   absent PATH
#   other PATH WHAT IT IS                  (no plain file)
#   secret PATH MODE OWNER:GROUP same|changed
#   file PATH MODE OWNER:GROUP LINES ended|open|cut
#   |TEXT                                  (LINES of them; open: the last has no newline; cut: there is more)
#   end
verb_drift() {
  check_name cluster "$1"
  make_work
  say "vrrp-drift 1"
  drift_current=$(current_generation "$1")
  say "generation $drift_current"
  if [ "$drift_current" != 0 ]; then
    drift_dir=$(generation_dir "$1" "$drift_current")
    ! under_way "$1" || say pending
    ! manages_keepalived "$drift_dir" || say "service $(service_words)"
    firewall_drift "$drift_dir"
    drifted_sysctls "$drift_dir" | sed 's/^/sysctl /'
    tunnel_drift "$1" "$drift_dir" | sed 's/^/tunnel /'
    nginx_drift "$1" "$drift_dir" | sed 's/^/gateway /'
    awk '$1 == "file" || $1 == "not-here" { print $1, $2, $6 }' "$drift_dir/manifest" >"$work/drift-files"
    while read -r word mode path; do
      if [ "$word" = file ]; then
        describe_file "$mode" "$drift_dir/files$path" "$path"
      else
        (root=$drift_dir/files && describe_file "$mode" "$drift_dir/files$path" "$path")
      fi
    done <"$work/drift-files"
  fi
  say end
}

# under_way CLUSTER: a change is not confirmed yet, or this host waits for its peers to go back from one, too.
under_way() { [ -e "$state_dir/$1/pending" ] || [ -e "$state_dir/$1/apart" ]; }

# firewall_drift DIRECTORY: what is wrong with our rules, where the generation in DIRECTORY has any.
firewall_drift() {
  ! manifest_paths "$1/manifest" | grep -q '^/etc/vrrp-agent/.*/firewall\.rules$' || firewall_report | sed 's/^/firewall /'
}

# drifted_sysctls DIRECTORY: KEY IS WANTED
drifted_sysctls() {
  wanted_sysctls "$1" | while read -r key wanted; do
    is=$(cat "$root/proc/sys/$(say "$key" | tr . /)" 2>/dev/null || say absent)
    [ "$is" = "$wanted" ] || say "$key $is $wanted"
  done
}

# drifted_files DIRECTORY: managed paths that are not as they were applied.
drifted_files() {
  manifest_paths "$1/manifest" | while read -r path; do
    same "$1/files$path" "$root$path" || say "$path"
  done
}

# drifted CLUSTER DIRECTORY: what is not as it was applied, in words; the firewall, which belongs to all clusters, not.
drifted() {
  drifted_files "$2"
  if manages_keepalived "$2"; then
    case $(service_words) in disabled*) say "keepalived.service is disabled" ;; esac
    case $(service_words) in *stopped) say "keepalived.service is stopped" ;; esac
  fi
  procd_drift "$1" "$2"
  drifted_sysctls "$2" | while read -r key is wanted; do say "sysctl $key is $is, not $wanted"; done
  tunnel_drift "$1" "$2"
  nginx_drift "$1" "$2"
}

# describe_file MODE APPLIED PATH: MODE is that of the manifest; 0600 is a secret.
describe_file() {
  describe_is=$root$3
  if [ ! -e "$describe_is" ] && [ ! -L "$describe_is" ]; then
    say "absent $3"
  elif [ "$1" = 0600 ] || [ "$1" = 600 ]; then
    describe_word=changed
    [ -L "$describe_is" ] || ! cmp -s "$2" "$describe_is" || describe_word=same
    say "secret $3 $(octal_rights "$describe_is") $describe_word"
  elif [ -L "$describe_is" ]; then
    say "other $3 a symbolic link to $(readlink "$describe_is" | head -n 1)"
  elif [ ! -f "$describe_is" ]; then
    say "other $3 no plain file"
  else
    # A password or key that somebody wrote here is no less one.
    head -c "$drift_limit" "$describe_is" | redacted | with_left_out "$drift_dir" "$3" | awk '{ print "|" $0 }' >"$work/drift-text"
    describe_end=ended
    [ -z "$(tail -c 1 "$describe_is" | tr '\000' '?')" ] || describe_end=open
    [ "$(wc -c <"$describe_is")" -le "$drift_limit" ] || describe_end="cut"
    say "file $3 $(octal_rights "$describe_is") $(($(wc -l <"$work/drift-text"))) $describe_end"
    cat "$work/drift-text"
  fi
}

# redacted: a filter for a text that may hold a password or a key where it should not. NULs would end a line for some tools, and
# what is no text in the user's language a match.
redacted() {
  tr '\000' '?' |
    LC_ALL=C sed -e 's/\(auth_pass[[:space:]]\{1,\}\).*/\1********/' \
      -e 's/\([Tt][Ee][Kk][Ee][Yy][[:space:]]*=[[:space:]]*\).*/\1********/' \
      -e 's/\([Rr][Ee][Dd][Kk][Ee][Yy][[:space:]]*=[[:space:]]*\).*/\1********/' \
      -e 's/\(-key[[:space:]]\{1,\}\)[^/[:space:]].*/\1********/' | hide_keys
}

# octal_rights PATH: MODE OWNER:GROUP, as a bundle has them.
octal_rights() {
  # shellcheck disable=SC2012 # a stat is not everywhere
  ls -ld "$1" | awk '{
    special = 0; mode = ""
    for (i = 0; i < 3; i++) {
      r = substr($1, 2 + 3 * i, 1); w = substr($1, 3 + 3 * i, 1); x = substr($1, 4 + 3 * i, 1)
      mode = mode ((r == "r" ? 4 : 0) + (w == "w" ? 2 : 0) + (x ~ /[xst]/ ? 1 : 0))
      if (x ~ /[sStT]/) special += i == 0 ? 4 : i == 1 ? 2 : 1
    }
    print special mode, $3 ":" $4
  }'
}

# How many times text that was changed by hand is kept.
by_hand_kept=5

# reapply CLUSTER [GENERATION]: what was changed by hand becomes what the current generation says. GENERATION (`-`: from
# stdin) is the one that the caller takes for the current one.
verb_reapply() {
  check_name cluster "$1"
  reapply_expected=${2-}
  [ "$reapply_expected" != - ] || IFS= read -r reapply_expected || reapply_expected=
  umask 022
  make_work
  take_lock apply 9
  reapply "$1"
}

# reapply CLUSTER, of whoever has the lock.
reapply() {
  reapply_current=$(current_generation "$1")
  reapply_dir=$(generation_dir "$1" "$reapply_current")
  use_node "$reapply_dir/files/etc/vrrp-agent/$1/node.conf"
  [ "$reapply_current" != 0 ] ||
    fail "nothing of the cluster $1 is applied on this host; change the spec, or destroy the cluster and apply it again"
  ! under_way "$1" || fail "a change of $1 is under way; confirm it, or wait until it has gone back, and try again"
  [ -z "${reapply_expected-}" ] || [ "$reapply_expected" = "$reapply_current" ] ||
    fail "$1 was rolled back here; change the spec, or run on every host: vrrp-agent rollback $1 GENERATION, with the one of: vrrp-agent generations $1"
  {
    drifted "$1" "$reapply_dir"
    firewall_drift "$reapply_dir"
  } >"$work/drifted"
  if [ ! -s "$work/drifted" ]; then
    say "nothing of $1 has drifted"
    return 0
  fi
  drifted_files "$reapply_dir" >"$work/by-hand"
  while read -r path; do
    [ -L "$root$path" ] || [ ! -d "$root$path" ] || fail "$path is a directory; move it away"
  done <"$work/by-hand"
  test_staged "$1" "$reapply_dir"
  keep_by_hand "$1"
  attempt bring_into_force "$1" "$reapply_current"
  if [ "$attempt_status" -ne 0 ]; then
    return_by_hand "$1"
    [ ! -s "$work/by-hand" ] || warn "the files are again as they were changed by hand"
    exit 1
  fi
  say "put right what had drifted of $1:"
  sed 's/^/  /' "$work/drifted"
  [ ! -d "$reapply_copies" ] || say "what was there is kept in ${reapply_copies#"$root"}"
}

# keep_by_hand CLUSTER: copies, for root only, of what $work/by-hand lists and is about to be overwritten.
keep_by_hand() {
  reapply_copies=$state_dir/$1/by-hand/$(utc "$(now)")
  while read -r path; do
    [ -e "$root$path" ] || [ -L "$root$path" ] || continue
    (umask 077 && mkdir -p "$reapply_copies${path%/*}")
    tool "cannot keep a copy of $path; make room on its file system" cp -pP "$root$path" "$reapply_copies$path"
  done <"$work/by-hand"
  [ -d "$reapply_copies" ] || return 0
  sync "$reapply_copies"
  for kept in "$state_dir/$1/by-hand"/*; do say "$kept"; done | sort -r | tail -n +$((by_hand_kept + 1)) >"$work/old-copies"
  while read -r kept; do rm -rf "$kept"; done <"$work/old-copies"
}

# return_by_hand CLUSTER: the host worked with these.
return_by_hand() {
  while read -r path; do
    if [ -e "$reapply_copies$path" ] || [ -L "$reapply_copies$path" ]; then
      place "$reapply_copies$path" "$path"
    else
      rm -f "$root$path"
    fi
  done <"$work/by-hand"
  if grep -q '^/etc/systemd/system/' "$work/by-hand" && has_systemd; then
    systemctl daemon-reload || true
  fi
  if has_gateway "$reapply_dir/files/etc/vrrp-agent/$1/node.conf"; then
    use_nginx "$reapply_dir/files/etc/vrrp-agent/$1/node.conf"
    if has_line "$nginx_conf" "$work/by-hand" && nginx_pid >/dev/null; then (reload_nginx) || true; fi
  fi
  if grep -q '^/etc/keepalived/' "$work/by-hand" && keepalived_pid >/dev/null; then
    (reload_service) || true
  fi
}
