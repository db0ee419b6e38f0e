# shellcheck shell=sh disable=SC2154,SC2034 # the names of common.sh
# examine: who has which MAC, and who answers for a virtual address.

# neighbours_before: what this host knows of virtual addresses and peers before it asks.
neighbours_before() {
  ip neigh show 2>/dev/null | awk "$bits_awk"'
    part == 1 { wanted[bits($2)] = $2; next }
    $1 in no || !(bits($1) in wanted) { next }
    {
      mac = "-"
      for (i = 1; i < NF; i++) if ($i == "lladdr") mac = tolower($(i + 1))
      print "neighbour", wanted[bits($1)], mac, $NF
    }' part=1 "$net_dir/peers" part=1 "$net_dir/vips" part=2 - | sort -u >"$net_dir/neighbours"
}

# asks_begin CONF: who answers for the virtual addresses, side by side.
asks_begin() {
  while read -r _ ask_vip ask_dev ask_word; do
    [ -d "$root/sys/class/net/$ask_dev" ] || continue
    # Nobody asks past an address of its own without arping.
    if [ "$ask_word" = held ]; then
      case $ask_vip in *:*) continue ;; esac
      { have arping && has_arp "$ask_dev"; } || continue
    fi
    net_go asks ask_for "$ask_vip" "$ask_dev" "$ask_word" >"$net_dir/answers.$ask_word.$ask_vip.$ask_dev"
  done <"$net_dir/vips"
}

# ask_for ADDRESS DEV held|free
ask_for() {
  ask_answers=$(answers_now "$1" "$2") || return 0
  if [ "$3" = free ]; then
    [ -n "$ask_answers" ] || say "answers $1 none"
    for ask_mac in $ask_answers; do say "answers $1 $ask_mac"; done
  else
    for ask_mac in $ask_answers; do say "duplicate $1 $ask_mac"; done
  fi
}

# answers_now ADDRESS DEV: as answering_macs. ping goes to the MAC that this host remembers: whoever had the address before is not to
# be taken for one who answers. Fails where that cannot be told.
answers_now() {
  if ! has_arp "$2" || { have arping && ! arping -V 2>&1 | grep -q Habets && case $1 in *:*) false ;; esac }; then
    answering_macs "$1" "$2"
    return
  fi
  have ping || return 1
  if ask "$1" "$2"; then
    neighbour "$1" "$2"
  else
    ip neigh show "$1" dev "$2" 2>/dev/null | awk '
      /REACHABLE/ { for (i = 1; i < NF; i++) if ($i == "lladdr") print tolower($(i + 1)) }
      /STALE|DELAY|PROBE/ { unknown = 1 }
      END { exit unknown }'
  fi
}

# neighbour_facts CONF
neighbour_facts() {
  cat "$net_dir"/answers.* 2>/dev/null | sort -u
  cat "$net_dir/neighbours"
  # The echo requests have asked.
  awk '
    part == 1 { name[$2] = $1; next }
    $1 in name && !seen[name[$1], $2]++ { print "mac", name[$1], $2 }' part=1 "$net_dir/peers" part=2 "$net_dir/macs" 2>/dev/null || true
}
