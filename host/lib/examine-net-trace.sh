# shellcheck shell=sh disable=SC2154,SC2034 # the names of common.sh
# examine: which rule ends a packet, by nft's own trace of those that the table has marked.

# can_trace: rules of the legacy iptables would write each such packet into the kernel's log.
can_trace() {
  ! grep -q . "$root/proc/net/ip_tables_names" 2>/dev/null && ! grep -q . "$root/proc/net/ip6_tables_names" 2>/dev/null
}

trace_begin() {
  [ -n "$net_table" ] || return 0
  if can_trace; then
    net_go trace trace_watched
  else
    net_lacks nft-trace "which rule ends a packet, where iptables-legacy has rules"
  fi
}

# trace_watched: a monitor that outlives nobody.
trace_watched() {
  nft monitor trace >"$net_dir/trace" 2>/dev/null &
  trace_left=$((${examine_window:-3} + 30))
  while [ "$trace_left" -gt 0 ] && kill -0 "$$" 2>/dev/null; do
    sleep 1
    trace_left=$((trace_left - 1))
  done
  kill "$!" 2>/dev/null
}

trace_end() { net_stop trace.pid TERM; }

# verdict_facts
verdict_facts() {
  [ -s "$net_dir/trace" ] || return 0
  trace_ends <"$net_dir/trace" | while read -r verdict_way verdict_what verdict_from verdict_to verdict_how verdict_rest; do
    verdict_of=$verdict_from
    [ "$verdict_way" = in ] || verdict_of=$verdict_to
    # No rule of ours lets pass what goes to a node whose adverts go to the group.
    case $verdict_what-$verdict_to in
    probe-224.0.0.18 | probe-ff02::12) ;;
    probe-*) ! has_line_word "$verdict_of" "$net_dir/group-only" || continue ;;
    esac
    for verdict_peer in $(peers_of "$verdict_what" "$verdict_of"); do
      say "verdict $verdict_way $verdict_peer $verdict_what $verdict_how $(verdict_manager "$verdict_rest") $verdict_rest"
    done
  done | awk '!seen[$0]++'
}

# trace_ends: a filter of the trace; in|out probe|advert|tunnel SOURCE DESTINATION drop|reject FAMILY:TABLE CHAIN RULE|policy
trace_ends() {
  awk '
    $1 != "trace" || $2 != "id" { next }
    { id = $3; own = $5 ~ /^vrrp_doctor_[0-9]+$/ }
    own && match($0, /comment "vrrp-doctor (in|out) [a-z]+"/) {
      split(substr($0, RSTART, RLENGTH), part, /[" ]+/); way[id] = part[3]; what[id] = part[4]
    }
    $7 == "packet:" || $7 ~ /^packet:/ {
      if (!(id in from)) for (i = 7; i < NF; i++) {
        if (($i == "ip" || $i == "ip6") && $(i + 1) == "saddr") from[id] = $(i + 2)
        if (($i == "ip" || $i == "ip6") && $(i + 1) == "daddr") to[id] = $(i + 2)
      }
      next
    }
    own || !(id in way) || !(id in from) { next }
    $7 == "policy" && $8 == "drop" { print way[id], what[id], from[id], to[id], "drop", $4 ":" $5, $6, "policy drop"; next }
    $7 == "rule" && / \(verdict drop\) *$/ {
      rule = $0
      for (i = 1; i <= 7; i++) sub(/^[^ ]+ /, "", rule)
      sub(/ \(verdict drop\) *$/, "", rule)
      gsub(/ packets [0-9]+ bytes [0-9]+/, "", rule)
      bare = rule; gsub(/"[^"]*"/, "", bare)
      how = tolower(rule) ~ /(^| |")reject/ ? "reject" : "drop"
      print way[id], what[id], from[id], to[id], how, $4 ":" $5, $6, rule
    }'
}

# verdict_manager 'FAMILY:TABLE CHAIN RULE': of whom the rule is.
verdict_manager() {
  case $1 in
  *:firewalld\ *) say firewalld ;;
  *:fw4\ *) say uci ;;
  ip*:filter\ ufw*) say ufw ;;
  *) verdict_by_hand "${1#* }" ;;
  esac
}

# verdict_by_hand 'CHAIN RULE': the iptables side of a manager; a policy is of whoever has the other rules of its table.
verdict_by_hand() {
  if [ "${1#* }" = "policy drop" ] && ufw_active 2>/dev/null; then
    say ufw
  else
    case $1 in
    IN_* | FWDI_* | INPUT_direct* | INPUT_ZONES*) say firewalld ;;
    *) say - ;;
    esac
  fi
}

# peers_of WHAT ADDRESS: names; those of a group, or of a link-local address that nobody has in the spec, are all of its family.
peers_of() {
  if [ "$1" = tunnel ]; then
    peers_known=$(awk -v address="$2" '$1 == address && !seen[$2]++ { print $2 }' "$net_dir/wg-endpoints" 2>/dev/null)
  else
    peers_known=$(awk -v address="$2" '$2 == address { print $1 }' "$net_dir/peers")
    [ -n "$peers_known" ] || case $2 in
    224.0.0.18 | ff02::12 | fe80:*)
      peers_known=$(awk -v six="$(case $2 in *:*) say 1 ;; *) say 0 ;; esac)" '($2 ~ /:/) == six && !seen[$1]++ { print $1 }' "$net_dir/peers")
      ;;
    esac
  fi
  say "${peers_known:--}"
}
