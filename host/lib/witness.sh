# shellcheck shell=sh disable=SC2154,SC2034 # the names of common.sh
# The witness: a round of votes, which keepalived runs as a check; docs/adr/0006. Times are hundredths of a second since the
# boot: no clock that somebody sets.
#
# simulate/votes.ts is the same round as a model, with its tests.
#
# In /run/vrrp-agent/CLUSTER/witness/state, a line `KEY VALUE` each:
#   stand free|claiming|leaving|voting|yielding
#   free-at TIME          from when a free node may claim: nobody counts on its vote any more
#   yielded-until TIME    until when the peer may claim because of this node's yield
#   silent N              rounds in a row in which the peer told neither hold nor claim
#   peer-until TIME, witness-until TIME    until when their votes are counted on
#   lease ID              of etcd; 0: none
#   good yes|no           what the last round said
#   endpoint N            which of the endpoints is asked
#   words TEXT            what the last round found

# Rounds for which a peer is silent until a vote for it is taken back; and until a yield is.
patience_voting=2
patience_yielding=4

# Hundredths of a second for which a round waits for the peer's words.
words_window=60

# has_lease CONF
has_lease() { grep -q '^witness lease ' "$1" 2>/dev/null; }

uptime_now() {
  read -r uptime_now _ <"$root/proc/uptime"
  say "${uptime_now%.*}${uptime_now#*.}"
}

# use_witness CLUSTER: what a round, and who does a part of one, needs to know.
use_witness() {
  witness_cluster=$1
  witness_conf=$conf_dir/$1/node.conf
  witness_dir=$run_dir/$1/witness
  witness_peer=''
  while read -r use_key use_first use_rest; do
    case $use_key in
    node) witness_node=$use_first ;;
    interface) witness_dev=$use_first ;;
    peer) witness_peer=${witness_peer:-$use_first} ;;
    witness) vote_ttl=$use_rest ;;
    esac
  done <"$witness_conf"
  # Given for ttl, counted on for a second and a fiftieth less.
  vote_counts=$((vote_ttl * 98 - 100))
  vote_acts=$((100 + 100 * $(round_timeout "$vote_ttl")))
  # Hundredths: what a request to etcd may take, and when it is too late for one that takes the vote.
  etcd_limit=60 take_limit=30
  [ "$(round_timeout "$vote_ttl")" -eq 1 ] || { etcd_limit=80 take_limit=80; }
  vote_ttl=$((vote_ttl * 100))
}

# round_timeout TTL: seconds after which keepalived ends a round.
round_timeout() { if [ "$1" -lt 9 ]; then say 1; else say 2; fi; }

# load_votes: what is remembered; who starts knows nothing of what it promised before.
load_votes() {
  vote_stand=free vote_free_at=$((round_began + vote_ttl)) vote_yielded_until=$((round_began + vote_ttl)) vote_silent=0
  vote_peer_until=0 vote_witness_until=0 vote_lease=0 vote_good=no vote_endpoint=1
  [ -e "$witness_dir/state" ] || return 0
  while read -r vote_key vote_value; do
    case $vote_key in
    stand) vote_stand=$vote_value ;;
    free-at) vote_free_at=$vote_value ;;
    yielded-until) vote_yielded_until=$vote_value ;;
    silent) vote_silent=$vote_value ;;
    peer-until) vote_peer_until=$vote_value ;;
    witness-until) vote_witness_until=$vote_value ;;
    lease) vote_lease=$vote_value ;;
    good) vote_good=$vote_value ;;
    endpoint) vote_endpoint=$vote_value ;;
    esac
  done <"$witness_dir/state"
}

# save_votes WORDS
save_votes() {
  write_file "$witness_dir/state" <<STATE
stand $vote_stand
free-at $vote_free_at
yielded-until $vote_yielded_until
silent $vote_silent
peer-until $vote_peer_until
witness-until $vote_witness_until
lease $vote_lease
good $vote_good
endpoint $vote_endpoint
words $1
STATE
}

# forget_votes: those that were counted on count for one claim only.
forget_votes() { vote_stand=free vote_peer_until=0 vote_witness_until=0 vote_lease=0 vote_good=no; }

# only_round: rounds and keepalived's end exclude each other.
only_round() {
  mkdir -p "$witness_dir"
  exec 7>>"$witness_dir/lock"
  flock 7
}

# begin_witness CLUSTER: the first generation with a witness on a host whose keepalived runs without: who holds goes on
# holding, for nobody can have its vote.
begin_witness() {
  use_witness "$1"
  [ ! -e "$witness_dir/state" ] || return 0
  mkdir -p "$witness_dir"
  round_began=$(uptime_now)
  load_votes
  facts vip "$witness_conf" >"$witness_dir/vips"
  ! holds_any || vote_stand=claiming
  save_votes 'no round yet'
}

# --- words ---
# hold, claim, vote and yield as in the ADR, and well. `none` and `ill` say that there is nothing to be heard: who asks
# need not wait.

stance_words='hold claim vote yield none'
health_words='well ill'

# learn_words: WORD, the address by which this node says it, and that of the peer, one line each. They have no generation
# in them, for the nodes vote across a change.
learn_words() {
  ! grep -q -x "nodes $witness_node $witness_peer $witness_dev" "$witness_dir/words" 2>/dev/null || return 0
  forget_words
  {
    say "nodes $witness_node $witness_peer $witness_dev"
    for learn_word in $stance_words $health_words; do
      say "$learn_word $(word_address "$witness_cluster" "$witness_node" "$learn_word" witness)" \
        "$(word_address "$witness_cluster" "$witness_peer" "$learn_word" witness)"
    done
  } | write_file "$witness_dir/words"
}

# change_words: carries out the lines `tell WORD SECONDS|forever` and `untell WORD` on stdin.
change_words() {
  learn_words
  awk -v dev="$witness_dev" '
    FNR == NR { own[$1] = $2; next }
    $1 == "tell" { print "address replace " own[$2] "/128 dev " dev " nodad valid_lft " $3 " preferred_lft 0" }
    $1 == "untell" { print "address del " own[$2] "/128 dev " dev }' "$witness_dir/words" - |
    ip -force -6 -batch - >/dev/null 2>&1 || true
}

# untell_votes WORD...
untell_votes() { printf 'untell %s\n' "$@" | change_words; }

# tell_only STANCE HEALTH SECONDS|forever: in place of all other words.
tell_only() {
  for tell_word in $stance_words $health_words; do
    case $tell_word in
    "$1" | "$2") ;;
    *) say "untell $tell_word" ;;
    esac
  done | {
    cat
    say "tell $1 $3"
    say "tell $2 $3"
  } | change_words
}

# listen: asks for all of the peer's words, and for the address itself, side by side. The pings are children of the round's
# own, so that none is left behind.
listen() {
  rm -f "$witness_dir"/heard.*
  learn_words
  # What the neighbour table remembers may be gone from the peer.
  awk -v dev="$witness_dev" 'NR > 1 { print "neigh del " $3 " dev " dev }' "$witness_dir/words" |
    ip -force -6 -batch - >/dev/null 2>&1 || true
  listen_pids=
  while read -r listen_word _ listen_address; do
    [ "$listen_word" != nodes ] || continue
    ping -6 -c 1 -W 1 -I "$witness_dev" "$listen_address" >"$witness_dir/heard.$listen_word" 2>/dev/null 7>&- &
    listen_pids="$listen_pids $!"
  done <"$witness_dir/words"
  if [ "$vote_stand" = free ]; then
    read -r _ listen_vip listen_dev <"$witness_dir/vips"
    ip neigh del "${listen_vip%/*}" dev "$listen_dev" 2>/dev/null || true
    set -- ping -c 1 -W 1
    case $listen_vip in fe80:*) set -- ping -6 -c 1 -W 1 -I "$listen_dev" ;; esac
    "$@" "${listen_vip%/*}" >"$witness_dir/heard.address" 2>/dev/null 7>&- &
    listen_pids="$listen_pids $!"
  fi
}

# heard_address: somebody answers for it. A firewall may drop the echo and still let neighbours find each other.
heard_address() {
  ! heard address || return 0
  read -r _ listen_vip listen_dev <"$witness_dir/vips"
  has_arp "$listen_dev" && [ -n "$(neighbour "${listen_vip%/*}" "$listen_dev")" ]
}

# await_words: until the peer has said how it is, or the window is over.
await_words() {
  while [ $(($(uptime_now) - round_began)) -lt "$words_window" ]; do
    # shellcheck disable=SC2086 # a list of words
    ! heard_any $health_words || ! heard_any $stance_words || break
    sleep 0.1 2>/dev/null || sleep 1
  done
  # shellcheck disable=SC2086 # a list of numbers
  kill $listen_pids 2>/dev/null || true
  # shellcheck disable=SC2086
  wait $listen_pids 2>/dev/null || true
  # A firewall may drop the echo and still let neighbours find each other: these were forgotten when the round began.
  has_arp "$witness_dev" || return 0
  ip -6 neigh show dev "$witness_dev" nud reachable 2>/dev/null |
    awk 'FNR == NR { word[$3] = $1; next } $1 in word { print word[$1] }' "$witness_dir/words" - |
    while read -r await_word; do
      say 'bytes from a neighbour' >"$witness_dir/heard.$await_word"
    done
}

heard() { grep -q 'bytes from' "$witness_dir/heard.$1" 2>/dev/null; }

heard_any() {
  for heard_word; do
    ! heard "$heard_word" || return 0
  done
  return 1
}

# --- the witness's vote ---

# etcd [PATH JSON]...: over one connection; prints the answers, one a line. Fails when one does not come in time.
etcd() {
  etcd_url=$(facts witness-endpoint "$witness_conf" | sed -n "${vote_endpoint}p")
  etcd_next=
  while [ $# -gt 0 ]; do
    printf '%surl = "%s%s"\ndata = "%s"\n' "$etcd_next" "$etcd_url" "$1" "$(say "$2" | sed 's/"/\\"/g')"
    printf 'silent\nfail\nfail-early\nmax-time = 0.%s\nwrite-out = "\\n"\n' "$etcd_limit"
    facts witness-file "$witness_conf" | while read -r etcd_option etcd_file; do
      printf '%s = "%s"\n' "$etcd_option" "$etcd_file"
    done
    etcd_next='next
'
    shift 2
  done | curl -q --noproxy '*' --config - 2>/dev/null
}

# read_witness: sets witness_says to this node's name, the peer's, `free`, `other` or `silent`, and witness_lease to the id
# of the lease that the key hangs on. A lease of ours is kept alive with it.
read_witness() {
  witness_says=silent witness_lease=0 witness_lives=no
  # Of nothing that a change of the spec brings with it: two keys would be two witnesses.
  witness_key=$(base64_of "vrrp/$witness_cluster/$(printf '%s\n' "$witness_node" "$witness_peer" | LC_ALL=C sort | tr '\n' ' ')")
  if [ "$vote_lease" -ne 0 ]; then
    set -- /v3/lease/keepalive "{\"ID\":$vote_lease}"
  else
    set --
  fi
  witness_answers=$(etcd "$@" /v3/kv/range "{\"key\":\"$witness_key\"}") || {
    next_endpoint
    return 0
  }
  case ${witness_answers%%'
'*} in
  *'"TTL":"'[1-9]*) witness_lives=yes ;;
  esac
  witness_range=${witness_answers##*'
'}
  case $witness_range in
  *"\"value\":\"$(base64_of "$witness_node")\""*) witness_says=$witness_node ;;
  *"\"value\":\"$(base64_of "$witness_peer")\""*) witness_says=$witness_peer ;;
  *'"value":'*) witness_says=other ;;
  *'"header":'*) witness_says=free ;;
  esac
  case $witness_range in
  *'"lease":"'*)
    witness_lease=${witness_range##*'"lease":"'}
    witness_lease=${witness_lease%%'"'*}
    ;;
  esac
}

# take_or_renew: the witness's vote for this node; sets witness_grants to yes, no, or unknown.
take_or_renew() {
  witness_grants=unknown
  read_witness
  case $witness_says in
  silent) ;;
  "$witness_node")
    if [ "$vote_lease" = "$witness_lease" ]; then
      witness_grants=$witness_lives
      [ "$witness_lives" = yes ] || vote_lease=0
    else
      # Taken by a round that was ended before it could write that down; kept alive from the next round on.
      vote_lease=$witness_lease
    fi
    ;;
  free)
    # It has run out, or somebody has taken the key away.
    if [ "$vote_lease" -ne 0 ]; then
      witness_grants=no vote_lease=0
      return 0
    fi
    # A round of which much is over would be ended in the middle; the next one asks first.
    [ $(($(uptime_now) - round_began)) -gt "$take_limit" ] || take_lease
    ;;
  *) witness_grants=no vote_lease=0 ;;
  esac
}

base64_of() { printf '%s' "$1" | base64 | tr -d '\n'; }

# take_lease: with an id of our own, so that lease and key go over one connection.
take_lease() {
  take_id=$(printf '%s %s %s' "$witness_node" "$$" "$round_began" | sha256sum | cut -c 1-13)
  take_id=$((0x$take_id))
  take_answers=$(etcd /v3/lease/grant "{\"TTL\":$((vote_ttl / 100)),\"ID\":$take_id}" /v3/kv/txn \
    "{\"compare\":[{\"key\":\"$witness_key\",\"target\":\"CREATE\",\"result\":\"EQUAL\",\"create_revision\":0}],\"success\":[{\"request_put\":{\"key\":\"$witness_key\",\"value\":\"$(base64_of "$witness_node")\",\"lease\":$take_id}}]}") ||
    {
      next_endpoint
      return 0
    }
  case ${take_answers##*'
'} in
  *'"succeeded":true'*) vote_lease=$take_id witness_says=$witness_node witness_grants=yes ;;
  esac
}

give_lease_back() {
  [ "$vote_lease" -ne 0 ] || return 0
  # Where it cannot be told, it ends by itself.
  etcd /v3/lease/revoke "{\"ID\":$vote_lease}" >/dev/null || true
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
  for fit_dev in $(facts instance "$1" 4 | sort -u); do
    fit_flags=0
    { read -r fit_flags <"$root/sys/class/net/$fit_dev/flags"; } 2>/dev/null || return 1
    fit_state=
    { read -r fit_state <"$root/sys/class/net/$fit_dev/operstate"; } 2>/dev/null || return 1
    # What hangs on another interface is `lowerlayerdown` with it; a tunnel is never more than `unknown`.
    case $fit_state in up | unknown) ;; *) return 1 ;; esac
    [ $((fit_flags & 1)) -eq 1 ] || return 1
  done
  # keepalived sends from these, or stays in FAULT.
  facts source "$1" | while read -r fit_address fit_dev; do
    usable "$fit_address" "$fit_dev" || exit 1
  done || return 1
  ! failing_checks "$1" fault
}

# well CONF: one that is fit should hold.
well() { ! is_drained "$witness_cluster" && ! failing_checks "$1" yield; }

# failing_checks CONF EFFECT: whether one with that effect fails, as keepalived counts its runs, or has come to no result for long.
failing_checks() {
  facts check "$1" | while read -r failing_name failing_kind failing_timeout _ _ failing_effect failing_interval; do
    [ "$failing_kind" != witness ] && [ "$failing_effect" = "$2" ] || continue
    failing_condition=passing failing_ran=
    while read -r failing_key failing_value; do
      case $failing_key in
      condition) failing_condition=$failing_value ;;
      ran) failing_ran=$failing_value ;;
      esac
    done 2>/dev/null <"$run_dir/$witness_cluster/checks/$failing_name" || continue
    ! is_stale "$failing_timeout" "$failing_interval" "$failing_ran" "$(uptime)" || exit 1
    [ "$failing_condition" != failing ] || exit 1
  done || return 0
  return 1
}

# lend_addresses CONF HUNDREDTHS: the kernel takes them away when nobody says so again; at once where nothing is left.
lend_addresses() {
  lend_for=1
  [ "$2" -lt 200 ] || lend_for=$(($2 / 100))
  facts vip "$1" | while read -r _ lend_vip lend_dev; do
    set_lifetime "${lend_vip%/*}" "$lend_dev" "$lend_for"
  done | ip -batch - 2>/dev/null || true
}

# keep_addresses CLUSTER: without a witness they stay.
keep_addresses() {
  [ -e "$run_dir/$1/witness/vips" ] || return 0
  while read -r _ keep_vip keep_dev; do
    ! ip -o address show dev "$keep_dev" to "${keep_vip%/*}" 2>/dev/null | grep -q ' valid_lft [0-9]' ||
      set_lifetime "${keep_vip%/*}" "$keep_dev" forever
  done <"$run_dir/$1/witness/vips" | ip -batch - 2>/dev/null || true
}

# end_lending CLUSTER: where what is in force now has no witness.
end_lending() { has_lease "$conf_dir/$1/node.conf" || end_witness "$1"; }

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
  use_witness "$1"
  only_round
  round_began=$(uptime_now)
  load_votes
  facts vip "$witness_conf" >"$witness_dir/vips"
  is_fit=no is_well=no
  ! fit "$witness_conf" || is_fit=yes
  [ "$is_fit" = no ] || ! well "$witness_conf" || is_well=yes
  listen
  if [ "$vote_stand" = claiming ]; then take_or_renew; else read_witness; fi
  await_words
  round_now=$(uptime_now)

  round_was=$vote_stand
  is_claimed=no
  ! heard_any hold claim || is_claimed=yes
  if [ "$is_claimed" = yes ]; then vote_silent=0; else vote_silent=$((vote_silent + 1)); fi
  if [ "$vote_stand" = claiming ]; then
    count_votes
    ! stops || vote_stand=leaving
  else
    stand_by
  fi
  if [ "$vote_stand" = leaving ] && has_left; then
    give_lease_back
    forget_votes
    vote_silent=0 vote_stand=yielding
    [ "$is_claimed" = no ] || vote_stand=voting
  fi
  # A claim that has begun just now.
  if [ "$vote_stand" = claiming ] && [ "$round_was" != claiming ]; then
    take_or_renew
    count_votes
    round_now=$(uptime_now)
  fi
  vote_good=no
  [ "$vote_stand" != claiming ] || ! has_two || vote_good=yes
  round_words=$(round_words)
  save_votes "$round_words"
  tell_round
  say "$round_words"
  [ "$vote_good" = yes ] || return 1
  lend_addresses "$witness_conf" $(($(votes_until) - $(uptime_now)))
}

# count_votes: what has come since the round began.
count_votes() {
  ! heard_any vote yield || vote_peer_until=$((round_began + vote_counts))
  case $witness_grants in
  yes) vote_witness_until=$((round_began + vote_counts)) ;;
  no) vote_witness_until=0 ;;
  esac
}

votes_until() {
  if [ "$vote_peer_until" -gt "$vote_witness_until" ]; then say "$vote_peer_until"; else say "$vote_witness_until"; fi
}

has_two() { [ $(($(votes_until) - round_now)) -ge "$vote_acts" ]; }

# stops: whether a claim ends here.
stops() {
  [ "$is_fit" = yes ] || return 0
  [ "$is_well" = yes ] || ! heard well || return 0
  ! has_two || return 1
  heard hold || { heard claim && [ "$(first_name)" = "$witness_peer" ]; }
}

# has_left: keepalived has gone by a bad round, or nobody waits for this node any more.
has_left() {
  [ "$round_now" -lt "$(votes_until)" ] || return 0
  [ "$round_was" = leaving ] && ! holds_any
}

may_claim() { [ "$is_fit" = yes ] && { [ "$is_well" = yes ] || ! heard well; }; }

# stand_by: one round of a node that does not claim.
stand_by() {
  if [ "$vote_stand" = leaving ]; then return 0; fi
  if [ "$is_claimed" = yes ]; then
    [ "$vote_stand" != yielding ] || vote_yielded_until=$((round_now + vote_ttl))
    vote_stand=voting
  elif [ "$vote_stand" != yielding ] && heard yield && [ "$round_now" -ge "$vote_yielded_until" ] && may_claim; then
    take_vote_back
    # Who yielded may have its vote again a ttl after it was asked, and then count on ours while that was there.
    if [ $((round_now - round_began)) -lt "$vote_ttl" ]; then
      vote_stand=claiming
    else
      be_free
      vote_yielded_until=$vote_free_at
    fi
  elif { [ "$vote_stand" = voting ] && [ "$vote_silent" -ge "$patience_voting" ]; } ||
    { [ "$vote_stand" = yielding ] && [ "$vote_silent" -ge "$patience_yielding" ]; }; then
    take_vote_back
    was_yielding=$vote_stand
    be_free
    [ "$was_yielding" != yielding ] || vote_yielded_until=$vote_free_at
  elif [ "$vote_stand" = free ] && [ "$round_now" -ge "$vote_free_at" ] && may_claim && ! heard_address; then
    # Else somebody holds who votes by another generation, or without a witness.
    vote_stand=claiming
  fi
}

take_vote_back() {
  untell_votes vote yield
  round_now=$(uptime_now)
}

be_free() {
  forget_votes
  vote_free_at=$((round_now + vote_ttl))
}

# stance: the word of where this node stands.
stance() {
  case $vote_stand-$vote_good in
  claiming-yes) say hold ;;
  claiming-*) say claim ;;
  voting-*) say vote ;;
  yielding-*) say yield ;;
  *) say none ;;
  esac
}

# tell_round: what this node says until the next round.
tell_round() {
  # A holder gives way to who tells `well`: so only who could claim at once does.
  tell_health=ill
  if [ "$is_well" = yes ]; then
    case $vote_stand in
    claiming) tell_health=well ;;
    yielding) ;;
    *) [ "$round_now" -lt "$vote_yielded_until" ] || tell_health=well ;;
    esac
  fi
  tell_only "$(stance)" "$tell_health" $((vote_acts / 100 + 1))
}

first_name() { printf '%s\n' "$witness_node" "$witness_peer" | LC_ALL=C sort | head -n 1; }

round_words() {
  case $witness_says in
  silent) words_witness='the witness does not answer' ;;
  free | other) words_witness='the witness votes for nobody yet' ;;
  *) words_witness="the witness votes for $witness_says" ;;
  esac
  case $vote_stand-$vote_good in
  claiming-yes) say "may hold, by its own vote and $(other_votes)" ;;
  claiming-no) say "has no vote but its own: $words_witness, $witness_peer gives none" ;;
  leaving-*) say "gives the addresses up; $words_witness" ;;
  voting-*) say "votes for $witness_peer; $words_witness" ;;
  *) say "does not claim; $words_witness" ;;
  esac
}

other_votes() {
  words_others=
  [ "$vote_witness_until" -le "$round_now" ] || words_others="the witness's"
  [ "$vote_peer_until" -le "$round_now" ] || words_others="${words_others:+$words_others and }that of $witness_peer"
  say "$words_others"
}

# --- around the rounds ---

# probe_witness: the check of that name. One that does not work has no votes.
probe_witness() {
  why=$(witness_round "$cluster") || {
    why=${why:-no round of votes could be made}
    return 1
  }
}

# resign_witness CLUSTER: keepalived has ended here and the addresses are gone: the peer need not wait.
resign_witness() {
  use_witness "$1"
  [ -e "$witness_dir/state" ] || return 0
  only_round
  # A step may hold them by hand over a restart.
  ! holds_any || return 0
  round_began=$(uptime_now)
  load_votes
  case $vote_stand in
  claiming | leaving)
    give_lease_back
    forget_votes
    vote_silent=0 vote_stand=yielding
    save_votes 'keepalived does not run'
    ;;
  voting | yielding) ;;
  *) return 0 ;;
  esac
  # It claims nothing while it does not run: who holds may go on counting on its vote.
  tell_only "$(stance)" ill forever
}

# lend_again CLUSTER: to addresses that were set just now, without an end, by keepalived or by hand. One that hung goes on as
# master, by a result that is long out of date.
lend_again() {
  use_witness "$1"
  round_began=$(uptime_now)
  load_votes
  if [ "$vote_good" = yes ]; then
    lend_addresses "$witness_conf" $(($(votes_until) - round_began))
  else
    lend_addresses "$witness_conf" 0
  fi
}

# end_witness CLUSTER: nothing of it stays on this host; the generation that had it may be gone.
end_witness() {
  witness_dir=$run_dir/$1/witness
  [ -e "$witness_dir/words" ] || return 0
  keep_addresses "$1"
  forget_words
  rm -f "$witness_dir/state" "$witness_dir/words"
}

# forget_words: those by which this host has voted so far.
forget_words() {
  [ -e "$witness_dir/words" ] || return 0
  awk '
    $1 == "nodes" { dev = $4; next }
    { print "address del " $2 "/128 dev " dev }' "$witness_dir/words" |
    ip -force -6 -batch - >/dev/null 2>&1 || true
}
