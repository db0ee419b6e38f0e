# shellcheck shell=sh disable=SC2154,SC2034 # the names of common.sh and role.sh
# An action of kind conntrack, which the spec's `connectionState` makes: conntrackd of our own, in either role. What one node
# forwards is in the kernel of the other at once; a change of roles has only to see that nothing was missed.
#   service NAME, conf PATH
#   run PREFIX       PREFIX.conf: what it was started with, there also when the former is gone; PREFIX.told: the role for which this
#                    daemon was last brought in line with the other node's; PREFIX.lock, PREFIX.ctl: its own

conntrack_conf() { say "$root$(setting conf)"; }
conntrack_run() { say "$root$(setting run)"; }

# Of what the peer has told before there is no event in the kernel: a master must look itself, or it would not tell it again to one
# that returns.
conntrack_promote() { conntrack_serve && conntrack_tell -R && conntrack_tell -B && conntrack_told; }
conntrack_demote() { conntrack_serve && conntrack_tell -n && conntrack_told; }

# conntrack_serve: it runs, with what the bundle has brought.
conntrack_serve() {
  conntrack_is_current && return 0
  conntrack_stop || return 1
  if has_systemd; then
    conntrack_words=$(systemctl start "$(setting service).service" 2>&1 </dev/null)
  else
    cp "$(conntrack_conf)" "$(conntrack_run).conf"
    conntrack_words=$(conntrackd -d -C "$(conntrack_run).conf" 2>&1 </dev/null 4>&-)
  fi || {
    why="conntrackd does not start: $(printf '%s' "$conntrack_words" | tr '\n' ' ')"
    return 1
  }
  conntrack_answers || {
    why="conntrackd does not answer after its start; see the system's log"
    return 1
  }
}

conntrack_answers() { conntrackd -C "$(conntrack_run).conf" -s >/dev/null 2>&1 </dev/null; }

conntrack_is_current() { cmp -s "$(conntrack_conf)" "$(conntrack_run).conf" && conntrack_answers; }

# conntrack_tell OPTION: -R the kernel is asked for all, -B the other node is told all, -n it is asked for all.
conntrack_tell() {
  conntrack_words=$(conntrackd -C "$(conntrack_run).conf" "$1" 2>&1 </dev/null) || {
    why="conntrackd $1 failed: $(printf '%s' "$conntrack_words" | tr '\n' ' ')"
    return 1
  }
}

conntrack_told() { say "$role" >"$(conntrack_run).told"; }

conntrack_reached() { [ "$(cat "$(conntrack_run).told" 2>/dev/null)" = "$1" ] && conntrack_is_current; }

# conntrack_stop: also one that does not answer, or is about to be started again.
conntrack_stop() {
  if has_systemd; then
    conntrack_words=$(systemctl stop "$(setting service).service" 2>&1 </dev/null) ||
      # Of a unit that is not there, nothing runs.
      ! systemctl --quiet is-active "$(setting service).service"
  else
    ! conntrack_answers || conntrack_words=$(conntrackd -C "$(conntrack_run).conf" -k 2>&1 </dev/null)
  fi || {
    why="conntrackd does not stop: $(printf '%s' "$conntrack_words" | tr '\n' ' ')"
    return 1
  }
  ! has_systemd || systemctl reset-failed "$(setting service).service" >/dev/null 2>&1 || true
  # One that was killed leaves its lock, by which none starts.
  rm -f "$(conntrack_run)".*
}

conntrack_forget() { conntrack_stop; }

conntrack_test() {
  have conntrackd || fail "role: connectionState needs conntrackd, which is not on this host; install conntrackd (conntrack-tools)"
  test_version=$(conntrackd -v 2>/dev/null | sed -n 's/.* v\([0-9][0-9.]*[0-9]\).*/\1/p' | head -n 1)
  case $test_version in
  0.* | 1.[0-3] | 1.[0-3].* | 1.4 | 1.4.[0-4])
    fail "role: connectionState is about conntrackd $test_version on this host; it needs 1.4.5 or later"
    ;;
  esac
}
