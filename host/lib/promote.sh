# shellcheck shell=sh disable=SC2154,SC2034 # the names of common.sh and drain.sh
# promote: this host takes the addresses from a healthy peer, which serves until it hears this one's higher advert. -1 in the file
# of a drain raises the priority of every instance to 254. Where this host then keeps the addresses by itself (`keeps` in
# node.conf) the file goes again; else it stays until undrain.

# verb_promote [CLUSTER] [--force] [--wait SECONDS]
verb_promote() {
  move_options "$@"
  make_work
  take_lock apply 9
  each_cluster promote promote
}

# holds_all CLUSTER
holds_all() {
  facts vip "$conf_dir/$1/node.conf" | while read -r _ vip dev; do
    held "${vip%/*}" "$dev" >/dev/null || exit 1
  done
}

# keeps CONF: it stays where it is without being promoted.
keeps() { [ "$(facts keeps "$1")" = yes ]; }

# promote CLUSTER
promote() {
  keepalived_pid >/dev/null || fail "keepalived does not run on this host; start it first: systemctl start keepalived"
  if holds_all "$1"; then
    # It would give them to the first peer that comes.
    ! is_drained "$1" || drain_off "$1"
    say "$1 is here already: this host has all of its addresses"
    return 0
  fi
  refuse_promotion "$1"
  promote_was=
  [ ! -e "$(drain_file "$1")" ] || read -r promote_was <"$(drain_file "$1")"
  facts vip "$conf" >"$work/promoted-vips"
  read -r _ promote_vip promote_dev <"$work/promoted-vips"
  promote_vip=${promote_vip%/*}
  promote_limit=$(($(hand_over_seconds "$1") + move_wait))
  promote_end=$(($(uptime) + promote_limit)) promote_answered=
  write_drain "$1" "-1 promote"
  until holds_all "$1"; do
    if [ "$(uptime)" -ge "$promote_end" ]; then
      if [ -n "$promote_was" ]; then write_drain "$1" "$promote_was"; else drain_off "$1"; fi
      fail "the addresses of $1 did not come within $promote_limit s, and the raise was taken back: $(holder_words) keeps them; it is promoted, too (vrrp-agent undrain there), has priority 254 or 255, or does not hear this host"
    fi
    held "$promote_vip" "$promote_dev" >/dev/null || ! answers_here "$promote_vip" || promote_answered=$(uptime_ms)
    sleep 0.1 2>/dev/null || sleep 1
  done
  promote_held=$(uptime_ms)
  # The former holder lets go when it hears this one.
  promote_left=5
  while promote_others=$(other_answers); do
    [ "$promote_left" -gt 0 ] ||
      fail "this host has the addresses of $1, and $promote_others, too; see vrrp-agent status there"
    promote_left=$((promote_left - 1))
    sleep 1
  done
  say "$1 is here: this host has all of its addresses, and nobody else answers for them"
  if [ -n "$promote_answered" ]; then
    say "gap as seen from here: at most $((promote_held - promote_answered)) ms from the former holder's last answer for $promote_vip to this host's having it"
  else
    say "note: nobody answered an echo request for $promote_vip from here, so no gap is known"
  fi
  if keeps "$conf"; then
    drain_off "$1"
  else
    say "$1 stays promoted here, over reboots too, until vrrp-agent undrain: without it a peer of a higher priority takes the addresses back"
  fi
  ! has_role "$conf" ||
    say "note: what the former holder ran could not be asked from here to get ready; vrrp-agent drain there, or pulumi-keepalived switchover, does that"
}

# refuse_promotion CLUSTER: what would end without a master, or with one that is not well.
refuse_promotion() {
  [ "$(grep -c '^ *drain weight ' "$root$keepalived_conf" 2>/dev/null)" -ge "$(facts instance "$conf" | wc -l)" ] ||
    fail "keepalived's config on this host knows no drain of every instance, and so no promotion (priority 255, or an agent of before); apply the cluster again, or stop keepalived on the holder"
  ! falls_silent ||
    fail "with nopreempt this host takes over from nobody who is alive; give the addresses away where they are: vrrp-agent drain on $(peer_names)"
  ! has_lease "$conf" ||
    fail "the votes of the witness are with the holder, and only that one gives them back; vrrp-agent drain on $(peer_names)"
  for refuse_file in "$run_dir/$1"/*.state; do
    [ -e "$refuse_file" ] || continue
    refuse_instance=${refuse_file##*/}
    ! grep -q -x 'state FAULT' "$refuse_file" || fail "${refuse_instance%.state} is in FAULT on this host; see vrrp-agent status and mend that first"
  done
  [ "$move_force" = no ] || return 0
  witness_cluster=$1
  for refuse_effect in fault yield; do
    ! failing_checks "$conf" "$refuse_effect" ||
      fail "a check fails on this host; see vrrp-agent status and mend that first, or give --force"
  done
  ! has_role "$conf" || role_runs "$1" ||
    fail "nobody minds the role of $1 on this host; systemctl start $(role_unit "$1"), or give --force"
}

# peer_names: on one line.
peer_names() { peer_nodes "$conf" | tr '\n' ' ' | sed 's/ $//; s/ / or /g'; }

# answers_here ADDRESS: an echo request; to ask in vain takes a second.
answers_here() {
  case $1 in
  *:*) ping -6 -c 1 -W 1 "$1" >/dev/null 2>&1 ;;
  *) ping -c 1 -W 1 "$1" >/dev/null 2>&1 ;;
  esac
}

# holder_words: who answers for the first address that is not here.
holder_words() {
  while read -r _ vip dev; do
    ! held "${vip%/*}" "$dev" >/dev/null || continue
    holder_macs=$(answering_macs "${vip%/*}" "$dev" </dev/null) || break
    [ -n "$holder_macs" ] || break
    name_of "$holder_macs" "$dev"
    return 0
  done <"$work/promoted-vips"
  say "whoever has them"
}

# other_answers: who else answers for an address that is here; fails where nobody does. On a link without MACs only this host
# itself could be asked.
other_answers() {
  while read -r _ vip dev; do
    has_arp "$dev" || continue
    other_macs=$(answering_macs "${vip%/*}" "$dev" </dev/null) || continue
    [ -z "$other_macs" ] || {
      say "$(name_of "$other_macs" "$dev") answers for ${vip%/*}"
      return 0
    }
  done <"$work/promoted-vips"
  return 1
}

# end_promotion CLUSTER: a peer of a higher priority may take over now, for which what runs here is made ready.
end_promotion() {
  move_force=no
  if holds_a_vip "$1" && ! keeps "$conf"; then
    ! meets_a_peer "$1" || get_ready "$1"
    rm -f "$(drain_file "$1")"
    sync "$state_dir/$1"
    if await_no_vip "$1" "$(hand_over_seconds "$1")"; then
      end_stillness "$1" "the addresses went back to a peer"
    else
      resume_role "$1"
    fi
  else
    drain_off "$1"
  fi
  say "$1 is no longer promoted"
}
