# shellcheck shell=sh disable=SC2154,SC2034 # the names of common.sh
# A switch that the hosts make together, each in a step of its own that runs at the same time: for a generation whose
# daemons would not hear those of the present one, when the order of the steps does not keep them apart.

# Seconds that the hosts wait for each other to begin.
together_patience=${VRRP_TOGETHER_SECONDS:-60}

# switch_together CLUSTER GENERATION: in force here at the end, and nowhere beside another one.
switch_together() {
  # Nothing of ours is in force here that could be beside another one.
  if ! can_tell "$1" "$2" && [ "$(confirmed_generation "$1")" = 0 ]; then
    (activate "$1" "$2")
    return 0
  fi
  can_tell "$1" "$2" ||
    fail "the hosts cannot find each other without IPv6 on $(facts interface "$(words_conf "$1" "$2")"): run pulumi up with the former spec, then with this one"
  # The others have it for good: there is nobody left to wait for.
  if somebody_tells "$1" confirmed "$2" >/dev/null; then
    (activate "$1" "$2")
    return 0
  fi
  tell "$1" here "$2"
  together_others=$(await_peers "$1" "$2" here apart running) || {
    untell "$1" here
    fail "$together_others takes no part, and this change must be made by all hosts together; run the same there, too"
  }
  if [ -e "$state_dir/$1/apart" ] && [ "$(current_generation "$1")" = "$2" ]; then
    join_later "$1" "$2"
  elif serves_a_vip "$1" "$(words_conf "$1" "$2")" && ! is_to_give_way "$1" "$2"; then
    # They drain before they stop.
    await_extra=$(hand_over_seconds "$1")
    [ "$await_extra" -le "$longest_hand_over" ] || await_extra=0
    together_others=$(await_peers "$1" "$2" apart) || {
      untell "$1" here
      fail "$together_others did not stop for this change; nothing is changed here"
    }
    (activate "$1" "$2")
  elif serves_a_vip "$1" "$(words_conf "$1" "$2")" || vip_elsewhere "$(words_conf "$1" "$2")"; then
    (activate "$1" "$2" apart)
    tell "$1" here "$2" || true
    join_later "$1" "$2"
  else
    (activate "$1" "$2")
  fi
}

# is_to_give_way CLUSTER GENERATION: of several hosts that hold addresses the first by name stays.
is_to_give_way() {
  other_holders=$(holding_peers "$1" "$2")
  [ -n "$other_holders" ] || return 1
  refuse_leavers "$(words_conf "$1" "$2")" "$other_holders"
  give_way_conf=$(present_conf "$1" "$2")
  case $other_holders in
  # Of more than one it might be any; then nobody gives way, and the change fails.
  *'?'*) other_holders=$(peer_nodes "$give_way_conf") && [ "$(say "$other_holders" | wc -l)" -eq 1 ] || return 1 ;;
  esac
  own_name=$(facts node "$give_way_conf")
  [ "$(printf '%s\n' "$other_holders" "$own_name" | LC_ALL=C sort | head -n 1)" != "$own_name" ]
}

# await_peers CLUSTER GENERATION WORD...: until each that answers the network tells one of the words; else prints who
# does not.
await_peers() {
  await_cluster=$1
  await_generation=$2
  shift 2
  await_end=$(($(uptime) + together_patience + ${await_extra:-0}))
  while await_silent=$(silent_peers "$await_cluster" "$await_generation" "$@") && [ -n "$await_silent" ]; do
    if [ "$(uptime)" -ge "$await_end" ]; then
      say "$await_silent"
      return 1
    fi
    sleep 1
  done
}

# all_are_fine CLUSTER GENERATION: nothing was seen wrong here; that must be so everywhere. Else prints what is not.
all_are_fine() {
  can_tell "$1" "$2" || return 0
  tell "$1" fine "$2" || return 0
  fine_end=$(($(uptime) + together_patience))
  while fine_silent=$(silent_peers "$1" "$2" fine confirmed) && [ -n "$fine_silent" ]; do
    if fine_refuser=$(somebody_tells "$1" refused "$2"); then
      say "$fine_refuser went back"
      return 1
    fi
    if [ "$(uptime)" -ge "$fine_end" ]; then
      say "$fine_silent did not say within $together_patience s that all is well there"
      return 1
    fi
    sleep 1
  done
}

# join_later CLUSTER GENERATION: starts keepalived once the holder has the generation, or there is none.
join_later() {
  join_end=$(($(uptime) + together_patience))
  while blocks_start "$1"; do
    if [ "$(uptime)" -ge "$join_end" ] || somebody_tells "$1" refused "$2" >/dev/null; then
      read -r former _ <"$state_dir/$1/pending"
      go_back "$1" "$former"
      fail "the holder did not get the new files; this host is back at generation $former"
    fi
    sleep 1
  done
  join "$1" "$2"
}
