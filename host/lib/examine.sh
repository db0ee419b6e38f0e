# shellcheck shell=sh disable=SC2154,SC2034,SC2030,SC2031 # the names of common.sh
# examine: all that is to be seen of a cluster on this host, one fact a line, for the doctor; docs/design.md, 'The facts of a host',
# has the words. It changes nothing: what it makes is gone when it ends, however it ends.
#
# What could keep anybody waiting is a part: a process of its own, so that this shell, which only waits, heeds TERM at once.

# Seconds of traffic that are looked at.
examine_window=3
examine_window_most=30

# verb_examine CLUSTER [--window SECONDS] [--quiet-net]
verb_examine() {
  check_name cluster "$1"
  examine_cluster=$1
  shift
  examine_options "$@"
  examine_in_time "$examine_cluster" "$@"
  conf=$conf_dir/$examine_cluster/node.conf
  # What tools say is read.
  LC_ALL=C
  export LC_ALL
  [ -e "$conf" ] || [ -e "$state_dir/$examine_cluster" ] ||
    fail "there is no cluster $examine_cluster on this host; see: vrrp-agent status"
  use_node "$conf"
  take_examine_lock
  make_examine_work
  examine_generation=$(current_generation "$examine_cluster")
  examine_dir=$(generation_dir "$examine_cluster" "$examine_generation")
  examine_dirs="$examine_dir $(tunnel_dirs)"
  examine_began=$(uptime_ms)
  examine_pid=$(keepalived_pid) || examine_pid=
  examine_conf=$(read_conf_path)
  find_secrets
  say "vrrp-facts 1"
  say "node $node"
  say "cluster $examine_cluster $examine_generation"
  ! command -v net_begin >/dev/null || net_begin "$examine_cluster" "$conf" 8>&- || true
  examine_host
  examine_await_window
  in_part later discard_facts
  # It waits for what it has begun, and minds TERM by itself.
  ! command -v net_facts >/dev/null || net_facts "$examine_cluster" "$conf" 8>&- >"$work/net" || true
  show_parts later
  [ ! -e "$work/net" ] || hide_secrets <"$work/net"
  say end
}

# Seconds beyond its window after which a look is ended: what it asks may hang, and neither its lock nor its table is to stay.
examine_longest=50

# examine_in_time WORD...: this look anew, under a limit, where the host has something to end it with.
examine_in_time() {
  if [ -n "${VRRP_IN_TIME-}" ] || ! have timeout; then
    unset VRRP_IN_TIME
    return 0
  fi
  VRRP_IN_TIME=yes
  export VRRP_IN_TIME
  exec timeout "$((examine_window + examine_longest))" "$here/vrrp-agent" examine "$@"
}

# examine_options [OPTION...]
examine_options() {
  examine_quiet=no
  while [ $# -gt 0 ]; do
    case $1 in
    --quiet-net)
      examine_quiet=yes
      shift
      ;;
    --window)
      case ${2-} in
      '' | *[!0-9]* | ????*) examine_bad_window "${2-}" ;;
      esac
      if [ "$2" -lt 1 ] || [ "$2" -gt "$examine_window_most" ]; then examine_bad_window "$2"; fi
      examine_window=$2
      shift 2
      ;;
    *)
      warn "unknown option $1; --window SECONDS and --quiet-net are the ones that there are"
      exit 2
      ;;
    esac
  done
}

examine_bad_window() {
  warn "--window is '$1'; give whole seconds from 1 to $examine_window_most, e.g. --window $examine_window"
  exit 2
}

# take_examine_lock: by a file that is there anyway. Two at once would take the dumps of one another.
take_examine_lock() {
  [ -r "$conf" ] && have flock || return 0
  exec 8<"$conf"
  examine_patience=$((examine_window_most + 15))
  until flock -n 8; do
    [ "$examine_patience" -gt 0 ] ||
      fail "another look at $examine_cluster does not end; see: ps; its process is the one of 'vrrp-agent examine'"
    examine_patience=$((examine_patience - 1))
    sleep 1
  done
}

# make_examine_work: as make_work, but where /run/vrrp-agent is not there it is not made.
make_examine_work() {
  examine_runs=''
  # Also when whoever reads is gone.
  trap 'exit 141' PIPE
  trap 'exit 130' INT
  trap 'exit 143' TERM
  trap 'exit 129' HUP
  trap 'examine_end' EXIT
  for work_place in "$run_dir/work" "$root/dev/shm/vrrp-agent" "$root/tmp/vrrp-agent" "$root/var/tmp/vrrp-agent"; do
    [ -d "${work_place%/*}" ] || continue
    work=$(mktemp -d "$work_place.XXXXXX" 2>/dev/null) || continue
    if head -c 262144 /dev/zero >"$work/room" 2>/dev/null; then break; fi
    rm -rf "$work"
    work=
  done
  [ -n "$work" ] || fail "there is no room in $run_dir, /dev/shm, /tmp and /var/tmp for 256 KiB; make some"
  rm -f "$work/room"
  examine_runs=$work/.kept
  mkdir "$examine_runs"
}

# examine_end: nothing is left.
examine_end() {
  examine_status=$?
  # A second signal is not to end this in the middle.
  trap '' TERM INT HUP PIPE
  set +e
  end_descendants
  ! command -v net_end >/dev/null || net_end >/dev/null 2>&1
  [ -z "$examine_runs" ] || dump_end
  for examine_try in "$state_dir" "$root/var/lib/vrrp-agent" "$run_dir"; do rm -f "$examine_try/.examine.$$"; done
  [ -z "$work" ] || rm -rf "$work"
  exit "$examine_status"
}

# end_descendants: the parts, and all that they run.
end_descendants() {
  examine_left=$(jobs_left)
  [ -n "$examine_left" ] || return 0
  # shellcheck disable=SC2086 # a list of numbers
  kill $examine_left 2>/dev/null
  examine_tries=10
  # shellcheck disable=SC2086
  while any_alive $examine_left && [ "$examine_tries" -gt 0 ]; do
    sleep 0.05 2>/dev/null || sleep 1
    examine_tries=$((examine_tries - 1))
  done
  # shellcheck disable=SC2086
  kill -KILL $examine_left 2>/dev/null
}

# any_alive PID...: one that is no zombie.
any_alive() {
  for alive_pid; do
    { read -r alive_stat <"/proc/$alive_pid/stat"; } 2>/dev/null || continue
    case ${alive_stat##*) } in
    Z* | X*) ;;
    *) return 0 ;;
    esac
  done
  return 1
}

# jobs_left: processes below this one, on one line.
jobs_left() {
  cat /proc/[0-9]*/stat 2>/dev/null | awk -v top="$$" '
    { pid = $1; sub(/.*\) /, ""); parent[pid] = $2 }
    END {
      for (pid in parent) {
        for (at = pid; at in parent && at != top && depth < 64; at = parent[at]) depth++
        if (at == top && pid != top) printf "%s ", pid
        depth = 0
      }
    }'
}

# in_part NAME COMMAND...: in the background, with a place for temporary files of its own.
in_part() {
  part_name=$1
  shift
  part_work=$work/$part_name.d
  (
    work=$part_work
    "$@" || true
  ) </dev/null >"$work/$part_name" 2>"$work/$part_name.words" 8>&- 9>&- &
  eval "part_$part_name=$!"
}

# await_part NAME
await_part() {
  eval "wait \"\$part_$1\"" || true
}

# show_parts NAME...: once all of them are there.
show_parts() {
  for show_name; do await_part "$show_name"; done
  for show_name; do cat "$work/$show_name"; done >"$work/shown"
  hide_secrets <"$work/shown"
}

# examine_host: the parts side by side, told in the order of the contract.
examine_host() {
  examine_parts="state clock daemon conf files loaded log scripts checks runs role witness host wall"
  # shellcheck disable=SC2046,SC2086 # names
  (cd "$work" && mkdir later.d $(printf '%s.d ' $examine_parts))
  in_part loaded loaded_facts
  in_part runs check_runs
  in_part conf conf_test_facts
  in_part wall wall_facts
  in_part clock clock_fact
  in_part log log_facts
  in_part role role_part
  in_part witness witness_facts
  in_part state state_facts
  in_part daemon daemon_facts
  in_part files file_facts
  in_part scripts script_facts
  in_part host rest_facts
  in_part checks check_facts "$examine_cluster" "$conf"
  # shellcheck disable=SC2086
  show_parts $examine_parts
}

# tunnel_dirs: generations of other clusters whose tunnels this one goes through, on one line.
tunnel_dirs() {
  [ -e "$conf" ] || return 0
  for tunnel_conf in "$conf_dir"/*/node.conf; do
    if [ "$tunnel_conf" = "$conf" ] || ! grep -q '^tunnel ' "$tunnel_conf" 2>/dev/null; then continue; fi
    tunnel_cluster=${tunnel_conf%/node.conf}
    tunnel_cluster=${tunnel_cluster##*/}
    awk '
      part == 1 { if ($1 == "tunnel") made[$2] = 1; next }
      $1 == "interface" { dev[$2] = 1 }
      $1 == "source" { dev[$3] = 1 }
      $1 == "instance" { dev[$5] = 1 }
      $1 == "vip" { dev[$4] = 1 }
      END { for (name in dev) if (name in made) found = 1; exit !found }' part=1 "$tunnel_conf" part=2 "$conf" || continue
    printf '%s ' "$(generation_dir "$tunnel_cluster" "$(current_generation "$tunnel_cluster")")"
  done
}

# state_facts: of the generation, and what node.conf wants.
state_facts() {
  ! under_way "$examine_cluster" || say pending
  ! is_drained "$examine_cluster" || say drained
  ! is_promoted "$examine_cluster" || say promoted
  [ ! -e "$conf" ] || ! keeps "$conf" || say keeps
  [ ! -e "$conf" ] || sed -n 's/^[^#[:space:]]/want &/p' "$conf"
}

# examine_await_window: until it is over, of what was counted first.
examine_await_window() {
  examine_counted=$examine_began
  [ ! -s "$examine_runs/counted" ] || read -r examine_counted <"$examine_runs/counted"
  examine_left_ms=$((examine_counted + examine_window * 1000 - $(uptime_ms)))
  [ "$examine_left_ms" -gt 0 ] || return 0
  examine_tenths=$((examine_left_ms / 100 + 1))
  { sleep "$((examine_tenths / 10)).$((examine_tenths % 10))" 2>/dev/null || sleep "$((examine_tenths / 10 + 1))"; } 8>&- &
  wait "$!" || true
}

# lacks TOOL WHAT...: where TOOL is missing, that WHAT is not known.
lacks() {
  ! have "$1" || return 1
  say "lacks $*"
}
