# shellcheck shell=sh disable=SC2154,SC2034 # the names of common.sh
# examine: an nftables table of its own, which counts and decides nothing. vrrp_doctor_PID in the families inet and netdev; one
# whose run was killed is removed by the next.
#
# Sets, with a counter for each element; 4 and 6 for the family:
#   sent, left      SOURCE . DESTINATION . BYTES 1-2 . BYTES 3-4 of protocol 112, at the start of output and after all its filters
#   nic, entered, passed    ... at the interface, before all filters of input, after them
#   frames          peers, everything else from them     stray    virtual addresses that are not here
#   refused         peers, their ICMP about protocol 112 vmac     MAC . SOURCE . BYTES 1-2
#   wg, wgin, wgpassed PORT   hands, handsleft ADDRESS . PORT
# The first two bytes are version and type, and the virtual router; the third is the priority. A port is as good a name for two
# bytes as any, and what nft has had longest.
#
# A probe is an echo request of ours, by its length and its last bytes, that the table turns into protocol 112 on its way out:
# its first two bytes make it version 0 of type 8, or version 8 of type 0, and virtual router 0. keepalived looks at the
# router alone, finds no instance and forgets it without a word.
#
# 'meta l4proto 112' before bytes of the payload makes nft 1.0.6 abort when it lists the table, whoever asks: the protocol is
# matched in the IP header. Nothing that could decide stands in the chains of input and output: `firewall` would take it
# for a rule of somebody else.

# Length of a probe's data, the byte that it is full of (ping writes a time into the first ones), and 20 or 8 bytes of headers.
probe_size=12
probe_byte=5a
probe_match='@th,128,32 0x5a5a5a5a'

# Zones of connections: in one of their own, no former advert vouches for a probe. The answers would, so there is one each way.
# They also keep a probe that goes out from vouching for adverts that come in. A kernel that has no zones may not track probes
# at all; where it can do neither, there are none.
probe_zone_out=30001
probe_zone_in=30002

# table_begin: the most that this kernel and this nft can do.
table_begin() {
  have nft || {
    net_lacks nft "what passes the filters, and which rule ends it"
    return 0
  }
  table_stale
  table_name=vrrp_doctor_$$
  table_levels="netdev:no inet:no"
  ! tracks_connections || table_levels="netdev:zone inet:zone netdev:notrack inet:notrack netdev:silent inet:silent"
  for table_level in $table_levels; do
    table_nic=${table_level%:*} table_track=${table_level#*:}
    table_rules >"$net_dir/table.nft"
    net_table=$table_name
    # One that this nft cannot list would be in the way of everybody who lists all.
    if nft -f "$net_dir/table.nft" 2>"$net_dir/table.words" && table_list >/dev/null 2>&1; then break; fi
    table_end
  done
  if [ -z "$net_table" ]; then
    net_lacks nft "what passes the filters, and which rule ends it: $(tr '\000-\037' ' ' <"$net_dir/table.words" | cut -c 1-200)"
    return 0
  fi
  [ "$table_nic" = netdev ] || net_lacks nft-netdev "what reaches the interface and goes no further"
  [ "$table_track" != silent ] || net_lacks nft-ct-zone "what would pass without former adverts"
}

# tracks_connections: a rule of ours that asks for them would make the kernel begin to.
tracks_connections() {
  [ -e "$root/proc/sys/net/netfilter/nf_conntrack_count" ] || return 1
  ! has_connections || return 0
  ! nft -s list ruleset 2>/dev/null | grep -q -E '(^|[^a-z])(ct (state|zone|mark)|masquerade|dnat|snat|xt match "(conntrack|state)")' || return 0
  # Rules that nft does not list, and nothing to track so far.
  ping -c 1 -W 1 127.0.0.1 </dev/null >/dev/null 2>&1 8>&- 9>&- &
  sleep 0.1 2>/dev/null || sleep 1
  kill "$!" 2>/dev/null || true
  has_connections
}

has_connections() { [ "$(cat "$root/proc/sys/net/netfilter/nf_conntrack_count" 2>/dev/null || say 0)" -gt 0 ]; }

# table_stale: what a killed run has left.
table_stale() {
  nft list tables 2>/dev/null | sed -n 's/^table \([a-z0-9]*\) \(vrrp_doctor_\([0-9]*\)\)$/\1 \2 \3/p' >"$net_dir/tables"
  while read -r stale_family stale_table stale_pid; do
    ! grep -a -q vrrp-agent "$root/proc/$stale_pid/cmdline" 2>/dev/null || [ "$stale_pid" = "$$" ] || continue
    nft delete table "$stale_family" "$stale_table" 2>/dev/null || true
  done <"$net_dir/tables"
}

table_end() {
  [ -n "$net_table" ] || return 0
  nft delete table netdev "$net_table" 2>/dev/null || true
  nft delete table inet "$net_table" 2>/dev/null || true
  # Else they go by themselves in ten minutes, and nothing else is in these zones.
  if [ "$table_track" = zone ] && have conntrack; then
    conntrack -D -w "$probe_zone_out" >/dev/null 2>&1 || true
    conntrack -D -w "$probe_zone_in" >/dev/null 2>&1 || true
  fi
  net_table=
}

# elements FILE: as a set has them, of one family.
table_elements() {
  awk -v family="$1" '(family == 6) == ($1 ~ /:/) && !seen[$1]++ { text = text (text == "" ? "" : ", ") $1 } END { if (text != "") print "elements = { " text " };" }'
}

# table_count SET KEY-BYTES: rules that count protocol 112; of a probe the first bytes twice, for the next are a checksum.
table_count() {
  for count_family in 4 6; do
    count_ip="ip" count_match="ip protocol 112" count_probe=0x0800
    [ "$count_family" = 4 ] || count_ip="ip6" count_match="ip6 nexthdr 112" count_probe=0x8000
    say "    $count_match @th,0,16 $count_probe add @$1$count_family { $count_ip saddr . $count_ip daddr . th sport . th sport counter }"
    say "    $count_match @th,0,16 != $count_probe add @$1$count_family { $count_ip saddr . $count_ip daddr . th sport . th dport counter }"
  done
}

# table_set NAME4|NAME6...: of protocol 112.
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

# table_traces HOOK KIND MATCH...: a few in a second are enough.
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
  [ "$table_nic" = netdev ] || return 0
  say "table netdev $table_name {"
  table_sets nic
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
  table_count nic
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

# table_list: what is counted first is read first.
table_list() {
  [ "$table_nic" != netdev ] || nft list table netdev "$net_table" || return 1
  nft list table inet "$net_table"
}

# table_read: into $work/look-net/counted, SET PACKETS KEY...; a set without its 4 or 6.
table_read() {
  : >"$net_dir/counted"
  [ -n "$net_table" ] || return 0
  table_list 2>/dev/null | table_flat >"$net_dir/counted"
}

table_flat() {
  awk '
    $1 == "set" { name = $2; sub(/[46]$/, "", name) }
    /elements = \{/ { inside = 1; sub(/.*elements = \{/, "") }
    inside {
      last = sub(/\}.*/, "")
      count = split($0, element, ",")
      for (i = 1; i <= count; i++) {
        words = split(element[i], word, " ")
        key = ""; packets = ""
        for (j = 1; j <= words; j++) {
          if (word[j] == "packets") packets = word[j + 1]
          if (word[j] == "counter") break
          if (word[j] != ".") key = key " " word[j]
        }
        for (; j <= words; j++) if (word[j] == "packets") packets = word[j + 1]
        if (packets != "") print name, packets key
      }
      if (last) inside = 0
    }'
}
