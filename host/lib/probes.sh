# shellcheck shell=sh disable=SC2154,SC2034 # the names of common.sh and checks.sh
# What a check of each kind looks at. probe_KIND: 0 passes, 1 fails, 3 is broken, 4 is broken and passes; `why` says it in words.

# broken WHY
broken() {
  why=$1
  return 3
}

# failing WHY
failing() {
  why=$1
  return 1
}

# ping_once TENTHS ADDRESS [DEV]
ping_once() {
  ping_family=
  case $2 in *:*) ping_family=-6 ;; esac
  # shellcheck disable=SC2086
  limited "$1" ping $ping_family -c 1 -W "$timeout" ${3:+-I "$3"} "$2" >/dev/null 2>&1
}

# answers ADDRESS [DEV]: one of $pings pings, 0.2 s apart and side by side.
answers() (
  pids=
  i=0
  while [ "$i" -lt "$pings" ]; do
    left=$((limit - 2 * i))
    [ "$left" -gt 0 ] || break
    (
      [ "$i" = 0 ] || sleep "0.$((2 * i))" 2>/dev/null || true
      ping_once "$left" "$@"
    ) &
    pids="$pids $!"
    i=$((i + 1))
  done
  # shellcheck disable=SC2086
  one_of $pids
)

# one_of PID...: whether one of them succeeds.
one_of() {
  one_status=1
  for one_pid; do
    ! wait "$one_pid" || one_status=0
  done
  return "$one_status"
}

# gateway: `ADDRESS [DEV]` of the default route; DEV where the address does not say it. 1: there is no route; 2: its gateway is
# an address of the cluster, so that it tells of the peer; 3: it has none (ppp, WireGuard).
gateway() {
  {
    facts peer "$conf" | sed 's/^/peer /'
    facts vip "$conf" | sed 's/^/vip /'
    ip -4 route show default 2>/dev/null
    ip -6 route show default 2>/dev/null
  } | awk '
    $1 == "peer" || $1 == "vip" { sub(/\/.*/, "", $3); ours[$3] = 1; next }
    / (dead|linkdown)( |$)/ { next }
    {
      via = dev = ""
      for (i = 1; i < NF; i++) {
        if ($i == "via") via = $(i + 1) == "inet6" ? $(i + 2) : $(i + 1)
        if ($i == "dev") dev = $(i + 1)
      }
      if (via == "") { if ($1 == "default" && dev != "") bare = 1; next }
      way = via " " (via ~ /^fe80:/ ? dev : "")
      if (via in ours) { if (own == "") own = way; next }
      found = 1
      exit
    }
    END {
      if (found) print way
      else if (own != "") print own
      exit found ? 0 : own != "" ? 2 : bare ? 3 : 1
    }'
}

# sort_targets TARGET...: into `near`, and `far` for what tells of the peer. A gateway that cannot be asked is in neither.
sort_targets() {
  near='' far='' unasked=''
  for target; do
    case $target in
    peer) far="$far peer" ;;
    gateway)
      way_status=0
      way=$(gateway) || way_status=$?
      case $way_status in
      2) far="$far gateway" unasked="the gateway of the default route is an address of the cluster" ;;
      3) unasked="the default route has no gateway to ask" ;;
      *) near="$near gateway" ;;
      esac
      ;;
    *) near="$near $target" ;;
    esac
  done
}

# target_answers TARGET: of an address, or one of the words gateway and peer.
target_answers() (
  case $1 in
  gateway)
    [ -n "$way" ] || exit 1
    # shellcheck disable=SC2086
    answers $way
    ;;
  peer)
    pids=
    for address in $(facts peer "$conf" 2 | sort -u); do
      # An address of one link is asked on the instance's.
      dev=
      case $address in fe[89ab]?:*) dev=$(facts interface "$conf") ;; esac
      # shellcheck disable=SC2086
      answers "$address" $dev &
      pids="$pids $!"
    done
    # shellcheck disable=SC2086
    one_of $pids
    ;;
  *) answers "$1" ;;
  esac
)

# ask_targets TARGET...: all side by side; sets `answered`, their number, and `silent`, their names.
ask_targets() {
  pids=
  for target; do
    target_answers "$target" &
    pids="$pids $!"
  done
  answered=0 silent=
  for pid in $pids; do
    if wait "$pid"; then answered=$((answered + 1)); else silent="$silent $1"; fi
    shift
  done
}

# lame WHY: broken, and nothing is left that could speak against this node.
lame() {
  why=$1
  return 4
}

probe_network() {
  have ping || { broken "there is no ping on this host" || return; }
  begin_limit
  pings=$(check_setting count)
  # shellcheck disable=SC2046
  sort_targets $(check_setting target)
  if [ -z "$near" ] && [ -n "$unasked" ]; then
    lame "$unasked; name another target near this host"
    return
  fi
  # shellcheck disable=SC2086
  ask_targets $near $far
  [ -z "$silent" ] || why="silent:$silent"
  # shellcheck disable=SC2086
  set -- $near $far
  least=$(check_setting min-successes)
  [ "$least" -le $# ] || least=$#
  far_silent=0
  for target in $far; do
    case "$silent " in *" $target "*) far_silent=$((far_silent + 1)) ;; esac
  done
  [ "$far_silent" -gt 0 ] || { [ "$answered" -ge "$least" ] || return 1; return 0; }
  # A peer that is gone is gone for whoever is left, too: what is near has to speak for this node.
  # shellcheck disable=SC2086
  set -- $far
  near_answered=$((answered - ($# - far_silent)))
  least=$((least - far_silent))
  [ "$least" -ge 1 ] || least=1
  [ "$near_answered" -ge "$least" ]
}

probe_tunnel() {
  have wg || { broken "there is no wg on this host" || return; }
  dev=$(check_setting interface)
  if [ ! -d "$root/sys/class/net/$dev" ]; then
    failing "there is no interface $dev"
    return
  fi
  flags=0
  read -r flags 2>/dev/null <"$root/sys/class/net/$dev/flags" || true
  if [ $((flags & 1)) -eq 0 ]; then
    failing "$dev is down"
    return
  fi
  sights_status=0
  look_at_peers || sights_status=$?
  [ "$sights_status" -eq 4 ] || return "$sights_status"
  have ping || { broken "there is no ping on this host" || return; }
  begin_limit
  pings=1
  # shellcheck disable=SC2046
  sort_targets $(check_setting uplink)
  if [ -z "$near" ]; then
    lame "$why, and there is no uplink to ask: $unasked; name an address as uplink"
    return
  fi
  # shellcheck disable=SC2086
  ask_targets $near
  if [ "$answered" -gt 0 ]; then
    why="$why; the uplink answers, so it is the peer or the way to it"
    return 0
  fi
  failing "$why, and the uplink is silent"
}

# look_at_peers: 4 when none of the peers that count was heard of late.
look_at_peers() {
  peers_there=$(wg show "$dev" peers 2>/dev/null) || { broken "$dev is no WireGuard interface" || return; }
  named=$(check_setting peer)
  if [ -z "$named" ]; then
    case $(printf '%s' "$peers_there" | grep -c .) in
    0)
      failing "$dev has no peer"
      return
      ;;
    1) ;;
    *)
      broken "$dev has several peers; name those that count (peers)"
      return
      ;;
    esac
    named=$peers_there
  fi
  # What was received and sent when something was received last.
  sight=${state%/*}/.$name.sight
  sights=$({
    [ ! -r "$sight" ] || sed 's/^/before /' "$sight"
    for what in latest-handshakes transfer persistent-keepalive; do
      wg show "$dev" "$what" 2>/dev/null | sed "s/^/$what /" || true
    done
    printf '%s\n' "$peers_there" | sed 's/^/there /'
    printf '%s\n' "$named" | sed 's/^/named /'
  } | awk -v now="$time" -v limit="$(check_setting max-handshake-age)" '
    $1 == "before" { received[$2] = $3; sent[$2] = $4 }
    $1 == "latest-handshakes" { last[$2] = $3 }
    $1 == "transfer" { got[$2] = $3; gave[$2] = $4 }
    $1 == "persistent-keepalive" { keeps[$2] = $3 }
    $1 == "there" { there[$2] = 1 }
    $1 == "named" && $2 in there {
      known = 1
      peer = $2
      if (!(peer in received) || received[peer] != got[peer] || gave[peer] + 0 < sent[peer] + 0) { received[peer] = got[peer]; sent[peer] = gave[peer] }
      print "sight", peer, received[peer], sent[peer]
      age = last[peer] + 0 == 0 ? -1 : now - last[peer]
      # Nobody renews a session that nothing goes through.
      idle = (keeps[peer] == "off" || keeps[peer] == "") && gave[peer] + 0 <= sent[peer] + 0
      if (age < 0 ? idle : (age <= limit || idle)) fresh = 1
      if (age >= 0 && (best == "" || age < best)) best = age
    }
    END {
      print "known", known + 0
      print "fresh", fresh + 0
      print "age", best == "" ? "never" : best
    }')
  {
    mkdir -p "${sight%/*}" && printf '%s\n' "$sights" | sed -n 's/^sight //p' >"$sight.new" && mv -f "$sight.new" "$sight"
  } 2>/dev/null || true
  case $sights in
  *"known 0"*)
    failing "$dev knows none of the peers that count"
    return
    ;;
  *"fresh 1"*) return 0 ;;
  esac
  age=${sights##*age }
  why="no handshake yet on $dev"
  [ "$age" = never ] || why="the last handshake on $dev is $age s old"
  return 4
}

probe_tcp() {
  host=$(check_setting host)
  port=$(check_setting port)
  begin_limit
  [ -n "$(tcp_tool)" ] || { broken "there is neither bash nor an nc that knows -z on this host" || return; }
  tcp_status=0
  tcp_connects "$host" "$port" "$limit" || tcp_status=$?
  if was_late "$tcp_status"; then
    failing "$host:$port does not answer"
  elif [ "$tcp_status" -ne 0 ]; then
    failing "$host:$port takes no connection"
  fi
}

# tcp_connects HOST PORT TENTHS: 3 where there is no tool to ask with.
tcp_connects() {
  # shellcheck disable=SC2016
  case $(tcp_tool) in
  bash) limited "$3" bash -c 'exec 3<>"/dev/tcp/$0/$1"' "$1" "$2" >/dev/null 2>&1 </dev/null ;;
  nc) limited "$3" nc -z "$1" "$2" >/dev/null 2>&1 </dev/null ;;
  *) return 3 ;;
  esac
}

probe_http() {
  have curl || { broken "there is no curl on this host" || return; }
  url=$(check_setting url)
  expected=$(check_setting text)
  begin_limit
  http_status=0
  newline='
'
  # Without a place for the text of the answer it is not kept.
  if [ -n "$expected" ]; then
    answer=$(limited "$limit" curl -sSg --max-filesize 1048576 -w '\n%{http_code}' --url "$url" 2>&1) || http_status=$?
  else
    answer=$(limited "$limit" curl -sSg -o /dev/null -w '\n%{http_code}' --url "$url" 2>&1) || http_status=$?
  fi
  if was_late "$http_status"; then
    failing "$url does not answer"
    return
  fi
  case $http_status in
  0) ;;
  # Wrong use, an unknown protocol, no url, no such program.
  1 | 2 | 3 | 126 | 127) broken "curl: $answer" || return ;;
  *)
    failing "${answer%"$newline"*}"
    return
    ;;
  esac
  code=${answer##*"$newline"}
  statuses=$(check_setting status)
  if [ "$code" -lt "${statuses%-*}" ] || [ "$code" -gt "${statuses#*-}" ]; then
    failing "$url answers $code"
    return
  fi
  [ -n "$expected" ] || return 0
  case ${answer%"$newline"*} in
  *"$expected"*) ;;
  *) failing "the answer of $url lacks '$expected'" ;;
  esac
}

# probe_process: the same on all hosts, by the kernel's name of 15 characters, which a script of that name has as well, or by the
# first word of the command line, without its path.
probe_process() {
  process=$(check_setting process)
  [ -r "$root/proc/uptime" ] || { broken "there is no /proc on this host" || return; }
  # Paths of /proc hold no blanks.
  # shellcheck disable=SC2013
  for found in $(grep -l -x -F -e "$(printf %.15s "$process")" "$root"/proc/[0-9]*/comm 2>/dev/null); do
    ! runs "${found%/comm}" || return 0
  done
  # shellcheck disable=SC2013
  for found in $(grep -l -F -e "$process" "$root"/proc/[0-9]*/cmdline 2>/dev/null); do
    first_word=$({ tr '\000' '\n' <"$found" | head -n 1; } 2>/dev/null) || continue
    if [ "${first_word##*/}" = "$process" ] && runs "${found%/cmdline}"; then return 0; fi
  done
  failing "$process does not run"
}

# runs DIRECTORY: it is no zombie.
runs() {
  stat=
  { read -r stat <"$1/stat"; } 2>/dev/null || return 1
  case ${stat##*) } in
  Z* | X*) return 1 ;;
  esac
}

probe_file() {
  path=$(check_setting path)
  begin_limit
  file_status=0
  limited "$limit" test -e "$root$path" || file_status=$?
  if was_late "$file_status"; then
    failing "$path cannot be looked at"
    return
  fi
  if [ "$(check_setting present)" = no ]; then
    [ "$file_status" -ne 0 ] || failing "$path is there"
    return
  fi
  [ "$file_status" -eq 0 ] || { failing "$path is not there" || return; }
  max_age=$(check_setting max-age)
  [ -n "$max_age" ] || return 0
  written=$(limited "$limit" date -r "$root$path" +%s 2>/dev/null) || { failing "$path cannot be looked at" || return; }
  [ $((time - written)) -le "$max_age" ] || failing "$path was written $((time - written)) s ago"
}

# probe_command: the words of a command as keepalived takes them apart: at blanks, but for those in single quotes.
probe_command() {
  rest=$(check_setting command)
  set --
  while :; do
    rest=${rest#"${rest%%[! 	]*}"}
    [ -n "$rest" ] || break
    argument=
    while :; do
      part=${rest%%[\' 	]*}
      argument=$argument$part
      rest=${rest#"$part"}
      case $rest in
      \'*)
        rest=${rest#?}
        part=${rest%%\'*}
        argument=$argument$part
        rest=${rest#"$part"}
        rest=${rest#?}
        ;;
      *) break ;;
      esac
    done
    set -- "$@" "$argument"
  done
  program=$root$1
  shift
  if [ ! -f "$program" ]; then
    broken "${program#"$root"} is not there"
    return
  fi
  if [ ! -x "$program" ]; then
    broken "${program#"$root"} is not executable"
    return
  fi
  begin_limit
  command_status=0
  limited "$limit" "$program" "$@" >/dev/null 2>&1 </dev/null || command_status=$?
  case $command_status in
  0) ;;
  126 | 127) broken "${program#"$root"} cannot be run, or runs what is not there (status $command_status)" || return ;;
  *)
    if was_late "$command_status"; then
      failing "${program#"$root"} did not end in time"
    else
      failing "${program#"$root"} ended with $command_status"
    fi
    ;;
  esac
}
