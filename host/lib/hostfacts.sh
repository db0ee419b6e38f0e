# shellcheck shell=sh disable=SC2154,SC2034 # the names of common.sh
# What this host is, found by looking, never by its name. Those who have to choose ask the same functions.

# init_system: what starts services here.
init_system() {
  if has_systemd; then
    say systemd
  elif [ -e "$root/etc/rc.common" ]; then
    say procd
  elif have openrc; then
    say openrc
  else
    say sysv
  fi
}

# os_release KEY: as /etc/os-release has it.
os_release() {
  for os_release_file in "$root/etc/os-release" "$root/usr/lib/os-release"; do
    [ -e "$os_release_file" ] || continue
    sed -n "s/^$1=//p" "$os_release_file" | sed "s/^[\"']//; s/[\"']\$//" | head -n 1
    return 0
  done
}

# firewalls_in_force: those with a tool of their own, and each kind of chain that decides, as $work/survey has it.
firewalls_in_force() {
  active_managers
  [ -e "$work/survey" ] || return 0
  awk '
    function settle() {
      if (deciding || (chain && policy != "accept" && !managed)) found[backend == "nft" ? "nftables" : backend] = 1
      deciding = managed = 0
    }
    $1 == "chain" { settle(); chain = 1; backend = $2; policy = $7; next }
    $7 == "deciding" { deciding = 1 }
    $7 == "managed" { managed = 1 }
    END { settle(); for (name in found) print name }' "$work/survey" | sort
}

# clock_synchronised: yes, no, or unknown, as the init system has it.
clock_synchronised() {
  clock_word=
  ! have timedatectl || clock_word=$(timedatectl show --property=NTPSynchronized --value 2>/dev/null) || true
  say "${clock_word:-unknown}"
}

# host_facts: KEY VALUE, one a line; after firewall_report, which looks at the chains.
host_facts() {
  say "distribution $(os_release ID)"
  say "release $(os_release VERSION_ID)"
  say "title $(os_release PRETTY_NAME)"
  say "init $(init_system)"
  say "package-manager $(package_manager || say none)"
  firewalls_in_force | sed 's/^/firewall /'
  say "selinux $(selinux_mode)"
  network_managers | sed 's/^/network-manager /'
  facts_program=$(present_program)
  if has_program "$facts_program"; then
    say "keepalived $(keepalived_version "$facts_program")"
    say "keepalived-options $(keepalived_options "$facts_program")"
  fi
  say "clock $(utc "$(now)") $(clock_synchronised)"
}
