# shellcheck shell=sh disable=SC2154 # out, $2 and $3 are those of the script that reads this
# What the scripts that make disks have in common.
sources=$2
release=$3

say() { printf '%s\n' "$*" >&2; }

# What a gateway has. Nothing else is on it, so that what is missing shows.
base_packages=systemd,systemd-sysv,libpam-systemd,dbus,openssh-server,nftables,iptables,iproute2,iputils-ping,iputils-arping
base_packages=$base_packages,tcpdump,procps,busybox,sudo,ca-certificates,netbase,netcat-openbsd,less
# Run by make_root as this machine's root, with the new root's path as $1, when everything is installed.
# shellcheck disable=SC2016
settle='
set -eu
cd "$1"
rm -f etc/ssh/ssh_host_* etc/apt/sources.list etc/hostname etc/resolv.conf
: >etc/machine-id
: >etc/apt/sources.list
mkdir -p etc/ssh/sshd_config.d var/log/journal
printf "HostKey /etc/ssh/ssh_host_ed25519_key\n" >etc/ssh/sshd_config.d/lab.conf
chroot . systemctl --quiet enable systemd-networkd.service
chroot . systemctl --quiet disable systemd-networkd-wait-online.service e2scrub_reap.service
chroot . systemctl --quiet mask apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer \
  fstrim.timer systemd-tmpfiles-clean.timer console-getty.service getty.target getty-static.service
'

# make_root DIRECTORY PACKAGES [OPTION...]: a Debian root with what a gateway has, and PACKAGES (with commas between).
make_root() {
  make_root_directory=$1
  make_root_packages=$base_packages${2:+,$2}
  shift 2
  mmdebstrap --mode=root --variant=minbase --include="$make_root_packages" \
    --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
    --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/info/*' \
    --aptopt='Acquire::Languages "none"' "$@" --customize-hook="$settle" \
    "$release" "$make_root_directory" - <"$sources" >&2
}
