#!/bin/sh
# Makes the disks, each a Debian with keepalived and firewalls of which none runs until a test starts it:
#   root  firewalld, and what loads iptables' rules at a boot
#   ufw   ufw, which Debian installs beside neither
# Usage: firewalls.sh OUT SOURCES RELEASE   (SOURCES: sources.list of a Debian mirror)
set -eu
out=$1
# shellcheck source=lab/image/common.sh
. "$(dirname "$0")/common.sh"

packages=keepalived,wireguard-tools,wireguard-go,curl

say "lab image: downloading and unpacking Debian with firewalld"
# shellcheck disable=SC2016
make_root "$out/root" "$packages,firewalld,iptables-persistent" \
  --customize-hook='chroot "$1" systemctl --quiet disable firewalld.service netfilter-persistent.service'
say "lab image: downloading and unpacking Debian with ufw"
# shellcheck disable=SC2016
make_root "$out/ufw" "$packages,ufw" --customize-hook='chroot "$1" systemctl --quiet disable ufw.service'
