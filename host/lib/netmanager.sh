# shellcheck shell=sh disable=SC2154 # the names of common.sh
# What manages the interfaces: it takes away addresses that are not its own, and a virtual address is one.
#
# systemd-networkd drops them whenever it configures an interface anew: at `networkctl reconfigure`, and at `networkctl
# reload` after any change of the interface's files. A drop-in for the .network file that is in force has it keep them.
# NetworkManager has no such setting: it drops them at `nmcli device reapply` and `nmcli connection up`.

networkd_runs() { has_systemd && systemctl --quiet is-active systemd-networkd.service 2>/dev/null; }

# networkd_is_gentle: it configures an interface anew without touching what a drop-in tells it to keep. 247 drops everything
# then, and reads KeepConfiguration= only when it starts; 252 is the first that was seen to be gentle.
networkd_is_gentle() {
  networkd_version=$(networkctl --version 2>/dev/null | awk 'NR == 1 { print $2 + 0 }')
  [ "${networkd_version:-0}" -ge 252 ]
}

# networkd_file DEV: the .network file that DEV has from systemd-networkd.
networkd_file() {
  { read -r networkd_index <"$root/sys/class/net/$1/ifindex"; } 2>/dev/null || return 1
  sed -n 's/^NETWORK_FILE=//p' "$root/run/systemd/netif/links/$networkd_index" 2>/dev/null | grep .
}

# networkd_keeps FILE: what others have set for KeepConfiguration=, in FILE and its drop-ins.
networkd_keeps() {
  {
    say "$root$1"
    for keeps_dir in /usr/lib /usr/local/lib /run /etc; do
      for keeps_file in "$root$keeps_dir/systemd/network/${1##*/}.d"/*.conf; do
        case ${keeps_file##*/} in 60-vrrp-*) continue ;; esac
        [ ! -e "$keeps_file" ] || say "${keeps_file##*/} $keeps_file"
      done
    done | sort | sed 's/^[^ ]* //'
  } | while read -r keeps_file; do cat "$keeps_file" 2>/dev/null || true; done |
    sed -n 's/^[[:space:]]*KeepConfiguration[[:space:]]*=[[:space:]]*\([^[:space:]]*\).*/\1/p' | tail -n 1
}

# networkd_setting CONF FILE: the value that keeps the virtual addresses; nothing where others have set one that does.
networkd_setting() {
  networkd_now=$(networkd_keeps "$2")
  case $networkd_now in
  yes | true | on | 1) return 0 ;;
  static) has_lease "$1" || return 0 ;;
  esac
  # One that has an end, as with a witness, is to networkd as one of DHCP.
  case $networkd_now in
  dhcp* | dynamic*) say yes ;;
  *) if has_lease "$1"; then say yes; else say static; fi ;;
  esac
}

# network_drop_ins CLUSTER: paths of those that are there.
network_drop_ins() {
  for network_file in "$root"/etc/systemd/network/*.network.d/"60-vrrp-$1.conf"; do
    [ ! -e "$network_file" ] || say "${network_file#"$root"}"
  done
}

# place_network CLUSTER DIRECTORY: the drop-ins of the generation in DIRECTORY; prints their paths. They are in no manifest:
# only the host knows whose its interfaces are.
place_network() {
  network_conf=$2/files/etc/vrrp-agent/$1/node.conf
  if ! networkd_runs; then
    # It may be about to start, as at a boot.
    [ ! -e "$network_conf" ] || network_drop_ins "$1"
    return 0
  fi
  facts vip "$network_conf" 3 | sort -u | while read -r dev; do
    network_file=$(networkd_file "$dev") || {
      # It has not come to that interface yet.
      network_drop_ins "$1"
      continue
    }
    network_keep=$(networkd_setting "$network_conf" "$network_file")
    [ -n "$network_keep" ] || continue
    path=/etc/systemd/network/${network_file##*/}.d/60-vrrp-$1.conf
    say "$path"
    keep "$1" "$path" >&2
    printf '%s\n' "# Managed by pulumi-keepalived ($1): systemd-networkd is not to take the virtual addresses away." \
      '[Network]' "KeepConfiguration=$network_keep" >"$work/drop-in"
    chmod 644 "$work/drop-in"
    ! same "$work/drop-in" "$root$path" || continue
    note_move "$1" "$path"
    make_directory "${path%/*}" "$1" >&2
    place "$work/drop-in" "$path" >&2
  done
}

# tell_network CLUSTER: systemd-networkd reads what has come, where that changes no address; else at its next start. What has gone it goes by until its next
# start: to be told, it would drop whatever it kept, and its own addresses for a moment.
tell_network() {
  [ "$step" != boot ] && moved "$1" '/etc/systemd/network/' && networkd_runs && networkd_is_gentle || return 0
  for network_file in "$root"/etc/systemd/network/*.network.d/"60-vrrp-$1.conf"; do
    [ -e "$network_file" ] || return 0
    # To go over to that it takes the host's own addresses away for a moment.
    ! grep -q '^KeepConfiguration=yes' "$network_file" || return 0
  done
  networkctl reload >"$work/words" 2>&1 8>&- 9>&- ||
    warn "note: networkctl reload failed; systemd-networkd keeps the virtual addresses from its next start on: $(tail -n 1 "$work/words")"
}

# networkmanager_has DEV
networkmanager_has() {
  have nmcli && [ "$(nmcli --get-values GENERAL.STATE device show "$1" 2>/dev/null | sed 's/ .*//')" = 100 ]
}

# network_managers: that run here.
network_managers() {
  ! networkd_runs || say systemd-networkd
  ! have nmcli || [ "$(nmcli --get-values RUNNING general 2>/dev/null)" != running ] || say NetworkManager
  ! have ubus || ! ubus list network >/dev/null 2>&1 || say netifd
}

# note_network CONF: of a stage, what nothing can be set for.
note_network() {
  facts vip "$1" 3 | sort -u | while read -r dev; do
    network_commands=
    if networkmanager_has "$dev"; then
      network_commands="NetworkManager has $dev: 'nmcli connection up' and 'nmcli device reapply' take"
    elif networkd_runs && networkd_file "$dev" >/dev/null && ! networkd_is_gentle; then
      network_commands="this systemd-networkd has $dev: 'networkctl reconfigure', and 'networkctl reload' after a change, take"
    fi
    [ -z "$network_commands" ] ||
      note "$network_commands the virtual addresses from it, and they move to a peer; run vrrp-agent drain before these"
  done
}
