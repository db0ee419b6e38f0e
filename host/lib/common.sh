# shellcheck shell=sh disable=SC2034 # names for the other modules
# Where things are, how the agent speaks, and the lock.

root=${VRRP_ROOT-}
conf_dir=$root/etc/vrrp-agent
run_dir=$root/run/vrrp-agent
log_dir=$root/var/log/vrrp-agent

# leave_domain PROGRAM [WORD...]: the beginning of what keepalived runs: once more, outside of its domain.
leave_domain() {
  [ -z "${VRRP_LEFT_DOMAIN-}" ] || return 0
  leave_context=
  # It ends with a NUL, not with a newline.
  { read -r leave_context <"$root/proc/self/attr/current"; } 2>/dev/null || true
  case $leave_context in
  *:keepalived_t:* | *:keepalived_t) ;;
  *) return 0 ;;
  esac
  export VRRP_LEFT_DOMAIN=yes
  # shellcheck disable=SC2154 # of who reads this
  exec "$here/vrrp-unconfined" "$@"
}

# place_of_state: what must outlast a reboot. /var is in memory on OpenWrt, a link to /tmp; there it goes beside our files. Decided
# where there is none yet.
place_of_state() {
  state_dir=$root/etc/vrrp-agent.state
  [ ! -d "$state_dir" ] || return 0
  state_dir=$root/var/lib/vrrp-agent
  if [ ! -d "$state_dir" ] && is_volatile "$root/var/lib" && ! is_volatile "$root/etc"; then
    state_dir=$root/etc/vrrp-agent.state
  fi
}

# link_state: configs name /var/lib/vrrp-agent; where the state is elsewhere, a link in memory leads there.
link_state() {
  [ "$state_dir" != "$root/var/lib/vrrp-agent" ] && [ ! -L "$root/var/lib/vrrp-agent" ] || return 0
  mkdir -p "$root/var/lib"
  ln -s "${state_dir#"$root"}" "$root/var/lib/vrrp-agent"
}

# is_volatile PATH: whether it is in memory, by the mounts.
is_volatile() {
  [ -e "$root/proc/mounts" ] || return 1
  volatile_path=$(readlink -f "$1") || return 1
  volatile_path=${volatile_path#"$root"}/
  volatile_at='' volatile_type=''
  while read -r _ volatile_mount volatile_what _; do
    case $volatile_path in
    "${volatile_mount%/}"/*) [ "${#volatile_mount}" -lt "${#volatile_at}" ] || volatile_at=$volatile_mount volatile_type=$volatile_what ;;
    esac
  done <"$root/proc/mounts"
  case $volatile_type in tmpfs | ramfs) ;; *) return 1 ;; esac
}

# Set by the dispatcher, and by those who learn the node's name in the cluster.
step=agent
{ read -r node </proc/sys/kernel/hostname; } 2>/dev/null || node=$(uname -n)

say() { printf '%s\n' "$*"; }

# note WORDS: of a stage, which shows what it says on stderr.
note() { say "note: $*" >&2; }

warn() { printf 'vrrp-agent: %s: %s: %s\n' "$node" "$step" "$*" >&2; }

# fail WHAT [FILE]: ends the step. FILE holds the tool's own words.
fail() {
  warn "$1"
  [ ! -s "${2-}" ] || cat "$2" >&2
  exit 1
}

# tool WHAT COMMAND...: runs a tool; when it fails, so does the step, with the tool's own words.
tool() {
  tool_failure=$1
  shift
  "$@" >"$work/words" 2>&1 8>&- 9>&- || fail "$tool_failure" "$work/words"
}

# attempt COMMAND...: in a subshell that ends at the first failure; attempt_status says how it went. (`set -e` means nothing
# in what stands before `||` or behind `if`.)
attempt() {
  set +e
  (
    set -e
    "$@"
  )
  attempt_status=$?
  set -e
}

have() { command -v "$1" >/dev/null 2>&1; }

# sync FILE...: a busybox that syncs everything, whatever it is told, says so each time.
sync() {
  sync_words=$(command sync "$@" 2>&1) || {
    printf '%s\n' "$sync_words" >&2
    return 1
  }
}

# Seconds that a step may take where the caller's timeout is not there to end it.
step_limit=1800

# limit_step: of this process, where the host has no timeout. It looks every few seconds, so that nothing is left of it after a step.
limit_step() {
  ! have timeout || return 0
  (
    limit_left=$step_limit
    while [ "$limit_left" -gt 0 ] && kill -0 "$$" 2>/dev/null; do
      sleep 5
      limit_left=$((limit_left - 5))
    done
    [ "$limit_left" -gt 0 ] || kill "$$"
  ) </dev/null >/dev/null 2>&1 8>&- 9>&- &
}

# detached PIDFILE COMMAND...: in a session of its own, which the end of this one does not end. busybox can be without setsid,
# but not without what starts daemons.
detached() {
  detached_file=$1
  shift
  if have setsid; then
    setsid "$@" </dev/null >/dev/null 2>&1 8>&- 9>&- &
    say "$!" >"$detached_file"
  else
    rm -f "$detached_file"
    detached_program=$(command -v "$1")
    shift
    start-stop-daemon -S -b -m -p "$detached_file" -x "$detached_program" -- "$@" </dev/null >/dev/null 2>&1 8>&- 9>&-
  fi
}

# make_run_dir: everybody may read the state files in it.
make_run_dir() {
  [ ! -d "$run_dir" ] || return 0
  mkdir -p "$run_dir" && chmod 755 "$run_dir"
  # What is made in it gets its context.
  [ ! -e "$root/sys/fs/selinux/enforce" ] || restorecon "$run_dir" 2>/dev/null || true
}

# A directory of this run's own, gone when it ends.
work=
make_work() {
  [ -z "$work" ] || return 0
  make_run_dir
  # A full /run must not keep anybody from looking, or from going back.
  for work_place in "$run_dir/work" "$root/tmp/vrrp-agent" "$root/var/tmp/vrrp-agent"; do
    work=$(mktemp -d "$work_place.XXXXXX" 2>/dev/null) || continue
    if head -c 65536 /dev/zero >"$work/room" 2>/dev/null; then break; fi
    rm -rf "$work"
    work=
  done
  [ -n "$work" ] || fail "there is no room in $run_dir, /tmp and /var/tmp; make some"
  : >"$work/room"
  trap 'rm -rf "$work"' EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM
  trap 'exit 129' HUP
}

# Seconds that a step waits for another one to end.
lock_patience=${VRRP_LOCK_SECONDS:-120}

# take_lock NAME DESCRIPTOR: held on 8 or 9 until this process ends, however it ends.
take_lock() {
  make_run_dir
  eval "exec $2>>\"\$run_dir/$1.lock\""
  await_lock "$1" "$2"
}

# await_lock NAME DESCRIPTOR: of a lock whose file is open.
await_lock() {
  take_lock_left=$lock_patience
  until flock -n "$2"; do
    [ "$take_lock_left" -gt 0 ] || fail \
      "another step holds the lock for more than $lock_patience s: $(cat "$run_dir/$1.holder"); wait until it has ended"
    take_lock_left=$((take_lock_left - 1))
    sleep 1
  done
  printf "%s (pid %s)\n" "$step" "$$" >"$run_dir/$1.holder"
}

# write_file PATH: replaces PATH with stdin in one go.
write_file() {
  cat >"$1.new.$$" || {
    rm -f "$1.new.$$"
    fail "cannot write $1; make room on its file system"
  }
  mv -f "$1.new.$$" "$1"
}

# check_name WHAT VALUE: VALUE becomes part of a path.
check_name() {
  case $2 in
  '' | *[!A-Za-z0-9_.-]* | .*)
    warn "$1 '$2' is not a name; letters, digits, '_', '.' and '-' make one"
    exit 2
    ;;
  esac
}

# clusters: names of the sets that this host has.
clusters() {
  for clusters_dir in "$state_dir"/*/owner; do
    [ -e "$clusters_dir" ] || continue
    clusters_dir=${clusters_dir%/owner}
    say "${clusters_dir##*/}"
  done
}

# require_cluster CLUSTER
require_cluster() {
  check_name cluster "$1"
  [ -e "$state_dir/$1/owner" ] || fail "there is no cluster $1 on this host; see: vrrp-agent status"
}

# facts KEY FILE [N]: the values of KEY in a node.conf, one line each, or the Nth word of each. Asked for often, so that it
# runs no program.
facts() {
  [ -e "$2" ] || return 0
  while IFS= read -r facts_value; do
    case $facts_value in
    "$1 "*) facts_value=${facts_value#* } ;;
    *) continue ;;
    esac
    if [ -n "${3-}" ]; then
      facts_word=$3
      while [ "$facts_word" -gt 1 ]; do
        facts_value=${facts_value#* }
        facts_word=$((facts_word - 1))
      done
      facts_value=${facts_value%% *}
    fi
    printf '%s\n' "$facts_value"
  done <"$2"
}

# has_line LINE FILE: whether a short file has the line; runs no program either.
has_line() {
  [ -e "$2" ] || return 1
  while IFS= read -r has_line; do
    [ "$has_line" != "$1" ] || return 0
  done <"$2"
  return 1
}

# use_node FILE: speak as the node that this node.conf names.
use_node() {
  use_node_name=$(facts node "$1")
  node=${use_node_name:-$node}
}

now() { date +%s; }

# uptime: whole seconds since the boot; no change of the clock moves it.
uptime() {
  read -r uptime_line <"$root/proc/uptime"
  say "${uptime_line%%.*}"
}

# utc EPOCH: as ISO 8601.
utc() { date -u -d "@$1" +%Y-%m-%dT%H:%M:%SZ; }

# json_text VALUE: as a JSON string.
json_text() {
  case $1 in
  *[!A-Za-z0-9\ _.:/,@+-]*) ;;
  *)
    printf '"%s"' "$1"
    return
    ;;
  esac
  printf '%s' "$1" | tr -d '\000-\010\013-\037\177' | awk '
    { gsub(/\\/, "&&"); gsub(/"/, "\\\""); gsub(/\t/, "\\t"); text = text (NR > 1 ? "\\n" : "") $0 }
    END { printf "\"%s\"", text }'
}

place_of_state
