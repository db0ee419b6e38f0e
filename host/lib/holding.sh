# shellcheck shell=sh disable=SC2154,SC2034 # the names of common.sh
# For whoever moves the addresses from elsewhere: what this host holds, by its own uptime, and what its role has done.

# Seconds after which it says the same again: where nobody reads it any more it ends by that.
holding_again=10

# verb_holding CLUSTER SECONDS: `UPTIME-MS EPOCH all|some|none [ADDRESS...]` now and at each change, until so many seconds are
# over; ADDRESS: those that are here.
verb_holding() {
  check_cluster "$1"
  case $2 in
  '' | *[!0-9]*)
    warn "'$2' is no number of seconds"
    exit 2
    ;;
  esac
  holding_end=$(($(uptime) + $2)) holding_was='' holding_next=0
  while [ "$(uptime)" -lt "$holding_end" ]; do
    holding_now=$(holding_word "$1")
    if [ "$holding_now" != "$holding_was" ] || [ "$(uptime)" -ge "$holding_next" ]; then
      say "$(uptime_ms) $(now) $holding_now"
      holding_was=$holding_now holding_next=$(($(uptime) + holding_again))
    fi
    sleep 0.05 2>/dev/null || sleep 1
  done
}

holding_word() {
  facts vip "$conf" | {
    holding_list='' holding_all=yes
    while read -r _ vip dev; do
      if held "${vip%/*}" "$dev" >/dev/null; then holding_list="$holding_list ${vip%/*}"; else holding_all=no; fi
    done
    case $holding_all$holding_list in
    yes?*) say "all$holding_list" ;;
    no?*) say "some$holding_list" ;;
    *) say none ;;
    esac
  }
}

# verb_events CLUSTER [SINCE]: its events, a JSON object a line, those since an epoch where one is given.
verb_events() {
  check_cluster "$1"
  find_events_dir || fail "cannot make $events_dir; make room on its file system"
  events_since=
  [ -z "${2-}" ] || events_since=$(utc "$2")
  cat "$events_dir/events.jsonl.1" "$events_dir/events.jsonl" 2>/dev/null |
    awk -v since="$events_since" -v cluster="\"cluster\":\"$1\"" '
      index($0, cluster) && substr($0, 10, length(since)) >= since'
}
