#!/bin/sh
# Makes the disk `root`: laid out as a RHEL-like host, of Debian's packages. dnf and rpm are real, with a repository on the
# host's own disk whose packages are Debian's, packed anew; dpkg and apt are gone. firewalld runs, NetworkManager has eth0.
# SELinux's tools are real and work on a policy store; its kernel is not there: /usr/sbin/getenforce and restorecon stand in
# for what asks that one, and say so.
# Usage: rhel.sh OUT SOURCES RELEASE   (SOURCES: sources.list of a Debian mirror)
set -eu
out=$1
# shellcheck source=lab/image/common.sh
. "$(dirname "$0")/common.sh"

# What the repository holds, with all that these need over the root.
repository_packages="keepalived wireguard-tools curl nginx conntrackd bind9-dnsutils"
root_packages=dnf,rpm,createrepo-c,firewalld,network-manager,wireguard-go,policycoreutils,policycoreutils-python-utils
root_packages=$root_packages,semanage-utils,semodule-utils,checkpolicy,selinux-utils,selinux-policy-default,setools,auditd

# shellcheck disable=SC2016
download='rm -f "$1"/var/cache/apt/archives/*.deb; chroot "$1" apt-get --yes --no-install-recommends --download-only install '"$repository_packages"
# shellcheck disable=SC2016
collect='mkdir -p "$1/var/tmp/debs" && cp "$1"/var/cache/apt/archives/*.deb "$1/var/tmp/debs/"'

say "lab image: downloading and unpacking Debian for a RHEL-like host"
make_root "$out/root" "$root_packages" --customize-hook="$download" --customize-hook="$collect"

inside() { chroot "$out/root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 sh -eu >&2; }

say "lab image: packing the repository"
inside <<'INSIDE'
# Debian's rpm keeps its database in the user's home, and warns whoever does not use alien.
mkdir -p /etc/rpm /var/lib/rpm
printf '%s\n' '%_dbpath /var/lib/rpm' '%_topdir /var/tmp/rpmbuild' '%_build_id_links none' '%__os_install_post %{nil}' >/etc/rpm/macros
rpmdb --initdb
mkdir -p /var/lib/lab-packages /var/tmp/rpmbuild

# rpm_name DEB: what RHEL calls what Debian calls so.
rpm_name() {
  case $1 in
  conntrackd) echo conntrack-tools ;;
  bind9-dnsutils) echo bind-utils ;;
  *) echo "$1" ;;
  esac
}

# pack NAME VERSION TREE REQUIRES...: an rpm of all files of TREE; units are treated as RHEL's packages treat them.
pack() {
  name=$1 version=$2 tree=$3
  shift 3
  spec=/var/tmp/rpmbuild/$name.spec
  units=$(cd "$tree" && ls usr/lib/systemd/system/*.service 2>/dev/null | sed 's|.*/||' | grep -v @ | tr '\n' ' ' || true)
  {
    printf '%s\n' "Name: $name" "Version: $version" "Release: 1" "Summary: $name, packed anew" "License: as Debian's" "AutoReqProv: no"
    for requires; do echo "Requires: $requires"; done
    [ "$name" != rhel-like-release ] || printf '%s\n' "Provides: /bin/sh" "Provides: system-release" "Provides: system-release(releasever) = 9"
    printf '%s\n' '%description' "$name" '%install' "cp -a $tree/. %{buildroot}/"
    if [ -n "$units" ]; then
      printf '%s\n' '%post' 'systemctl daemon-reload >/dev/null 2>&1 || :' '%preun' \
        "[ \$1 -ne 0 ] || systemctl --no-reload disable --now $units >/dev/null 2>&1 || :" \
        '%postun' 'systemctl daemon-reload >/dev/null 2>&1 || :'
    fi
    echo '%files'
    (cd "$tree" && find . ! -type d | sed 's|^\.||' | while read -r file; do
      case $file in
      /etc/*) echo "%config(noreplace) \"$file\"" ;;
      *) echo "\"$file\"" ;;
      esac
    done)
    # Those that go with the package.
    (cd "$tree" && find . -mindepth 1 -type d | sed 's|^\.||' | while read -r directory; do
      [ -d "$directory" ] || echo "%dir \"$directory\""
    done)
  } >"$spec"
  rpmbuild --quiet -bb --define "_rpmdir /var/lib/lab-packages" "$spec"
}

for deb in /var/tmp/debs/*.deb; do dpkg-deb --field "$deb" Package; done | sort >/var/tmp/names
for deb in /var/tmp/debs/*.deb; do
  name=$(dpkg-deb --field "$deb" Package)
  version=$(dpkg-deb --field "$deb" Version | sed 's/^[0-9]*://; s/[-+~].*//')
  tree=/var/tmp/tree
  rm -rf "$tree"
  dpkg-deb --extract "$deb" "$tree"
  rm -rf "$tree/usr/share/man" "$tree/usr/share/doc" "$tree/usr/share/locale" "$tree/usr/share/lintian"
  # No package there brings a script of that kind beside its unit.
  rm -rf "$tree/etc/init.d"
  # The root has /lib and the like as links.
  for merged in lib bin sbin; do
    [ ! -d "$tree/$merged" ] || { mkdir -p "$tree/usr/$merged" && cp -a "$tree/$merged/." "$tree/usr/$merged/" && rm -rf "${tree:?}/$merged"; }
  done
  requires=$(dpkg-deb --field "$deb" Depends | tr ',|' '\n\n' | sed 's/^ *//; s/[ :(].*//' | sort -u |
    grep -x -F -f /var/tmp/names | while read -r needed; do rpm_name "$needed"; done)
  # shellcheck disable=SC2086
  pack "$(rpm_name "$name")" "$version" "$tree" $requires
done

rm -rf /var/tmp/tree
mkdir -p /var/tmp/tree/etc/yum.repos.d
printf '%s\n' 'NAME="RHEL-like"' 'ID="rhel-like"' 'ID_LIKE="rhel fedora"' 'VERSION_ID="9.4"' \
  'PLATFORM_ID="platform:el9"' 'PRETTY_NAME="RHEL-like host of the lab, of Debian 12 packages"' >/var/tmp/tree/etc/os-release
echo "RHEL-like host of the lab" >/var/tmp/tree/etc/redhat-release
printf '%s\n' '[lab]' 'name=The disk of this host' 'baseurl=file:///var/lib/lab-packages' 'enabled=1' 'gpgcheck=0' \
  >/var/tmp/tree/etc/yum.repos.d/lab.repo
pack rhel-like-release 9.4 /var/tmp/tree
createrepo_c --quiet /var/lib/lab-packages
rm -f /etc/os-release /usr/lib/os-release
rpm --install --nodeps /var/lib/lab-packages/*/rhel-like-release-*.rpm
ln -s ../../etc/os-release /usr/lib/os-release
rm -rf /var/tmp/* /var/lib/apt/lists/* /var/cache/apt/*.bin
INSIDE

say "lab image: making it RHEL-like"
inside <<'INSIDE'
systemctl --quiet disable systemd-networkd.service systemd-networkd.socket auditd.service NetworkManager-wait-online.service
systemctl --quiet enable firewalld.service NetworkManager.service
systemctl --quiet mask dnf-makecache.timer
# Debian's plugin keeps NetworkManager from what ifupdown has; here nobody else has interfaces.
printf '%s\n' '[main]' 'plugins=keyfile' '[keyfile]' 'unmanaged-devices=none' >/etc/NetworkManager/NetworkManager.conf
sed -i 's/^SELINUX=.*/SELINUX=enforcing/; s/^SELINUXTYPE=.*/SELINUXTYPE=default/' /etc/selinux/config
grep -q ^SELINUXTYPE= /etc/selinux/config || printf 'SELINUX=enforcing\nSELINUXTYPE=default\n' >/etc/selinux/config

# Types of Fedora's policy that Debian's has not: their names and attributes, not its rules.
cat >/var/tmp/lab_rhel_names.cil <<'CIL'
(type keepalived_t)
(type keepalived_unconfined_script_t)
(type keepalived_exec_t)
(type keepalived_unconfined_script_exec_t)
(type keepalived_unit_file_t)
(type keepalived_var_run_t)
(roletype system_r keepalived_t)
(roletype system_r keepalived_unconfined_script_t)
(roletype object_r keepalived_exec_t)
(roletype object_r keepalived_unconfined_script_exec_t)
(roletype object_r keepalived_unit_file_t)
(roletype object_r keepalived_var_run_t)
(typeattributeset domain (keepalived_t keepalived_unconfined_script_t))
(typeattributeset file_type (keepalived_exec_t keepalived_unconfined_script_exec_t keepalived_unit_file_t keepalived_var_run_t))
(typeattributeset exec_type (keepalived_exec_t keepalived_unconfined_script_exec_t))
(boolean keepalived_connect_any false)
(filecon "/usr/sbin/keepalived" file (system_u object_r keepalived_exec_t ((s0)(s0))))
(filecon "/usr/libexec/keepalived(/.*)?" any (system_u object_r keepalived_unconfined_script_exec_t ((s0)(s0))))
(filecon "/run/keepalived.*" any (system_u object_r keepalived_var_run_t ((s0)(s0))))
CIL
ls /var/lib/selinux/default/active >/dev/null 2>&1 || semodule --noreload --store default --build
semodule --noreload --store default --install /var/tmp/lab_rhel_names.cil
rm /var/tmp/lab_rhel_names.cil

cat >/usr/sbin/getenforce <<'STANDIN'
#!/bin/sh
# Stands in for getenforce on a lab host, whose kernel has no SELinux: says what the lab test has written.
cat /etc/lab-selinux 2>/dev/null || echo Disabled
STANDIN
cat >/usr/sbin/restorecon.standin <<'STANDIN'
#!/bin/sh
# Stands in for restorecon on a lab host: that one does nothing where the kernel has no SELinux. setfiles, which is the same
# program, sets the labels that the policy store says, whatever the kernel does with them. By itself it would not go down to
# the files of an overlay, which the host's disk is.
options=
depth="-maxdepth 0"
while [ $# -gt 0 ]; do
  case $1 in
  --) shift; break ;;
  -R | -r) depth= ;;
  -*) options="$options $1" ;;
  *) break ;;
  esac
  shift
done
# shellcheck disable=SC2086
find "$@" $depth | exec setfiles $options -f - /etc/selinux/default/contexts/files/file_contexts
STANDIN
rm -f /usr/sbin/restorecon /usr/bin/restorecon
mv /usr/sbin/restorecon.standin /usr/sbin/restorecon
chmod 755 /usr/sbin/getenforce /usr/sbin/restorecon
# The package manager of a RHEL-like host is dnf.
rm -f /usr/bin/apt* /usr/bin/dpkg* /etc/debian_version
INSIDE
