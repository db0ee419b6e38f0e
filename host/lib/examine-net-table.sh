# shellcheck shell=sh disable=SC2154,SC2034 # the names of common.sh
# examine: an nftables table of its own, which counts and decides nothing. vrrp_doctor_PID in the families inet and netdev; one
# whose run was killed is removed by the next.
#
# Sets, with a counter for each element; 4 and 6 for the family:
#   sent, left      SOURCE . DESTINATION . BYTES 1-2 . BYTES 3-4 of protocol 112, at the start of output and after all its filters
#   nicN, entered, passed   ... at an interface, before all filters of input, after them
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

# table_list: what is counted first is read first.
table_list() {
  [ "$table_nic" != netdev ] || nft list table netdev "$net_table" || return 1
  nft list table inet "$net_table"
}

# table_read: into $work/look-net/counted, SET PACKETS KEY...; a set without its 4 or 6, what is counted at an interface as
# `nic PACKETS KEY... INTERFACE`.
table_read() {
  : >"$net_dir/counted"
  [ -n "$net_table" ] || return 0
  table_list 2>/dev/null | table_flat | awk '
    part == 1 { dev[$1] = $2; next }
    $1 in dev { name = $1; $1 = "nic"; $0 = $0 " " dev[name] }
    { print }' part=1 "$net_dir/nic-names" part=2 - >"$net_dir/counted"
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
