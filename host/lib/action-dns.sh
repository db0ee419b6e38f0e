# shellcheck shell=sh disable=SC2154,SC2034 # the names of common.sh, role.sh and queue.sh
# An action of kind dns: RFC 2136 updates, by which a name has the addresses of the node that is master; see docs/adr/0007.
#   server HOST, port PORT     (the zone's primary)
#   zone ZONE, record NAME, owner NAME
#   ttl SECONDS
#   address ADDRESS            (this node's own; a line for each)
#   key-name NAME, key-algorithm ALGORITHM
# and, secret:
#   secret BASE64
# The owner record, a TXT, is a claim: "v=vrrp1 n=COUNTER node=NODE", with ` released` behind it once that node is master no more.
# /var/lib/vrrp-agent/CLUSTER/role/NAME/
#   seen           the claim as it was when this node was not master, or wrote it
#   held           the claim that this node has written and not released
# /run/vrrp-agent/CLUSTER/role/actions/NAME.d/
#   promotion      there while the node is master; `taken` in it once it has written
#   overtaken      the claim that is newer than this node's promotion

# Seconds after the role has settled in which what is found in DNS is older than the promotion.
dns_fresh=60

dns_identity() { say "$(setting server) $(setting zone) $(setting record) $(setting owner)"; }

dns_settings() {
  dns_server=$(setting server) dns_port=$(setting port) dns_record=$(setting record) dns_owner=$(setting owner)
  timeout=$action_timeout
  begin_limit
  setting address | sort -u >"$work/dns-wanted"
}

# dns_query NAME TYPE: the answers' data into $work/dns-answer; fails when the server does not tell.
dns_query() {
  dns_tool=dig
  have dig || dns_tool=kdig
  dns_words=
  # 2 s at most: one that is away must not keep the role waiting.
  limited 30 "$dns_tool" "@$dns_server" -p "$dns_port" +norecurse +time=2 +retry=0 +noauthority +noadditional "$1" "$2" \
    >"$work/dns-query" 2>&1 || dns_words="it does not answer"
  dns_code=$(sed -n 's/^;; .*status: \([A-Z]*\).*/\1/p' "$work/dns-query" | head -n 1)
  case $dns_code in
  NOERROR | NXDOMAIN)
    grep -q '^;; [Ff]lags:[^;]* aa' "$work/dns-query" || dns_words="it has no authority over $(setting zone); give the primary server"
    ;;
  '') dns_words="it does not answer" ;;
  *) dns_words="it answers with $dns_code" ;;
  esac
  if [ -n "$dns_words" ]; then
    why="$dns_server: $dns_words"
    return 1
  fi
  awk -v name="$1." -v type="$2" '
    !/^;/ && tolower($1) == tolower(name) && $4 == type { sub(/^[^ \t]+[ \t]+[0-9]+[ \t]+IN[ \t]+[A-Z]+[ \t]+/, ""); print }' \
    "$work/dns-query" >"$work/dns-answer"
}

# dns_look: dns_claim as it stands there, and its parts. 1: the server does not tell; 3: it is none of ours.
dns_look() {
  dns_query "$dns_owner" TXT || return 1
  dns_claim=$(cat "$work/dns-answer")
  dns_counter=0 dns_node='' dns_released=no
  [ -n "$dns_claim" ] || return 0
  printf '%s\n' "$dns_claim" | sed -n 's/^"v=vrrp1 n=\([0-9]\{1,15\}\) node=\([^ "]*\)\( released\)\{0,1\}"$/\1 \2\3/p' >"$work/dns-parts"
  if [ "$(wc -l <"$work/dns-answer")" -ne 1 ] || [ ! -s "$work/dns-parts" ]; then
    why="$dns_owner has a TXT record that is no claim of this agent; remove it or give another ownerRecord"
    return 3
  fi
  read -r dns_counter dns_node dns_state <"$work/dns-parts"
  [ -z "$dns_state" ] || dns_released=yes
}

# dns_points_here: the record has this node's addresses and no others.
dns_points_here() {
  dns_query "$dns_record" A || return 1
  cp "$work/dns-answer" "$work/dns-found"
  dns_query "$dns_record" AAAA || return 1
  cat "$work/dns-answer" >>"$work/dns-found"
  # As bits: one address has many spellings.
  for dns_file in found wanted; do
    awk "$bits_awk"'{ print bits($1) }' "$work/dns-$dns_file" | sort -u >"$work/dns-$dns_file.bits"
  done
  cmp -s "$work/dns-found.bits" "$work/dns-wanted.bits"
}

# dns_is_fresh: the promotion is so young that whoever has written was before it, or at the same time.
dns_is_fresh() {
  [ ! -s "$action_run/promotion" ] || return 1
  dns_began=$(cat "$role_dir/master" 2>/dev/null)
  dns_settle=$(facts role "$conf" 1)
  [ -n "$dns_began" ] && [ $(($(uptime) - dns_began)) -le $((dns_fresh + dns_settle)) ]
}

# dns_may_take: nobody with a newer promotion has written.
dns_may_take() {
  [ -z "$dns_claim" ] || [ "$dns_node" = "$node" ] || [ "$dns_released" = yes ] ||
    [ "$dns_claim" = "$(cat "$action_dir/seen" 2>/dev/null)" ] || dns_is_fresh
}

dns_promote() {
  dns_settings
  [ -e "$action_run/promotion" ] || : >"$action_run/promotion"
  for _ in 1 2 3; do
    dns_look || return
    if ! dns_may_take; then
      say "$dns_claim" | write_file "$action_run/overtaken"
      why="$dns_node has taken $dns_record over since this node became master (claim $dns_counter); nothing was written"
      role_event overtaken "$why"
      return 3
    fi
    rm -f "$action_run/overtaken"
    if [ "$dns_node $dns_released" = "$node no" ] && dns_points_here; then
      dns_hold "$dns_claim"
      return 0
    fi
    # Between the look and this moment the role may have gone; what somebody else writes meanwhile, the prerequisite finds.
    wants master || {
      why="the node is not master any more"
      return 1
    }
    dns_mine=$(sed -n 's/.* n=\([0-9]*\) .*/\1/p' "$action_dir/held" 2>/dev/null)
    dns_next=$(((dns_counter > ${dns_mine:-0} ? dns_counter : ${dns_mine:-0}) + 1))
    dns_new="\"v=vrrp1 n=$dns_next node=$node\""
    dns_status=0
    dns_update "$dns_new" addresses || dns_status=$?
    case $dns_status in
    0)
      dns_hold "$dns_new"
      dns_points_here && return 0
      why="$dns_server has taken the update, and $dns_record has other addresses all the same; see that it has no CNAME there"
      return 1
      ;;
    2) ;;
    *) return 1 ;;
    esac
  done
  why="$dns_owner changes faster than it can be written"
  return 1
}

# dns_hold CLAIM
dns_hold() {
  say "$1" | write_file "$action_dir/held"
  say "$1" | write_file "$action_dir/seen"
  say taken >"$action_run/promotion"
  sync "$action_dir" 2>/dev/null || true
  why="$dns_record has this node's addresses (claim $(printf '%s' "$1" | sed 's/.* n=\([0-9]*\) .*/\1/'))"
}

# dns_update CLAIM [addresses]: in one go, and only while the claim is still dns_claim; 2 where it is not.
dns_update() {
  dns_secret=$(setting secret)
  dns_ttl=$(setting ttl)
  dns_tool=nsupdate
  have nsupdate || dns_tool=knsupdate
  dns_status=0
  # For nobody else's eyes: it has the key.
  (umask 077 && : >"$work/dns-script")
  {
    say "server $dns_server $dns_port"
    say "zone $(setting zone)"
    say "key $(setting key-algorithm):$(setting key-name) $dns_secret"
    if [ -n "$dns_claim" ]; then
      say "prereq yxrrset $dns_owner. TXT $dns_claim"
    else
      say "prereq nxrrset $dns_owner. TXT"
    fi
    if [ "${2-}" = addresses ]; then
      say "update delete $dns_record. A"
      say "update delete $dns_record. AAAA"
      while read -r dns_address; do
        case $dns_address in
        *:*) say "update add $dns_record. $dns_ttl AAAA $dns_address" ;;
        *) say "update add $dns_record. $dns_ttl A $dns_address" ;;
        esac
      done <"$work/dns-wanted"
    fi
    say "update delete $dns_owner. TXT"
    say "update add $dns_owner. $dns_ttl TXT $1"
    say send
  } >>"$work/dns-script"
  limited 70 "$dns_tool" -t 6 -r 1 "$work/dns-script" >"$work/dns-update" 2>&1 || dns_status=$?
  rm -f "$work/dns-script"
  [ "$dns_status" -ne 0 ] || return 0
  dns_words=$(tr '\000-\037\177' '\n' <"$work/dns-update" | grep . | tail -n 1 | cut -c 1-200) || dns_words="it does not answer"
  case $dns_words in
  *YXRRSET* | *NXRRSET*) return 2 ;;
  *"$dns_secret"*) dns_words="the key is not understood" ;;
  *BADTIME*) dns_words="$dns_words: the clocks of host and server differ by more than 5 minutes" ;;
  *BADKEY* | *BADSIG*) dns_words="$dns_words: correct tsig, here or there" ;;
  esac
  ! was_late "$dns_status" || dns_words="it does not answer"
  why="$dns_server: $dns_words"
  return 1
}

dns_reached() {
  dns_settings
  if [ "$1" = backup ]; then
    [ -e "$action_dir/settings" ] && [ ! -e "$action_run/promotion" ] && [ ! -e "$action_dir/held" ] || return 1
    # What stands there before a promotion is not newer than it.
    if dns_look; then say "$dns_claim" | write_file "$action_dir/seen"; fi
    why=
    return 0
  fi
  [ -e "$action_run/promotion" ] || return 1
  if [ -e "$action_run/overtaken" ]; then
    # Its owner has released it, or somebody has removed it: now this node may.
    ! dns_look || ! dns_may_take || rm -f "$action_run/overtaken" "$role_dir/actions/$name"
    return 1
  fi
  [ -s "$action_run/promotion" ] || return 1
  # A server that does not answer is asked again at the next look; nothing would come of an update meanwhile.
  dns_status=0
  dns_look || dns_status=$?
  [ "$dns_status" -ne 1 ] || return 0
  [ "$dns_status" -eq 0 ] && [ "$dns_claim" = "$(cat "$action_dir/held" 2>/dev/null)" ] || return 1
  dns_points_here || [ -n "$dns_words" ]
}

# dns_demote: the addresses are the new master's to write. That this one is master no more is told where a node looks that was
# overtaken and stays master.
dns_demote() {
  rm -f "$action_run/promotion" "$action_run/overtaken"
  [ -e "$action_dir/held" ] || return 0
  enqueue <<MESSAGE || {
role backup
claim $(cat "$action_dir/held")
MESSAGE
    why="cannot keep the message; make room on the file system of $action_dir"
    return 1
  }
  rm -f "$action_dir/held"
}

# dns_send: of the queue: a claim is released.
dns_send() {
  dns_settings
  if wants master; then
    why="the node is master again"
    return 4
  fi
  dns_look || return
  if [ "$dns_claim" != "$message_claim" ]; then
    why="nothing to release: ${dns_node:-nobody} has the claim on $dns_record"
    return 4
  fi
  dns_status=0
  dns_update "${dns_claim%\"} released\"" || dns_status=$?
  if [ "$dns_status" -eq 2 ]; then
    why="$dns_owner has just changed"
    return 1
  fi
  [ "$dns_status" -ne 0 ] || why="$dns_record is released for another master"
  return "$dns_status"
}

# The record stays: a name without addresses would be worse than one with the last master's.
dns_forget() { forget_queue; }

dns_test() {
  have nsupdate || have knsupdate ||
    fail "role: the action $name needs nsupdate or knsupdate, which are not on this host; install bind9-dnsutils (OpenWrt: bind-client)"
  have dig || have kdig ||
    fail "role: the action $name needs dig or kdig, which are not on this host; install bind9-dnsutils (OpenWrt: bind-dig)"
}
