#!/bin/sh
# Makes the disk `root`: OpenWrt's layout, with busybox' applets of OpenWrt's own configuration and nothing of GNU's, systemd's
# or bash. Real, from Debian: busybox, dropbear, nft, ip, wg, wireguard-go, and keepalived in the feed of opkg's stand-in.
# Stand-ins of our own, each saying what it stands in for: openwrt/ (uci, procd, rc.common, fw4, netifd, ubus, opkg, sysupgrade)
# and openwrt-keepalived/ (what the package brings beside the daemon).
# Usage: openwrt.sh OUT SOURCES RELEASE   (SOURCES: sources.list of a Debian mirror)
set -eu
out=$1
here=$(dirname "$0")
# shellcheck source=lab/image/common.sh
. "$here/common.sh"

root=$out/root
debian=$out/debian
say "lab image: downloading and unpacking what an OpenWrt host takes from Debian"
mmdebstrap --mode=root --variant=minbase \
  --include=busybox,dropbear-bin,keepalived,nftables,iproute2,wireguard-tools,wireguard-go,util-linux \
  --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/doc/*' --aptopt='Acquire::Languages "none"' "$release" "$debian" - <"$sources" >&2

# carry TO PROGRAM: a program of Debian's with the libraries that it needs.
carry() {
  install -D -m 755 "$debian$(chroot "$debian" readlink -f "$2")" "$root$1"
  chroot "$debian" ldd "$2" 2>/dev/null | sed -n 's/^.*=> \(\/[^ ]*\).*$/\1/p; s/^[[:space:]]*\(\/[^ ]*\) .*$/\1/p' |
    while read -r library; do install -D -m 755 "$debian$(chroot "$debian" readlink -f "$library")" "$root$library"; done
}

say "lab image: laying out an OpenWrt host"
mkdir -p "$root"
for directory in bin sbin usr/bin usr/sbin usr/lib lib etc/rc.d etc/crontabs etc/keepalived etc/ssh overlay rom mnt proc sys dev tmp root \
  www usr/lib/opkg/info usr/share/lab-feed lib64; do
  mkdir -p "$root/$directory"
done
chmod 700 "$root/root"
chmod 1777 "$root/tmp"
ln -s tmp "$root/var"
ln -s /proc/mounts "$root/etc/mtab"
cp -a "$here/openwrt/." "$root/"
mv "$root/applets" "$root/usr/libexec/lab/applets"
chown -R 0:0 "$root"

carry /bin/busybox /bin/busybox
while read -r applet; do
  case $applet in
  # Not among those of Debian's.
  fsync | lock | netmsg | pgrep | ntpd | crond | crontab | passwd | brctl | traceroute6) continue ;;
  ip | flock) continue ;;
  halt | poweroff | reboot | switch_root | pivot_root | sysctl | ifconfig | route) place=sbin ;;
  awk | basename | cmp | cut | dirname | du | env | expr | find | head | hexdump | id | killall | less | logger | md5sum | nslookup | \
    printf | readlink | seq | sha256sum | sort | strings | tail | tee | test | time | top | tr | traceroute | uniq | uptime | wc | which | xargs | yes | \
    '[' | '[[' | free | mkfifo | clear | reset | resize) place=usr/bin ;;
  *) place=bin ;;
  esac
  [ -e "$root/$place/$applet" ] || ln -s /bin/busybox "$root/$place/$applet"
done <"$root/usr/libexec/lab/applets"
ln -s /bin/busybox "$root/sbin/init"
for strict in "$root"/usr/libexec/lab/strict/*; do
  rm -f "$root/bin/${strict##*/}" "$root/usr/bin/${strict##*/}"
  ln -s "/usr/libexec/lab/strict/${strict##*/}" "$root/usr/bin/${strict##*/}"
done
carry /usr/bin/flock /usr/bin/flock
carry /sbin/ip /usr/sbin/ip
carry /usr/sbin/nft /usr/sbin/nft
carry /usr/sbin/dropbear /usr/sbin/dropbear
carry /usr/bin/dropbearconvert /usr/lib/dropbear/dropbearconvert 2>/dev/null || carry /usr/bin/dropbearconvert /usr/bin/dropbearconvert
# What the lab itself needs in a host.
carry /usr/libexec/lab/bin/setpriv /usr/bin/setpriv
carry /usr/libexec/lab/bin/env /usr/bin/env
carry /usr/libexec/lab/bin/keepalived /usr/sbin/keepalived
cp -a "$debian/etc/iproute2" "$root/etc/" 2>/dev/null || mkdir -p "$root/etc/iproute2"

cat >"$root/etc/passwd" <<'FILE'
root:x:0:0:root:/root:/bin/ash
daemon:*:1:1:daemon:/var:/bin/false
network:*:101:101:network:/var:/bin/false
nobody:*:65534:65534:nobody:/var:/bin/false
FILE
printf 'root:x:0:\ndaemon:x:1:\nadm:x:4:\nnetwork:x:101:\nnogroup:x:65534:\n' >"$root/etc/group"
printf 'root:*:0:0:99999:7:::\n' >"$root/etc/shadow"
chmod 600 "$root/etc/shadow"
printf '/bin/ash\n/bin/sh\n' >"$root/etc/shells"
cat >"$root/etc/os-release" <<'FILE'
NAME="OpenWrt"
VERSION="24.10"
ID="openwrt"
ID_LIKE="lede openwrt"
PRETTY_NAME="OpenWrt-like host of the lab"
FILE
printf "DISTRIB_ID='OpenWrt'\nDISTRIB_RELEASE='24.10'\n" >"$root/etc/openwrt_release"
printf 'net.ipv4.ip_forward=1\n' >"$root/etc/sysctl.conf"
mkdir -p "$root/etc/sysctl.d"
printf 'exit 0\n' >"$root/etc/rc.local"
for script in "$root"/etc/init.d/*; do
  start=$(sed -n 's/^START=//p' "$script")
  stop=$(sed -n 's/^STOP=//p' "$script")
  [ -z "$start" ] || ln -s "../init.d/${script##*/}" "$root/etc/rc.d/S$start${script##*/}"
  [ -z "$stop" ] || ln -s "../init.d/${script##*/}" "$root/etc/rc.d/K$stop${script##*/}"
done

say "lab image: making the feed"
feed=$root/usr/share/lab-feed
tar -C "$here/openwrt-keepalived" --owner=0 --group=0 -cf "$feed/keepalived.tar" ./etc ./usr
package=$out/package
mkdir "$package"
system=$root
root=$package
carry /usr/bin/wg /usr/bin/wg
carry /usr/bin/wireguard-go /usr/bin/wireguard-go
cp -an "$package/lib" "$package/lib64" "$package/usr" "$system/" 2>/dev/null || true
rm -f "$system/usr/bin/wg" "$system/usr/bin/wireguard-go"
tar -C "$package" --owner=0 --group=0 -cf "$feed/wireguard-tools.tar" ./usr/bin
root=$system
for list in busybox base-files dropbear firewall4 ip-full nftables-json opkg procd uci; do : >"$root/usr/lib/opkg/info/$list.list"; done
rm -rf "$debian" "$package"
