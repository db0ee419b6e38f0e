# shellcheck shell=sh disable=SC2154,SC2034 # the names of common.sh
# The witness: a round of votes, which keepalived runs as a check; docs/adr/0006. Times are hundredths of a second since the
# boot: no clock that somebody sets.
#
# In /run/vrrp-agent/CLUSTER/witness/state, a line `KEY VALUE` each:
#   claiming yes|no     whether this node votes for itself
#   vote none|told      whether the peer may count on this node's vote
#   until TIME          when a vote that was taken back counts no more
#   holding TIME        until when keepalived may go by the last good result
#   lease ID|0          of etcd
#   witness TIME, peer TIME   until when their votes count
#   unheard N           rounds in a row in which the peer neither held nor claimed
#   endpoint N          which of the endpoints is asked
#   words TEXT          what the last round found

# Seconds between two rounds, and those after which keepalived ends one: `interval` and `timeout` of the check.
round_interval=1
round_timeout=2

# Rounds in a row without a word from a peer that holds or claims, until this node may claim.
round_patience=2

uptime_now() {
  read -r uptime_now _ <"$root/proc/uptime"
  say "${uptime_now%.*}${uptime_now#*.}"
}

witness_state_dir() { say "$run_dir/$1/witness"; }

# has_lease CONF
has_lease() { grep -q '^witness lease ' "$1" 2>/dev/null; }

load_witness() {
  vote_claiming=no vote_given=none vote_until=$((round_began + vote_ttl)) vote_holding=0 vote_lease=0
  vote_witness=0 vote_peer=0 vote_unheard=0 vote_endpoint=1
  [ -e "$witness_dir/state" ] || return 0
  while read -r vote_key vote_value; do
    case $vote_key in
    claiming) vote_claiming=$vote_value ;;
    vote) vote_given=$vote_value ;;
    until) vote_until=$vote_value ;;
    holding) vote_holding=$vote_value ;;
    lease) vote_lease=$vote_value ;;
    witness) vote_witness=$vote_value ;;
    peer) vote_peer=$vote_value ;;
    unheard) vote_unheard=$vote_value ;;
    endpoint) vote_endpoint=$vote_value ;;
    esac
  done <"$witness_dir/state"
}

save_witness() {
  write_file "$witness_dir/state" <<STATE
claiming $vote_claiming
vote $vote_given
until $vote_until
holding $vote_holding
lease $vote_lease
witness $vote_witness
peer $vote_peer
unheard $vote_unheard
endpoint $vote_endpoint
words $1
STATE
}

# begin_witness CLUSTER: with the first generation that has a witness nobody can have promised anything before, and who
# holds goes on holding.
begin_witness() {
  witness_dir=$(witness_state_dir "$1")
  [ ! -e "$witness_dir/state" ] || return 0
  mkdir -p "$witness_dir"
  round_began=$(uptime_now) vote_ttl=0
  load_witness
  serves_a_vip "$1" "$conf_dir/$1/node.conf" && vote_claiming=yes
  save_witness 'no round yet'
}

# --- the peer's words ---
# One of hold, claim, vote and idle, and one of well and ill, so that an answer to one spares the wait for the others.

# vote_word NODE WORD: the address that says it; no generation, for the nodes vote across a change.
vote_word() { word_address "$witness_cluster" "$1" "$2" witness; }

# tell_vote WORD SECONDS|forever: in place of the others of its kind.
tell_vote() {
  case $1 in
  well | ill) tell_kind='well ill' ;;
  *) tell_kind='hold claim vote idle' ;;
  esac
  for tell_word in $tell_kind; do
    [ "$tell_word" = "$1" ] || untell_vote "$tell_word"
  done
  ip -6 address replace "$(vote_word "$witness_node" "$1")/128" dev "$witness_dev" nodad \
    valid_lft "$2" preferred_lft 0 2>/dev/null || true
}

untell_vote() {
  ip -6 address del "$(vote_word "$witness_node" "$1")/128" dev "$witness_dev" 2>/dev/null || true
}

# listen: asks for all of the peer's words, and for the address itself, side by side.
listen() {
  rm -f "$witness_dir"/heard.*
  listen_pids=
  for listen_word in hold claim vote idle well ill; do
    listen_address=$(vote_word "$witness_peer" "$listen_word")
    # What the neighbour table remembers may be gone from the peer.
    ip -6 neigh del "$listen_address" dev "$witness_dev" 2>/dev/null || true
    { ! ask "$listen_address" "$witness_dev" || : >"$witness_dir/heard.$listen_word"; } &
    listen_pids="$listen_pids $!"
  done
  if ! holds_any; then
    { ! ping -c 1 -W 1 "${witness_vip%/*}" >/dev/null 2>&1 || : >"$witness_dir/heard.address"; } &
    listen_pids="$listen_pids $!"
  fi
}

# await_words: until the peer has said how it is, for 0.7 s of the round at most.
await_words() {
  while [ $(($(uptime_now) - round_began)) -lt 70 ]; do
    ! heard_both || break
    sleep 0.1
  done
  # shellcheck disable=SC2086 # a list of numbers
  kill $listen_pids 2>/dev/null || true
}

heard_both() {
  { heard well || heard ill; } && { heard hold || heard claim || heard vote || heard idle; }
}

heard() { [ -e "$witness_dir/heard.$1" ]; }

# --- the witness's vote ---

# etcd [PATH JSON]...: over one connection; prints the answers, one a line. Fails when one does not come in time.
etcd() {
  etcd_url=$(facts witness-endpoint "$witness_conf" | sed -n "${vote_endpoint}p")
  etcd_next=
  while [ $# -gt 0 ]; do
    printf '%surl = "%s%s"\ndata = "%s"\n' "$etcd_next" "$etcd_url" "$1" "$(say "$2" | sed 's/"/\\"/g')"
    printf 'silent\nfail\nfail-early\nmax-time = 0.7\nwrite-out = "\\n"\n'
    facts witness-file "$witness_conf" | while read -r etcd_option etcd_file; do
      printf '%s = "%s"\n' "$etcd_option" "$etcd_file"
    done
    etcd_next='next
'
    shift 2
  done | curl --config - 2>/dev/null
}

# ask_witness: sets witness_says to `mine`, `free`, the peer's name, `other`, or `silent`.
ask_witness() {
  witness_says=silent
  if [ "$vote_lease" -ne 0 ]; then
    # The key is ours as long as its lease lives and nobody has put another one in its place.
    witness_answers=$(etcd /v3/lease/keepalive "{\"ID\":$vote_lease}" /v3/kv/range "{\"key\":\"$witness_key\"}") ||
      { next_endpoint && return 0; }
    case ${witness_answers%%'
'*} in
    *'"TTL":"'[1-9]*) ;;
    *) vote_lease=0 ;;
    esac
  else
    witness_answers=$(etcd /v3/kv/range "{\"key\":\"$witness_key\"}") || { next_endpoint && return 0; }
  fi
  witness_says=$(holder_in "${witness_answers##*'
'}")
  [ "$witness_says" != mine ] || [ "$vote_lease" -ne 0 ] || witness_says=other
  [ "$witness_says" != free ] || vote_lease=0
}

# holder_in ANSWER: who has the key.
holder_in() {
  case $1 in
  *"\"value\":\"$(base64_of "$witness_node")\""*)
    # One of a former run of this node is not this one's.
    case $1 in
    *"\"lease\":\"$vote_lease\""*) say mine ;;
    *) say other ;;
    esac
    ;;
  *"\"value\":\"$(base64_of "$witness_peer")\""*) say "$witness_peer" ;;
  *'"value":'*) say other ;;
  *'"header":'*) say free ;;
  *) say silent ;;
  esac
}

base64_of() { printf '%s' "$1" | base64 | tr -d '\n'; }

# take_lease: with an id of our own, so that lease and key go over one connection.
take_lease() {
  take_id=$(printf '%s %s %s' "$witness_node" "$$" "$round_began" | sha256sum | cut -c 1-13)
  take_id=$((0x$take_id))
  take_answers=$(etcd /v3/lease/grant "{\"TTL\":$((vote_ttl / 100)),\"ID\":$take_id}" /v3/kv/txn \
    "{\"compare\":[{\"key\":\"$witness_key\",\"target\":\"CREATE\",\"result\":\"EQUAL\",\"create_revision\":0}],\"success\":[{\"request_put\":{\"key\":\"$witness_key\",\"value\":\"$(base64_of "$witness_node")\",\"lease\":$take_id}}]}") ||
    { next_endpoint && return 0; }
  case ${take_answers##*'
'} in
  *'"succeeded":true'*)
    vote_lease=$take_id
    witness_says=mine
    ;;
  esac
}

give_lease_back() {
  [ "$vote_lease" -ne 0 ] || return 0
  # Where it cannot be told, it ends by itself.
  etcd /v3/lease/revoke "{\"ID\":$vote_lease}" >/dev/null || true
  vote_lease=0 vote_witness=0
}

next_endpoint() {
  vote_endpoint=$((vote_endpoint % $(facts witness-endpoint "$witness_conf" | wc -l) + 1))
}

# --- the node itself ---

# holds_any: one of the virtual addresses is here.
holds_any() {
  while read -r _ holds_vip holds_dev; do
    ! held "${holds_vip%/*}" "$holds_dev" >/dev/null || return 0
  done <"$witness_dir/vips"
  return 1
}

# fit CONF: it can hold: its interfaces are up, and no check whose failure is FAULT fails.
fit() {
  for fit_dev in $(facts instance "$1" | cut -d ' ' -f 4 | sort -u); do
    fit_flags=0
    { read -r fit_flags <"$root/sys/class/net/$fit_dev/flags"; } 2>/dev/null || return 1
    fit_state=
    { read -r fit_state <"$root/sys/class/net/$fit_dev/operstate"; } 2>/dev/null || return 1
    [ $((fit_flags & 1)) -eq 1 ] && [ "$fit_state" != down ] || return 1
  done
  ! failing_checks "$1" fault
}

# wellness CONF: it should hold.
is_well() { fit "$1" && ! is_drained "$witness_cluster" && ! failing_checks "$1" yield; }

# lend_addresses CONF HUNDREDTHS: the kernel takes them away when nobody says so again.
lend_addresses() {
  # Its clock ticks in seconds, and it may be one late.
  lend_for=$(($2 / 100 - 1))
  facts vip "$1" | while read -r _ lend_vip lend_dev; do
    set_lifetime "${lend_vip%/*}" "$lend_dev" "$lend_for"
  done | ip -batch - 2>/dev/null || true
}

# keep_addresses CONF: without a witness they stay.
keep_addresses() {
  facts vip "$1" | while read -r _ keep_vip keep_dev; do
    ! ip -o address show dev "$keep_dev" to "${keep_vip%/*}" 2>/dev/null | grep -q ' valid_lft [0-9]' ||
      set_lifetime "${keep_vip%/*}" "$keep_dev" forever
  done | ip -batch - 2>/dev/null || true
}

# set_lifetime ADDRESS DEV SECONDS|forever: prints the line for `ip -batch`; what else the address is stays.
set_lifetime() {
  ip -o address show dev "$2" to "$1" 2>/dev/null | awk -v dev="$2" -v lifetime="$3" '{
    for (i = 1; i < NF; i++) if ($i == "inet" || $i == "inet6") address = $(i + 1)
    preferred = / deprecated/ ? 0 : lifetime
    flags = (/ noprefixroute/ ? " noprefixroute" : "") (/ nodad/ ? " nodad" : "") (/ home/ ? " home" : "")
    print "address change " address " dev " dev " valid_lft " lifetime " preferred_lft " preferred flags
  }'
}

# --- the round ---

# witness_round CLUSTER: whether this node may hold; prints why.
witness_round() {
  witness_cluster=$1
  witness_conf=$conf_dir/$1/node.conf
  witness_dir=$(witness_state_dir "$1")
  mkdir -p "$witness_dir"
  round_began=$(uptime_now)
  vote_ttl=$(facts witness "$witness_conf")
  vote_ttl=$((${vote_ttl#lease } * 100))
  load_witness
  witness_node=$(facts node "$witness_conf")
  witness_peer=$(peer_nodes "$witness_conf" | head -n 1)
  witness_dev=$(facts interface "$witness_conf")
  facts vip "$witness_conf" >"$witness_dir/vips"
  read -r _ witness_vip witness_vip_dev <"$witness_dir/vips"
  witness_key=$(base64_of "vrrp/$1/${witness_vip%/*}")

  is_fit=no is_well=no
  ! fit "$witness_conf" || is_fit=yes
  ! is_well "$witness_conf" || is_well=yes
  listen
  ask_witness
  [ "$vote_claiming$is_fit$witness_says" != yesyesfree ] || take_lease
  await_words
  [ "$witness_says" != mine ] || vote_witness=$((round_began + vote_ttl))
  ! heard vote || vote_peer=$((round_began + vote_ttl))

  round_result=1
  if [ "$vote_claiming" = yes ]; then claim; else stand_by; fi
  if [ "$is_well" = yes ]; then tell_vote well 5; else tell_vote ill 5; fi
  save_witness "$round_words"
  say "$round_words"
  return "$round_result"
}

claim() {
  if [ "$is_fit" = no ] || { [ "$is_well" = no ] && heard well; }; then
    stop_claiming 'this node is not well'
    return 0
  fi
  round_now=$(uptime_now)
  round_reaches=$vote_witness
  [ "$vote_peer" -le "$round_reaches" ] || round_reaches=$vote_peer
  if [ "$round_reaches" -ge $((round_now + (round_interval + round_timeout) * 100)) ]; then
    round_result=0
    vote_holding=$((round_now + (round_interval + round_timeout) * 100))
    lend_addresses "$witness_conf" $((round_reaches - round_now))
    tell_vote hold 5
    round_words="may hold, by its own vote and $(other_votes)"
    return 0
  fi
  if heard hold || { heard claim && [ "$(first_name)" = "$witness_peer" ]; }; then
    stop_claiming "$witness_peer holds, or claims before this node"
    return 0
  fi
  tell_vote claim 5
  round_words="has no vote but its own: the witness $(say_witness), $witness_peer gives none"
}

first_name() { printf '%s\n' "$witness_node" "$witness_peer" | LC_ALL=C sort | head -n 1; }

other_votes() {
  other_votes=
  [ "$vote_witness" -le "$round_now" ] || other_votes="the witness's"
  [ "$vote_peer" -le "$round_now" ] || other_votes="${other_votes:+$other_votes and }that of $witness_peer"
  say "$other_votes"
}

say_witness() {
  case $witness_says in
  silent) say 'does not answer' ;;
  other) say 'votes for a former run of a node, for a moment' ;;
  *) say "votes for $witness_says" ;;
  esac
}

# stop_claiming WHY
stop_claiming() {
  vote_claiming=no vote_unheard=0
  tell_vote idle 5
  round_words="does not hold: $1"
}

# stand_by: votes for the peer, or gets ready to claim.
stand_by() {
  # What keepalived did by the last good result is over.
  if ! holds_any || [ "$round_began" -ge "$vote_holding" ]; then
    give_lease_back
    vote_gone=yes
  else
    vote_gone=no
  fi
  round_words="does not hold; the witness $(say_witness)"
  if heard hold || heard claim; then
    vote_unheard=0
    if [ "$vote_gone" = yes ]; then
      # Written down before it is said: a round that is killed in between must not forget it.
      vote_given=told
      save_witness "$round_words"
      tell_vote vote forever
      round_words="votes for $witness_peer; the witness $(say_witness)"
    fi
    return 0
  fi
  # Somebody else holds, who votes in another generation.
  if heard address; then
    vote_unheard=0
    [ "$vote_given" = told ] || tell_vote idle 5
    return 0
  fi
  vote_unheard=$((vote_unheard + 1))
  [ "$vote_given" = told ] || tell_vote idle 5
  [ "$vote_unheard" -ge "$round_patience" ] && [ "$is_fit" = yes ] || return 0
  [ "$is_well" = yes ] || ! heard well || return 0
  if [ "$vote_given" = told ]; then
    tell_vote idle 5
    vote_given=none
    vote_until=$(($(uptime_now) + vote_ttl))
  elif [ "$(uptime_now)" -ge "$vote_until" ]; then
    vote_claiming=yes
    tell_vote claim 5
    round_words="claims; the witness $(say_witness)"
  fi
}

# end_witness CLUSTER: nothing of it stays on this host.
end_witness() {
  witness_dir=$(witness_state_dir "$1")
  [ -e "$witness_dir/state" ] || return 0
  witness_cluster=$1
  witness_conf=$conf_dir/$1/node.conf
  witness_node=$(facts node "$witness_conf")
  witness_dev=$(facts interface "$witness_conf")
  for end_word in hold claim vote idle well ill; do
    untell_vote "$end_word"
  done
  rm -rf "$witness_dir"
}
