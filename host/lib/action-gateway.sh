# shellcheck shell=sh disable=SC2154,SC2034 # the names of common.sh, role.sh and nginx.sh
# An action of kind gateway, which the spec's `gateway` makes: nginx runs in this role, or does not. What it is, is in node.conf
# (nginx.sh); what it was before the first apply comes back with the files.

gateway_promote() { gateway_for master; }
gateway_demote() { gateway_for backup; }

# gateway_for ROLE
gateway_for() {
  use_nginx "$conf"
  if gateway_runs_in "$1"; then
    ! nginx_pid >/dev/null || return 0
    nginx_do start || {
      why="$nginx_unit does not start: $(nginx_line)"
      return 1
    }
    nginx_pid >/dev/null || {
      why="$nginx_unit does not run after its start; see its error log"
      return 1
    }
  else
    nginx_pid >/dev/null || return 0
    nginx_do stop || {
      why="$nginx_unit does not stop: $(nginx_line)"
      return 1
    }
    ! nginx_pid >/dev/null || {
      why="$nginx_unit still runs after its stop"
      return 1
    }
  fi
}

# gateway_runs_in ROLE
gateway_runs_in() { [ "$nginx_runs" = both ] || [ "$1" = master ]; }

gateway_reached() {
  use_nginx "$conf"
  if gateway_runs_in "$1"; then nginx_pid >/dev/null; else ! nginx_pid >/dev/null; fi
}

gateway_forget() { :; }
