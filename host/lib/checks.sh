# shellcheck shell=sh disable=SC2154,SC2034 # the names of common.sh
# Checks: what a run of one makes of its result, and what the agent does for them.
#
# /run/vrrp-agent/CLUSTER/checks/NAME, written at each run:
#   verdict passing|failing   of the last run; a broken one repeats that of the run before
#   broken yes|no             the check itself does not work: a tool or a program is missing
#   row N                     runs in a row with that verdict, none of them broken
#   kind KIND                 of that run: what another check of the same name has found says nothing
#   condition passing|failing   as keepalived counts the runs by fall and rise, broken ones too; the first one decides alone
#   count N                   runs in a row that ended alike, for that
#   since EPOCH               of verdict and broken as they are
#   logged EPOCH              the last line in the log; 0: none
#   told passing|failing|broken|often   what that line said
#   first EPOCH   when the changes began that are counted now
#   changes N     how many these are
#   ran SECONDS   when that run began, by the host's uptime: a clock that is set does not make it old
#   words WHY

# Seconds between two lines in the log about a check that is as it was.
log_interval=300
# Changes told in that time.
log_changes=4

# VRRP_LOOK: a directory with copies of these, for a run that only looks: it changes and tells nothing, and prints
# `look VERDICT BROKEN WHY`.
checks_dir() { say "${VRRP_LOOK:-$run_dir/$1/checks}"; }

# run_check CLUSTER NAME: one run, and what it means. It is a child of its own, for a shell heeds a signal only when what it runs
# in front has ended, and keepalived ends a run that takes too long.
run_check() {
  trap 'end_late "$@"' TERM
  make_run "$@" &
  run_pid=$!
  wait "$run_pid"
}

# end_late CLUSTER NAME: the end of a run that keepalived does not wait for. It dies of the signal: then keepalived kills what is
# left of its group.
end_late() {
  trap '' TERM
  kill -KILL "$run_pid" 2>/dev/null || true
  begin_run "$@"
  why="did not end in time"
  judge_run failing no
  trap - TERM
  kill -TERM "$$"
  exit 1
}

# begin_run CLUSTER NAME: what node.conf and the former run say.
begin_run() {
  cluster=$1
  name=$2
  conf=$conf_dir/$1/node.conf
  state=$(checks_dir "$1")/$2
  time=$(now)
  ran_now=$(uptime)
  settings=
  [ ! -r "$conf" ] || while IFS= read -r settings_line; do
    case $settings_line in
    "check $2 "* | "check-set $2 "*) settings="$settings${settings_line%% *} ${settings_line#* * }
" ;;
    esac
  done <"$conf"
  kind='' timeout=2 fall=1 rise=1 interval=2
  # The first line is the check's own.
  # shellcheck disable=SC2086
  case $settings in
  "check "*) IFS=' ' read -r _ kind timeout fall rise _ interval <<LINE ;;
$settings
LINE
  esac
  interval=${interval:-2}
  read_state
}

make_run() {
  begin_run "$@"
  probe_status=0
  why=
  probe "$kind" || probe_status=$?
  case $probe_status in
  0) judge_run passing no ;;
  1) judge_run failing no ;;
  4) judge_run passing yes ;;
  *)
    # Nobody holds without votes, whatever the reason.
    [ "$name" != witness ] || verdict=failing
    judge_run "$verdict" yes
    ;;
  esac
  [ "$verdict" = passing ]
}

# is_stale TIMEOUT INTERVAL RAN NOW: whether keepalived's runs have ended without a result for long. Former agents wrote no RAN.
is_stale() { [ -n "$3" ] && [ $(($4 - $3)) -gt $((3 * ${2:-2} + $1 + 5)) ]; }

# probe KIND: 0 passes, 1 fails, 4 is broken and passes, anything else: is broken; `why` says more. A kind of its own module has it in lib/KIND.sh.
probe() {
  case $1 in
  '')
    why="there is no check $name in $conf"
    return 3
    ;;
  tunnel | network | tcp | http | process | file | command) ;;
  gateway)
    # shellcheck disable=SC1090
    for probe_module in service nginx gateway; do . "$here/lib/$probe_module.sh"; done
    ;;
  *[!a-z]*)
    why="$conf is damaged: there is no kind $1"
    return 3
    ;;
  *)
    if [ ! -r "$here/lib/$1.sh" ]; then
      why="this agent knows no check of kind $1"
      return 3
    fi
    # What it needs is its own affair.
    # shellcheck disable=SC1090
    for probe_module in network drain peers "$1"; do . "$here/lib/$probe_module.sh"; done
    ;;
  esac
  "probe_$1"
}

# check_setting KEY: its values, a line each.
check_setting() {
  while IFS= read -r check_setting; do
    case $check_setting in "check-set $1 "*) say "${check_setting#* * }" ;; esac
  done <<LINES
$settings
LINES
}

# read_state: of the former run; a check that never ran passes.
read_state() {
  counted='' count=0 ended=passing ran='' state_kind=$kind
  forget_run
  [ -r "$state" ] || return 0
  while IFS=' ' read -r state_key state_value; do
    case $state_key in
    verdict) [ "$state_value" != failing ] || verdict=failing ended=failing ;;
    kind) state_kind=${state_value:-$kind} ;;
    condition) counted=$state_value ;;
    broken) [ "$state_value" != yes ] || broken=yes ;;
    told) told=$state_value ;;
    words) words=$state_value ;;
    row | count | since | logged | first | changes | ran)
      case $state_value in
      '' | *[!0-9]*) ;;
      *) eval "$state_key=$state_value" ;;
      esac
      ;;
    esac
  done <"$state"
  # keepalived counts by name.
  [ "$state_kind" = "$kind" ] || forget_run
}

forget_run() { verdict=passing broken=no row=0 since=$time logged=0 told=passing first=0 changes=0 words=''; }

# count_run VERDICT: as keepalived does.
count_run() {
  if [ "$1" = "$ended" ]; then count=$((count + 1)); else count=1; fi
  case $counted-$1 in
  passing-failing) [ "$count" -lt "$fall" ] || counted=failing ;;
  failing-passing) [ "$count" -lt "$rise" ] || counted=passing ;;
  passing-passing | failing-failing) ;;
  *) counted=$1 ;;
  esac
}

# judge_run VERDICT BROKEN: counts the run, tells it, and writes it down.
judge_run() {
  if [ -n "${VRRP_LOOK-}" ]; then
    verdict=$1
    say "look $1 $2${why:+ $(printf '%s' "$why" | tr '\000-\037\177' ' ')}"
    return 0
  fi
  count_run "$1"
  if [ "$1" != "$verdict" ]; then row=0; fi
  if [ "$2" = yes ]; then row=0; else row=$((row + 1)); fi
  if [ "$1 $2" != "$verdict $broken" ] || [ "$row" = 1 ]; then since=$time; fi
  verdict=$1 broken=$2
  # As one line, whatever a tool has said.
  words=
  [ -z "$why" ] || words=$(printf '%s' "$why" | tr '\000-\037\177' ' ' | cut -c 1-300)
  if [ "$broken" = yes ]; then
    condition=broken
  elif [ "$verdict" = failing ] && [ "$row" -ge "$fall" ]; then
    condition=failing
  elif [ "$verdict" = passing ] && [ "$row" -ge "$rise" ]; then
    condition=passing
  else
    condition=$told
  fi
  tells=no
  if [ "$condition" != "$told" ]; then
    count_change
  elif [ "$condition $broken" = "broken yes" ] || [ "$condition $verdict" = "failing failing" ]; then
    ! is_over "$logged" || tells=yes
  fi
  [ "$tells" = no ] || logged=$time told=$condition
  # Where nothing can be remembered, by the clock alone.
  write_state || [ $((time % log_interval)) -lt "$interval" ] || tells=no
  [ "$tells" = no ] || tell_condition
}

# is_over EPOCH: log_interval has passed since then, or the clock was put back.
is_over() { [ $((time - $1)) -ge "$log_interval" ] || [ "$1" -gt "$time" ]; }

# count_change: the first ones in log_interval are told; then, once, that there are many.
count_change() {
  if is_over "$first"; then first=$time changes=0; fi
  changes=$((changes + 1))
  if [ "$changes" -le "$log_changes" ]; then
    tells=yes
  elif [ "$told" != often ]; then
    tells=yes condition=often
  fi
}

# tell_condition: in the system's log, and among the events where they can be written.
tell_condition() {
  case $condition in
  often) told_words="check $name of $cluster changes often, now $verdict${words:+: $words}" ;;
  broken) told_words="check $name of $cluster is broken: $words; it goes on as $verdict" ;;
  *) told_words="check $name of $cluster is $condition${words:+: $words}" ;;
  esac
  logger -t vrrp-check -p daemon.notice -- "$told_words" 2>/dev/null || printf 'vrrp-check: %s\n' "$told_words" >&2
  [ "$(id -u)" = 0 ] || [ -n "${VRRP_ROOT-}" ] || return 0
  # shellcheck source=host/lib/notify.sh
  . "$here/lib/notify.sh"
  use_node "$conf"
  { find_events_dir && log_event CHECK "$name" "$condition" '' "$cluster" "$words"; } 2>/dev/null || true
}

# write_state: in one go; fails where it cannot. A user other than root has the file, made by root, and not the directory.
write_state() {
  state_text="verdict $verdict
broken $broken
row $row
kind $kind
condition $counted
count $count
since $since
logged $logged
told $told
first $first
changes $changes
ran $ran_now
words $words"
  [ -e "${state%/*}" ] || mkdir -p "${state%/*}" 2>/dev/null || return 1
  if [ -w "${state%/*}" ]; then
    {
      say "$state_text" >"${state%/*}/.$name.new" && mv -f "${state%/*}/.$name.new" "$state"
    } 2>/dev/null
  else
    [ -w "$state" ] && { say "$state_text" >"$state"; } 2>/dev/null
  fi
}

# prepare_checks CLUSTER: where the runs of its checks write down what they find; called before keepalived runs them. /run is
# empty after a boot.
prepare_checks() {
  prepare_conf=$conf_dir/$1/node.conf
  [ -n "$(facts check "$prepare_conf")" ] || [ -d "$(checks_dir "$1")" ] || return 0
  prepare_dir=$(checks_dir "$1")
  mkdir -p "$prepare_dir"
  # A full /run costs each run a moment, and nothing else.
  find_clock
  (say "$clock" | write_file "$run_dir/clock") 2>/dev/null || true
  chmod 755 "$run_dir/$1" "$prepare_dir"
  facts check "$prepare_conf" 1 >"$work/checks"
  for prepare_file in "$prepare_dir"/* "$prepare_dir"/.*.*; do
    [ -f "$prepare_file" ] || continue
    prepare_name=${prepare_file##*/}
    case $prepare_name in .*) prepare_name=${prepare_name#.} prepare_name=${prepare_name%.*} ;; esac
    has_line "$prepare_name" "$work/checks" || rm -f "$prepare_file"
  done
  prepare_user=$(facts check-user "$prepare_conf")
  [ -n "$prepare_user" ] || return 0
  facts check "$prepare_conf" | awk '$2 == "command" { print $1 }' | while read -r prepare_name; do
    [ -e "$prepare_dir/$prepare_name" ] || : >"$prepare_dir/$prepare_name"
    chown "$prepare_user" "$prepare_dir/$prepare_name"
  done
}

# test_checks CLUSTER DIRECTORY: whether this host can make the checks of a staged generation.
test_checks() {
  test_conf=$2/files/etc/vrrp-agent/$1/node.conf
  facts check "$test_conf" >"$work/checks"
  while read -r test_name test_kind _; do
    case $test_kind in
    command)
      test_command=$(awk -v name="$test_name" '
        $1 == "check-set" && $2 == name && $3 == "command" { sub(/^[^ ]+ [^ ]+ [^ ]+ /, ""); print }' "$test_conf")
      test_program=${test_command%%[ 	]*}
      test_program=$(printf '%s' "$test_program" | tr -d "'")
      if [ -f "$root$test_program" ] && [ -x "$root$test_program" ]; then continue; fi
      fail "checks: the command of $test_name is $test_program, which is no program on this host; install it, make it executable or correct the spec"
      ;;
    tunnel)
      have wg || fail "checks: $test_name, of kind tunnel, needs wg, which is not on this host; install wireguard-tools"
      ;;
    tcp)
      [ -n "$(tcp_tool)" ] ||
        fail "checks: $test_name, of kind tcp, needs bash or an nc that knows -z, and this host has neither; install bash"
      ;;
    witness)
      # That of busybox knows no lifetimes.
      case $(ip -V 2>&1) in
      *iproute2*) ;;
      *) fail "checks: a witness needs the ip of iproute2, which is not on this host; install iproute2 (OpenWrt: ip-full)" ;;
      esac
      test_witness "$1" "$test_conf"
      test_dev=$(facts interface "$test_conf")
      if ! ip -6 -o address show dev "$test_dev" scope link 2>/dev/null | grep -q . || ! carries_words "$test_dev"; then
        fail "checks: the nodes vote by link-local IPv6 addresses, which $test_dev has not; enable IPv6 there (of a WireGuard interface AllowedIPs must hold fe80::/64)"
      fi
      ;;
    esac
  done <"$work/checks"
}

# test_witness CLUSTER CONF: one of its endpoints answers. Where they are the same as those in force, another change need not
# wait for them.
test_witness() {
  facts witness-endpoint "$2" >"$work/endpoints"
  facts witness-file "$2" | awk '{ print $1 " = \"" $2 "\"" }' >"$work/endpoint-files"
  while read -r test_url; do
    ! { cat "$work/endpoint-files"; printf 'url = "%s/v3/kv/range"\ndata = "{\\"key\\":\\"dnJycA==\\"}"\n' "$test_url"; } |
      curl -q --noproxy '*' --silent --fail --max-time 5 --config - >/dev/null 2>&1 || return 0
  done <"$work/endpoints"
  test_words="the witness does not answer at $(tr '\n' ' ' <"$work/endpoints" | sed 's/ $//')"
  if [ "$(facts witness-endpoint "$conf_dir/$1/node.conf")" = "$(cat "$work/endpoints")" ]; then
    note "$test_words"
  else
    fail "checks: $test_words; start it, open its port, or correct witness.endpoints"
  fi
}

# tcp_tool: what can ask for a connection; empty: nothing.
tcp_tool() {
  if have bash; then
    say bash
  elif have nc && nc -h 2>&1 | grep -q -e '-[a-zA-Z]*z'; then
    say nc
  fi
}

# check_facts CLUSTER CONF: for status.
check_facts() {
  facts check "$2" >"$work/checks"
  while read -r name kind timeout fall rise _ interval; do
    state=$(checks_dir "$1")/$name
    time=0
    read_state
    check_since=$(utc "$since")
    if [ "$row $broken" = "0 no" ]; then
      condition=unknown check_since=never
    elif is_stale "$timeout" "$interval" "$ran" "$(uptime)"; then
      condition=stale check_since=$(utc $(($(now) - $(uptime) + ran)))
    elif [ "$broken" = yes ]; then
      condition=broken
    else
      condition=$verdict
    fi
    # A user other than root may have written there what he liked.
    say "check $name $kind $condition $verdict $check_since $(printf '%s' "$words" | tr -d '\000-\037\177')"
  done <"$work/checks"
}
