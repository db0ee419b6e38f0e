# shellcheck shell=sh disable=SC2154,SC2034 # the names of common.sh
# Addresses on interfaces, and which network an address is on.

# addresses DEV: ADDRESS PREFIX, one a line.
addresses() {
  ip -o address show dev "$1" | awk '
    { for (i = 1; i < NF; i++) if ($i == "inet" || $i == "inet6") {
        own = $(i + 1); sub(/\/.*/, "", own)
        network = $(i + 2) == "peer" ? $(i + 3) : $(i + 1)
        prefix = index(network, "/") ? substr(network, index(network, "/") + 1) : ($i == "inet" ? 32 : 128)
        print own, prefix
    } }'
}

# An address as a string of 32 or 128 bits, so that spelling does not matter and a prefix is a substring.
# shellcheck disable=SC2016
bits_awk='
function digits(value, count,   text) {
  for (text = ""; count > 0; count--) { text = (value % 2) text; value = int(value / 2) }
  return text
}
function hex(text,   i, value) {
  for (i = 1; i <= length(text); i++) value = value * 16 + index("0123456789abcdef", tolower(substr(text, i, 1))) - 1
  return value + 0
}
function bits(address,   n, i, part, half, left, right, count, text) {
  if (address !~ /:/) {
    n = split(address, part, ".")
    for (i = 1; i <= n; i++) text = text digits(part[i], 8)
    return text
  }
  split(address, half, "::")
  left = split(half[1], part, ":")
  for (i = 1; i <= left; i++) text = text digits(hex(part[i]), 16)
  if (address !~ /::/) return text
  right = half[2] == "" ? 0 : split(half[2], part, ":")
  for (count = left; count < 8 - right; count++) text = text digits(0, 16)
  for (i = 1; i <= right; i++) text = text digits(hex(part[i]), 16)
  return text
}'

# held ADDRESS DEV: whether DEV has ADDRESS; prints it with the prefix length that it has there.
held() {
  addresses "$2" | awk -v wanted="$1" "$bits_awk"'
    bits($1) == bits(wanted) { print $1 "/" $2; found = 1 }
    END { exit !found }'
}

# usable ADDRESS DEV: DEV has ADDRESS, and no check for a duplicate keeps a socket from it any more.
usable() {
  held "$1" "$2" >/dev/null && ip -o address show dev "$2" | awk -v wanted="$1" "$bits_awk"'
    / tentative/ { for (i = 1; i < NF; i++) if ($i == "inet6") {
        own = $(i + 1); sub(/\/.*/, "", own)
        if (bits(own) == bits(wanted)) found = 1
    } }
    END { exit found }'
}

# on_network ADDRESS DEV: whether a network of DEV contains ADDRESS.
on_network() {
  addresses "$2" | awk -v wanted="$1" "$bits_awk"'
    { mine = bits($1); its = bits(wanted) }
    length(mine) == length(its) && $2 < length(mine) && substr(mine, 1, $2) == substr(its, 1, $2) { found = 1 }
    END { exit !found }'
}

# networks DEV: for a message.
networks() {
  addresses "$1" | awk '{ text = text (NR > 1 ? ", " : "") $1 "/" $2 } END { print NR ? text : "none" }'
}

# has_arp DEV: its neighbours have MACs and can be asked for an address: no loopback, no tunnel, no dummy.
has_arp() {
  read -r arp_flags 2>/dev/null <"$root/sys/class/net/$1/flags" || return 0
  [ $((arp_flags & 0x88)) -eq 0 ]
}

# neighbour ADDRESS DEV: its MAC, when it has just answered. Without MACs nobody is asked, and nobody has.
neighbour() {
  has_arp "$2" || return 0
  ip neigh show "$1" dev "$2" 2>/dev/null | awk '
    /REACHABLE|DELAY|PROBE/ { for (i = 1; i < NF; i++) if ($i == "lladdr") print tolower($(i + 1)) }'
}

# ask ADDRESS DEV: one echo request; the neighbour table knows more afterwards, whatever the answer.
ask() {
  case $1 in
  *:*) ping -6 -c 1 -W 1 -I "$2" "$1" >/dev/null 2>&1 ;;
  *) ping -c 1 -W 1 -I "$2" "$1" >/dev/null 2>&1 ;;
  esac
}

# interfaces: names, on one line.
interfaces() { for net in "$root"/sys/class/net/*; do printf '%s ' "${net##*/}"; done | sed 's/ $//'; }
