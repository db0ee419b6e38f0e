# shellcheck shell=sh disable=SC2154,SC2034 # the names of common.sh
# examine: the text of its table; what is in it is told in examine-net-table.sh.

# Length of a probe's data, the byte that it is full of (ping writes a time into the first ones), and 20 or 8 bytes of headers.
probe_size=12
probe_byte=5a
probe_match='@th,128,32 0x5a5a5a5a'

# table_elements 4|6: a filter of addresses; those of a family as a set has them.
table_elements() {
  awk -v family="$1" '(family == 6) == ($1 ~ /:/) && !seen[$1]++ { text = text (text == "" ? "" : ", ") $1 } END { if (text != "") print "elements = { " text " };" }'
}

# table_count SET: rules that count protocol 112; of a probe the first bytes twice, for the next are a checksum.
table_count() {
  for count_family in 4 6; do
    count_ip="ip" count_match="ip protocol 112" count_probe=0x0800
    [ "$count_family" = 4 ] || count_ip="ip6" count_match="ip6 nexthdr 112" count_probe=0x8000
    say "    $count_match @th,0,16 $count_probe add @$1$count_family { $count_ip saddr . $count_ip daddr . th sport . th sport counter }"
    say "    $count_match @th,0,16 != $count_probe add @$1$count_family { $count_ip saddr . $count_ip daddr . th sport . th dport counter }"
  done
}

# table_sets NAME...: of protocol 112.
table_sets() {
  for set_name; do
    say "  set ${set_name}4 { type ipv4_addr . ipv4_addr . inet_service . inet_service; flags dynamic; size 1024; }"
    say "  set ${set_name}6 { type ipv6_addr . ipv6_addr . inet_service . inet_service; flags dynamic; size 1024; }"
  done
}

table_addresses() {
  for set_name; do
    say "  set ${set_name}4 { type ipv4_addr; flags dynamic; size 1024; }"
    say "  set ${set_name}6 { type ipv6_addr; flags dynamic; size 1024; }"
  done
}

table_peers() {
  cut -d ' ' -f 2 "$net_dir/peers" >"$net_dir/peer-addresses"
  say "  set peers4 { type ipv4_addr; $(table_elements 4 <"$net_dir/peer-addresses") }"
  say "  set peers6 { type ipv6_addr; $(table_elements 6 <"$net_dir/peer-addresses") }"
}

table_ports() {
  table_wg=$(awk '!seen[$2]++ { text = text (text == "" ? "" : ", ") $2 } END { if (text != "") print "{ " text " }" }' "$net_dir/wg-ports" 2>/dev/null)
}

# table_trace 'in|out KIND' MATCH: a few in a second are enough.
table_trace() {
  say "    $2 limit rate 5/second burst 5 packets meta nftrace set 1 comment \"vrrp-doctor $1\""
}

table_rules() {
  table_ports
  say "table inet $table_name {"
  table_sets sent left entered passed
  table_addresses frames refused stray
  table_peers
  say "  set wgin { type inet_service; flags dynamic; size 64; }"
  say "  set wgpassed { type inet_service; flags dynamic; size 64; }"
  for set_name in hands handsleft; do
    say "  set ${set_name}4 { type ipv4_addr . inet_service; flags dynamic; size 64; }"
    say "  set ${set_name}6 { type ipv6_addr . inet_service; flags dynamic; size 64; }"
  done
  say "  chain out {"
  say "    type filter hook output priority -450; policy accept;"
  table_probe_rules
  table_count sent
  table_handshakes hands
  if can_trace; then
    table_trace "out probe" "ip protocol 112 @th,0,16 0x0800"
    table_trace "out probe" "ip6 nexthdr 112 @th,0,16 0x8000"
    table_trace "out advert" "ip protocol 112 @th,0,16 != 0x0800"
    table_trace "out advert" "ip6 nexthdr 112 @th,0,16 != 0x8000"
    [ -z "$table_wg" ] || table_trace "out tunnel" "udp sport $table_wg"
  fi
  say "  }"
  say "  chain out_end {"
  say "    type filter hook postrouting priority 500; policy accept;"
  table_count left
  table_handshakes handsleft
  say "  }"
  say "  chain in {"
  say "    type filter hook prerouting priority -450; policy accept;"
  table_untie "$probe_zone_in"
  table_count entered
  [ "$table_nic" = netdev ] || table_others
  say "    ip saddr @peers4 icmp type destination-unreachable icmp code != 2 @th,136,8 112 add @refused4 { ip saddr counter }"
  say "    ip6 saddr @peers6 icmpv6 type destination-unreachable @th,112,8 112 add @refused6 { ip6 saddr counter }"
  [ -z "$table_wg" ] || say "    udp dport $table_wg add @wgin { udp dport counter }"
  if can_trace; then
    table_trace "in probe" "ip saddr @peers4 ip protocol 112 @th,0,16 0x0800"
    table_trace "in advert" "ip saddr @peers4 ip protocol 112 @th,0,16 != 0x0800"
    # To the group from link-local addresses.
    for table_from in "ip6 saddr @peers6" "ip6 saddr fe80::/10"; do
      table_trace "in probe" "$table_from ip6 nexthdr 112 @th,0,16 0x8000"
      table_trace "in advert" "$table_from ip6 nexthdr 112 @th,0,16 != 0x8000"
    done
    [ -z "$table_wg" ] || table_trace "in tunnel" "udp dport $table_wg"
  fi
  say "  }"
  say "  chain in_end {"
  say "    type filter hook input priority 500; policy accept;"
  table_count passed
  [ -z "$table_wg" ] || say "    udp dport $table_wg add @wgpassed { udp dport counter }"
  say "  }"
  say "}"
  : >"$net_dir/nic-names"
  [ "$table_nic" = netdev ] || return 0
  say "table netdev $table_name {"
  table_addresses frames stray
  table_peers
  say "  set vmac4 { type ether_addr . ipv4_addr . inet_service; flags dynamic; size 1024; }"
  say "  set vmac6 { type ether_addr . ipv6_addr . inet_service; flags dynamic; size 1024; }"
  say "  set wg { type inet_service; flags dynamic; size 64; }"
  table_number=0
  cat "$net_dir/devs" "$net_dir/wg-devs" 2>/dev/null | sort -u >"$net_dir/nic-devs"
  while read -r table_dev; do
    [ -d "$root/sys/class/net/$table_dev" ] || continue
    table_number=$((table_number + 1))
    say "nic$table_number $table_dev" >>"$net_dir/nic-names"
    table_sets "nic$table_number"
    say "  chain nic$table_number {"
    say "    type filter hook ingress device \"$table_dev\" priority -500; policy accept;"
    if has_line "$table_dev" "$net_dir/devs"; then table_nic_rules; fi
    [ -z "$table_wg" ] || say "    udp dport $table_wg add @wg { udp dport counter }"
    say "  }"
  done <"$net_dir/nic-devs"
  say "}"
}

# table_nic_rules: of an interface of the cluster.
table_nic_rules() {
  table_count "nic$table_number"
  if has_arp "$table_dev"; then
    say "    arp saddr ip @peers4 add @frames4 { arp saddr ip counter }"
    say "    ip protocol 112 @th,0,16 != 0x0800 add @vmac4 { ether saddr . ip saddr . th sport counter }"
    say "    ip6 nexthdr 112 @th,0,16 != 0x8000 add @vmac6 { ether saddr . ip6 saddr . th sport counter }"
  fi
  table_others
}

# table_probe_rules: of the chain at the start of output.
table_probe_rules() {
  table_probes='ip length 40 icmp type echo-request'" $probe_match"
  table_probes6='ip6 length 20 icmpv6 type echo-request'" $probe_match"
  # ping takes the address that leads there; adverts have the one of the spec.
  while read -r _ probe_address _ probe_source; do
    if [ "$probe_source" = - ] || ! has_line_word "$probe_source" "$net_dir/own"; then continue; fi
    case $probe_address in
    *:*) say "    ip6 daddr $probe_address $table_probes6 ip6 saddr set $probe_source" ;;
    *) say "    ip daddr $probe_address $table_probes ip saddr set $probe_source" ;;
    esac
  done <"$net_dir/targets"
  # busybox fills the code, too: it is where the virtual router stands.
  say "    $table_probes icmp code set 0 ip protocol set 112 ip ttl set 255"
  say "    $table_probes6 icmpv6 code set 0 ip6 nexthdr set 112 ip6 hoplimit set 255"
  table_untie "$probe_zone_out"
}

# table_untie ZONE: probes from the connections that there are.
table_untie() {
  case $table_track in
  zone) untie_verb="ct zone set $1" ;;
  notrack) untie_verb=notrack ;;
  *) return 0 ;;
  esac
  say "    ip protocol 112 @th,0,16 0x0800 $untie_verb"
  say "    ip6 nexthdr 112 @th,0,16 0x8000 $untie_verb"
}

# has_line_word WORD FILE: as the first word of a line.
has_line_word() {
  while read -r has_line_first _; do
    [ "$has_line_first" != "$1" ] || return 0
  done <"$2"
  return 1
}

# table_others: what else comes from peers, and what comes for a virtual address that is not here.
table_others() {
  say "    ip saddr @peers4 ip protocol != 112 add @frames4 { ip saddr counter }"
  say "    ip6 saddr @peers6 ip6 nexthdr != 112 add @frames6 { ip6 saddr counter }"
  # Without MACs nobody is sent to the wrong one.
  [ "$table_nic" != netdev ] || has_arp "$table_dev" || return 0
  table_free=$(awk '$4 == "free" { print $2 }' "$net_dir/vips" | table_elements 4 | sed 's/^elements = //; s/;$//')
  [ -z "$table_free" ] || say "    meta pkttype host ip daddr $table_free add @stray4 { ip daddr counter }"
  table_free=$(awk '$4 == "free" { print $2 }' "$net_dir/vips" | table_elements 6 | sed 's/^elements = //; s/;$//')
  [ -z "$table_free" ] || say "    meta pkttype host ip6 daddr $table_free add @stray6 { ip6 daddr counter }"
}

# table_handshakes SET: of WireGuard, both messages.
table_handshakes() {
  [ -n "$table_wg" ] || return 0
  say "    meta nfproto ipv4 udp sport $table_wg @th,64,8 { 1, 2 } add @${1}4 { ip daddr . udp dport counter }"
  say "    meta nfproto ipv6 udp sport $table_wg @th,64,8 { 1, 2 } add @${1}6 { ip6 daddr . udp dport counter }"
}
