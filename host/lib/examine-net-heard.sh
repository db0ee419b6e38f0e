# shellcheck shell=sh disable=SC2154,SC2034 # the names of common.sh
# examine: what came and went, from the table's counters; adverts by tcpdump where there is no table.

# heard_begin: tcpdump, where nft cannot count at the interface.
heard_begin() {
  [ -z "$net_table" ] || [ "$table_nic" != netdev ] || return 0
  have tcpdump || {
    [ -n "$net_table" ] || net_lacks tcpdump "which adverts reach the interface"
    return 0
  }
  while read -r heard_dev; do
    [ -d "$root/sys/class/net/$heard_dev" ] || continue
    net_go capture tcpdump -n -e -l -p -Q in -i "$heard_dev" "ip proto 112 or ip6 proto 112" >"$net_dir/capture.$heard_dev"
  done <"$net_dir/devs"
}

heard_end() { net_signal capture TERM; }

# captured INTERFACE: a filter of tcpdump's lines into those of the table: nic|vmac PACKETS KEY...
captured() {
  awk -v dev="$1" '
    / > .*: VRRPv[0-9]/ {
      mac = "-"
      if ($2 ~ /^[0-9a-f][0-9a-f]:.*:/) mac = $2
      at = match($0, /[0-9a-fA-F.:]+ > [0-9a-fA-F.:]+: VRRPv/)
      split(substr($0, at, RLENGTH), part, " ")
      to = part[3]; sub(/:$/, "", to)
      version = substr($0, at + RLENGTH) + 0
      if (/unknown type \(8\)/ || (version == 8 && /unknown type \(0\)/)) {
        first = version == 8 ? 32768 : 2048
        print "nic", 1, part[1], to, first, first, dev
        next
      }
      vrid = $0; sub(/.*vrid /, "", vrid); prio = $0; sub(/.*prio /, "", prio)
      first = version * 4096 + 256 + vrid
      print "nic", 1, part[1], to, first, prio * 256, dev
      if (mac != "-") print "vmac", 1, mac, part[1], first
    }'
}

# traffic_facts
traffic_facts() {
  for heard_capture in "$net_dir"/capture.*; do
    [ ! -e "$heard_capture" ] || captured "${heard_capture#"$net_dir/capture."}" <"$heard_capture" >>"$net_dir/counted"
  done
  [ -n "$net_table" ] || [ -s "$net_dir/counted" ] || return 0
  macs_of_peers >"$net_dir/macs"
  awk -v nft="${net_table:+yes}" -v nic="${table_nic:-}" -v group_only="$net_dir/group-only" "$bits_awk"'
    BEGIN { while ((getline line <group_only) > 0) grouped[bits(line)] = 1 }
    function is_probe(first) { return first == 2048 || first == 32768 }
    # That a probe does not pass says nothing where no advert goes as it does.
    function behind(n) { return n == 0 && cast == "unicast" && what == "probe" && (key[i] in grouped) ? "-" : n }
    function group(address) { return address == "224.0.0.18" || address == "ff02::12" }
    part == 1 { own[bits($1)] = 1; next }
    part == 2 { peer[++peers] = $1; address[peers] = $2; key[peers] = bits($2); names[$2 ~ /:/] += !(($1, $2 ~ /:/) in name_seen); name_seen[$1, $2 ~ /:/] = 1; next }
    part == 3 { mac_of[bits($1)] = $2; next }
    part == 4 { if ($1 == "multicast") multicast[$2 ~ /:/, $3] = 1; else goes[bits($2)] = $3; next }
    # MACs come before what came from them.
    part == 5 { if ($1 == "vmac") mac_from[bits($4)] = $3; next }
    {
      kind = $1; count = $2
      if (kind == "sent" || kind == "left") {
        what = is_probe($5) ? "probe" : "advert"
        total[kind, bits($4), what] += count
      } else if (kind == "nic" || kind == "entered" || kind == "passed") {
        from = bits($3)
        if (from in own) next
        what = is_probe($5) ? "probe" : "advert"
        cast = group($4) ? "multicast" : "unicast"
        total[kind, from, cast, what] += count
        if (!(from in seen_from)) { seen_from[from] = 1; sender[++senders] = from; spelled[senders] = $3 }
      } else if (kind == "frames" || kind == "refused" || kind == "stray") total[kind, bits($3)] += count
    }
    END {
      for (i = 1; i <= peers; i++) if (key[i] in goes) {
        six = address[i] ~ /:/
        for (c = 1; c <= 2; c++) {
          cast = c == 1 ? "unicast" : "multicast"
          if (cast == "multicast" && !((six, goes[key[i]]) in multicast)) continue
          to = cast == "unicast" ? key[i] : bits(six ? "ff02::12" : "224.0.0.18")
          # Adverts to the group come from an address that the spec need not know.
          more = 0
          if (cast == "multicast" && six) for (s = 1; s <= senders; s++)
            if (spelled[s] ~ /^fe[89ab]/ && sender[s] != key[i] &&
                (names[1] == 1 || (key[i] in mac_of && mac_from[sender[s]] == mac_of[key[i]]))) also[i, ++more] = sender[s]
          for (w = 1; w <= 2; w++) {
            what = w == 1 ? "probe" : "advert"
            if (nft) {
              left = total["left", to, what] + 0; entered = total["sent", to, what] + 0
              # One to a group of which this host is a member leaves twice, out and back.
              if (left > entered) left = entered
              print "sent", peer[i], address[i], cast, what, entered, (entered > 0 ? behind(left) : left)
            }
            came["nic"] = came["entered"] = came["passed"] = 0
            for (k in came) {
              came[k] += total[k, key[i], cast, what]
              for (m = 1; m <= more; m++) came[k] += total[k, also[i, m], cast, what]
            }
            # What came meanwhile, and what an interface with a virtual MAC got, too.
            if (!captured && came["nic"] > 0 && came["entered"] > came["nic"]) came["entered"] = came["nic"]
            if (came["passed"] > came["entered"]) came["passed"] = came["entered"]
            print "came", peer[i], address[i], cast, what, (nft && nic != "netdev" && !captured ? "-" : came["nic"]), (nft ? came["entered"] : "-"), (nft ? behind(came["passed"]) : "-")
          }
        }
      }
      if (nft) {
        for (i = 1; i <= peers; i++) print "frames", peer[i], address[i], total["frames", key[i]] + 0
        for (i = 1; i <= peers; i++) print "unreachable", peer[i], address[i], total["refused", key[i]] + 0
      }
    }' captured="$(ls "$net_dir"/capture.* 2>/dev/null)" \
    part=1 "$net_dir/own" part=2 "$net_dir/peers" part=3 "$net_dir/macs" part=4 "$net_dir/targets" \
    part=5 "$net_dir/counted" part=6 "$net_dir/counted"
  awk '
    part == 1 { if ($4 == "free") free[$2] = 1; next }
    $1 == "stray" && $3 in free { print "stray", $3, $2 }' part=1 "$net_dir/vips" part=2 "$net_dir/counted" | sort -u
}

# heard_facts: what nft has counted at the interface, or else before all filters.
heard_facts() {
  [ -s "$net_dir/counted" ] || return 0
  heard_at=nic
  grep -q '^nic ' "$net_dir/counted" || heard_at=entered
  awk -v at="$heard_at" "$bits_awk"'
    part == 1 { own[bits($1)] = 1; next }
    $1 == at && $5 != 2048 && $5 != 32768 && !(bits($3) in own) {
      cast = $4 == "224.0.0.18" || $4 == "ff02::12" ? "multicast" : "unicast"
      line = "heard " $3 " " ($5 % 256) " " int($5 / 4096) " " int($6 / 256) " " cast
      heard[line] += $2
      if ($7 != "" && !index(on[line] " ", " " $7 " ")) on[line] = on[line] " " $7
    }
    $1 == "vmac" && $3 ~ /^00:00:5e:00:0[12]:/ && !(bits($4) in own) { heard["heard-vmac " $4 " " ($5 % 256)] += $2 }
    END { for (line in heard) print line, heard[line] on[line] }' part=1 "$net_dir/own" part=2 "$net_dir/counted" | sort
}

# macs_of_peers: ADDRESS MAC, by the neighbour table.
macs_of_peers() {
  ip neigh show 2>/dev/null | awk "$bits_awk"'
    part == 1 { wanted[bits($2)] = $2; next }
    { for (i = 1; i < NF; i++) if ($i == "lladdr" && bits($1) in wanted) print wanted[bits($1)], tolower($(i + 1)) }' \
    part=1 "$net_dir/peers" part=2 -
}
