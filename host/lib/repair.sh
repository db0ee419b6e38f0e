# shellcheck shell=sh disable=SC2154,SC2034 # the names of common.sh
# repair: one thing that is wrong on this host is put right, by the means of an apply, looked at again, and taken back where that
# has not helped. Nothing of it is drift: what lies in our files comes from the generation that is applied.
#
#   repair CLUSTER ACTION [WORD...]    one of repair_actions
#   repair CLUSTER [--dry-run]         whatever `diagnose` finds here that is automatic, one after the other
#   repair CLUSTER --undo [ACTION [WORD...]]
#                                      the last one, where it can be, and where it is that one
#
# An action is a function repair_ACTION, with dashes as underscores. It says what it does, notes how that is taken back
# (`on_undo`) before it does it, and fails with a reason where it must not or has not helped.
#
# /var/lib/vrrp-agent/CLUSTER/repair/
#   done       GENERATION ACTION WORD...: the last one that can be taken back, also one that a loss of power broke off
#   undo       how, a line each, in the order in which it was done
#   by-hand    paths, of a reapply

repair_actions="start-daemon enable-daemon reload reapply notify firewall sysctl modes state-dir write-state release hold announce role tunnel"

verb_repair() {
  check_name cluster "$1"
  repair_cluster=$1
  conf=$conf_dir/$1/node.conf
  shift
  umask 022
  case ${1-} in
  state-dir)
    # Of what would say that there is such a cluster.
    [ -e "$conf" ] || require_cluster "$repair_cluster"
    ;;
  *) require_cluster "$repair_cluster" ;;
  esac
  use_node "$conf"
  # for_tunnel changes the cluster, not whose repair it is.
  repair_of=$repair_cluster
  repair_dir=$state_dir/$repair_cluster/repair
  case "$#:${1-}" in
  0:* | 1:--dry-run) repair_all "${1-}" ;;
  *:--undo)
    shift
    repair_undo "$*"
    ;;
  *) repair_one "$@" ;;
  esac
}

# check_words ACTION WANTED COUNT
check_words() {
  [ "$2" != "$3" ] || return 0
  warn "$1 takes $2 words more, not $3"
  usage >&2
  exit 2
}

# repair_one ACTION [WORD...]
repair_one() {
  repair_action=$1
  repair_words="$*"
  shift
  case $repair_action in
  modes | tunnel) check_words "$repair_action" 1 $# ;;
  release | hold | announce) check_words "$repair_action" 2 $# ;;
  *)
    case " $repair_actions " in
    *" $repair_action "*) check_words "$repair_action" 0 $# ;;
    *)
      warn "unknown action '$repair_action'; there are $repair_actions"
      exit 2
      ;;
    esac
    ;;
  esac
  make_repair_work
  take_lock apply 9
  refuse_repair
  : >"$work/undo"
  rm -f "$work/nothing"
  trap 'repair_broken_off 130' INT
  trap 'repair_broken_off 143' TERM
  trap 'repair_broken_off 129' HUP
  attempt in_words "repair_$(say "$repair_action" | tr - _)" "$@"
  trap : INT TERM HUP
  cat "$work/repair-words" >&2
  if [ "$attempt_status" -eq 0 ]; then
    [ ! -e "$work/nothing" ] || return 0
    keep_repair || warn "note: cannot write to $repair_dir; this repair cannot be taken back with --undo"
    repair_event "done" "$repair_words"
    return 0
  fi
  repair_failed "$(tail -n 1 "$work/repair-words" | sed "s/^vrrp-agent: [^ ]*: repair: //" | one_line)"
  exit 1
}

# in_words COMMAND [WORD...]: what it says of errors is kept. Of it alone: a trap tells whoever called.
in_words() { "$@" 2>"$work/repair-words"; }

# repair_broken_off STATUS: by whoever waits for it no longer.
repair_broken_off() {
  trap : INT TERM HUP
  warn "broken off"
  repair_failed "broken off"
  exit "$1"
}

# repair_failed REASON: what it has done is taken back.
repair_failed() {
  repair_reason=$1
  # Of its own, where it came no further.
  ! grep -q '^1 repair' "$(drain_file "$repair_cluster")" 2>/dev/null || attempt drain_off "$repair_cluster"
  if [ -s "$work/undo" ]; then
    attempt take_back_repair
    if [ "$attempt_status" -eq 0 ]; then
      rm -rf "$repair_dir"
      repair_reason="$repair_reason; taken back"
      warn "what was done is taken back"
    else
      repair_reason="$repair_reason; not all of it is taken back"
      warn "not all of what was done is taken back; see vrrp-agent status"
    fi
  fi
  repair_event failed "$repair_words" "$repair_reason"
}

# make_repair_work: also where what is to be put right is that nothing can be written there.
make_repair_work() {
  [ -d "$run_dir" ] || mkdir -p "$run_dir" 2>/dev/null || true
  make_work
}

# refuse_repair: while somebody else is at it.
refuse_repair() {
  [ "$repair_action" != state-dir ] || return 0
  ! under_way "$repair_cluster" ||
    fail "a change of $repair_cluster is under way; confirm it, or wait until it has gone back, and try again"
  [ "$(current_generation "$repair_cluster")" != 0 ] ||
    fail "nothing of the cluster $repair_cluster is applied on this host; change the spec, or destroy the cluster and apply it again"
}

# nothing_to_do WORDS: ends an action that finds it well.
nothing_to_do() {
  say "nothing to do: $1"
  : >"$work/nothing"
  exit 0
}

# for_tunnel: acts on the cluster of the tunnel by which this one's nodes hear each other, where that is another one's.
for_tunnel() {
  tunnel_of=$(facts interface "$conf")
  for tunnel_cluster in $(clusters); do
    [ "$tunnel_cluster" != "$repair_cluster" ] || continue
    facts tunnel "$conf_dir/$tunnel_cluster/node.conf" 1 | grep -q -x -F "${1:-$tunnel_of}" || continue
    repair_cluster=$tunnel_cluster
    conf=$conf_dir/$tunnel_cluster/node.conf
    refuse_repair
    return 0
  done
  return 1
}

# on_undo LINE: how what comes next is taken back. At once where --undo finds it, for a host may lose its power now.
on_undo() {
  say "$1" >>"$work/undo"
  keep_repair || true
}

# repair_dir_now: files of the generation in force.
repair_dir_now() { generation_dir "$repair_cluster" "$(current_generation "$repair_cluster")"; }

# repair_event STATE NAME [WORDS]: as an event, and in the system's log.
repair_event() {
  { find_events_dir && log_event REPAIR "$2" "$1" '' "$repair_cluster" "${3-}"; } 2>/dev/null ||
    warn "note: cannot write to $events_dir; an event is lost"
  logger -t vrrp-agent -p daemon.notice -- "$repair_cluster: repair $2: $1${3:+: $3}" 2>/dev/null || true
}

# keep_repair: so that --undo finds it. One that leaves nothing to take back ends what could be taken back before: --undo
# is about the last one, and an older start of the daemon taken back by it would stop a master.
keep_repair() {
  if [ ! -s "$work/undo" ]; then
    rm -rf "$repair_dir" 2>/dev/null || true
    return 0
  fi
  # A full disk must not end what has helped.
  (
    umask 077
    mkdir -p "$repair_dir" && write_file "$repair_dir/undo" <"$work/undo" || exit 1
    if grep -q '^by-hand ' "$work/undo"; then write_file "$repair_dir/by-hand" <"$work/by-hand" || exit 1; fi
    say "$(current_generation "$repair_of") $repair_words" | write_file "$repair_dir/done"
    sync "$repair_dir/undo" "$repair_dir/done" "$repair_dir"
  ) 2>/dev/null
}

# repair_undo [WORDS]: only where the last one is that one.
repair_undo() {
  repair_action=undo
  make_repair_work
  take_lock apply 9
  refuse_repair
  [ -e "$repair_dir/done" ] || fail "there is no repair of $repair_cluster that could be taken back"
  read -r undo_generation undo_words <"$repair_dir/done"
  [ -z "$1" ] || [ "$1" = "$undo_words" ] ||
    fail "there is nothing of '$1' that could be taken back; the last repair is '$undo_words'"
  [ "$undo_generation" = "$(current_generation "$repair_cluster")" ] ||
    fail "$repair_cluster was applied anew since the last repair ($undo_words), which is part of what there is now"
  cp "$repair_dir/undo" "$work/undo"
  [ ! -e "$repair_dir/by-hand" ] || cp "$repair_dir/by-hand" "$work/by-hand"
  attempt take_back_repair
  [ "$attempt_status" -eq 0 ] || {
    repair_event undo-failed "$undo_words"
    fail "not all of the repair '$undo_words' is taken back; see vrrp-agent status"
  }
  rm -rf "$repair_dir"
  repair_event undone "$undo_words"
  say "took back: $undo_words"
}

# take_back_repair: the lines of $work/undo, the last first.
take_back_repair() {
  sed -n '1!G;h;$p' "$work/undo" >"$work/undo-now"
  # What is called in it reads no line of it.
  while read -r undo_what undo_first undo_rest <&3; do
    case $undo_what in
    stop) stop_service ;;
    disable) ! service_enabled || service disable ;;
    add) ip address add "$undo_first" dev "$undo_rest" 2>/dev/null || held "${undo_first%/*}" "$undo_rest" >/dev/null ;;
    del) ip address del "$undo_first" dev "$undo_rest" 2>/dev/null || ! held "${undo_first%/*}" "$undo_rest" >/dev/null ;;
    mode) chmod "$undo_first" "$root$undo_rest" ;;
    owner) chown "$undo_first" "$root$undo_rest" ;;
    sysctl) say "$undo_rest" >"$root/proc/sys/$(say "$undo_first" | tr . /)" ;;
    tunnel) ! tunnel_up "$undo_first" || stop_tunnel "$undo_rest" "$undo_first" ;;
    by-hand)
      # CLUSTER GENERATION: another one's where its tunnel is what was put right.
      reapply_dir=$(generation_dir "${undo_rest% *}" "${undo_rest#* }")
      reapply_copies=$undo_first
      [ "$(current_generation "${undo_rest% *}")" = "${undo_rest#* }" ] ||
        fail "${undo_rest% *} was applied anew since; what there was is in ${undo_first#"$root"}"
      return_by_hand "${undo_rest% *}"
      ;;
    esac
  done 3<"$work/undo-now"
}

# More than so many at once is no repair any more.
repair_most=12

# repair_all [--dry-run]: what diagnose says can be done, most likely first, with a new look after each.
repair_all() {
  make_repair_work
  : >"$work/tried"
  repair_count=0
  repair_diagnose
  if [ "${1-}" = --dry-run ]; then
    awk '
      $1 == "finding" { cause = $2 }
      $1 == "action" { sub(/^action /, ""); print "would run: vrrp-agent repair '"$repair_cluster"' " $0 " (" cause ")"; found = 1 }
      END { if (!found) print "nothing that can be put right from here" }' "$work/diagnosis"
    [ "$diagnose_status" -eq 0 ] || exit 1
    return 0
  fi
  while repair_next=$(next_action) && [ "$repair_count" -lt "$repair_most" ]; do
    say "$repair_next" >>"$work/tried"
    repair_count=$((repair_count + 1))
    causes_of <"$work/diagnosis" >"$work/causes-before"
    say "repair: $repair_next"
    repair_status=0
    # Its words are a path, names and addresses.
    # shellcheck disable=SC2086
    "$here/vrrp-agent" repair "$repair_cluster" $repair_next </dev/null >"$work/repair-said" || repair_status=$?
    cat "$work/repair-said"
    # The roles settle first.
    repair_settle=$(facts settle "$conf")
    [ "$repair_status" -ne 0 ] || sleep "${repair_settle:-0}"
    repair_diagnose
    [ "$repair_status" -eq 0 ] || continue
    causes_of <"$work/diagnosis" >"$work/causes-after"
    lines_new_in "$work/causes-after" "$work/causes-before" >"$work/causes-new"
    [ -s "$work/causes-new" ] || continue
    warn "after '$repair_next' there is also: $(tr '\n' ' ' <"$work/causes-new")"
    # What the same did on another day is not to be taken back for having done nothing now.
    # shellcheck disable=SC2086
    grep -q '^nothing to do' "$work/repair-said" ||
      "$here/vrrp-agent" repair "$repair_cluster" --undo $repair_next </dev/null || true
    exit 1
  done
  if [ "$diagnose_status" -eq 0 ]; then
    say "$(if [ "$repair_count" -eq 0 ]; then say "nothing to do: nothing wrong is found"; else say "nothing wrong is found any more"; fi)"
    return 0
  fi
  sed -n 's/^finding \([^ ]*\) [^ ]* \([^ ]*\) /left: \1 (\2): /p' "$work/diagnosis"
  exit 1
}

# repair_diagnose: into $work/diagnosis.
repair_diagnose() {
  diagnose_status=0
  "$here/vrrp-agent" diagnose "$repair_cluster" --plain >"$work/diagnosis" </dev/null || diagnose_status=$?
  if [ "$diagnose_status" -le 1 ] && grep -q -x end "$work/diagnosis"; then return 0; fi
  fail "the look at this host has failed; run: vrrp-agent diagnose $repair_cluster"
}

# next_action: the first that was not tried yet.
next_action() {
  sed -n 's/^action //p' "$work/diagnosis" | lines_not_in "$work/tried" | head -n 1 | grep .
}

# lines_not_in FILE
lines_not_in() { awk 'FNR == NR && FILENAME == ARGV[1] { known[$0] = 1; next } !($0 in known)' "$1" -; }

causes_of() { sed -n 's/^finding \([^ ]*\) .*/\1/p' | sort -u; }

# repair_look: facts of this host, made once, into $work/repair-facts.
repair_look() {
  [ ! -e "$work/repair-facts" ] || return 0
  "$here/vrrp-agent" examine "$repair_cluster" --quiet-net --window 1 >"$work/repair-facts" 2>/dev/null </dev/null 8>&- 9>&- || true
}

# look_anew: what was seen is past.
look_anew() { rm -f "$work/repair-facts"; }

# live_state INSTANCE: as the daemon has it; where it does not say, as it last reported; else by the addresses.
live_state() {
  keepalived_pid >/dev/null || {
    say STOPPED
    return 0
  }
  repair_look
  live_state=$(awk -v instance="$1" '$1 == "state" && $2 == instance { print $3; exit }' "$work/repair-facts")
  live_file=$run_dir/$repair_cluster/$1.state
  if [ -z "$live_state" ] && [ -e "$live_file" ] && [ "$(state_age "$live_file")" -le $((3 * heartbeat)) ]; then
    live_state=$(facts state "$live_file")
  fi
  if [ -z "$live_state" ]; then
    live_state=MASTER
    [ -z "$(missing_vips "$1")" ] || live_state=BACKUP
  fi
  say "$live_state"
}

# state_age FILE: seconds since its last heartbeat.
state_age() {
  state_beat=$(facts heartbeat "$1")
  say "$(($(now) - ${state_beat:-0}))"
}

# missing_vips INSTANCE: ADDRESS/PREFIX DEV of its addresses that are not on their interface.
missing_vips() {
  facts vip "$conf" | while read -r missing_instance missing_vip missing_dev; do
    [ "$missing_instance" = "$1" ] || continue
    is_on "$missing_vip" "$missing_dev" || say "$missing_vip $missing_dev"
  done
}

# is_on ADDRESS/PREFIX DEV: whatever prefix it has there.
is_on() { [ -d "$root/sys/class/net/$2" ] && held "${1%/*}" "$2" >/dev/null; }
