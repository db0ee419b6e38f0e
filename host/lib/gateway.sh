# shellcheck shell=sh disable=SC2154,SC2034 # the names of common.sh, checks.sh, service.sh and nginx.sh
# The check of kind gateway: nginx runs, and answers over HTTP with something else than that nobody behind it does. Where it does
# not run it is started anew, once a minute at most, before the check fails.
#
# What every node may see alike, that the upstreams are gone, must not move the addresses there and back: the holder believes it
# later than the others, and the others believe later that it is over. `.NAME.memory` beside the result:
#   pid PID                        (of the master process, as it was found last)
#   restarted, bad, good UPTIME    (0: never, not now)
#   held UPTIME                    (until then a node that failed as master fails as backup, too, where it need not run)
#   failed UPTIME, times N         (of the last such failure; how many in a row)

# Seconds between two restarts, and for which the first failure is held.
gateway_pause=60
# Tenths of a second for an answer, and seconds for one after a restart. A run may take longer: on a host that is overloaded
# what it does takes its time, and that alone says nothing against nginx.
gateway_wait=15
gateway_restart=3
# Seconds as master without a failure after which those before count no more.
gateway_well=600

probe_gateway() {
  have curl || { broken "there is no curl on this host" || return; }
  has_gateway "$conf" || { broken "$conf has no gateway" || return; }
  use_nginx "$conf"
  gateway_memory=${state%/*}/.$name.memory
  recall_gateway
  begin_limit
  gateway_holds=no
  [ ! -e "$run_dir/$cluster/role/master" ] || gateway_holds=yes
  gateway_status=0
  if nginx_wanted "$cluster"; then
    serves_gateway || gateway_status=$?
    [ "$nginx_runs" = both ] || hold_gateway "$gateway_status"
  else
    rests_gateway || gateway_status=$?
  fi
  remember_gateway
  return "$gateway_status"
}

# recall_gateway: what the runs before have seen.
recall_gateway() {
  gateway_pid=0 gateway_restarted=0 gateway_bad=0 gateway_good=0 gateway_held=0 gateway_failed=0 gateway_times=0
  gateway_recalled=
  [ -r "$gateway_memory" ] || return 0
  while read -r gateway_key gateway_value; do
    case $gateway_value in '' | *[!0-9]*) continue ;; esac
    case $gateway_key in pid | restarted | bad | good | held | failed | times) eval "gateway_$gateway_key=$gateway_value" ;; esac
  done <"$gateway_memory"
  gateway_text
  gateway_recalled=$gateway_text
}

gateway_text() {
  gateway_text="pid $gateway_pid
restarted $gateway_restarted
bad $gateway_bad
good $gateway_good
held $gateway_held
failed $gateway_failed
times $gateway_times"
}

remember_gateway() {
  gateway_text
  [ "$gateway_text" != "$gateway_recalled" ] || return 0
  gateway_recalled=$gateway_text
  { mkdir -p "${gateway_memory%/*}" && say "$gateway_text" >"$gateway_memory.new" && mv -f "$gateway_memory.new" "$gateway_memory"; } 2>/dev/null || true
}

# serves_gateway: where it is to run.
serves_gateway() {
  gateway_answer=0
  ask_gateway || gateway_answer=$?
  case $gateway_answer in
  0) shared_passing ;;
  2) shared_failing ;;
  *) mend_gateway ;;
  esac
}

# gateway_runs: its master process is still the one that was found, else one is looked for.
gateway_runs() {
  if [ "$gateway_pid" != 0 ]; then
    gateway_comm=
    { read -r gateway_comm <"$root/proc/$gateway_pid/comm"; } 2>/dev/null || true
    [ "$gateway_comm" != nginx ] || return 0
  fi
  gateway_pid=$(nginx_pid) || {
    gateway_pid=0
    return 1
  }
}

# ask_gateway: 0 it answers, 1 it does not run, 2 it runs, and nobody behind it answers.
ask_gateway() {
  gateway_runs || {
    why="$nginx_unit does not run"
    return 1
  }
  gateway_curl=0
  gateway_said=$(limited "$gateway_wait" curl -q -sg --noproxy '*' -o /dev/null -w '%{http_code}' \
    ${nginx_host:+-H "Host: $nginx_host"} --url "http://127.0.0.1:$nginx_port$nginx_path" 2>/dev/null) || gateway_curl=$?
  if was_late "$gateway_curl"; then
    why="$nginx_unit takes connections and does not answer in time"
    return 2
  fi
  case $gateway_curl:$gateway_said in
  0:502 | 0:503 | 0:504)
    why="$nginx_unit answers $gateway_said: nothing behind it does"
    return 2
    ;;
  0:*) return 0 ;;
  # Wrong use, no url, no such program.
  [23]:* | 126:* | 127:*)
    why="curl ended with $gateway_curl"
    return 0
    ;;
  7:*)
    why="port $nginx_port takes no connection"
    return 1
    ;;
  *)
    why="$nginx_unit gives no answer (curl ended with $gateway_curl)"
    return 2
    ;;
  esac
}

# shared_failing: what the other nodes may see as well.
shared_failing() {
  gateway_good=0
  [ "$gateway_bad" != 0 ] || gateway_bad=$ran_now
  gateway_since=$((ran_now - gateway_bad))
  [ "$gateway_holds" = yes ] && [ "$gateway_since" -lt "$(shared_patience)" ] || return 1
  why="$why, for $gateway_since s; the others are given time to see it, too"
}

# shared_passing: it is over.
shared_passing() {
  [ "$gateway_bad" != 0 ] || return 0
  [ "$gateway_good" != 0 ] || gateway_good=$ran_now
  gateway_since=$((ran_now - gateway_good))
  if [ "$gateway_holds" = no ] && [ "$gateway_since" -lt "$(shared_patience)" ]; then
    why="it answers again for $gateway_since s; the holder is given time to see it, too"
    return 1
  fi
  gateway_bad=0 gateway_good=0
}

# shared_patience: seconds in which every node has made up its mind.
shared_patience() { say $(((fall + rise) * interval)); }

# mend_gateway: one restart, and its answer within this run.
mend_gateway() {
  if [ "$gateway_restarted" != 0 ] && [ $((ran_now - gateway_restarted)) -lt "$gateway_pause" ]; then
    why="$why; it was restarted $((ran_now - gateway_restarted)) s ago"
    return 1
  fi
  gateway_restarted=$ran_now
  # Also when this run is ended before its time.
  remember_gateway
  gateway_why=$why
  if has_systemd; then
    # It would wait for longer than there is time.
    systemctl reset-failed "$nginx_unit.service" >/dev/null 2>&1 || true
    systemctl --no-block restart "$nginx_unit.service" >/dev/null 2>&1 </dev/null || true
  else
    nginx_out=${state%/*}/.$name.start
    nginx_do restart || true
  fi
  gateway_end=$(($(uptime) + gateway_restart))
  gateway_answer=1
  while :; do
    ask_gateway && gateway_answer=0 || gateway_answer=$?
    if [ "$gateway_answer" != 1 ] || [ "$(uptime)" -ge "$gateway_end" ]; then break; fi
    sleep 0.2 2>/dev/null || sleep 1
  done
  case $gateway_answer in
  0) gateway_state=restarted why="$gateway_why; it was restarted and answers" ;;
  2) gateway_state=restarted why="$gateway_why; it was restarted: $why" ;;
  *) gateway_state=not-restarted why="$gateway_why; a restart has not helped yet" ;;
  esac
  tell_gateway "$gateway_state" "$why"
  case $gateway_answer in
  0) ;;
  2) shared_failing ;;
  *) return 1 ;;
  esac
}

# tell_gateway STATE WORDS: an event.
tell_gateway() {
  logger -t vrrp-check -p daemon.notice -- "gateway of $cluster: $2" 2>/dev/null || true
  # shellcheck source=host/lib/notify.sh
  . "$here/lib/notify.sh"
  use_node "$conf"
  { find_events_dir && log_event ACTION gateway "$1" '' "$cluster" "$2"; } 2>/dev/null || true
}

# hold_gateway STATUS: of a node that is master, and alone runs it. As a backup it does not, and would pass, and take the
# addresses back to what has just failed.
hold_gateway() {
  if [ "$1" = 0 ]; then
    gateway_held=0
    [ $((ran_now - gateway_failed)) -lt "$gateway_well" ] || gateway_times=0
    return 0
  fi
  if [ "$gateway_held" = 0 ]; then
    gateway_held=$((ran_now + (gateway_pause << (gateway_times < 6 ? gateway_times : 6))))
    gateway_times=$((gateway_times + 1))
  fi
  gateway_failed=$ran_now
}

# rests_gateway: where it need not run. A failure as master is believed to be over only when it could start, and after a while.
rests_gateway() {
  if [ "$gateway_held" != 0 ]; then
    gateway_said=$(nginx_call -t 2>&1) || {
      why="it failed here as master, and cannot start: $(printf '%s' "$gateway_said" | grep emerg | head -n 1)"
      return 1
    }
    nginx_setting "$conf" listen >"$gateway_memory.ports"
    while read -r gateway_port; do
      nginx_pid >/dev/null || ! port_taken "$gateway_port" || {
        why="it failed here as master, and port $gateway_port is taken by another program"
        return 1
      }
    done <"$gateway_memory.ports"
    if [ "$ran_now" -lt "$gateway_held" ]; then
      why="it failed here as master; it counts as well in $((gateway_held - ran_now)) s"
      return 1
    fi
    gateway_held=0
  fi
  gateway_list=$(nginx_setting "$conf" upstream)
  [ -n "$gateway_list" ] || return 0
  gateway_end=$((ran_now + timeout - 1))
  while read -r gateway_address gateway_port && [ "$(uptime)" -lt "$gateway_end" ]; do
    gateway_tcp=0
    tcp_connects "$gateway_address" "$gateway_port" 10 || gateway_tcp=$?
    # Without a tool nothing speaks against them.
    if [ "$gateway_tcp" = 0 ] || [ "$gateway_tcp" = 3 ]; then
      shared_passing
      return
    fi
  done <<LIST
$gateway_list
LIST
  why="no upstream takes a connection"
  shared_failing
}
