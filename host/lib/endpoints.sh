# shellcheck shell=sh disable=SC2154 # the names of common.sh
# Peers whose endpoint is a name: WireGuard is told an address once, and the name may lead elsewhere since. A timer of systemd,
# which comes and goes with the tunnel's unit, has it looked up again.

# Seconds after which a peer that is heard has made a new handshake: 120, and 10 in which it has nothing to send.
stale_handshake=${VRRP_STALE_SECONDS:-135}

# Seconds that the resolver may take.
resolver_patience=${VRRP_RESOLVER_SECONDS:-10}

endpoints_timer() { say "vrrp-endpoints-$1.timer"; }

# verb_endpoints CLUSTER: a peer that is not heard is sought where its name leads now. One that is heard may have moved by
# itself, and knows better.
verb_endpoints() {
  check_name cluster "$1"
  use_node "$conf_dir/$1/node.conf"
  make_work
  stale_names "$1" >"$work/stale-names"
  while read -r dev peer peer_key name port at <&3; do
    found=$(endpoint_of "$name" "$port" "$at") || continue
    # Nobody has to wait for a resolver, so the lock is taken late; and where it is another's, this can wait.
    (
      exec 9>>"$run_dir/apply.lock"
      flock -n 9 || exit 0
      stale_names "$1" | grep -q -x -F "$dev $peer $peer_key $name $port $at" || exit 0
      wg_set "wg does not take an endpoint of $dev" set "$dev" peer "$peer_key" endpoint "$found"
      say "$peer is sought at $found over $dev, where $name leads now; it was not heard at $at"
    )
  done 3<"$work/stale-names"
}

# stale_names CLUSTER: DEV NODE PUBLIC-KEY NAME PORT ENDPOINT|none of each peer that is not heard and has a name. None while keys
# change: `join` seeks them.
stale_names() {
  [ ! -e "$state_dir/$1/key-change" ] || return 0
  tunnel_sights "$conf_dir/$1/node.conf" >"$work/sights-now"
  facts tunnel-peer "$conf_dir/$1/node.conf" | awk -v limit="$stale_handshake" '
    part == 1 { there[$1, $3] = 1; next }
    part == 2 { stale[$1, $2] = $3 == "never" || $3 + 0 > limit + 0; at[$1, $2] = $5; next }
    { name = port = $4; sub(/:[0-9]+$/, "", name); sub(/.*:/, "", port) }
    there[$1, $3] && stale[$1, $2] && name ~ /[A-Za-z]/ && name !~ /:/ { print $1, $2, $3, name, port, at[$1, $2] }' \
    part=1 "$work/sights" part=2 "$work/sights-now" part=3 -
}

# endpoint_of NAME PORT PRESENT: fails where the name has no address, or PRESENT is one of those that it has.
endpoint_of() {
  # busybox' shell has a word for what is ended.
  { resolve "$1" </dev/null | awk -v port="$2" '
    { print ($1 ~ /:/ ? "[" $1 "]" : $1) ":" port }' >"$work/found"; } 2>/dev/null
  [ -s "$work/found" ] && ! has_line "$3" "$work/found" && head -n 1 "$work/found"
}

# resolve NAME: its addresses. OpenWrt has no getent; what nslookup says of the server comes before the name.
resolve() {
  if have getent && have timeout; then
    timeout "$resolver_patience" getent ahosts "$1"
  elif have nslookup; then
    nslookup "$1" | awk '/^Name:/ { told = 1 } told && /^Address/ { print $NF }'
  fi
}

# drive_endpoints CLUSTER: the timer runs where the present files have one.
drive_endpoints() {
  has_systemd && [ "$step" != boot ] || return 0
  drive_timer=$(endpoints_timer "$1")
  if [ -e "$root/etc/systemd/system/$drive_timer" ]; then
    drive_verb=start
    ! moved "$1" "/etc/systemd/system/$drive_timer\$" || drive_verb=restart
  else
    systemctl --quiet is-active "$drive_timer" 2>/dev/null || return 0
    drive_verb=stop
  fi
  tool "systemctl $drive_verb $drive_timer failed" systemctl "$drive_verb" "$drive_timer"
}

# endpoints_drift CLUSTER DIRECTORY: of the generation in DIRECTORY, in words.
endpoints_drift() {
  drift_timer=$(endpoints_timer "$1")
  has_systemd && [ -e "$2/files/etc/systemd/system/$drift_timer" ] || return 0
  systemctl --quiet is-active "$drift_timer" 2>/dev/null || say "$drift_timer is stopped"
}
