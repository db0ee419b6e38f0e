# shellcheck shell=sh disable=SC2154,SC2034 # the names of common.sh
# What passes between the ends of a tunnel: the change of keys, and whether packets arrive.
#
# No session outlives a change of a key, and the ends cannot change at one moment. So `activate` only has an interface
# know the new keys of its peers beside the former ones; in `join`, which runs on all hosts side by side, each takes its
# own new key and gives a peer's addresses to that peer's new key as soon as it has come with it.
#
# /var/lib/vrrp-agent/CLUSTER/key-change, while this is under way: DEV, and DEV OLD-KEY NEW-KEY for each peer that changes.

# Seconds after which a session without a new handshake takes no packet any more.
session_limit=180

# Seconds that join waits for peers to come with their new keys.
key_patience=${VRRP_KEY_SECONDS:-10}

# Seconds in which a peer is heard that answers no echo request: it sends an empty packet 10 s after it got one.
hear_patience=15

# changed_peers CLUSTER DEV: OLD-KEY NEW-KEY of the nodes that DEV knows by another key than the present files do.
# $work/former-peers has the former ones.
changed_peers() {
  wg show "$2" peers >"$work/peers-there" 2>/dev/null || : >"$work/peers-there"
  facts tunnel-peer "$conf_dir/$1/node.conf" | awk -v dev="$2" '
    part == 1 { there[$1] = 1; next }
    $1 != dev { next }
    part == 2 { former[$2] = $3; next }
    $2 in former && former[$2] != $3 && former[$2] in there { print former[$2], $3 }' \
    part=1 "$work/peers-there" part=2 "$work/former-peers" part=3 -
}

# keys_change CLUSTER DEV: its own or a peer's.
keys_change() {
  changed_peers "$1" "$2" >"$work/changed-peers"
  [ ! -s "$work/changed-peers" ] || return 0
  keys_own=$(wg show "$2" public-key 2>/dev/null) || return 1
  [ "$keys_own" != "(none)" ] && [ "$keys_own" != "$(public_key "$root/etc/wireguard/$2.key")" ]
}

# await_new_keys CLUSTER DEV: its peers may come with those in $work/changed-peers from now on.
await_new_keys() {
  conf_facts "$root$(tunnel_conf "$2")" >"$work/facts"
  wg show "$2" endpoints >"$work/endpoints"
  while read -r old new; do
    told_endpoint=$(sed -n "s|^endpoint $old ||p" "$state_dir/$1/told/$2" 2>/dev/null) || true
    [ -z "$told_endpoint" ] || say "endpoint $new $told_endpoint" >>"$state_dir/$1/told/$2"
    add_new_key "$2" "$new" "$(awk -v key="$old" '$1 == key && $2 != "(none)" { print $2 }' "$work/endpoints")"
  done <"$work/changed-peers"
  {
    [ ! -e "$state_dir/$1/key-change" ] || cat "$state_dir/$1/key-change"
    say "$2"
    sed "s|^|$2 |" "$work/changed-peers"
  } | awk '!seen[$0]++' | write_file "$state_dir/$1/key-change"
}

# add_new_key DEV KEY ENDPOINT [WORD...]
add_new_key() {
  add_dev=$1 add_key=$2 add_endpoint=$3
  shift 3
  set -- "$add_dev" peer "$add_key" preshared-key "$(psk_file "$add_key")" "$@"
  [ -z "$add_endpoint" ] || set -- "$@" endpoint "$add_endpoint"
  wg_set "wg does not take the new key of a peer of $1" set "$@"
}

# psk_file KEY: by $work/facts.
psk_file() {
  psk_file=$(sed -n "s|^psk $1 ||p" "$work/facts")
  say "${psk_file:+$root}${psk_file:-/dev/null}"
}

# join_tunnels CLUSTER: the keys of the current generation come into force.
join_tunnels() {
  [ -e "$state_dir/$1/key-change" ] || return 0
  cut -d ' ' -f 1 "$state_dir/$1/key-change" | sort -u >"$work/key-changes"
  while read -r dev <&3; do
    if tunnel_up "$dev"; then change_keys "$1" "$dev"; else start_tunnel "$1" "$dev"; fi
  done 3<"$work/key-changes"
  rm -f "$state_dir/$1/key-change"
}

# change_keys CLUSTER DEV
change_keys() {
  present_facts "$1" "$2" >"$work/facts"
  awk -v dev="$2" '$1 == dev && NF == 3 { print $2, $3 }' "$state_dir/$1/key-change" >"$work/changed-peers"
  : >"$work/not-come"
  take_own_key "$2"
  key_end=$(($(uptime) + key_patience))
  poke "$2" "$conf_dir/$1/node.conf" 8>&- 9>&- &
  key_poke=$!
  key_again=$(($(uptime) + 2))
  while greet_new_keys "$2" && [ "$(uptime)" -lt "$key_end" ]; do
    if [ "$(uptime)" -ge "$key_again" ]; then
      key_again=$(($(uptime) + 2))
      greet_again "$2"
    fi
    sleep 0.1 2>/dev/null || sleep 1
  done
  wait "$key_poke" || true
  ask_anew "$1" "$2"
  sync_tunnel "$1" "$2"
}

# ask_anew CLUSTER DEV: a peer that has not come may be another machine, where the former one's name leads by now.
ask_anew() {
  while read -r _ new; do
    grep -v -F "endpoint $new " "$state_dir/$1/told/$2" 2>/dev/null | write_file "$state_dir/$1/told/$2"
  done <"$work/not-come"
}

# take_own_key DEV: with the preshared keys, which are part of the same handshake; a peer may not have its new key yet.
# Where both ends change nothing is sent to the other's new key, which has no addresses yet, but for a keepalive.
take_own_key() {
  awk '
    part == 1 { print $1, "-", $2; print $2, 1, $2; changed[$2] = 1; next }
    $1 == "peer" && !($2 in changed) { print $2, "-", $2 }' part=1 "$work/changed-peers" part=2 "$work/facts" >"$work/key-peers"
  set -- "$1" private-key "$root/etc/wireguard/$1.key"
  while read -r key_peer key_keepalive key_psk; do
    set -- "$@" peer "$key_peer" preshared-key "$(psk_file "$key_psk")"
    [ "$key_keepalive" = - ] || set -- "$@" persistent-keepalive "$key_keepalive"
  done <"$work/key-peers"
  wg_set "wg does not take the new key of $1" set "$@"
}

# greet_new_keys DEV: a peer that has come with its new key gets its addresses with it; fails when none is left.
greet_new_keys() {
  wg show "$1" latest-handshakes >"$work/handshakes" 2>/dev/null || return 1
  : >"$work/not-come"
  while read -r old new; do
    if [ "$(awk -v key="$new" '$1 == key { print $2 }' "$work/handshakes")" -gt 0 ] 2>/dev/null; then
      wg_set "wg does not give its addresses to a new key of $1" set "$1" peer "$new" \
        allowed-ips "$(sed -n "s|^peer $new ||p" "$work/facts")"
    else
      say "$old $new" >>"$work/not-come"
    fi
  done <"$work/changed-peers"
  cp "$work/not-come" "$work/changed-peers"
  [ -s "$work/not-come" ]
}

# greet_again DEV: an end sends no two handshakes within 5 s, also where the first one came before the peer had its new
# key. A peer that is forgotten in between is asked at once.
greet_again() {
  wg show "$1" endpoints >"$work/endpoints" 2>/dev/null || return 0
  while read -r old new; do
    again_endpoint=$(awk -v key="$new" '$1 == key && $2 != "(none)" { print $2 }' "$work/endpoints")
    [ -n "$again_endpoint" ] || continue
    wg_set "wg does not forget a peer of $1" set "$1" peer "$new" remove
    add_new_key "$1" "$new" "$again_endpoint" persistent-keepalive 1
  done <"$work/changed-peers"
}

# poke DEV CONF: gives the peers something to answer, each its first address.
poke() {
  facts tunnel-peer-address "$2" | awk -v dev="$1" '$1 == dev && !seen[$2]++ { print $3 }' | while read -r poke_address; do
    ask "$poke_address" "$1" </dev/null || true
  done
}

# Seconds that keepalived's start waits for tunnels to be made and to have their first handshake. A peer that still has a session
# with what was there before a reboot notices after 15 s that nothing comes back, and dials again every 5 s.
greeting_limit=25

# await_tunnels: a node whose tunnel carries nothing yet hears no adverts, and would take addresses that its peer holds. Of
# those that keepalived uses, once for each interface: a peer that is gone must not delay every start.
await_tunnels() {
  end=$(($(uptime) + greeting_limit))
  for conf in "$conf_dir"/*/node.conf; do
    [ -e "$conf" ] || continue
    facts tunnel "$conf" 1 >"$work/tunnels-to-await"
    while read -r dev <&3; do
      ! is_used "$dev" || await_tunnel "$conf" "$dev"
    done 3<"$work/tunnels-to-await"
  done
}

# is_used DEV: keepalived speaks VRRP there.
is_used() {
  for used_conf in "$conf_dir"/*/node.conf; do
    [ -e "$used_conf" ] || continue
    ! facts instance "$used_conf" | awk -v dev="$1" '$4 == dev { used = 1 } END { exit !used }' || return 0
  done
  return 1
}

# await_tunnel CONF DEV: until $end.
await_tunnel() {
  while :; do
    index=$(cat "$root/sys/class/net/$2/ifindex" 2>/dev/null) || index=
    if [ -n "$index" ]; then
      [ "$(cat "$run_dir/awaited.$2" 2>/dev/null)" != "$index" ] || return 0
      tunnel_sights "$1" | grep -q "^$2 [^ ]* never " || break
    fi
    if [ "$(uptime)" -ge "$end" ]; then
      warn "$2 has no handshake after $greeting_limit s; keepalived starts all the same"
      break
    fi
    [ -z "$index" ] || poke "$2" "$1"
    sleep 1
  done
  [ -z "$index" ] || say "$index" | write_file "$run_dir/awaited.$2"
}

# tunnel_sights CONF: DEV NODE AGE|never RECEIVED ENDPOINT|none of each peer: seconds since the last handshake, bytes.
tunnel_sights() {
  facts tunnel-peer "$1" 1 | sort -u | while read -r sight_dev; do
    for sight_what in latest-handshakes transfer endpoints; do
      wg show "$sight_dev" "$sight_what" 2>/dev/null | sed "s/^/$sight_dev $sight_what /" || true
    done
  done >"$work/sights"
  facts tunnel-peer "$1" | awk -v now="$(now)" '
    part == 1 { seen[$1, $2, $3] = $4; next }
    {
      last = seen[$1, "latest-handshakes", $3]; got = seen[$1, "transfer", $3]; at = seen[$1, "endpoints", $3]
      age = last > now ? 0 : now - last
      print $1, $2, (last > 0 ? age : "never"), (got == "" ? 0 : got), (at == "" || at == "(none)" ? "none" : at)
    }' part=1 "$work/sights" part=2 -
}

# observe_tunnels CONF: waits until packets have come from all peers, and prints a line each:
#   tunnel DEV PEER handshake AGE|never|silent NODE ENDPOINT     (silent: a handshake there is, but nothing comes)
observe_tunnels() {
  tunnel_sights "$1" >"$work/sights-before"
  [ -s "$work/sights-before" ] || return 0
  observe_settle=$(facts settle "$1")
  [ "${observe_settle:-0}" -ge "$hear_patience" ] || observe_settle=$hear_patience
  observe_end=$(($(uptime) + observe_settle))
  while :; do
    cut -d ' ' -f 1 "$work/sights-before" | sort -u >"$work/poked"
    while read -r dev; do poke "$dev" "$1"; done <"$work/poked"
    tunnel_sights "$1" >"$work/sights-now"
    awk -v limit="$session_limit" -v node="$node" '
      part == 1 { before[$1, $2] = $4; next }
      {
        word = $3
        if (word != "never" && word < limit && $4 == before[$1, $2]) word = "silent"
        print "tunnel", $1, $2, "handshake", word, node, $5
      }' part=1 "$work/sights-before" part=2 "$work/sights-now" >"$work/tunnels-seen"
    if [ -z "$(wrong_tunnels "$work/tunnels-seen")" ] || [ "$(uptime)" -ge "$observe_end" ]; then break; fi
    sleep 1
  done
  cat "$work/tunnels-seen"
}

# wrong_tunnels OBSERVATIONS: a line for each end that does not hear the other.
wrong_tunnels() {
  awk -v limit="$session_limit" '
    $1 != "tunnel" || $4 != "handshake" || ($5 ~ /^[0-9]+$/ && $5 < limit) { next }
    {
      last = $5 == "silent" ? "the last handshake still holds, but no packet comes" : $5 == "never" ? "no handshake yet" : "the last handshake is " $5 " s old"
      at = $7 == "none" ? "its endpoint is not known here" : "its endpoint is " $7
      print $6 " does not hear " $3 " over " $2 " (" last ", " at ")"
    }' "$1"
}

# judge_tunnels CONF ELSEWHERE: prints, on one line, what is wrong in $work/observations; a peer that is applied elsewhere may
# not be there yet.
judge_tunnels() {
  [ "$2" != yes ] || return 0
  {
    facts tunnel-peer "$1" | awk -v node="$node" '
      part == 1 { if ($1 == "tunnel") said[$2, $3, $6] = 1; next }
      !(($1, $2, node) in said) { print node " did not say whether it hears " $2 " over " $1 }' part=1 "$work/observations" part=2 -
    wrong_tunnels "$work/observations"
  } >"$work/wrong-tunnels"
  [ -s "$work/wrong-tunnels" ] || return 0
  awk '
    { text = text (NR > 1 ? "; " : "") $0 }
    END { print text "; see whether UDP reaches these endpoints, both ways, and whether keys that were given are right" }' "$work/wrong-tunnels"
  return 1
}

# tunnel_facts CONF: for status.
tunnel_facts() {
  facts tunnel "$1" | while read -r dev _; do
    if tunnel_up "$dev"; then say "tunnel $dev up"; else say "tunnel $dev down"; fi
    tunnel_sights "$1" | awk -v dev="$dev" '$1 == dev { print "tunnel-peer", $2, $3, $5 }'
  done
}

# tunnel_drift CLUSTER DIRECTORY: what of the tunnels of the generation in DIRECTORY is not as it was applied, in words.
tunnel_drift() {
  drift_node=$2/files/etc/vrrp-agent/$1/node.conf
  endpoints_drift "$1" "$2"
  facts tunnel "$drift_node" | while read -r dev port _; do
    if has_netifd; then uci_drift "$1" "$2" "$dev"; fi
    has_netifd || ! has_systemd || case $(tunnel_words "$dev") in disabled*) say "$(tunnel_unit "$dev") is disabled" ;; esac
    tunnel_up "$dev" || {
      say "$dev is down"
      continue
    }
    drift_key=$state_dir/$1/keys/$dev.$(facts tunnel-key "$drift_node" | sed -n "s/^$dev //p")
    same "$drift_key" "$root/etc/wireguard/$dev.key" || say "/etc/wireguard/$dev.key"
    [ "$(wg show "$dev" public-key 2>/dev/null)" = "$(public_key "$drift_key" 2>/dev/null)" ] || say "$dev has another private key"
    wg show "$dev" peers 2>/dev/null | sort >"$work/drift-peers"
    conf_facts "$2/files$(tunnel_conf "$dev")" | with_link "$drift_node" "$dev" >"$work/drift-facts"
    awk '$1 == "peer" { print $2 }' "$work/drift-facts" | sort | cmp -s - "$work/drift-peers" || say "$dev has other peers"
    sed -n 's/^address //p' "$work/drift-facts" | while read -r address; do
      held "${address%/*}" "$dev" >/dev/null || say "$dev has no address $address"
    done
    link_drift "$dev"
    wg show "$dev" allowed-ips 2>/dev/null | canonical_allowed >"$work/drift-allowed"
    awk '$1 == "peer" { print $2, $3 }' "$work/drift-facts" | canonical_allowed | cmp -s - "$work/drift-allowed" ||
      say "$dev has other AllowedIPs"
    drift_is=$(wg show "$dev" listen-port 2>/dev/null) || drift_is=
    [ "${port:-$drift_is}" = "$drift_is" ] || say "$dev listens on port ${drift_is:-unknown}, not $port"
    drift_is=$(cat "$root/sys/class/net/$dev/mtu" 2>/dev/null) || drift_is=
    drift_mtu=$(sed -n 's/^mtu //p' "$work/drift-facts")
    [ "${drift_mtu:-$drift_is}" = "$drift_is" ] || say "$dev has an MTU of ${drift_is:-unknown}, not $drift_mtu"
    grep -q '^own table ' "$work/drift-facts" || missing_routes "$dev"
  done
}

# canonical_allowed: a filter; NETWORK PUBLIC-KEY of lines as wg shows them, or with commas, in one order. The kernel leaves
# out what is not of the network, spells IPv6 its own way and gives a network to the last peer that asks for it.
canonical_allowed() {
  tr ',' ' ' | awk "$bits_awk"'
    {
      for (i = 2; i <= NF; i++) if ($i ~ /^[0-9a-fA-F.:]+(\/[0-9]+)?$/) {
        own = $i; prefix = $i
        sub(/\/.*/, "", own)
        own = bits(own)
        if (!sub(/.*\//, "", prefix)) prefix = length(own)
        peer_of[length(own) " " substr(own, 1, prefix)] = $1
      }
    }
    END { for (network in peer_of) print network, peer_of[network] }' | sort
}

# missing_routes DEV: of its AllowedIPs, those to which no route leads over it, in words.
missing_routes() {
  allowed_ips "$1" | while read -r route; do
    [ -n "$(ip "$(ip_family "$route")" route show dev "$1" match "$route" 2>/dev/null)" ] || say "$1 has no route to $route"
  done
}
