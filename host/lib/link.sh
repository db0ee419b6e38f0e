# shellcheck shell=sh disable=SC2154,SC2034 # the names of common.sh
# The way through a tunnel for what hosts tell each other (peers.sh): each end has a link-local address to ask from, and
# AllowedIPs let such addresses through. Neither stands in wg-quick's file: where IPv6 is off, on the host or for the
# interface, wg-quick would make nothing at all. There the tunnel goes without, and the words are not heard.

# What AllowedIPs hold for it. The network of all that hosts tell: of several peers of an interface only one could have it.
link_network=fe80::/64

# link_of CONF DEV: this end's own address, as ADDRESS/PREFIX, by a node.conf; empty where the tunnel has none.
link_of() { facts tunnel-link "$1" | sed -n "s/^$2 //p"; }

# with_link CONF DEV: a filter of conf_facts; AllowedIPs as they are in force, and `link ADDRESS/PREFIX`.
with_link() {
  awk -v link="$(link_of "$1" "$2")" -v network="$link_network" '
    { line[NR] = $0 }
    $1 == "peer" { peers++; at = NR }
    END {
      if (link != "" && peers == 1) {
        sub(/ $/, "", line[at])
        line[at] = line[at] (split(line[at], part, " ") > 2 ? "," : " ") network
        line[NR + 1] = "link " link
      }
      for (i = 1; i in line; i++) print line[i]
    }'
}

# open_link DEV: of an interface that wg-quick has just made, with what was told over the one before. The tunnel carries
# everything else also where this fails.
open_link() {
  for link_conf in "$conf_dir"/*/node.conf; do
    link=$(link_of "$link_conf" "$1")
    [ -n "$link" ] || continue
    link_peers=$(wg show "$1" allowed-ips 2>/dev/null) || continue
    [ "$(say "$link_peers" | wc -l)" -eq 1 ] || continue
    say "$link_peers" | awk -v network="$link_network" '
      { for (i = 2; i <= NF; i++) { if ($i == network) exit; if ($i ~ /\//) list = list $i "," } print $1, list network }' |
      while read -r link_peer link_allowed; do
        wg set "$1" peer "$link_peer" allowed-ips "$link_allowed" >/dev/null 2>&1 || true
      done
    give_link "$1" "$link"
  done
  retell "$1"
}

# sync_link DEV: from the address in $work/told to the one in $work/facts. AllowedIPs have it by then.
sync_link() {
  link=$(sed -n 's/^link //p' "$work/facts")
  sed -n 's/^link //p' "$work/told" | while read -r former_link; do
    [ "$former_link" = "$link" ] || has_line "address $former_link" "$work/facts" ||
      ip -6 address del "$former_link" dev "$1" 2>/dev/null || true
  done
  [ -n "$link" ] || return 0
  if held "${link%/*}" "$1" >/dev/null; then
    give_link "$1" "$link"
  else
    # What has taken it away has taken the words, too.
    give_link "$1" "$link"
    retell "$1"
  fi
}

# give_link DEV ADDRESS/PREFIX
give_link() { ip -6 address replace "$2" dev "$1" nodad 2>/dev/null || true; }

# link_drift DEV: what $work/drift-facts have and DEV has not, in words.
link_drift() {
  link=$(sed -n 's/^link //p' "$work/drift-facts")
  if [ -n "$link" ] && has_ipv6 "$1" && ! held "${link%/*}" "$1" >/dev/null; then
    say "$1 has no address $link"
  fi
}

# has_ipv6 DEV: it can have such addresses; not so with an MTU below 1280.
has_ipv6() { [ "$(cat "$root/proc/sys/net/ipv6/conf/$1/disable_ipv6" 2>/dev/null)" = 0 ]; }

# hears_words DEV: what the peers say would be heard here. Through a tunnel only while its far end has such addresses, too: IPv6
# may be off there, or a filter in the way.
hears_words() {
  ! has_arp "$1" || return 0
  case $(addresses "$1") in
  *'fe80::1 64'*) hears_link=fe80::2 ;;
  *'fe80::2 64'*) hears_link=fe80::1 ;;
  *) return 1 ;;
  esac
  ask "$hears_link" "$1" || ask "$hears_link" "$1"
}

# carries_words DEV: what is no WireGuard interface does; that one drops what AllowedIPs do not hold, whoever made it.
carries_words() {
  ! has_arp "$1" || return 0
  carried=$(wg show "$1" allowed-ips 2>/dev/null) || return 0
  say "$carried" | tr '\t' ' ' | grep -q -E ' (fe80::/([1-5]?[0-9]|6[0-4])|::/0)( |$)'
}
