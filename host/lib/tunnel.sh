# shellcheck shell=sh disable=SC2154,SC2034 # the names of common.sh
# WireGuard tunnels, for clusters with `tunnel` lines in their node.conf: interfaces that wg-quick makes, or netifd (uci.sh).
# A change goes in with `wg syncconf`; down and up only where who makes them alone can do it.
#
# /var/lib/vrrp-agent/CLUSTER/told/DEV: what DEV may have been told, `address ADDRESS/PREFIX`, `link ADDRESS/PREFIX` (see
# link.sh) and `endpoint PUBLIC-KEY ENDPOINT`, a line each; while it is changed also `route NETWORK/PREFIX`.

tunnel_conf() { say "/etc/wireguard/$1.conf"; }

tunnel_up() { [ -d "$root/sys/class/net/$1" ]; }

tunnel_unit() { say "wg-quick@$1.service"; }

# test_tunnels CLUSTER DIRECTORY: of a staged generation.
test_tunnels() {
  facts tunnel "$2/files/etc/vrrp-agent/$1/node.conf" >"$work/tunnels"
  while read -r dev _; do
    check_tunnel_name "$dev"
    staged=$2/files$(tunnel_conf "$dev")
    [ -e "$staged" ] || fail "the bundle has a tunnel $dev without $(tunnel_conf "$dev"); send the bundle again"
    test_psks "$2" "$staged"
    test_endpoints "$staged"
    facts tunnel-key "$2/files/etc/vrrp-agent/$1/node.conf" | while read -r key_dev key_number; do
      [ "$key_dev" != "$dev" ] || [ -e "$state_dir/$1/keys/$dev.$key_number" ] ||
        fail "key $key_number of $dev is not on this host; give the node a new keyNumber"
    done || exit 1
    if tunnel_up "$dev"; then
      wg show "$dev" listen-port >"$work/words" 2>&1 ||
        fail "$dev is there already and no WireGuard interface; choose another interface" "$work/words"
      [ -e "$root$(tunnel_conf "$dev")" ] || { has_netifd && [ "$(uci_option "$dev" proto)" = wireguard ]; } ||
        grep -q "^tunnel $dev " "$state_dir/$1/generations/0/kept" 2>/dev/null ||
        fail "$dev is there already and not from $(tunnel_conf "$dev"); remove it or choose another interface"
    else
      can_wireguard || fail \
        "this kernel has no WireGuard and wireguard-go is not installed; install it, or load the module wireguard"
    fi
    if has_netifd; then
      check_uci "$2" "$1" "$dev"
    else
      tool "wg-quick does not accept $(tunnel_conf "$dev")" wg-quick strip "$staged"
      has_systemd || note "there is neither systemd nor UCI here: nothing but you makes $dev at a boot"
    fi
  done <"$work/tunnels"
}

# test_psks DIRECTORY CONF: the files that CONF has wg read as preshared keys.
test_psks() {
  conf_facts "$2" | sed -n 's/^psk [^ ]* //p' | while read -r psk; do
    is_key "$1/files$psk" 2>/dev/null || fail "presharedKey in $psk is none; give what wg genpsk prints: 44 characters that end with ="
  done || exit 1
}

# test_endpoints CONF: names of peers.
test_endpoints() {
  have getent || return 0
  conf_facts "$1" | awk '$1 == "endpoint" { name = $3; sub(/:[0-9]+$/, "", name); if (name ~ /[A-Za-z]/ && name !~ /:/) print name }' |
    while read -r name; do
      getent ahosts "$name" >/dev/null 2>&1 </dev/null ||
        fail "the endpoint $name has no address that this host finds; correct it, or see to the host's resolver"
    done || exit 1
}

# can_wireguard: the kernel, which loads its module when it is asked for an interface, or a program in its place.
can_wireguard() {
  [ ! -d "$root/sys/module/wireguard" ] && ! have "${WG_QUICK_USERSPACE_IMPLEMENTATION:-wireguard-go}" || return 0
  ip link add dev vrrp-agent-wg type wireguard 2>/dev/null && ip link del dev vrrp-agent-wg
}

# conf_facts FILE: what a wg-quick file says, a line each, but neither private nor preshared keys:
#   address ADDRESS/PREFIX, mtu NUMBER
#   peer PUBLIC-KEY ALLOWED-IPS, endpoint PUBLIC-KEY ENDPOINT
#   key FILE, psk PUBLIC-KEY FILE          (that PostUp has wg read; %i is the name of FILE without .conf)
#   own WORDS                              (what only wg-quick can bring into force)
conf_facts() {
  [ -e "$1" ] || return 0
  conf_facts_dev=${1##*/}
  awk -v dev="${conf_facts_dev%.conf}" '
    function bare(text) { gsub(/^[ \t]+|[ \t]+$/, "", text); return text }
    # wg set %i [private-key FILE] [peer PUBLIC-KEY [preshared-key FILE]]...
    function is_keys(text,   part, count, i, of, found, lines, file) {
      count = split(text, part, /[ \t]+/)
      if (part[1] != "wg" || part[2] != "set" || part[3] != "%i" || count % 2 == 0) return 0
      for (i = 4; i < count; i += 2) {
        if (part[i] == "peer") { of = part[i + 1]; continue }
        file = part[i + 1]
        gsub(/%i/, dev, file)
        # What only a shell makes a file of, as <(pass wg), it has to make anew.
        if (file !~ /^\/[A-Za-z0-9_.,:@+=\/-]+$/) return 0
        if (part[i] == "private-key" && of == "") lines[++found] = "key " file
        else if (part[i] == "preshared-key" && of != "") lines[++found] = "psk " of " " file
        else return 0
      }
      for (i = 1; i <= found; i++) print lines[i]
      return 1
    }
    function end_peer() {
      if (peer != "" && endpoint != "") print "endpoint", peer, endpoint
      if (peer != "") print "peer", peer, allowed
      peer = endpoint = allowed = ""
    }
    { text = $0; sub(/#.*/, "", text); at = index(text, "="); value = ""; word = tolower(bare(text)) }
    word ~ /^\[/ { end_peer(); section = word; next }
    at { word = tolower(bare(substr(text, 1, at - 1))); value = bare(substr(text, at + 1)) }
    section == "[peer]" && word == "publickey" { peer = value }
    section == "[peer]" && word == "endpoint" { endpoint = value }
    section == "[peer]" && word == "allowedips" { gsub(/[ \t]/, "", value); allowed = allowed (allowed == "" ? "" : ",") value }
    section == "[peer]" && word == "allowedips" && value ~ /\/0([ \t,]|$)/ { print "own", word, value }
    section != "[interface]" { next }
    word == "address" {
      count = split(value, list, /[ \t,]+/)
      for (i = 1; i <= count; i++)
        if (list[i] != "") print "address", list[i] (list[i] ~ /\// ? "" : list[i] ~ /:/ ? "/128" : "/32")
    }
    word == "mtu" { print "mtu", value }
    word == "postup" {
      if (is_keys(value)) next
    }
    word ~ /^(preup|postup|predown|postdown|dns)$/ || (word == "table" && value != "auto") || (word == "saveconfig" && value != "false") {
      print "own", word, value
    }
    END { end_peer() }' "$1"
}

# interface_conf FILE LEFT-ALONE: FILE as `wg syncconf` takes it, with the keys and the way for words that are not in it, by
# its facts in $work/facts. Peers of which LEFT-ALONE names the public key keep the endpoint that they have; syncconf takes
# away neither a preshared key nor a keepalive that a peer has no more, unless it is told so.
interface_conf() {
  awk -v root="$root" -v link_network="$link_network" -v no_key=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA= '
    function bare(text) { gsub(/^[ \t]+|[ \t]+$/, "", text); return text }
    function key_in(file,   line) {
      if ((getline line < (root file)) <= 0) { bad = 1; return "" }
      close(root file)
      return line
    }
    part == 1 { if ($1 == "key") key = $2; if ($1 == "psk") psk[$2] = $3; if ($1 == "link") linked = 1; next }
    part == 2 { left[$1] = 1; next }
    function end_peer(   i) {
      for (i = 1; i <= lines; i++) {
        has[word_of[i]] = 1
        if (!(word_of[i] == "endpoint" && peer in left) && !(word_of[i] == "presharedkey" && peer in psk)) print line_of[i]
      }
      if (peer != "" && linked) print "AllowedIPs = " link_network
      if (peer in psk) print "PresharedKey = " key_in(psk[peer])
      else if (peer != "" && !("presharedkey" in has)) print "PresharedKey = " no_key
      if (peer != "" && !("persistentkeepalive" in has)) print "PersistentKeepalive = off"
      lines = 0; peer = ""; split("", has)
    }
    { text = $0; sub(/#.*/, "", text); text = bare(text); at = index(text, "="); word = tolower(bare(at ? substr(text, 1, at - 1) : text)) }
    text == "" { next }
    word ~ /^\[/ {
      end_peer(); section = word; print text
      if (section == "[interface]" && key != "") { print "PrivateKey = " key_in(key); key_done = 1 }
      next
    }
    section == "[peer]" {
      if (word == "publickey") peer = bare(substr(text, at + 1))
      line_of[++lines] = text; word_of[lines] = word
      next
    }
    word ~ /^(address|mtu|dns|table|saveconfig|preup|postup|predown|postdown)$/ || (word == "privatekey" && key_done) { next }
    { print text }
    END { end_peer(); exit bad }' part=1 "$work/facts" part=2 "$2" part=3 "$1"
}

# wg_set WHAT ARGUMENT...: wg shows what it does not take for a key; nobody else is to see that.
wg_set() {
  wg_failure=$1
  shift
  wg_takes "$@" || fail "$wg_failure" "$work/wg-words"
}

# wg_takes ARGUMENT...: with what wg says in $work/wg-words. By itself it asks for minutes for a name that nobody knows.
wg_takes() {
  WG_ENDPOINT_RESOLUTION_RETRIES=2 wg "$@" >"$work/words" 2>&1 8>&- 9>&- && return 0
  sed 's/\([Kk]ey is not[^:]*\).*/\1/' "$work/words" >"$work/wg-words"
  return 1
}

# tunnel_words DEV: enabled|disabled running|stopped
tunnel_words() {
  tunnel_words=disabled
  if has_netifd; then
    tunnel_words=$(uci_words "$1")
  else
    ! has_systemd || ! systemctl --quiet is-enabled "$(tunnel_unit "$1")" 2>/dev/null || tunnel_words=enabled
  fi
  if tunnel_up "$1"; then say "$tunnel_words running"; else say "$tunnel_words stopped"; fi
}

# tunnel_devs CLUSTER DIRECTORY: DEV up, of those that the generation in DIRECTORY has; DEV former, of others that we
# have touched and that no other cluster has taken since.
tunnel_devs() {
  facts tunnel "$2/files/etc/vrrp-agent/$1/node.conf" 1 >"$work/tunnels"
  sed 's/$/ up/' "$work/tunnels"
  sed -n 's/^tunnel \([^ ]*\) .*/\1/p' "$state_dir/$1/generations/0/kept" 2>/dev/null >"$work/touched-tunnels" || true
  tunnels_of_others "$1" >>"$work/tunnels"
  lines_new_in "$work/touched-tunnels" "$work/tunnels" | sed 's/$/ former/'
}

# tunnels_of_others CLUSTER: interfaces that the current generations of other clusters on this host have.
tunnels_of_others() (
  for other in $(clusters); do
    [ "$other" != "$1" ] || continue
    facts tunnel "$(generation_dir "$other" "$(current_generation "$other")")/files/etc/vrrp-agent/$other/node.conf"
  done | cut -d ' ' -f 1
)

# forget_former_tunnels CLUSTER: those that the confirmed generation does not have are as they were before the first apply
# already; what becomes of them from now on is somebody else's.
forget_former_tunnels() {
  forget_kept=$state_dir/$1/generations/0/kept
  [ -e "$forget_kept" ] || return 0
  forget_dir=$(generation_dir "$1" "$(current_generation "$1")")
  {
    facts tunnel "$forget_dir/files/etc/vrrp-agent/$1/node.conf" 1
    manifest_paths "$forget_dir/manifest"
    key_paths "$1" "$forget_dir"
  } >"$work/not-forgotten"
  awk '
    part == 1 { stays[$0] = 1; next }
    { what = substr($0, length($1) + 2) }
    $1 == "tunnel" && !($2 in stays) { next }
    ($1 == "file" || $1 == "absent") && what ~ /^\/etc\/wireguard\// && !(what in stays) { next }
    { print }' part=1 "$work/not-forgotten" part=2 "$forget_kept" >"$forget_kept.new"
  lines_new_in "$forget_kept" "$forget_kept.new" >"$work/forgotten"
  if [ ! -s "$work/forgotten" ]; then
    rm -f "$forget_kept.new"
    return 0
  fi
  # What was there before must not be lost with the power.
  sync "$forget_kept.new"
  mv -f "$forget_kept.new" "$forget_kept"
  sed -n 's/^file //p' "$work/forgotten" | while read -r path; do rm -f "${forget_kept%/*}/files$path"; done
  sed -n 's/^tunnel \([^ ]*\) .*/\1/p' "$work/forgotten" | while read -r dev; do rm -f "${forget_kept%/*}/uci/$dev"; done
}

# kept_tunnel CLUSTER DEV: tunnel_words of it before the first apply.
kept_tunnel() { sed -n "s/^tunnel $2 //p" "$state_dir/$1/generations/0/kept" 2>/dev/null; }

# prepare_tunnels CLUSTER GENERATION: with the present files still there; what only wg-quick can take down goes down now.
prepare_tunnels() {
  prepare_dir=$(generation_dir "$1" "$2")
  mkdir -p "$state_dir/$1/generations/0"
  facts tunnel "$prepare_dir/files/etc/vrrp-agent/$1/node.conf" | while read -r dev _; do
    [ -z "$(kept_tunnel "$1" "$dev")" ] || continue
    ! has_netifd || keep_uci "$1" "$dev"
    keep_line "$1" "tunnel $dev $(tunnel_words "$dev")"
  done
  # What the peers of this host are called by, in the files that are about to go, or that a try which was cut short has
  # replaced.
  former_conf=$(generation_dir "$1" "$(confirmed_generation "$1")")/files/etc/vrrp-agent/$1/node.conf
  [ -e "$former_conf" ] || former_conf=$conf_dir/$1/node.conf
  facts tunnel-peer "$former_conf" >"$work/former-peers"
  tunnel_devs "$1" "$prepare_dir" >"$work/tunnel-devs"
  [ "$step" != boot ] || return 0
  while read -r dev fate; do
    tunnel_up "$dev" || continue
    present=$root$(tunnel_conf "$dev")
    next=$prepare_dir/files$(tunnel_conf "$dev")
    [ "$fate" = up ] || next=$state_dir/$1/generations/0/files$(tunnel_conf "$dev")
    conf_facts "$present" >"$work/present-facts"
    [ -e "$present" ] || ! has_netifd || uci_facts "$dev" >"$work/present-facts"
    conf_facts "$next" >"$work/next-facts"
    # Of one that was made by hand.
    if [ ! -e "$state_dir/$1/told/$dev" ]; then
      mkdir -p "$state_dir/$1/told"
      with_link "$conf_dir/$1/node.conf" "$dev" <"$work/present-facts" | told_facts | write_file "$state_dir/$1/told/$dev" || true
    fi
    if [ "$fate" = former ] && [ "$(kept_tunnel "$1" "$dev" | cut -d ' ' -f 2)" != running ] || only_by_maker "$fate"; then
      # SaveConfig writes it anew as it goes down.
      keep "$1" "$(tunnel_conf "$dev")"
      stop_tunnel "$1" "$dev"
    fi
  done <"$work/tunnel-devs"
}

# only_by_maker up|former: $work/present-facts and $work/next-facts differ in what syncconf and ip cannot bring in line. What
# was there before in UCI has no file.
only_by_maker() {
  [ "$1" = up ] || ! has_netifd || return 0
  [ "$(grep '^own ' "$work/present-facts")" = "$(grep '^own ' "$work/next-facts")" ] || return 0
  # wg-quick finds one that suits the way to the peer.
  grep -q '^mtu ' "$work/present-facts" && ! grep -q '^mtu ' "$work/next-facts"
}

# drive_tunnels CLUSTER GENERATION: as the present files say, but for keys that change where `keys_later` is yes.
drive_tunnels() {
  tunnel_devs "$1" "$(generation_dir "$1" "$2")" >"$work/tunnel-devs"
  while read -r dev fate; do
    fate_words="enabled running"
    [ "$fate" = up ] || fate_words=$(kept_tunnel "$1" "$dev")
    if has_netifd; then enable_uci "$1" "$dev" "$fate"; else enable_tunnel "$dev" "${fate_words% *}"; fi
    if [ "$step" = boot ]; then
      # wg-quick comes after this; what the boot has planned for it may be of the change that is taken back.
      boot_verb=stop
      case $fate_words in *running) boot_verb=start ;; esac
      has_netifd || ! has_systemd || systemctl --no-block "$boot_verb" "$(tunnel_unit "$dev")" 2>/dev/null || true
      rm -f "$state_dir/$1/told/$dev"
    elif [ "${fate_words#* }" = stopped ]; then
      ! tunnel_up "$dev" || stop_tunnel "$1" "$dev"
    elif ! tunnel_up "$dev"; then
      start_tunnel "$1" "$dev"
    elif [ "${keys_later-}" = yes ] && [ "$fate" = up ] && keys_change "$1" "$dev"; then
      await_new_keys "$1" "$dev"
    else
      sync_tunnel "$1" "$dev"
    fi
    # What is not ours may change without us.
    [ "$fate" = up ] || rm -f "$state_dir/$1/told/$dev"
  done <"$work/tunnel-devs"
  [ ! -s "$work/tunnel-devs" ] || drive_endpoints "$1"
  [ "${keys_later-}" = yes ] || rm -f "$state_dir/$1/key-change"
}

# enable_tunnel DEV enabled|disabled
enable_tunnel() {
  has_systemd || return 0
  enable_is=$(tunnel_words "$1")
  [ "${enable_is% *}" != "$2" ] || return 0
  enable_verb=enable
  [ "$2" = enabled ] || enable_verb=disable
  tool "systemctl $enable_verb $(tunnel_unit "$1") failed" systemctl "$enable_verb" "$(tunnel_unit "$1")"
}

# Seconds that wg-quick may take; its unit waits for ever for the name of an endpoint.
tunnel_patience=60

# start_tunnel CLUSTER DEV
start_tunnel() {
  mkdir -p "$state_dir/$1/told"
  if has_netifd; then
    netifd_up "$2"
  elif has_systemd; then
    # Not start: for systemd it may run, though somebody has removed the interface.
    timeout "$tunnel_patience" systemctl restart "$(tunnel_unit "$2")" >"$work/words" 2>&1 </dev/null 8>&- 9>&- || {
      systemctl --no-pager --lines=20 status "$(tunnel_unit "$2")" >"$work/words" 2>&1 || true
      fail "wg-quick cannot make $2; see its own words" "$work/words"
    }
  else
    tool "wg-quick cannot make $2" wg-quick up "$2" </dev/null
    look_again "$2"
  fi
  tunnel_up "$2" || fail "wg-quick made no interface $2; see: journalctl -u $(tunnel_unit "$2")"
  open_link "$2"
  greet_former_endpoints "$1" "$2"
  present_facts "$1" "$2" | told_facts | write_file "$state_dir/$1/told/$2"
}

# present_facts CLUSTER DEV: conf_facts of the present file, with the way for words.
present_facts() { conf_facts "$root$(tunnel_conf "$2")" | with_link "$conf_dir/$1/node.conf" "$2"; }

# told_facts: a filter of facts; what told/DEV has of them.
told_facts() { grep -E '^(address|link|endpoint) ' || true; }

# verb_tunnel_made DEV: what an interface that is new has to get beside what wg-quick gives it.
verb_tunnel_made() {
  check_tunnel_name "$1"
  open_link "$1"
  for made_cluster in $(clusters); do
    [ "$(facts interface "$conf_dir/$made_cluster/node.conf")" = "$1" ] || continue
    told_here "$made_cluster" confirmed "$(current_generation "$made_cluster")" || tell_confirmed "$made_cluster"
  done
  look_again "$1"
}

# look_again DEV: keepalived that ran on an interface which was removed does not see one that is made in its place, and
# stays in FAULT.
look_again() {
  made_pid=$(keepalived_pid) || return 0
  is_used "$1" || return 0
  made_verb=reload
  ! reload_is_fatal "$made_pid" || made_verb=restart
  # This is part of the tunnel's own start: nothing is to wait for the other here.
  if has_systemd; then systemctl --no-block "$made_verb" keepalived.service; else service "$made_verb"; fi
}

# greet_former_endpoints CLUSTER DEV: where it finds peers that it is not told where to find, after a restart. They would go on for
# 15 s with a session that is gone here.
greet_former_endpoints() {
  [ -e "$work/endpoints-of-$2" ] || return 0
  wg show "$2" endpoints 2>/dev/null | awk '
    part == 1 { if ($2 != "(none)") before[$1] = $2; next }
    $2 == "(none)" && $1 in before { print $1, before[$1] }' part=1 "$work/endpoints-of-$2" part=2 - >"$work/peers-to-greet"
  while read -r peer endpoint; do
    wg_set "wg does not take an endpoint of $2" set "$2" peer "$peer" endpoint "$endpoint"
  done <"$work/peers-to-greet"
  [ ! -s "$work/peers-to-greet" ] || poke "$2" "$conf_dir/$1/node.conf"
}

# stop_tunnel CLUSTER DEV: with the files that it was started with.
stop_tunnel() {
  wg show "$2" endpoints >"$work/endpoints-of-$2" 2>/dev/null || true
  if has_netifd; then
    netifd_down "$2"
  elif has_systemd; then
    case $(systemctl is-active "$(tunnel_unit "$2")" 2>/dev/null || true) in
    # One that still looks for a name would make the interface later.
    active | activating | reloading | deactivating)
      tool "systemctl stop $(tunnel_unit "$2") failed" systemctl stop "$(tunnel_unit "$2")"
      ;;
    esac
  fi
  if tunnel_up "$2"; then
    wg-quick down "$2" >"$work/words" 2>&1 </dev/null 8>&- 9>&- || tool "cannot remove $2" ip link delete dev "$2"
  fi
  rm -f "$state_dir/$1/told/$2"
}

# sync_tunnel CLUSTER DEV: no session is lost and no endpoint forgotten that the change does not touch.
sync_tunnel() {
  conf=$root$(tunnel_conf "$2")
  told=$state_dir/$1/told/$2
  mkdir -p "${told%/*}"
  [ -e "$told" ] || : >"$told"
  present_facts "$1" "$2" >"$work/facts"
  # A peer may have moved since it was told where that one is: who has not been told otherwise knows better.
  grep '^endpoint ' "$told" >"$work/told-endpoints" || true
  wg show "$2" endpoints 2>/dev/null | awk '$2 != "(none)" { print $1 }' >"$work/with-endpoint"
  awk '
    part == 1 { here[$1] = 1; next }
    part == 2 { told[$0] = 1; next }
    $1 == "endpoint" && $2 in here && $0 in told { print $2 }' \
    part=1 "$work/with-endpoint" part=2 "$work/told-endpoints" part=3 "$work/facts" >"$work/left-alone"
  # From here on it may have either, should this be cut short.
  {
    grep -h -E '^(address|link) ' "$told" "$work/facts" || true
    grep '^route ' "$told" || true
    allowed_ips "$2" | sed 's/^/route /'
  } | sort -u >"$work/told"
  write_file "$told" <"$work/told"
  sync_conf "$2"
  allowed_ips "$2" >"$work/allowed-after"
  sync_addresses "$2"
  sed -n 's/^mtu //p' "$work/facts" | while read -r mtu; do
    [ "$(cat "$root/sys/class/net/$2/mtu" 2>/dev/null)" = "$mtu" ] ||
      tool "cannot set the MTU of $2 to $mtu" ip link set dev "$2" mtu "$mtu"
  done
  tool "cannot set $2 up" ip link set dev "$2" up
  sync_link "$2"
  grep -q '^own table ' "$work/facts" || sync_routes "$2"
  told_facts <"$work/facts" >"$work/told"
  lines_new_in "$work/told" "$work/not-told" | write_file "$told"
}

# sync_conf DEV: $conf, but for the endpoints of the peers in $work/left-alone. Names that nobody knows any more must not keep
# a host from going back: peers that are there already stay where they are then. $work/not-told has their endpoints.
sync_conf() {
  : >"$work/not-told"
  (umask 077 && interface_conf "$conf" "$work/left-alone" >"$work/sync") ||
    fail "a key file that $(tunnel_conf "$1") names cannot be read; see /etc/wireguard"
  if ! wg_takes syncconf "$1" "$work/sync"; then
    wg show "$1" peers >"$work/peers-there" 2>/dev/null || true
    awk '
      part == 1 { here[$1] = 1; next }
      part == 2 { left[$1] = 1; next }
      { name = $3; sub(/:[0-9]+$/, "", name) }
      $1 == "endpoint" && $2 in here && !($2 in left) && name ~ /[A-Za-z]/ && name !~ /:/' \
      part=1 "$work/peers-there" part=2 "$work/left-alone" part=3 "$work/facts" >"$work/not-told"
    [ -s "$work/not-told" ] || fail "wg does not accept $(tunnel_conf "$1")" "$work/wg-words"
    cut -d ' ' -f 2 "$work/not-told" >>"$work/left-alone"
    (umask 077 && interface_conf "$conf" "$work/left-alone" >"$work/sync")
    wg_set "wg does not accept $(tunnel_conf "$1")" syncconf "$1" "$work/sync"
    warn "wg does not find $(cut -d ' ' -f 3 "$work/not-told" | tr '\n' ' ')for $1; the peer stays where it is until the tunnel is changed or started again"
  fi
  rm -f "$work/sync"
}

# allowed_ips DEV: of all its peers, the longest first, as wg-quick makes routes of them. The one to link-local addresses
# comes with those of the interface.
allowed_ips() {
  wg show "$1" allowed-ips 2>/dev/null | awk -v link_network="$link_network" '
    { for (i = 2; i <= NF; i++) if ($i ~ /\// && $i !~ /\/0$/ && $i != link_network) { prefix = $i; sub(/.*\//, "", prefix); print 1000 + prefix, $i } }' |
    sort -u -r | sed 's/^[^ ]* //'
}

# sync_addresses DEV: those in $work/facts are there, those that only $work/told has are not. What others have put on
# the interface, as keepalived does, stays.
sync_addresses() {
  sed -n 's/^address //p' "$work/facts" >"$work/wanted-addresses"
  add_addresses "$1"
  sed -n 's/^address //p' "$work/told" | while read -r address; do
    ! has_line "$address" "$work/wanted-addresses" || continue
    ! is=$(held "${address%/*}" "$1") || ip address del "$is" dev "$1" 2>/dev/null || true
  done
  # The first address of a network takes the others of it along, where promote_secondaries is 0.
  add_addresses "$1"
}

# add_addresses DEV: what it has not of $work/wanted-addresses.
add_addresses() {
  while read -r address; do
    if is=$(held "${address%/*}" "$1"); then
      [ "${is#*/}" != "${address#*/}" ] || continue
      ip address del "$is" dev "$1" 2>/dev/null || true
    fi
    tool "cannot give $1 the address $address" ip address add "$address" dev "$1"
  done <"$work/wanted-addresses"
}

# route_maker: by what the routes of a tunnel are known.
route_maker() { if has_netifd; then say static; else say boot; fi; }

# sync_routes DEV: from those in $work/told to $work/allowed-after, as wg-quick does.
sync_routes() {
  sed -n 's/^route //p' "$work/told" >"$work/routes-before"
  while read -r route; do
    has_line "$route" "$work/allowed-after" ||
      ip "$(ip_family "$route")" route del "$route" dev "$1" proto "$(route_maker)" 2>/dev/null || true
  done <"$work/routes-before"
  while read -r route; do
    [ -z "$(ip "$(ip_family "$route")" route show dev "$1" match "$route" 2>/dev/null)" ] || continue
    # shellcheck disable=SC2046
    tool "cannot make the route to $route over $1" ip "$(ip_family "$route")" route add "$route" dev "$1" $(! has_netifd || say proto "$(route_maker)")
  done <"$work/allowed-after"
}

ip_family() { case $1 in *:*) say -6 ;; *) say -4 ;; esac; }
