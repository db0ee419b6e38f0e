#!/bin/sh
# Makes the disk `root`: Debian without keepalived, which apt can install, or what builds it, from a repository on the
# host's own disk; and in /usr/src the tarballs of two releases of keepalived, Debian's own and that of the next Debian.
# Usage: source.sh OUT SOURCES RELEASE   (SOURCES: sources.list of a Debian mirror)
set -eu
out=$1
# shellcheck source=lab/image/common.sh
. "$(dirname "$0")/common.sh"

packages="keepalived curl gcc make pkg-config libc6-dev libssl-dev libnl-3-dev libnl-genl-3-dev"
next=trixie

# The same mirrors, for what packages are made of.
for of in $release $next; do
  sed -n "s/^deb \(.*\) $release main\$/deb-src \1 $of main/p" "$sources"
done >"$out/src.list"

# Hooks of make_root.
# shellcheck disable=SC2016
download='chroot "$1" apt-get clean
chroot "$1" apt-get --yes --no-install-recommends --download-only install '"$packages"
# shellcheck disable=SC2016
tarballs='set -eu
cp '"$out/src.list"' "$1/etc/apt/sources.list.d/src.list"
chroot "$1" apt-get --quiet=2 update
for of in '"$release $next"'; do
  chroot "$1" sh -euc "
    cd /usr/src
    version=\$(apt-cache madison keepalived | sed -n \"s/^ *keepalived | *\([^ ]*\) | .*[/ ]$of\/main Sources.*/\1/p\" | head -n 1)
    [ -n \"\$version\" ]
    apt-get --quiet=2 --download-only --only-source --tar-only source keepalived=\$version"
done
rm "$1/etc/apt/sources.list.d/src.list"'
# shellcheck disable=SC2016
repository='set -eu
mkdir "$1/var/lib/lab-packages"
cp "$1"/var/cache/apt/archives/*.deb "$1/var/lib/lab-packages/"
cd "$1/var/lib/lab-packages"
for deb in *.deb; do
  # apt names a file with an epoch EPOCH%3aVERSION; a plain name spares the index the escaping.
  plain=$(printf %s "$deb" | sed s/%3a/./)
  [ "$deb" = "$plain" ] || mv "$deb" "$plain"
  dpkg-deb --field "$plain"
  printf "Filename: ./%s\nSize: %s\nSHA256: %s\n\n" "$plain" "$(stat -c %s "$plain")" "$(sha256sum "$plain" | cut -d" " -f1)"
done >Packages
rm -rf "$1"/etc/apt/sources.list "$1"/etc/apt/sources.list.d/*
echo "deb [trusted=yes] file:/var/lib/lab-packages ./" >"$1/etc/apt/sources.list.d/lab.list"'

say "lab image: downloading and unpacking Debian with what builds keepalived"
make_root "$out/root" wireguard-go --customize-hook="$download" --customize-hook="$tarballs" --customize-hook="$repository"
rm "$out/src.list"
