# shellcheck shell=sh disable=SC2154,SC2034 # the names of common.sh
# WireGuard tunnels where netifd makes the interfaces (OpenWrt): sections of UCI's `network`, which it reads at a boot and at
# `ifup DEV`. A tunnel that runs is changed by `wg` and `ip`, as elsewhere; what is written here is for the next start.
#
#   network.DEV=interface             options that are not ours (tables, zones, ...) stay
#   network.DEV_PEER=wireguard_DEV    one for each peer
#
# /var/lib/vrrp-agent/CLUSTER/generations/0/uci/DEV: sections of DEV from before the first apply, as `uci export` has them.

network_config=$root/etc/config/network
hotplug_script=/etc/hotplug.d/iface/50-vrrp-agent

has_netifd() { [ -e "$network_config" ] && have uci; }

# take_network: a copy of `network`, as a package `ours`. uci has what others have not committed in all that it tells of a
# package, and in each commit; going back must not wait for them.
take_network() {
  mkdir -p "$work/uci/config"
  tool "cannot read $network_config" cp -p "$network_config" "$work/uci/config/ours"
  cp -p "$work/uci/config/ours" "$work/uci/before"
}

# own_uci WORD...: of the copy.
own_uci() { uci -c "$work/uci/config" -t "$work/uci/changes" "$@"; }

# uci_export: all of the copy.
uci_export() { own_uci export ours || fail "uci does not read $network_config; repair it"; }

# only_committed: who made them has not seen the sections that are about to come.
only_committed() {
  [ -z "$(uci -q -c "$root/etc/config" changes network)" ] ||
    fail "network has changes that nobody has committed; run: uci commit network, or: uci revert network, and try again"
}

# What reads sections as `uci export` prints them, in parts 1 and 2, for awk: types[PART, ID], their options and values. One
# without a name goes by what is in it. A value keeps its quotes, and may be of several lines.
# shellcheck disable=SC2016
uci_awk='
  function end_section(   id, i, list) {
    if (type == "") return
    id = name
    if (id == "") { id = "@"; for (i = 1; i <= entries; i++) id = id entry[i] "\n" }
    while (name == "" && (from, id) in types) id = id "+"
    types[from, id] = type
    order[from, ++sections[from]] = id
    for (i = 1; i <= entries; i++) {
      split(entry[i], list, " ")
      if (!((from, id, list[2]) in value)) options[from, id] = options[from, id] list[2] " "
      value[from, id, list[2]] = value[from, id, list[2]] entry[i] "\n"
    }
    type = ""; entries = 0
  }
  FNR == 1 { end_section(); open = 0 }
  {
    text = open ? text "\n" $0 : $0
    quotes = text
    gsub(q "\\\\" q q, "", quotes)
    open = gsub(q, "", quotes) % 2
    if (open) next
    sub(/^[ \t]+/, "", text)
  }
  text ~ /^config / {
    end_section()
    split(text, word, " ")
    from = part; type = word[2]; name = word[3]
    gsub(q, "", name)
    # All others are none of our business.
    if (!(name == dev && type == "interface") && type != "wireguard_" dev) type = ""
    next
  }
  type != "" && text ~ /^(option|list) / { entry[++entries] = text }'

# uci_diff WANTED PRESENT DEV apply|restore: commands of `uci batch` that lead there. Restored is all of an interface; what
# others have added since to its peers stays.
uci_diff() {
  awk -v q="'" -v dev="$3" -v what="$4" "$uci_awk"'
    function say_options(id, at,   list, count, i, lines, many, j, word) {
      count = split(options[1, id], list, " ")
      for (i = 1; i <= count; i++) {
        if ((2, id, list[i]) in value && value[2, id, list[i]] == value[1, id, list[i]]) continue
        # One word takes the place of another.
        if ((2, id, list[i]) in value && value[2, id, list[i]] value[1, id, list[i]] ~ /(^|\n)list /) print "delete " at "." list[i]
        # A line that begins no entry goes on with the one before.
        many = split(value[1, id, list[i]], lines, "\n")
        for (j = 1; j < many; j++) {
          if (lines[j] ~ "^(option|list) " list[i] " ") {
            word = lines[j] ~ /^list/ ? "add_list " : "set "
            sub(/^[a-z]+ [^ ]+ /, "", lines[j])
            print word at "." list[i] "=" lines[j]
          } else print lines[j]
        }
      }
    }
    END {
      end_section()
      for (i = 1; i <= sections[2]; i++) {
        id = order[2, i]
        if (types[2, id] == "interface") continue
        peer[++peers] = id
      }
      for (i = peers; i >= 1; i--) {
        id = peer[i]
        if (!((1, id) in types) && (what == "apply" || index(id, dev "_") == 1)) print "delete ours.@wireguard_" dev "[" i - 1 "]"
      }
      if ((2, dev) in types && !((1, dev) in types)) print "delete ours." dev
      for (i = 1; i <= sections[1]; i++) {
        id = order[1, i]
        at = "ours." id
        if (id ~ /^@/) {
          if ((2, id) in types) continue
          print "add ours " types[1, id]
          at = "ours.@" types[1, id] "[-1]"
        } else if (!((2, id) in types)) print "set " at "=" types[1, id]
        count = split(options[2, id], list, " ")
        for (j = 1; j <= count; j++) {
          if ((1, id, list[j]) in value) continue
          if (what == "apply" && id == dev && list[j] !~ /^(proto|private_key|listen_port|addresses|mtu|disabled|auto)$/) continue
          print "delete " at "." list[j]
        }
        say_options(id, at)
      }
    }' part=1 "$1" part=2 "$2"
}

# uci_wanted NODE-CONF CONF KEY-FILE DEV [ROOT]: the sections, by wg-quick's file and the facts of the node. fe80::/64 is none
# of its AllowedIPs here either: netifd would make a route of it. A name of a section has letters, digits and `_` only: what
# else is in the name of a node is `_` and its code.
uci_wanted() {
  {
    conf_facts "$2"
    facts tunnel "$1" | sed 's/^/tunnel /'
    facts tunnel-peer "$1" | sed 's/^/node /'
  } | awk -v q="'" -v dev="$4" -v root="${5-$root}" -v key_file="$3" '
    function key_in(file,   line) {
      if ((getline line < file) <= 0) { bad = 1; return "" }
      close(file)
      return line
    }
    function section_name(node,   i, text, char) {
      for (i = 1; i <= length(node); i++) {
        char = substr(node, i, 1)
        text = text (char ~ /[A-Za-z0-9]/ ? char : char == "-" ? "_2d" : char == "." ? "_2e" : "_5f")
      }
      return dev "_" text
    }
    function option(name, value) { print "\toption " name " " q value q }
    $1 == "address" { address[++addresses] = $2 }
    $1 == "mtu" { mtu = $2 }
    $1 == "peer" { allowed[$2] = $3 }
    $1 == "endpoint" { endpoint[$2] = $3 }
    $1 == "psk" { psk[$2] = $3 }
    $1 == "tunnel" && $2 == dev { port = $3 }
    $1 == "node" && $2 == dev { node[++nodes] = $3; key[nodes] = $4; keepalive[nodes] = $6 }
    END {
      print "config interface " q dev q
      option("proto", "wireguard")
      option("private_key", key_in(key_file))
      if (port != "") option("listen_port", port)
      for (i = 1; i <= addresses; i++) print "\tlist addresses " q address[i] q
      if (mtu != "") option("mtu", mtu)
      for (i = 1; i <= nodes; i++) {
        print "config wireguard_" dev " " q section_name(node[i]) q
        option("description", node[i])
        option("public_key", key[i])
        if (key[i] in psk) option("preshared_key", key_in(root psk[key[i]]))
        count = split(allowed[key[i]], list, ",")
        for (j = 1; j <= count; j++) print "\tlist allowed_ips " q list[j] q
        if (key[i] in endpoint) {
          host = at = endpoint[key[i]]
          sub(/:[0-9]+$/, "", host)
          sub(/.*:/, "", at)
          gsub(/[][]/, "", host)
          option("endpoint_host", host)
          option("endpoint_port", at)
        }
        if (keepalive[i] > 0) option("persistent_keepalive", keepalive[i])
        option("route_allowed_ips", 1)
      }
      exit bad
    }'
}

# uci_sections DEV: of DEV and of its peers, as `uci export` has them.
uci_sections() {
  take_network
  uci_export >"$work/uci-all"
  awk -v q="'" -v dev="$1" "$uci_awk"'
    END {
      end_section()
      for (i = 1; i <= sections[1]; i++) {
        id = order[1, i]
        print "config " types[1, id] (id ~ /^@/ ? "" : " " q id q)
        count = split(options[1, id], list, " ")
        for (j = 1; j <= count; j++) printf "%s", value[1, id, list[j]]
      }
    }' part=1 "$work/uci-all"
}

# uci_facts DEV: conf_facts of a tunnel that somebody has made with UCI.
uci_facts() {
  uci_sections "$1" | tr -d "'" | awk '
    function end_peer() {
      if (key != "" && host != "") print "endpoint", key, (host ~ /:/ ? "[" host "]" : host) ":" (port == "" ? 51820 : port)
      key = host = port = ""
    }
    $1 == "config" { end_peer() }
    $2 == "addresses" { for (i = 3; i <= NF; i++) print "address", $i ($i ~ /\// ? "" : $i ~ /:/ ? "/128" : "/32") }
    $2 == "public_key" { key = $3 }
    $2 == "endpoint_host" { host = $3 }
    $2 == "endpoint_port" { port = $3 }
    END { end_peer() }'
}

# uci_option DEV OPTION: of its interface.
uci_option() {
  take_network
  own_uci get "ours.$1.$2" 2>/dev/null || true
}

# check_uci DIRECTORY CLUSTER DEV: whether the staged tunnel can be made here.
check_uci() {
  case $3 in
  *[!A-Za-z0-9_]*) fail "interface '$3' cannot be a section of UCI; give it a name of letters, digits and '_'" ;;
  esac
  own=$(conf_facts "$1/files$(tunnel_conf "$3")" | sed -n 's/^own //p' | head -n 1)
  [ -z "$own" ] || fail "$3 has '$own', which netifd cannot make; take it out of the tunnel"
  own=$(uci_option "$3" proto)
  [ "${own:-wireguard}" = wireguard ] || fail "network.$3 is an interface of proto $own already; choose another interface"
  check_section_names "$1" "$2" "$3"
  only_committed
  have ubus || fail "uci is here without ubus; the tunnel needs OpenWrt's netifd, or a host without /etc/config/network"
  # It reads its protocols when it starts.
  ubus call network get_proto_handlers 2>/dev/null | grep -q '"wireguard"' || fail \
    "netifd does not know WireGuard; install wireguard-tools, run: /etc/init.d/network restart (which takes all interfaces down for a moment), and apply again"
}

# check_section_names DIRECTORY CLUSTER DEV: none of them is another interface's, here or of the same bundle.
check_section_names() {
  take_network
  names_node=$1/files/etc/vrrp-agent/$2/node.conf
  uci_wanted "$names_node" "$1/files$(tunnel_conf "$3")" /dev/null "$3" "$1/files" >"$work/uci-wanted" || true
  {
    facts tunnel "$names_node" | sed "s/ .*//; s/.*/config interface '&'/"
    uci_export
  } >"$work/uci-all"
  awk -v q="'" -v dev="$3" '
    $1 != "config" || NF < 3 { next }
    { gsub(q, "", $3) }
    part == 1 { type[$3] = $2; next }
    $3 in type && type[$3] != $2 && !told[$3]++ { print $3, $2 }' part=1 "$work/uci-wanted" part=2 "$work/uci-all" |
    while read -r name type; do
      fail "network.$name is a section of type $type already, and not $3's; choose another interface"
    done || exit 1
}

# keep_uci CLUSTER DEV: before this cluster first touches it.
keep_uci() {
  (umask 077 && mkdir -p "$state_dir/$1/generations/0/uci")
  uci_sections "$2" >"$work/uci-kept"
  (umask 077 && write_file "$state_dir/$1/generations/0/uci/$2" <"$work/uci-kept")
  sync "$state_dir/$1/generations/0/uci/$2"
}

# write_uci DEV apply|restore: what stands in $work/uci-wanted; nothing where it is so already.
write_uci() {
  take_network
  uci_export >"$work/uci-all"
  [ "$2" != apply ] || private_network_config
  uci_diff "$work/uci-wanted" "$work/uci-all" "$1" "$2" >"$work/uci-commands"
  [ -s "$work/uci-commands" ] || return 0
  say "commit ours" >>"$work/uci-commands"
  # It goes on after an error, and ends with 0 all the same.
  own_uci batch <"$work/uci-commands" >"$work/words" 2>&1 8>&- 9>&- || true
  rm -rf "$work/uci/changes"
  uci_export >"$work/uci-all"
  uci_diff "$work/uci-wanted" "$work/uci-all" "$1" "$2" >"$work/uci-commands"
  [ ! -s "$work/uci-commands" ] ||
    fail "uci has not taken the sections of $1; make room in $run_dir" "$work/words"
  cmp -s "$work/uci/before" "$network_config" || fail "somebody has changed network meanwhile; try again"
  place "$work/uci/config/ours" /etc/config/network
  rm -rf "$work/uci-commands" "$work/uci-wanted" "$work/uci-all" "$work/uci"
}

# private_network_config: a key comes into it. uci keeps the mode.
private_network_config() {
  is_private "$network_config" || {
    rights "$network_config" | cut -c 1-10 >"$state_dir/network.mode"
    chmod 600 "$network_config"
  }
  chmod 600 "$work/uci/config/ours"
}

is_private() { case $(rights "$1") in -rw-------*) ;; *) return 1 ;; esac; }

# enable_uci CLUSTER DEV up|former: netifd makes it at a boot, by the present files; or what was there before does.
enable_uci() {
  if [ "$3" = up ]; then
    uci_wanted "$conf_dir/$1/node.conf" "$root$(tunnel_conf "$2")" "$root/etc/wireguard/$2.key" "$2" >"$work/uci-wanted" ||
      fail "a key file of $2 cannot be read; see /etc/wireguard"
    write_uci "$2" apply
    write_hotplug "$1"
  else
    if [ -e "$state_dir/$1/generations/0/uci/$2" ]; then
      cp "$state_dir/$1/generations/0/uci/$2" "$work/uci-wanted"
      write_uci "$2" restore
    fi
    for uci_conf in "$conf_dir"/*/node.conf; do
      [ -z "$(facts tunnel "$uci_conf")" ] || return 0
    done
    rm -f "$root$hotplug_script"
    public_network_config
  fi
}

# public_network_config: with our keys gone it may be read as before, unless there are others in it.
public_network_config() {
  [ -e "$state_dir/network.mode" ] || return 0
  if ! grep -q '_key' "$network_config" && [ "$(cat "$state_dir/network.mode")" = -rw-r--r-- ]; then chmod 644 "$network_config"; fi
  rm -f "$state_dir/network.mode"
}

hotplug_text() {
  cat <<'TEXT'
# Managed by pulumi-keepalived: what the interface of a tunnel needs beside what netifd gives it.
if [ "$ACTION" = ifup ] && grep -q -s "^tunnel $INTERFACE " /etc/vrrp-agent/*/node.conf; then
  for settings in /etc/sysctl.d/60-vrrp-*.conf; do
    [ ! -e "$settings" ] || sysctl -q -e -p "$settings"
  done
  /usr/lib/vrrp-agent/vrrp-agent tunnel-made "$INTERFACE"
fi
TEXT
}

# write_hotplug CLUSTER
write_hotplug() {
  ! hotplug_text | cmp -s - "$root$hotplug_script" || return 0
  make_directory "${hotplug_script%/*}" "$1"
  hotplug_text | write_file "$root$hotplug_script"
  chmod 644 "$root$hotplug_script"
}

# uci_words DEV: enabled, where netifd makes it at a boot; else disabled.
uci_words() {
  case $(uci_option "$1" proto):$(uci_option "$1" disabled):$(uci_option "$1" auto) in
  wireguard:1:* | wireguard:true:* | wireguard:*:0 | wireguard:*:false) say disabled ;;
  wireguard:*) say enabled ;;
  *) say disabled ;;
  esac
}

# uci_drift CLUSTER DIRECTORY DEV: what of its sections is not as it was applied, in words.
uci_drift() {
  uci_drift_node=$2/files/etc/vrrp-agent/$1/node.conf
  uci_wanted "$uci_drift_node" "$2/files$(tunnel_conf "$3")" \
    "$state_dir/$1/keys/$3.$(facts tunnel-key "$uci_drift_node" | sed -n "s/^$3 //p")" "$3" "$2/files" >"$work/uci-wanted" || true
  take_network
  uci_export >"$work/uci-all"
  uci_diff "$work/uci-wanted" "$work/uci-all" "$3" apply | awk -v dev="$3" '
    !/^(set|add_list|delete) ours\./ { next }
    {
      name = $2
      sub(/^ours\./, "", name)
      text = name ~ /^@/ ? "network has a peer of " dev " that is not in the tunnel" : ""
      if (text == "") { sub(/[.=].*/, "", name); text = "network." name " in UCI" }
      if (!told[text]++) print text
    }'
  rm -f "$work/uci-wanted" "$work/uci-all"
  is_private "$network_config" || say "/etc/config/network can be read by others"
  hotplug_text | cmp -s - "$root$hotplug_script" || say "$hotplug_script"
}

# netifd_up DEV: it answers before it has made it.
netifd_up() {
  tool "ifup $1 failed" ifup "$1" </dev/null
  netifd_end=$(($(uptime) + tunnel_patience))
  until tunnel_up "$1" && ubus call "network.interface.$1" status 2>/dev/null | grep -q '"up": true'; do
    [ "$(uptime)" -lt "$netifd_end" ] ||
      fail "netifd has not made $1 within $tunnel_patience s; see: ifstatus $1, and: logread -e netifd"
    sleep 1
  done
}

# Seconds that netifd may take to take an interface down.
netifd_patience=10

# netifd_down DEV: whoever is asked for it next must not find it on its way.
netifd_down() {
  ifdown "$1" >"$work/words" 2>&1 </dev/null 8>&- 9>&- || true
  netifd_end=$(($(uptime) + netifd_patience))
  while tunnel_up "$1" && [ "$(uptime)" -lt "$netifd_end" ]; do sleep 1; done
}
