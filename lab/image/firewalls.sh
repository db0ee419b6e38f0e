#!/bin/sh
# Makes the disk `root`: Debian with keepalived and every firewall of Debian's; none of them runs until a test starts it.
# Usage: firewalls.sh OUT SOURCES RELEASE   (SOURCES: sources.list of a Debian mirror)
set -eu
out=$1
# shellcheck source=lab/image/common.sh
. "$(dirname "$0")/common.sh"

# shellcheck disable=SC2016
disable='chroot "$1" systemctl --quiet disable firewalld.service ufw.service netfilter-persistent.service'

say "lab image: downloading and unpacking Debian with its firewalls"
make_root "$out/root" keepalived,wireguard-tools,wireguard-go,curl,firewalld,ufw,iptables-persistent --customize-hook="$disable"
