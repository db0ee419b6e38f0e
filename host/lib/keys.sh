# shellcheck shell=sh disable=SC2154,SC2034 # the names of common.sh
# Private keys of WireGuard: made on the host, and never in a bundle, an argument, a manifest or a message.
#
# /var/lib/vrrp-agent/CLUSTER/keys/DEV.N: number N of DEV, for root only; a copy of the one in force is
# /etc/wireguard/DEV.key.

# verb_tunnel_key CLUSTER DEV NUMBER [given]: prints the public key. The private one is made here, taken over from what
# this host has for DEV, or comes on stdin.
verb_tunnel_key() {
  check_name cluster "$1"
  check_tunnel_name "$2"
  case $3 in
  '' | 0* | *[!0-9]*)
    warn "key number '$3' is none; count from 1"
    exit 2
    ;;
  esac
  case ${4-given} in
  given) ;;
  *)
    warn "unknown word '$4'; given is the only one, with the private key on stdin"
    exit 2
    ;;
  esac
  umask 077
  make_work
  take_lock apply 9
  [ ! -e "$conf_dir/$1/node.conf" ] || use_node "$conf_dir/$1/node.conf"
  mkdir -p "$state_dir"
  chmod 700 "$state_dir"
  tool "cannot write to $state_dir; make room on its file system" mkdir -p "$state_dir/$1/keys"
  say "package wg wireguard-tools" >"$work/key-packages"
  install_missing "$1" "$work/key-packages"
  key=$state_dir/$1/keys/$2.$3
  if [ "${4-}" = given ]; then
    cat >"$work/key"
    is_key "$work/key" || fail "the private key on stdin is none; give what wg genkey prints: 44 characters that end with ="
    if [ -e "$key" ] && ! cmp -s "$work/key" "$key" && key_is_in_use "$1" "$2" "$3"; then
      fail "key $3 of $2 is another one, which is in use; give the new privateKey a keyNumber of its own, $(($3 + 1)) say"
    fi
    cmp -s "$work/key" "$key" || write_key "$key"
  elif [ ! -e "$key" ]; then
    take_over_key "$1" "$2" || wg genkey >"$work/key" 2>"$work/words" || fail "wg genkey failed" "$work/words"
    write_key "$key"
  fi
  { public_key "$key" >"$work/public-key" 2>"$work/words" && is_key "$work/public-key"; } ||
    fail "wg pubkey does not take key $3 of $2; see whether wireguard-tools is whole"
  say "public-key $(cat "$work/public-key")"
}

check_tunnel_name() {
  check_name interface "$1"
  [ "${#1}" -le 15 ] || {
    warn "interface '$1' has ${#1} characters; 15 are the most"
    exit 2
  }
}

# is_key FILE: one line, 32 bytes in base64. By a pattern: wg shows what it does not take for a key.
is_key() { awk '!/^[A-Za-z0-9+\/]+[AEIMQUYcgkosw048]=$/ || length($0) != 44 { bad = 1 } END { exit bad || NR != 1 }' "$1"; }

# write_key FILE: from $work/key; on the disk before its public half is told to anybody.
write_key() {
  is_key "$work/key" || fail "wg did not give a key; see whether wireguard-tools is whole"
  write_file "$1" <"$work/key"
  rm -f "$work/key"
  sync "$1" "${1%/*}"
}

public_key() { wg pubkey <"$1"; }

# take_over_key CLUSTER DEV: into $work/key, what a tunnel that was made by hand has: its peers know that key.
take_over_key() {
  [ "$(current_generation "$1")" = 0 ] || return 1
  for take_over_former in "$state_dir"/*/keys/"$2".*; do
    [ ! -e "$take_over_former" ] || return 1
  done
  wg show "$2" private-key >"$work/key" 2>/dev/null && is_key "$work/key" && return 0
  if has_netifd; then
    uci_option "$2" private_key >"$work/key"
    ! is_key "$work/key" || return 0
  fi
  take_over_conf=$root$(tunnel_conf "$2")
  [ -e "$take_over_conf" ] || return 1
  awk '
    { text = $0; sub(/#.*/, "", text); at = index(text, "=") }
    at && tolower(substr(text, 1, at - 1)) ~ /^[ \t]*privatekey[ \t]*$/ {
      value = substr(text, at + 1); gsub(/[ \t]/, "", value); print value
    }' "$take_over_conf" >"$work/key"
  is_key "$work/key"
}

# key_is_in_use CLUSTER DEV NUMBER: by a generation that was in force, or is.
key_is_in_use() {
  for key_generation in $(current_generation "$1") $(pending_generation "$1") $(cat "$state_dir/$1/history" 2>/dev/null); do
    ! facts tunnel-key "$(generation_dir "$1" "$key_generation")/files/etc/vrrp-agent/$1/node.conf" |
      grep -q -x -F "$2 $3" || return 0
  done
  return 1
}

# prune_keys CLUSTER: those before the present ones that no generation on the host has any more. Later ones may be on
# their way into force.
prune_keys() {
  [ -d "$state_dir/$1/keys" ] || return 0
  for prune_conf in "$state_dir/$1/generations"/*/files/etc/vrrp-agent/"$1"/node.conf; do
    facts tunnel-key "$prune_conf"
  done >"$work/keys-needed"
  facts tunnel-key "$conf_dir/$1/node.conf" >"$work/keys-present"
  while read -r prune_dev prune_number; do
    for prune_key in "$state_dir/$1/keys/$prune_dev".*; do
      if [ ! -e "$prune_key" ] || [ "${prune_key##*.}" -ge "$prune_number" ]; then continue; fi
      has_line "$prune_dev ${prune_key##*.}" "$work/keys-needed" || rm -f "$prune_key"
    done
  done <"$work/keys-present"
}

# place_keys CLUSTER DIRECTORY: the keys of the generation in DIRECTORY; prints their paths. They are in no manifest.
place_keys() {
  facts tunnel-key "$2/files/etc/vrrp-agent/$1/node.conf" | while read -r key_dev key_number; do
    say "/etc/wireguard/$key_dev.key"
    keep "$1" "/etc/wireguard/$key_dev.key" >&2
    key=$state_dir/$1/keys/$key_dev.$key_number
    [ -e "$key" ] || fail "key $key_number of $key_dev is not on this host; give the node a new keyNumber"
    ! same "$key" "$root/etc/wireguard/$key_dev.key" || continue
    note_move "$1" "/etc/wireguard/$key_dev.key"
    make_directory /etc/wireguard "$1" >&2
    place "$key" "/etc/wireguard/$key_dev.key" >&2
  done
}
