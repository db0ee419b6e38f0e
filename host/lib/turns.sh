# shellcheck shell=sh disable=SC2154,SC2034 # the names of common.sh
# Whose turn it is: two people may run pulumi at once, with copies of one stack that share no lock. A change has a host
# from its activate there to its confirm; one that comes meanwhile waits. Hosts are activated in one order, so who has the
# first has them all.
#
# /run/vrrp-agent/CLUSTER/turn: GENERATION UPTIME going|over, of its last step here.

# Seconds that a change waits for the one before it.
turn_patience=${VRRP_TURN_SECONDS:-90}

# take_turn CLUSTER GENERATION: with the lock, which is let go while it waits.
take_turn() {
  turn_end=$(($(uptime) + turn_patience))
  until turn_is_free "$1" "$2"; do
    [ "$(uptime)" -lt "$turn_end" ] ||
      fail "generation $turn_generation is being applied here for more than $turn_patience s; run pulumi up again when that has ended"
    flock -u 9
    sleep 1
    take_lock apply 9
  done
  note_turn "$1" "$2" going
  # A step that fails with nothing to take back is over, for its peers, too.
  # shellcheck disable=SC2064
  trap "end_failed_turn '$1' '$2' \$?" EXIT
}

# end_failed_turn CLUSTER GENERATION STATUS: as the step ends.
end_failed_turn() {
  if [ "$3" -ne 0 ] && [ ! -e "$state_dir/$1/pending" ]; then
    end_turn "$1" "$2"
    tell "$1" refused "$2" || true
  fi
  rm -rf "$work"
}

# turn_is_free CLUSTER GENERATION
turn_is_free() {
  ! read_turn "$1" || [ "$turn_generation" = "$2" ] || [ "$turn_state" = over ] || is_given_up "$1"
}

# is_given_up CLUSTER: nobody works any more at the change whose turn it is. The other hosts have their steps in between.
is_given_up() {
  turn_conf=$(words_conf "$1" "$turn_generation")
  turn_settle=$(facts settle "$turn_conf")
  turn_limit=$((45 + 15 * $(peer_nodes "$turn_conf" | wc -l) + ${turn_settle:-0}))
  # Of an earlier boot, where /run is kept.
  [ "$turn_since" -le "$(uptime)" ] && [ "$(uptime)" -lt $((turn_since + turn_limit)) ] || return 0
  # A host on which it was never in force has nothing to take back.
  [ ! -e "$state_dir/$1/pending" ] && somebody_tells "$1" refused "$turn_generation" >/dev/null
}

# has_turn CLUSTER GENERATION: no other change came between the steps of this one.
has_turn() { ! read_turn "$1" || [ "$turn_generation" = "$2" ]; }

# read_turn CLUSTER: fails where nobody had one since the boot.
read_turn() { read -r turn_generation turn_since turn_state 2>/dev/null <"$run_dir/$1/turn"; }

# keep_turn CLUSTER GENERATION: a sign of life.
keep_turn() { ! read_turn "$1" || [ "$turn_generation" != "$2" ] || note_turn "$1" "$2" "$turn_state"; }

# end_turn CLUSTER GENERATION
end_turn() { ! read_turn "$1" || [ "$turn_generation" != "$2" ] || note_turn "$1" "$2" over; }

# note_turn CLUSTER GENERATION STATE: where /run is full nobody has a turn, and the change is made all the same.
note_turn() {
  mkdir -p "$run_dir/$1"
  { say "$2 $(uptime) $3" >"$run_dir/$1/turn.new.$$" && mv -f "$run_dir/$1/turn.new.$$" "$run_dir/$1/turn"; } 2>/dev/null ||
    rm -f "$run_dir/$1/turn.new.$$" "$run_dir/$1/turn"
}
