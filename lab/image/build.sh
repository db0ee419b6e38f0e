#!/bin/sh
# Makes the disks of the lab's hosts in the empty directory OUT:
#   base        a Debian root without keepalived and without any package source
#   keepalived  a layer over base: keepalived and WireGuard's tools installed
#   repository  a layer over base: these can be installed from a repository on the host's own disk
#   witness     a layer over base: etcd, for a machine at a third place
#   services    a layer over base: keepalived, and what a gateway serves with: MariaDB, nginx, bind9, cron, conntrackd
# Usage: build.sh OUT SOURCES RELEASE   (SOURCES: sources.list of a Debian mirror)
set -eu
out=$1
# shellcheck source=lab/image/common.sh
. "$(dirname "$0")/common.sh"

# What the repository holds, with all that these need over base.
repository_packages="keepalived wireguard-tools iptables-persistent curl"
witness_packages=etcd-server
services_packages="mariadb-server nginx-light bind9 bind9-dnsutils cron openssl python3-minimal conntrack conntrackd"

merged=$out/merged
work=$out/work
mkdir -p "$out/base" "$out/keepalived" "$out/repository" "$out/witness" "$out/services" "$out/debs" "$work" "$merged"
trap 'umount "$merged" 2>/dev/null || true' EXIT

# A layer is the upper directory of an overlay in which a command has run.
# nspawn gives the command processes and a network of its own: nothing it starts reaches this machine.
in_layer() {
  layer=$1
  shift
  mount -t overlay overlay -o "lowerdir=$out/base,upperdir=$layer,workdir=$work" "$merged"
  mkdir -p "$merged/var/lib/lab-packages"
  cp "$out"/debs/* "$merged/var/lib/lab-packages/"
  printf '#!/bin/sh\nexit 101\n' >"$merged/usr/sbin/policy-rc.d"
  chmod 755 "$merged/usr/sbin/policy-rc.d"
  # nspawn keeps its own state in a directory that vanishes with it.
  mkdir -p /run/systemd/nspawn
  # shellcheck disable=SC2016
  unshare --mount --propagation slave sh -euc 'mount -t tmpfs lab /run/systemd/nspawn; exec systemd-nspawn "$@"' sh \
    --quiet --register=no --keep-unit --private-network --console=pipe --directory="$merged" \
    --setenv=DEBIAN_FRONTEND=noninteractive "$@" >&2
  rm "$merged/usr/sbin/policy-rc.d"
  umount "$merged"
}

# Hooks of make_root.
# shellcheck disable=SC2016
download='chroot "$1" apt-get --yes --no-install-recommends --download-only install '"$repository_packages $witness_packages $services_packages"
# shellcheck disable=SC2016
collect='cp "$1"/var/cache/apt/archives/*.deb '"$out/debs/"
say "lab image: downloading and unpacking Debian"
# wireguard-go stands in for a module of the kernel.
make_root "$out/base" wireguard-go --customize-hook="$download" --customize-hook="$collect"

say "lab image: indexing the repository"
for deb in "$out"/debs/*.deb; do
  # apt names a file with an epoch EPOCH%3aVERSION; a plain name spares the index the escaping.
  plain=$(printf '%s' "$deb" | sed 's/%3a/./')
  [ "$deb" = "$plain" ] || mv "$deb" "$plain"
  dpkg-deb --field "$plain"
  printf 'Filename: ./%s\nSize: %s\nSHA256: %s\n\n' "${plain##*/}" "$(stat -c %s "$plain")" \
    "$(sha256sum "$plain" | cut -d' ' -f1)"
done >"$out/Packages"
mv "$out/Packages" "$out/debs/Packages"

say "lab image: adding keepalived and WireGuard's tools"
list=/etc/apt/sources.list.d/lab.list
repository="deb [trusted=yes] file:/var/lib/lab-packages ./"
in_layer "$out/keepalived" sh -euc "
  echo '$repository' >$list
  apt-get --quiet=2 update
  apt-get --quiet=2 --yes --no-install-recommends install keepalived wireguard-tools curl
  rm -rf $list /var/lib/lab-packages /var/lib/apt/lists/* /var/cache/apt/*.bin"

say "lab image: adding the witness"
in_layer "$out/witness" sh -euc "
  echo '$repository' >$list
  apt-get --quiet=2 update
  apt-get --quiet=2 --yes --no-install-recommends install $witness_packages
  rm -rf $list /var/lib/lab-packages /var/lib/apt/lists/* /var/cache/apt/*.bin"

say "lab image: adding what a gateway serves with"
in_layer "$out/services" sh -euc "
  echo '$repository' >$list
  apt-get --quiet=2 update
  apt-get --quiet=2 --yes --no-install-recommends install keepalived wireguard-tools curl $services_packages
  systemctl --quiet disable mariadb.service nginx.service named.service cron.service conntrackd.service
  rm -rf $list /var/lib/lab-packages /var/lib/apt/lists/* /var/cache/apt/*.bin"

say "lab image: adding the repository"
in_layer "$out/repository" sh -euc "
  echo '$repository' >$list
  apt-get --quiet=2 update"

rm -rf "$out/debs" "$work" "$merged"
