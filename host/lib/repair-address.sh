# shellcheck shell=sh disable=SC2154,SC2034 # the names of common.sh and repair.sh
# Repairs of virtual addresses: one that is where it must not be, one that is missing, one that neighbours look for elsewhere.

# session_addresses: those of this host by which whoever runs this is here. sudo drops the variable; an ancestor has it.
session_addresses() {
  session_pid=$$
  while [ "${session_pid:-0}" -gt 1 ]; do
    tr '\000' '\n' <"/proc/$session_pid/environ" 2>/dev/null |
      sed -n 's/^SSH_CONNECTION=[^ ]* [^ ]* \([^ ]*\) .*/\1/p' || true
    session_pid=$(sed -n 's/^PPid:[[:space:]]*//p' "/proc/$session_pid/status" 2>/dev/null) || session_pid=
  done | sort -u
  [ -z "${SSH_CONNECTION-}" ] || say "$SSH_CONNECTION" | cut -d ' ' -f 3
}

# is_one_of ADDRESS <ADDRESSES: however each is spelt.
is_one_of() {
  awk -v wanted="$1" "$bits_awk"'
    { sub(/^::ffff:/, "") }
    $1 != "" && bits($1) == bits(wanted) { found = 1 }
    END { exit !found }'
}

# find_vip ADDRESS: vip_instance, vip_text with its prefix and vip_dev of the virtual address; vip_address as the spec spells it.
find_vip() {
  facts vip "$conf" >"$work/repair-vips"
  while read -r vip_instance vip_text vip_dev; do
    vip_address=${vip_text%/*}
    ! say "$vip_address" | is_one_of "${1%/*}" || return 0
  done <"$work/repair-vips"
  fail "${1%/*} is no virtual address of $repair_cluster"
}

# own_vip ADDRESS DEV: the same, on its own interface.
own_vip() {
  find_vip "$1"
  [ "$2" = "$vip_dev" ] || fail "$vip_address belongs on $vip_dev, not on $2"
}

# repair_release ADDRESS DEV: takes the virtual address off DEV, where keepalived does not hold it by right.
repair_release() {
  find_vip "$1"
  release_address=$vip_address release_instance=$vip_instance
  [ -d "$root/sys/class/net/$2" ] || fail "there is no interface $2 on this host; there are $(interfaces)"
  held "$release_address" "$2" >"$work/release-held" || nothing_to_do "$release_address is not on $2"
  release_state=$(live_state "$release_instance")
  if [ "$release_state" = MASTER ] && [ "$2" = "$vip_dev" ]; then
    # Beside it somebody may have given it another prefix.
    { grep -v -x -F "$vip_text" "$work/release-held" || true; } >"$work/release-foreign"
    [ -s "$work/release-foreign" ] ||
      fail "keepalived is MASTER of $release_instance here and holds $release_address by right; it is to go from the other host"
    mv "$work/release-foreign" "$work/release-held"
  else
    refuse_lonely_release "$2"
  fi
  if session_addresses | is_one_of "$release_address"; then
    fail "this session came over $release_address and would end with it; log in by $(facts source "$conf" 1 | head -n 1) or the console, and run there: vrrp-agent repair $repair_cluster release $release_address $2"
  fi
  repair_look
  release_file=$(awk -v address="$release_address" '$1 == "vip-persistent" && $2 == address { print $3; exit }' "$work/repair-facts")
  [ -z "$release_file" ] ||
    fail "$release_address is written in $release_file and would come back; remove it there, then run this again"
  while read -r release_is; do
    refuse_primary "$release_is" "$2"
    on_undo "add $release_is $2"
    tool "cannot take $release_is off $2" ip address del "$release_is" dev "$2"
  done <"$work/release-held"
  sleep 2
  while read -r release_is; do
    ! held "$release_address" "$2" | grep -q -x -F "$release_is" ||
      fail "$release_is is on $2 again: something puts it there ($(network_managers | tr '\n' ' ')or a script); find it, and take the address out of it"
  done <"$work/release-held"
  say "took $(tr '\n' ' ' <"$work/release-held")off $2"
}

# refuse_lonely_release DEV: nobody would have the address.
refuse_lonely_release() {
  # Somebody is heard who has it.
  [ "$release_state" != BACKUP ] || return 0
  release_others=$(answering_macs "$release_address" "$1") ||
    fail "whether a peer has $release_address cannot be asked: neither arping nor ping is here; install one"
  [ -n "$release_others" ] || fail "nobody else answers for $release_address, and $release_instance is $release_state here: without it nobody would have it; $(
    if [ "$release_state" = STOPPED ]; then
      say "run vrrp-agent repair $repair_cluster start-daemon: keepalived takes it off, or holds it by right"
    else
      say "bring a peer back first"
    fi
  )"
}

# refuse_primary ADDRESS/PREFIX DEV: with it the kernel would take the others of its network off, unless it is told to promote one.
refuse_primary() {
  for primary_knob in all "$2"; do
    [ "$(cat "$root/proc/sys/net/ipv4/conf/$primary_knob/promote_secondaries" 2>/dev/null)" != 1 ] || return 0
  done
  ip -o -4 address show dev "$2" | awk -v address="$1" '
    function network(text,   part, n, i, value, count, out) {
      count = text; sub(/.*\//, "", count); sub(/\/.*/, "", text); n = split(text, part, ".")
      for (i = 1; i <= n; i++) value = value * 256 + part[i]
      return int(value / 2 ^ (32 - count)) "/" count
    }
    { for (i = 1; i < NF; i++) if ($i == "inet") { is = $(i + 1); secondary = $0 ~ / secondary / } }
    is == address && !secondary { primary = network(is) }
    secondary { follows[network(is)] = follows[network(is)] " " is }
    END { if (primary != "" && follows[primary] != "") print substr(follows[primary], 2) }' >"$work/release-follows"
  [ ! -s "$work/release-follows" ] ||
    fail "$1 is the first address of its network on $2, and the kernel would take these off with it: $(cat "$work/release-follows"); put this host's own address first in its network configuration, or run: sysctl -w net.ipv4.conf.$2.promote_secondaries=1"
}

# repair_hold ADDRESS DEV: what a MASTER lacks, with it whatever else of its instance's addresses is gone.
repair_hold() {
  own_vip "$1" "$2"
  missing_vips "$vip_instance" >"$work/missing"
  grep -q -x -F "$vip_text $2" "$work/missing" || nothing_to_do "$vip_address is on $2"
  restore_state=$(live_state "$vip_instance")
  [ "$restore_state" = MASTER ] ||
    fail "$vip_instance is $restore_state here: its addresses are for the node that is MASTER"
  while read -r restore_vip restore_dev; do
    restore_others=$(answering_macs "${restore_vip%/*}" "$restore_dev" </dev/null) || restore_others=
    [ -z "$restore_others" ] || fail "$(say "$restore_others" | tr '\n' ' ')answers for ${restore_vip%/*}; take it from there first"
    on_undo "del $restore_vip $restore_dev"
    # As keepalived does it.
    restore_nodad=$(case $restore_vip in *:*) say nodad ;; esac)
    # shellcheck disable=SC2086
    tool "cannot give $restore_dev the address $restore_vip" ip address add "$restore_vip" dev "$restore_dev" $restore_nodad
  done <"$work/missing"
  ! has_lease "$conf" || (lend_again "$repair_cluster") || true
  while read -r restore_vip restore_dev; do
    announce_address "${restore_vip%/*}" "$restore_dev" </dev/null || true
  done <"$work/missing"
  sleep 2
  restore_missing=$(missing_vips "$vip_instance" | tr '\n' ' ')
  [ -z "$restore_missing" ] ||
    fail "${restore_missing% } is gone again: something takes it away ($(network_managers | tr '\n' ' ')or a script); find it"
  say "$vip_instance has its addresses again"
}

# repair_announce ADDRESS DEV: tells the neighbours where it is.
repair_announce() {
  own_vip "$1" "$2"
  is_on "$vip_text" "$2" || fail "$vip_address is not on this host, so there is nothing to announce from here"
  announce_state=$(live_state "$vip_instance")
  [ "$announce_state" = MASTER ] ||
    fail "$vip_instance is $announce_state here, so the neighbours are to send to another node; take $vip_address off here: vrrp-agent repair $repair_cluster release $vip_address $2"
  announce_address "$vip_address" "$2" </dev/null ||
    fail "cannot announce $vip_address: neither arping nor ping is here; install one"
  say "announced $vip_address to the neighbours on $2"
}

# announce_address ADDRESS DEV: so that every neighbour that knows it learns its MAC anew.
announce_address() {
  # Without MACs there is nothing to know.
  has_arp "$2" || return 0
  announced=no
  case $1 in
  *:*)
    ! have ndptool || ! ndptool -t na -U -T "$1" -i "$2" send >/dev/null 2>&1 || announced=yes
    ;;
  *)
    if have arping; then
      # Some take only a request, some only an answer.
      if arping -V 2>&1 | grep -q Habets; then
        ! arping -q -U -c 2 -i "$2" "$1" >/dev/null 2>&1 || announced=yes
        arping -q -P -U -c 2 -i "$2" "$1" >/dev/null 2>&1 || true
      else
        ! arping -q -U -c 2 -w 3 -I "$2" "$1" >/dev/null 2>&1 || announced=yes
        arping -q -A -c 2 -w 3 -I "$2" "$1" >/dev/null 2>&1 || true
      fi
    fi
    ;;
  esac
  [ "$announced" = no ] || return 0
  have ping || return 1
  greet_from "$1" "$2"
}

# greet_from ADDRESS DEV: whoever is asked for its MAC by ADDRESS takes up the asker's.
greet_from() {
  greet_family=$(ip_family "$1")
  {
    facts peer "$conf" 2
    ip "$greet_family" route show default dev "$2" 2>/dev/null | sed -n 's/.*via \([^ ]*\).*/\1/p'
    ip "$greet_family" neigh show dev "$2" 2>/dev/null | cut -d ' ' -f 1
  } | sort -u | head -n 32 >"$work/greeted"
  while read -r greet_neighbour; do
    [ "$(ip_family "$greet_neighbour")" = "$greet_family" ] || continue
    ip "$greet_family" neigh del "$greet_neighbour" dev "$2" 2>/dev/null || true
    # Not every ping knows a -4.
    # shellcheck disable=SC2086
    ping ${greet_family#-4} -c 1 -W 1 -I "$1" "$greet_neighbour" >/dev/null 2>&1 </dev/null &
  done <"$work/greeted"
  wait
}
