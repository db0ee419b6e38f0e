# shellcheck shell=sh disable=SC2154,SC2034 # the names of common.sh
# examine: interfaces and addresses as they are, and what other files say of the virtual ones.

# link_facts CONF: what the spec names, and what keepalived's configuration names besides.
link_facts() {
  {
    cat "$net_dir/devs"
    cat "$net_dir/tunnel-devs" 2>/dev/null || true
    sed -n 's/^[[:space:]]*interface[[:space:]]\{1,\}"\{0,1\}\([A-Za-z0-9_.@-]\{1,15\}\).*/\1/p' "$root${examine_conf:-/etc/keepalived/keepalived.conf}" 2>/dev/null || true
  } | awk '!seen[$1]++' | while read -r link_dev; do
    if [ ! -d "$root/sys/class/net/$link_dev" ]; then
      say "link $link_dev absent - - -"
      continue
    fi
    link_flags=$(cat "$root/sys/class/net/$link_dev/flags" 2>/dev/null) || link_flags=0
    link_word=down link_carrier=-
    if [ $((link_flags & 1)) -eq 1 ]; then
      link_word=up
      case $(cat "$root/sys/class/net/$link_dev/carrier" 2>/dev/null) in 1) link_carrier=carrier ;; 0) link_carrier=no-carrier ;; esac
    fi
    link_mtu=$(cat "$root/sys/class/net/$link_dev/mtu" 2>/dev/null) || link_mtu=-
    link_mac=$(cat "$root/sys/class/net/$link_dev/address" 2>/dev/null) || link_mac=
    has_arp "$link_dev" || link_mac=
    say "link $link_dev $link_word $link_carrier $link_mtu ${link_mac:--}"
  done
}

# address_facts CONF
address_facts() {
  ip -o address show 2>/dev/null | awk '{
    for (i = 3; i < NF; i++) if ($i == "inet" || $i == "inet6") {
      own = $(i + 1); network = $(i + 2) == "peer" ? $(i + 3) : $(i + 1)
      if (own !~ /\//) own = own (network ~ /\// ? substr(network, index(network, "/")) : ($i == "inet" ? "/32" : "/128"))
      print "address", $2, own
    } }' | awk '!seen[$0]++'
  facts source "$1" | while read -r source_address source_dev; do
    source_at=$(awk -v wanted="$source_address" -v dev="$source_dev" "$bits_awk"'
      bits($1) == bits(wanted) { if ($2 == dev) here = 1; else other = $2 }
      END { print here ? "here" : other != "" ? "elsewhere " other : "absent" }' "$net_dir/own")
    say "source $source_dev $source_address $source_at"
  done
}

# vip_facts CONF
vip_facts() {
  while read -r vip_instance vip_address vip_dev vip_word; do
    say "vip $vip_instance $vip_address $vip_dev $vip_word"
  done <"$net_dir/vips"
  awk "$bits_awk"'
    part == 1 { dev[bits($2)] = dev[bits($2)] " " $3 " "; spelled[bits($2)] = $2; next }
    bits($1) in dev && !index(dev[bits($1)], " " $2 " ") { print "vip-elsewhere", spelled[bits($1)], $2 }' part=1 "$net_dir/vips" part=2 "$net_dir/own"
  persistent_facts
  arp_facts
}

# network_files: what configures interfaces at a boot.
network_files() {
  network_etc=$root/etc
  for network_path in "$network_etc"/network/interfaces "$network_etc"/network/interfaces.d/* "$network_etc"/systemd/network/*.network \
    "$network_etc"/systemd/network/*.network.d/*.conf "$network_etc"/NetworkManager/system-connections/* \
    "$network_etc"/sysconfig/network-scripts/ifcfg-* "$network_etc"/netplan/*.yaml "$network_etc"/netplan/*.yml \
    "$network_etc"/config/network; do
    [ ! -f "$network_path" ] || say "${network_path#"$root"}"
  done
}

# persistent_facts: an address, not a gateway, a server or a route.
persistent_facts() {
  [ -s "$net_dir/vips" ] || return 0
  network_files | while read -r persistent_file; do
    ! grep -q '^# Managed by pulumi-keepalived' "$root$persistent_file" 2>/dev/null || continue
    awk -v file="$persistent_file" "$bits_awk"'
      part == 1 { wanted[bits($2)] = $2; next }
      /^[ \t]*[#;]/ || /(gateway|Gateway|via|route|Route|Destination|dns|DNS|nameserver|search|to:)[^a-zA-Z]/ && !/^[ \t]*address[0-9]*=/ { next }
      {
        line = $0; sub(/#.*/, "", line)
        # NetworkManager puts the gateway behind the address.
        if (line ~ /^address[0-9]*=/) sub(/,.*/, "", line)
        named = tolower(line) ~ /(addr|ip +a)/
        count = split(line, word, /[^0-9a-fA-F.:\/]+/)
        for (i = 1; i <= count; i++) {
          address = word[i]; prefixed = sub(/\/[0-9]+$/, "", address)
          sub(/:$/, "", address)
          if (address !~ /^[0-9]+\.[0-9]+\.[0-9]+\.[0-9]+$/ && address !~ /:.*:/) continue
          if ((named || prefixed) && bits(address) in wanted && !seen[address]++) print "vip-persistent", wanted[bits(address)], file
        }
      }' part=1 "$net_dir/vips" part=2 "$root$persistent_file"
  done | sort -u
}

# arp_facts: settings that keep a host from answering for an address that it has.
arp_facts() {
  awk '$2 !~ /:/ && !seen[$3]++ { print $3 }' "$net_dir/vips" | while read -r arp_dev; do
    for arp_of in all "$arp_dev"; do
      case $(cat "$root/proc/sys/net/ipv4/conf/$arp_of/arp_ignore" 2>/dev/null) in
      [4-9]) say "sysctl net.ipv4.conf.$arp_of.arp_ignore $(cat "$root/proc/sys/net/ipv4/conf/$arp_of/arp_ignore") 0" ;;
      esac
    done
  done | sort -u
}
