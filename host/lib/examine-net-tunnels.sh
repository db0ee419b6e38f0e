# shellcheck shell=sh disable=SC2154,SC2034 # the names of common.sh
# examine: tunnels, of this cluster or under its interfaces. Keys are compared here; none is printed.
#
# $work/look-net: tunnels CLUSTER DEV PORT CONF / wg-ports DEV PORT / wg-devs DEV, over which WireGuard's datagrams come /
#   wg-endpoints ADDRESS NODE DEV PORT

# Echo requests through tunnels, in a second, and milliseconds between two of one kind to an address.
tunnel_rate=0
tunnel_pace=500

# tunnels_plan CLUSTER CONF: before the table is made.
tunnels_plan() {
  tunnel_rate=0 tunnel_pace=500
  for plan_conf in "$2" "$conf_dir"/*/node.conf; do
    [ -e "$plan_conf" ] || continue
    plan_cluster=$1
    [ "$plan_conf" = "$2" ] || { plan_cluster=${plan_conf%/node.conf} && plan_cluster=${plan_cluster##*/}; }
    facts tunnel "$plan_conf" | while read -r plan_dev plan_port _; do
      [ "$plan_cluster" = "$1" ] || has_line "$plan_dev" "$net_dir/devs" || continue
      say "$plan_cluster $plan_dev $plan_port $plan_conf"
    done
  done | awk '!seen[$2]++' >"$net_dir/tunnels"
  [ -s "$net_dir/tunnels" ] || return 0
  have wg || net_lacks wg "handshakes, keys and AllowedIPs of tunnels"
  while read -r _ plan_dev plan_port plan_conf; do
    say "$plan_dev" >>"$net_dir/tunnel-devs"
    plan_is=$(wg show "$plan_dev" listen-port 2>/dev/null) || plan_is=
    [ "${plan_is:-0}" = 0 ] || plan_port=$plan_is
    case $plan_port in '' | *[!0-9]*) ;; *) say "$plan_dev $plan_port" >>"$net_dir/wg-ports" ;; esac
    wg show "$plan_dev" endpoints >"$net_dir/endpoints.$plan_dev" 2>/dev/null || true
    facts wan "$plan_conf" >>"$net_dir/wg-devs"
    facts tunnel-peer "$plan_conf" | awk -v dev="$plan_dev" '
      part == 1 { is[$1] = $2; next }
      $1 == dev {
        list[1] = is[$3]; list[2] = $4
        for (i = 1; i <= 2; i++) {
          port = list[i]; sub(/.*:/, "", port)
          address = list[i]; sub(/:[0-9]*$/, "", address); gsub(/[][]/, "", address)
          if (address ~ /^[0-9.]+$/ || address ~ /:/) print address, $2, dev, port
        }
      }' part=1 "$net_dir/endpoints.$plan_dev" part=2 - | sort -u >>"$net_dir/wg-endpoints"
  done <"$net_dir/tunnels"
  tunnel_rate=$((4 * $(while read -r _ _ _ plan_conf; do facts tunnel-peer-address "$plan_conf"; done <"$net_dir/tunnels" | wc -l)))
  if [ "$tunnel_rate" -gt 8 ]; then tunnel_pace=$((tunnel_pace * tunnel_rate / 8)) tunnel_rate=8; fi
  while read -r plan_address _; do
    ip "$(ip_family "$plan_address")" route get "$plan_address" 2>/dev/null |
      awk '{ for (i = 1; i < NF; i++) if ($i == "dev") { print $(i + 1); exit } }' >>"$net_dir/wg-devs"
  done <"$net_dir/wg-endpoints"
}

# tunnels_begin: small and full echo requests through them.
tunnels_begin() {
  [ "${examine_quiet:-no}" != yes ] && have ping || return 0
  while read -r _ begin_dev _ begin_conf; do
    tunnel_up "$begin_dev" || continue
    begin_mtu=$(cat "$root/sys/class/net/$begin_dev/mtu" 2>/dev/null) || continue
    facts tunnel-peer-address "$begin_conf" | while read -r begin_of _ begin_address; do
      [ "$begin_of" != "$begin_dev" ] || say "$begin_address"
    done >"$net_dir/tunnel-addresses"
    while read -r begin_address; do
      begin_full=$((begin_mtu - 28))
      case $begin_address in *:*) begin_full=$((begin_mtu - 48)) ;; esac
      net_go tunnel-echoes tunnel_echo "$begin_address" "$begin_dev" 56 >"$net_dir/tunnel-echo.small.$begin_dev.$begin_address"
      net_go tunnel-echoes tunnel_echo "$begin_address" "$begin_dev" "$begin_full" >"$net_dir/tunnel-echo.full.$begin_dev.$begin_address"
    done <"$net_dir/tunnel-addresses"
  done <"$net_dir/tunnels"
}

# tunnel_echo ADDRESS DEV SIZE: in one piece, where this ping can have it so.
tunnel_echo() {
  if ping_takes -M "do"; then
    ping_paced "$tunnel_pace" 700 "$(ping_version "$1")" -M "do" -s "$3" -I "$2" "$1"
  else
    ping_paced "$tunnel_pace" 700 "$(ping_version "$1")" -s "$3" -I "$2" "$1"
  fi
}

tunnels_end() { net_signal tunnel-echoes INT; }

# tunnel_traffic_facts: at the end, when everything was counted.
tunnel_traffic_facts() {
  while read -r tunnel_cluster tunnel_dev tunnel_port tunnel_file; do
    if ! tunnel_up "$tunnel_dev"; then
      say "tunnel $tunnel_dev absent"
    elif tunnel_flags=$(cat "$root/sys/class/net/$tunnel_dev/flags" 2>/dev/null) && [ $((tunnel_flags & 1)) -eq 0 ]; then
      say "tunnel $tunnel_dev down"
    else
      say "tunnel $tunnel_dev up"
    fi
    facts tunnel-peer "$tunnel_file" | awk -v dev="$tunnel_dev" '$1 == dev' >"$net_dir/tunnel-peers"
    if tunnel_up "$tunnel_dev" && have wg; then
      tunnel_peer_facts "$tunnel_dev" "$tunnel_file"
      tunnel_key_facts "$tunnel_cluster" "$tunnel_dev" "$tunnel_file"
    fi
    [ -z "$net_table" ] || tunnel_count_facts "$tunnel_dev"
    facts tunnel-peer-address "$tunnel_file" | while read -r echo_of echo_name echo_address; do
      [ "$echo_of" = "$tunnel_dev" ] || continue
      for echo_size in small full; do
        echo_file=$net_dir/tunnel-echo.$echo_size.$tunnel_dev.$echo_address
        [ ! -s "$echo_file" ] || say "tunnel-echo $tunnel_dev $echo_name $echo_address $echo_size $(echo_result <"$echo_file" | sed 's/ .*//')"
      done
    done
  done <"$net_dir/tunnels"
}

# tunnel_peer_facts DEV CONF
tunnel_peer_facts() {
  for peer_what in peers latest-handshakes transfer endpoints allowed-ips; do
    wg show "$1" "$peer_what" 2>/dev/null | sed "s/^/$peer_what /"
  done >"$net_dir/wg-sights"
  {
    facts tunnel-peer-address "$2" | awk -v dev="$1" '$1 == dev { print $2, $3 }'
    # Any peer may be the one that holds it.
    awk -v dev="$1" '
      part == 1 { peer[++peers] = $2; next }
      $3 == dev { for (i = 1; i <= peers; i++) print peer[i], $2 }' part=1 "$net_dir/tunnel-peers" part=2 "$net_dir/vips"
  } | awk '!seen[$0]++' >"$net_dir/must-pass"
  awk -v now="$(now)" "$bits_awk"'
    function host(endpoint) { sub(/:[0-9]+$/, "", endpoint); gsub(/[][]/, "", endpoint); return endpoint }
    function port(endpoint) { sub(/.*:/, "", endpoint); return endpoint }
    # Where it leads is not looked up: a resolver may take its time.
    function is_name(text) { return text ~ /[A-Za-z]/ && text !~ /:/ }
    part == 1 {
      if ($1 == "peers") there[$2] = 1
      if ($1 == "latest-handshakes") last[$2] = $3
      if ($1 == "transfer") { got[$2] = $3; gave[$2] = $4 }
      if ($1 == "endpoints") at[$2] = $3
      if ($1 == "allowed-ips") for (i = 3; i <= NF; i++) if ($i ~ /\//) {
        address = $i; prefix = $i; sub(/\/.*/, "", address); sub(/.*\//, "", prefix)
        network[++networks] = bits(address); prefix_of[networks] = prefix; whose[networks] = $2
      }
      next
    }
    part == 2 { must[++musts] = $1; must_address[musts] = $2; next }
    {
      dev = $1; name = $2; key = $3; wanted = $4
      age = last[key] > now ? 0 : now - last[key]
      is = at[key] == "" || at[key] == "(none)" ? "none" : at[key]
      print "tunnel-peer", dev, name, (last[key] > 0 ? age : "never"), is, got[key] + 0, gave[key] + 0
      print "tunnel-peer-key", dev, name, (key in there ? "same" : "other")
      if (wanted != "none" && (is == "none" || port(wanted) != port(is) || (!is_name(host(wanted)) && bits(host(wanted)) != bits(host(is)))))
        print "tunnel-endpoint", dev, name, wanted, is
      for (i = 1; i <= musts; i++) if (must[i] == name) {
        text = bits(must_address[i]); best = -1; by = ""
        for (n = 1; n <= networks; n++)
          if (length(network[n]) == length(text) && substr(network[n], 1, prefix_of[n]) == substr(text, 1, prefix_of[n]) && prefix_of[n] + 0 > best) {
            best = prefix_of[n] + 0; by = whose[n]
          }
        print "tunnel-allowed", dev, name, must_address[i], (by == key ? "yes" : "no")
      }
    }' part=1 "$net_dir/wg-sights" part=2 "$net_dir/must-pass" part=3 "$net_dir/tunnel-peers"
}

# tunnel_key_facts CLUSTER DEV CONF
tunnel_key_facts() {
  tunnel_key_number=$(facts tunnel-key "$3" | sed -n "s/^$2 //p")
  tunnel_key_file=$state_dir/$1/keys/$2.$tunnel_key_number
  [ -e "$tunnel_key_file" ] || tunnel_key_file=$root/etc/wireguard/$2.key
  tunnel_key_is=$(wg show "$2" public-key 2>/dev/null) || tunnel_key_is=
  tunnel_key_wanted=$(public_key "$tunnel_key_file" 2>/dev/null) || tunnel_key_wanted=
  if [ -z "$tunnel_key_wanted" ] || [ -z "$tunnel_key_is" ] || [ "$tunnel_key_is" = "(none)" ]; then
    say "tunnel-key $2 missing"
  elif [ "$tunnel_key_is" = "$tunnel_key_wanted" ]; then
    say "tunnel-key $2 same"
  else
    say "tunnel-key $2 other"
  fi
}

# tunnel_count_facts DEV
tunnel_count_facts() {
  awk -v dev="$1" -v nic="$table_nic" "$bits_awk"'
    part == 1 { if ($1 == dev) port = $2; next }
    part == 2 { if ($3 == dev && !($2 in end_of)) name[++names] = $2; if ($3 == dev) { end_of[$2] = 1; of[bits($1), $4] = $2 } next }
    part == 3 { if (!($2 in end_of)) { end_of[$2] = 1; name[++names] = $2 } next }
    $1 ~ /^wg/ && $3 == port { count[$1] += $2 }
    $1 ~ /^hands/ && ((bits($3), $4) in of) { went[$1, of[bits($3), $4]] += $2 }
    END {
      if (port == "") exit
      print "tunnel-port", dev, port, (nic == "netdev" ? count["wg"] + 0 : "-"), count["wgin"] + 0, count["wgpassed"] + 0
      for (i = 1; i <= names; i++) print "tunnel-sent", dev, name[i], went["hands", name[i]] + 0, went["handsleft", name[i]] + 0
    }' part=1 "$net_dir/wg-ports" part=2 "$net_dir/wg-endpoints" part=3 "$net_dir/tunnel-peers" part=4 "$net_dir/counted"
}
