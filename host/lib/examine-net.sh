# shellcheck shell=sh disable=SC2154,SC2034 # the names of common.sh
# examine, what is to be seen of interfaces, addresses and traffic. net_begin sets everything going in the background and says
# nothing; net_facts waits for the end of the window and prints; net_end leaves nothing behind. $examine_window: seconds; $examine_quiet: yes
# sends nothing and makes no table.
#
# $work/look-net, all of it one thing a line:
#   own ADDRESS DEV (that on which the interface with a virtual MAC lies) / peers NAME ADDRESS / vips INSTANCE ADDRESS DEV held|free / devs DEV
#   targets unicast|multicast ADDRESS DEV SOURCE|-      where adverts go to, and probes
#   group-only ADDRESS                                  of a peer whose adverts go to the group: its filters owe nothing to what comes to it alone
#   pids PID                                            what runs in the background; its children are found by it

# No more than this in a second, of all that is sent together.
net_budget=28

# Also where nothing was begun, and a second time.
net_table='' table_nic='' table_track=''
net_dir=''

# net_begin CLUSTER CONF
net_begin() {
  net_dir=$work/look-net
  mkdir -p "$net_dir" || return 1
  for net_file in pids lacks wg-ports wg-devs wg-endpoints; do : >"$net_dir/$net_file"; done
  net_plan "$2"
  # Before anybody is asked.
  neighbours_before
  tunnels_plan "$1" "$2"
  if [ "${examine_quiet:-no}" != yes ]; then
    table_begin
    trace_begin
    probes_begin
    asks_begin "$2"
  fi
  heard_begin
  tunnels_begin
  sleep "${examine_window:-3}" 8>&- 9>&- &
  net_wait=$!
  say "$net_wait" >>"$net_dir/pids"
}

# net_facts CLUSTER CONF
net_facts() {
  [ -n "$net_dir" ] || return 0
  link_facts "$2"
  address_facts "$2"
  vip_facts "$2"
  wait "$net_wait" 2>/dev/null || true
  probes_end
  tunnels_end
  # What asks has an end of its own, at about that time.
  net_await asks 12
  trace_end
  heard_end
  table_read
  traffic_facts
  echo_facts
  verdict_facts
  heard_facts
  tunnel_traffic_facts
  neighbour_facts "$2"
  sort -u "$net_dir/lacks" | sed 's/^/lacks /'
  net_end
}

# net_end: of a trap, too.
net_end() {
  [ -z "$net_dir" ] || net_stop pids TERM
  table_end
}

# net_lacks TOOL WHAT...: what is not known for want of a tool.
net_lacks() { say "$*" >>"$net_dir/lacks"; }

# net_go NAME COMMAND...: in the background; the pid is in $work/look-net/NAME.pid, too.
net_go() {
  net_go_name=$1
  shift
  "$@" </dev/null 2>/dev/null 8>&- 9>&- &
  say "$!" >>"$net_dir/pids"
  say "$!" >>"$net_dir/$net_go_name.pid"
}

# net_await NAME TENTHS: until those have ended, or so long.
net_await() {
  [ -e "$net_dir/$1.pid" ] || return 0
  net_left=$2
  while read -r net_pid; do
    while kill -0 "$net_pid" 2>/dev/null && [ "$net_left" -gt 0 ]; do
      net_left=$((net_left - 1))
      sleep 0.1 2>/dev/null || { sleep 1 && net_left=$((net_left - 9)); }
    done
  done <"$net_dir/$1.pid"
}

# net_stop FILE SIGNAL: whose pids are in $work/look-net/FILE.
net_stop() {
  [ -s "$net_dir/$1" ] || return 0
  # shellcheck disable=SC2046 # pids
  net_kill "$2" $(cat "$net_dir/$1")
  : >"$net_dir/$1"
}

# net_signal NAME SIGNAL: those of net_go that have no children.
net_signal() {
  [ -s "$net_dir/$1.pid" ] || return 0
  # shellcheck disable=SC2046 # pids
  kill "-$2" $(cat "$net_dir/$1.pid") 2>/dev/null || true
  # shellcheck disable=SC2046
  wait $(cat "$net_dir/$1.pid") 2>/dev/null || true
}

# net_kill SIGNAL PID...: those and everything that they have started.
net_kill() {
  net_signal=$1
  shift
  [ $# -gt 0 ] || return 0
  # shellcheck disable=SC2046 # pids
  kill "-$net_signal" $(net_children "$@") 2>/dev/null || true
  wait "$@" 2>/dev/null || true
}

# net_children PID...: with their descendants. The name of a program may hold blanks and brackets.
net_children() {
  cat "$root"/proc/[0-9]*/stat 2>/dev/null | sed 's/^\([0-9]*\) (.*) [A-Za-z] \([0-9]*\) .*/\1 \2/' | awk -v given="$*" '
    BEGIN { count = split(given, list, " "); for (i = 1; i <= count; i++) ours[list[i]] = 1 }
    { parent[$1] = $2 }
    END {
      do {
        more = 0
        for (pid in parent) if (!(pid in ours) && parent[pid] in ours) { ours[pid] = 1; more = 1 }
      } while (more)
      for (pid in ours) print pid
    }'
}

# net_plan CONF
net_plan() {
  vmac_devs >"$net_dir/vmacs"
  ip -o address show 2>/dev/null | awk '{
    for (i = 3; i < NF; i++) if ($i == "inet" || $i == "inet6") { own = $(i + 1); sub(/\/.*/, "", own); print own, $2 }
  }' | awk '
    part == 1 { under[$1] = $2; next }
    { print $1, ($2 in under ? under[$2] : $2) }' part=1 "$net_dir/vmacs" part=2 - >"$net_dir/own"
  facts peer "$1" | sort -u >"$net_dir/peers"
  facts vip "$1" | awk -v own="$net_dir/own" "$bits_awk"'
    BEGIN { while ((getline line <own) > 0) { split(line, part, " "); has[bits(part[1]), part[2]] = 1 } }
    { address = $2; sub(/\/.*/, "", address); print $1, address, $3, ((bits(address), $3) in has ? "held" : "free") }' >"$net_dir/vips"
  net_targets "$1" >"$net_dir/targets"
  group_only >"$net_dir/group-only"
  {
    facts interface "$1"
    facts instance "$1" 4
    facts source "$1" 2
    facts vip "$1" 3
    cut -d ' ' -f 3 "$net_dir/targets"
  } | awk '$1 != "-" && !seen[$1]++ { print $1 }' >"$net_dir/devs"
}

# vmac_devs: those of keepalived with the MAC of a virtual router, and what each lies on.
vmac_devs() {
  for vmac_path in "$root"/sys/class/net/*; do
    case $(cat "$vmac_path/address" 2>/dev/null) in
    00:00:5e:00:0[12]:*)
      for vmac_lower in "$vmac_path"/lower_*; do
        [ ! -e "$vmac_lower" ] || say "${vmac_path##*/} ${vmac_lower##*/lower_}"
      done
      ;;
    esac
  done
}

# net_targets CONF: each address goes out by an instance of its family; where there are several, by the interface whose network it
# is of.
net_targets() {
  facts agree "$1" >"$net_dir/agree"
  facts instance "$1" | awk -v agree="$net_dir/agree" '
    BEGIN { while ((getline line <agree) > 0) { split(line, part, " "); how[part[1]] = part[4]; from[part[1]] = part[5] } }
    { print $2, $4, ($1 in how ? how[$1] : "unicast"), ($1 in from && from[$1] != "any" ? from[$1] : "-") }' | sort -u >"$net_dir/flows"
  while read -r target_family target_dev target_how target_source; do
    [ "$target_how" = multicast ] || continue
    target_group=224.0.0.18
    [ "$target_family" = 4 ] || target_group=ff02::12
    say "multicast $target_group $target_dev $target_source"
  done <"$net_dir/flows" | awk '!seen[$2, $3]++'
  while read -r _ target_address; do
    target_family=4
    case $target_address in *:*) target_family=6 ;; esac
    target_words='' target_certain=''
    while read -r flow_family flow_dev _ flow_source; do
      if [ "$flow_family" != "$target_family" ] || [ -n "$target_certain" ]; then continue; fi
      if [ -z "$target_words" ]; then target_words="$flow_dev $flow_source"; fi
      if [ -d "$root/sys/class/net/$flow_dev" ] && on_network "$target_address" "$flow_dev"; then
        target_words="$flow_dev $flow_source" target_certain=yes
      fi
    done <"$net_dir/flows"
    [ -z "$target_words" ] || say "unicast $target_address $target_words"
  done <"$net_dir/peers" | sort -u
}

# group_only: a probe to such an address tells what reaches the interface, and of the filters nothing.
group_only() {
  awk '
    part == 1 { if ($3 == "unicast") single[$1, $2] = 1; next }
    $1 == "unicast" && !((($2 ~ /:/ ? 6 : 4), $3) in single) { print $2 }' part=1 "$net_dir/flows" part=2 "$net_dir/targets"
}
