# shellcheck shell=sh disable=SC2154,SC2034 # the names of common.sh
# observe: what this host holds once the roles have settled. confirm: whether all hosts agree.

verb_observe() {
  check_name cluster "$1"
  conf=$conf_dir/$1/node.conf
  use_node "$conf"
  make_work
  keep_turn "$1" "$2"
  facts vip "$conf" >"$work/vips"
  # The other hosts were changed just before this: whoever holds an address now may be about to lose it.
  settle=$(facts settle "$conf")
  [ ! -s "$work/vips" ] || sleep "${settle:-0}"
  while read -r _ vip dev; do
    if [ -d "$root/sys/class/net/$dev" ] && held "${vip%/*}" "$dev" >/dev/null; then
      say "vip ${vip%/*} holder $node"
    else
      say "vip ${vip%/*} free $node"
    fi
  done <"$work/vips"
  observe_tunnels "$conf"
  say "generation $(current_generation "$1") $node"
}

# The step join: starts keepalived of a host that waited for the holder to have the generation. When the holder
# has it not, because it was left out of this try, the confirm makes them switch together.
verb_join() {
  begin_step "$1" "$2"
  use_node "$conf_dir/$1/node.conf"
  keep_turn "$1" "$2"
  if [ "$(current_generation "$1")" = "$2" ] && [ -e "$state_dir/$1/key-change" ]; then
    join_keys "$1"
    say "joined $2"
  elif [ ! -e "$state_dir/$1/apart" ] || [ "$(current_generation "$1")" != "$2" ]; then
    say "nothing to join"
  elif blocks_start "$1"; then
    say deferred
  else
    join "$1" "$2"
    say "joined $2"
  fi
}

# join CLUSTER GENERATION: starts keepalived, which was kept apart.
join() {
  attempt start_kept_apart "$1"
  if [ "$attempt_status" -ne 0 ]; then
    [ -e "$state_dir/$1/pending" ] || exit 1
    take_back "$1"
  fi
  tell "$1" running "$2" || true
  untell "$1" apart
}

# join_keys CLUSTER: a tunnel's own part of the join.
join_keys() {
  attempt join_tunnels "$1"
  [ "$attempt_status" -ne 0 ] || return 0
  [ -e "$state_dir/$1/pending" ] || exit 1
  take_back "$1"
}

# confirm CLUSTER GENERATION, all hosts' observations on stdin. The engine repeats a step that failed by itself, with
# what it got the first time: observations of a try that was taken back say nothing about the next one.
verb_confirm() {
  begin_step "$1" "$2"
  cat >"$work/observations"
  require_generation "$1" "$2"
  conf=$(generation_dir "$1" "$2")/files/etc/vrrp-agent/$1/node.conf
  use_node "$conf"
  elsewhere=$(facts peers-elsewhere "$conf")
  verdict_status=0
  if [ "$(current_generation "$1")" != "$2" ] || [ -e "$state_dir/$1/apart" ] || [ -e "$state_dir/$1/key-change" ] ||
    grep -q -x "$2" "$state_dir/$1/refused" 2>/dev/null || is_outdated "$1" "$2"; then
    take_turn "$1" "$2"
    open_peers "$1" "$2" >"$work/open-peers"
    try_again "$1" "$2"
    look_from_here "$1" "$2" "$elsewhere" >"$work/verdict" || verdict_status=$?
    if [ "$verdict_status" -eq 0 ]; then
      still_open <"$work/open-peers" >"$work/verdict" || verdict_status=$?
    fi
    if [ "$verdict_status" -eq 0 ] && [ "$elsewhere" != yes ]; then
      all_are_fine "$1" "$2" >"$work/verdict" || verdict_status=$?
    fi
  else
    {
      facts node "$conf"
      [ "$elsewhere" = yes ] || facts peer "$conf" 1
      [ "$elsewhere" = yes ] || facts tunnel-peer "$conf" 2
    } | sort -u >"$work/nodes"
    [ -s "$work/nodes" ] || say "$node" >"$work/nodes"
    facts vip "$conf" | awk '{ sub(/\/.*/, "", $2); print $2 }' >"$work/vips"
    judge "$2" "$elsewhere" >"$work/verdict" || verdict_status=$?
    [ "$verdict_status" -ne 0 ] || judge_tunnels "$conf" "$elsewhere" >"$work/verdict" || verdict_status=$?
  fi
  [ "$verdict_status" -eq 0 ] || refuse "$1" "$2" "$(cat "$work/verdict")"
  commit "$1" "$2"
  say "confirmed $2"
}

# is_outdated CLUSTER GENERATION: a host was observed at another one, and has it by now, or after the try that it makes
# beside this step.
is_outdated() {
  awk -v wanted="$2" '$1 == "generation" && $2 != wanted { other = 1 } END { exit !other }' "$work/observations" || return 1
  can_tell "$1" "$2" && await_peers "$1" "$2" running fine confirmed >/dev/null
}

# commit CLUSTER GENERATION [in-its-place]: nothing undoes it any more. Said before it is done: whoever missed it asks.
commit() {
  tell "$1" confirmed "$2" || true
  if is_late "$1" && commit_refuser=$(somebody_tells "$1" refused "$2"); then
    untell "$1" confirmed
    refuse "$1" "$2" "$commit_refuser went back already: the confirm came too late"
  fi
  rm -f "$state_dir/$1/pending" "$state_dir/$1/refused" "$state_dir/$1/apart"
  # A power loss must not bring the marker back.
  sync "$state_dir/$1"
  end_turn "$1" "$2"
  untell_all_but "$1" confirmed
  disarm_undo "$1"
  drop_reserve "$1"
  # Left behind by a step that was cut short in a restart.
  drain_off "$1"
  [ "${3-}" = in-its-place ] || remember "$1" "$2"
  prune "$1"
}

# is_late CLUSTER: the hosts that were changed before this one may have begun to go back.
is_late() {
  [ -e "$state_dir/$1/pending" ] || return 1
  read -r _ late_generation _ late_deadline <"$state_dir/$1/pending"
  [ "$(uptime)" -ge $((${late_deadline:-0} - $(undo_seconds "$1" "$late_generation") / 2)) ]
}

# try_again CLUSTER GENERATION: one that was taken back, or that this host has not got. The mark stays until it is
# confirmed, so that a try that is cut short is not judged by old observations either.
try_again() {
  say "$2" | write_file "$state_dir/$1/refused"
  say "note: generation $2 was not in force on all hosts; it is tried again and judged from this host"
  untell "$1" refused
  if [ "$(current_generation "$1")" != "$2" ] || [ -e "$state_dir/$1/apart" ]; then
    if must_agree "$1" "$(confirmed_generation "$1")" "$2"; then
      switch_together "$1" "$2"
    else
      (activate "$1" "$2")
    fi
  fi
  join_keys "$1"
  # Who is missing is said by all_are_fine.
  [ "$elsewhere" = yes ] || ! can_tell "$1" "$2" || await_peers "$1" "$2" running fine confirmed >/dev/null || true
  retry_settle=$(facts settle "$conf")
  sleep "${retry_settle:-0}"
}

# refuse CLUSTER GENERATION VERDICT
refuse() {
  refusal=$3
  drop_reserve "$1"
  # Also where nothing is pending: the same observations again say nothing new.
  say "$2" | write_file "$state_dir/$1/refused"
  if [ -e "$state_dir/$1/pending" ]; then
    read -r former _ <"$state_dir/$1/pending"
    go_back "$1" "$former"
    refusal="$refusal; this host is back at generation $former"
  fi
  fail "$refusal"
}

# look_from_here CLUSTER GENERATION ELSEWHERE: prints what this host can see that is not as it should be.
look_from_here() {
  if manages_keepalived "$(generation_dir "$1" "$2")" && ! keepalived_pid >/dev/null; then
    say "keepalived does not run"
    return 1
  fi
  observe_tunnels "$conf" >"$work/observations"
  judge_tunnels "$conf" "$3" || return 1
  facts vip "$conf" >"$work/seen-vips"
  : >"$work/wrong"
  while read -r _ vip dev; do
    look_at_vip "${vip%/*}" "$dev" "$3" >>"$work/wrong" </dev/null
  done <"$work/seen-vips"
  [ -s "$work/wrong" ] || return 0
  awk '{ text = text (NR > 1 ? "; " : "") $0 } END { print text }' "$work/wrong"
  return 1
}

# look_at_vip ADDRESS DEV ELSEWHERE
look_at_vip() {
  if held "$1" "$2" >/dev/null; then
    # Without arping there is no asking past our own address.
    case $1 in *:*) can_ask=no ;; *) can_ask=$(! have arping || ! has_arp "$2" || say yes) ;; esac
    if [ "$can_ask" != yes ]; then
      warn "note: whether another host holds $1 too was not checked"
      return 0
    fi
    seen=$(answering_macs "$1" "$2") || true
    [ -z "$seen" ] || say "$1 has 2 holders: $node and $(say "$seen" | tr '\n' ' ' | sed 's/ $//')"
    return 0
  fi
  seen=$(answering_macs "$1" "$2") || {
    warn "note: whether a peer holds $1 was not checked: neither arping nor ping is here"
    return 0
  }
  if [ -z "$seen" ]; then
    [ "$3" = yes ] || say "nobody holds $1"
    return 0
  fi
  # shellcheck disable=SC2086
  for mac in $(strangers_among "$conf" "$2" $seen); do
    say "$1 is held by $mac, which is no peer"
  done
}

# judge GENERATION ELSEWHERE: prints what is not as it should be. A peer that is applied elsewhere may be the holder.
judge() {
  awk -v wanted="$1" -v elsewhere="$2" '
    FILENAME ~ /nodes$/ { nodes[++node_count] = $1; next }
    FILENAME ~ /vips$/ { vips[++vip_count] = $1; next }
    $1 == "generation" { generation[$3] = $2 }
    $1 == "vip" { word[$2, $4] = $3; if ($3 == "holder") holders[$2] = holders[$2] " " $4 }
    function wrong(what) { text = text (text == "" ? "" : "; ") what }
    END {
      for (i = 1; i <= node_count; i++) {
        n = nodes[i]
        if (!(n in generation)) { wrong(n " was not observed"); continue }
        if (generation[n] != wanted) wrong(n " is at generation " generation[n] ", not " wanted)
        for (j = 1; j <= vip_count; j++)
          if (!((vips[j], n) in word)) wrong(n " did not say whether it holds " vips[j])
      }
      for (j = 1; j <= vip_count; j++) {
        held = split(holders[vips[j]], unused, " ")
        if (held == 0 && elsewhere != "yes") wrong("nobody holds " vips[j])
        if (held > 1) wrong(vips[j] " has " held " holders:" holders[vips[j]])
      }
      if (text != "") { print text; exit 1 }
    }' "$work/nodes" "$work/vips" "$work/observations"
}
