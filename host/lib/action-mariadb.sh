# shellcheck shell=sh disable=SC2154,SC2034,SC2031 # the names of common.sh and role.sh
# An action of kind mariadb: a server of MariaDB that is writable on the master and replicates from it on the backup.
#   port, service, config PATH, server-id, bind, restart yes|no
#   peer ADDRESS                     the other node's server
#   credentials PATH                 option file for this node's server (else root, by the socket)
#   replication-credentials PATH     option file for the peer's server, and whom to replicate as
#   on-divergence keep|rewind|reclone, initial-copy yes|no
#   semi-sync yes|no, semi-sync-timeout SECONDS (else writes wait for as long as no replica is there)
# `before` remembers how it was: READ_ONLY, and the host that it replicated from or -.

# shellcheck source=host/lib/mariadb-server.sh
. "$here/lib/mariadb-server.sh"
# shellcheck source=host/lib/mariadb-join.sh
. "$here/lib/mariadb-join.sh"

mariadb_identity() { setting port; }

# remember_server: once, before it is first touched.
remember_server() {
  read_replica here || {
    why="the server does not answer: $(db_words)"
    return 1
  }
  [ ! -e "$action_dir/before" ] || return 0
  before_read_only=$(db_ask here 'SELECT @@global.read_only + 0;') || return 1
  say "$before_read_only $(of_replica here Master_Host | grep . || say -)" | write_file "$action_dir/before"
}

# is_quiesced: since the last change of roles, and not for too long: whoever asked for it may have died.
is_quiesced() {
  { read -r quiesced_changes quiesced_until <"$action_run/quiesced"; } 2>/dev/null || return 1
  [ "$quiesced_changes" = "$(role_changes_now)" ] && [ "$(uptime)" -lt "$quiesced_until" ]
}

mariadb_promote() {
  remember_server || return
  tune_server || return
  # A planned move is under way.
  ! is_quiesced || return 0
  if is_copying; then
    why="a copy of the peer's data is being made; this server cannot be master before its end"
    return 1
  fi
  begin_patience
  promote_end=$patience_end
  await_peer || return
  if [ -n "$(of_replica here Master_Host)" ]; then
    apply_relay_log || return
  elif [ -e "$action_dir/kept-out" ]; then
    why="$(cat "$action_dir/kept-out"); to make it master all the same: rm $action_dir/kept-out"
    return 1
  fi
  wants master || {
    why="the role has moved on"
    return 1
  }
  open_server
}

# half_of_patience: the rest is for what has been received.
half_of_patience() { say "$((($(uptime) + patience_end) / 2))"; }

# await_peer: what the peer's server still takes or has alone comes here first, as long as it answers.
await_peer() {
  await_until=$(half_of_patience)
  while :; do
    promote_peer=0
    is_writable peer || promote_peer=$?
    case $promote_peer in
    1) break ;;
    2)
      ! is_gone || break
      [ "$(uptime)" -lt "$await_until" ] || {
        role_event incomplete "the peer's server runs and does not say what it has: $(db_words)"
        break
      }
      ;;
    esac
    patience || {
      wants master || {
        why="the role has moved on"
        return 1
      }
      [ "$promote_peer" -eq 0 ] || break
      why="the peer's server is writable still; this one becomes so when that is read-only: see vrrp-agent status there"
      return 1
    }
  done
  if [ "$promote_peer" -eq 2 ]; then
    if is_new; then
      why="this server is empty, and the peer's does not answer: $(db_words); it may have the data"
      return 1
    fi
    return 0
  fi
  promote_to=$(position peer) || return 0
  if [ -z "$(of_replica here Master_Host)" ]; then
    if is_new && ! is_empty peer; then
      why="this server is empty, and the peer's has data; make the peer the master first: vrrp-agent drain"
      return 1
    fi
    ! holds here "$promote_to" || return 0
    join_peer || return
    # It had a patience of its own.
    patience_end=$promote_end
    read_replica here || return 1
    [ -n "$(of_replica here Master_Host)" ] || return 0
  fi
  # Nobody writes there any more: all of it can be had.
  ! sql_error here >/dev/null || return 0
  await_until=$(half_of_patience)
  while [ "$(number_of "$(position here)")" -lt "$(number_of "$promote_to")" ]; do
    { [ "$(uptime)" -lt "$await_until" ] && patience; } || {
      role_event incomplete "the peer's server is at $promote_to, this one at $(position here), and does not get further: $(of_replica here Last_IO_Error)"
      return 0
    }
    read_replica here || return 1
    ! sql_error here >/dev/null || return 0
  done
}

# apply_relay_log: all that has been received is executed. With GTID a START SLAVE while neither thread runs throws away what was
# received and is not executed: so the one that receives goes on until the other is through.
apply_relay_log() {
  while :; do
    read_replica here || {
      why="the server does not answer: $(db_words)"
      return 1
    }
    apply_io=$(of_replica here Slave_IO_Running)
    # Also for who corrects an error and starts it by hand.
    [ "$apply_io $(of_replica here Slave_SQL_Running)" != "No No" ] || apply_stopped || return 1
    ! apply_error=$(sql_error here) || {
      why="not promoted: what was received cannot be applied: $apply_error; correct it and START SLAVE SQL_THREAD"
      return 1
    }
    if [ "$(of_replica here Slave_SQL_Running)" != Yes ]; then
      db_do 'START SLAVE SQL_THREAD;' "cannot start applying" || return 1
    elif is_applied; then
      [ "$apply_io" != No ] || return 0
      # Once more: something may have come until now.
      db_do 'STOP SLAVE IO_THREAD;' "cannot stop receiving" || return 1
      continue
    fi
    patience || {
      why="not promoted: the relay log is applied up to $(position here) of $(of_replica here Gtid_IO_Pos)"
      return 1
    }
  done
}

# is_applied
is_applied() {
  case $(of_replica here Slave_SQL_Running_State) in
  "Slave has read all relay log"*) ;;
  *) return 1 ;;
  esac
  [ "$(number_of "$(of_replica here Gtid_IO_Pos)")" -le "$(number_of "$(position here)")" ]
}

# apply_stopped: neither thread runs. By its place in the relay log, and not by GTID, nothing of it is thrown away.
apply_stopped() {
  [ "$(of_replica here Using_Gtid)" != No ] && [ -n "$(of_replica here Relay_Log_File)" ] || return 0
  db_do "CHANGE MASTER TO MASTER_USE_GTID = no, RELAY_LOG_FILE = $(sql_text "$(of_replica here Relay_Log_File)"),
    RELAY_LOG_POS = $(of_replica here Relay_Log_Pos);" "cannot go on in the relay log"
}

# open_server: it is certain.
open_server() {
  {
    say 'STOP SLAVE; RESET SLAVE ALL;'
    if [ "$(setting semi-sync)" = yes ]; then
      # In milliseconds; the longest that there is, which is 49 days.
      open_timeout=$(setting semi-sync-timeout)000
      [ "$open_timeout" != 000 ] || open_timeout=4294967295
      say "SET GLOBAL rpl_semi_sync_master_wait_point = 'AFTER_SYNC', rpl_semi_sync_master_wait_no_slave = 1," \
        "rpl_semi_sync_master_timeout = $open_timeout," \
        "rpl_semi_sync_slave_enabled = 0, rpl_semi_sync_master_enabled = 1;"
    else
      say 'SET GLOBAL rpl_semi_sync_master_enabled = 0, rpl_semi_sync_slave_enabled = 0;'
    fi
    say 'SET GLOBAL read_only = 0;'
  } | db here >/dev/null || {
    why="cannot make the server writable: $(db_words)"
    return 1
  }
  : >"$action_dir/member"
  rm -f "$action_dir/kept-out" "$action_run/quiesced"
}

mariadb_demote() {
  remember_server || return
  become_read_only || return
  rm -f "$action_run/quiesced"
  tune_server || return
  read_replica here || return 1
  ! is_copying || {
    why="a copy of the peer's data is being made"
    return 0
  }
  if is_replica; then
    if demote_error=$(sql_error here); then
      why="replication has stopped: $demote_error; correct it and START SLAVE, or have this server copied anew (docs/roles.md, MariaDB)"
      return 3
    fi
    if replicates && [ -z "$(of_replica here Last_IO_Error)" ] && ! is_tuned backup; then
      follow "$(position here)"
      return
    fi
    ! replicates || return 0
  fi
  begin_patience
  until is_writable peer; do
    patience || {
      wants backup || {
        why="the role has moved on"
        return 1
      }
      why="read-only; the peer's server is not writable or does not answer: $(db_words); this one joins it when it is"
      return 1
    }
  done
  join_peer
}

mariadb_reached() {
  if [ "$1" = master ]; then
    ! is_quiesced || return 0
    read_replica here && is_tuned master && [ -z "$(of_replica here Master_Host)" ]
  else
    is_copying || { read_replica here && is_tuned backup && replicates; }
  fi
}

# is_tuned ROLE: read-only or not, and who waits for whom.
is_tuned() {
  tuned_semi=0
  [ "$(setting semi-sync)" != yes ] || tuned_semi=1
  [ "$1" = master ] && tuned_want="0 $tuned_semi 0" || tuned_want="1 0 $tuned_semi"
  [ "$(of_replica here Tuned)" = "$tuned_want" ]
}

# replicates: from the peer. That it is not there is none of this node's faults.
replicates() {
  is_replica || return 1
  case "$(of_replica here Slave_IO_Running) $(of_replica here Slave_SQL_Running)" in
  "Yes Yes" | "Connecting Yes" | "Preparing Yes") ;;
  *) return 1 ;;
  esac
}

# mariadb_quiesce: the peer's server replicates and is near; then nobody writes here, and it has all.
mariadb_quiesce() {
  quiesce_writable=0
  is_writable here || quiesce_writable=$?
  case $quiesce_writable in
  1)
    # It never opened, or is quiesced: nobody writes.
    why="the server is read-only already"
    return 0
    ;;
  2)
    why="the server does not answer, so nobody can say whether the peer's has all: $(db_words)"
    return 1
    ;;
  esac
  read_replica peer || {
    why="the peer's server does not answer: $(db_words)"
    return 1
  }
  [ "$(of_replica peer Slave_IO_Running) $(of_replica peer Slave_SQL_Running)" = "Yes Yes" ] || {
    why="the peer's server does not replicate: $(sql_error peer || of_replica peer Last_IO_Error)"
    return 1
  }
  quiesce_half=$(((action_timeout - 2) / 2))
  [ "$quiesce_half" -gt 0 ] || quiesce_half=1
  peer_applies "$(position here)" "$quiesce_half" || return 1
  say "$(role_changes_now) $(($(uptime) + action_timeout + 90))" | write_file "$action_run/quiesced"
  become_read_only && peer_applies "$(position here)" "$quiesce_half"
}

# peer_applies GTID SECONDS
peer_applies() {
  [ -n "$1" ] || return 0
  [ "$(db_ask peer "SELECT MASTER_GTID_WAIT('$1', $2);")" = 0 ] && return 0
  why="the peer's server has not applied all up to $1 within $2 s: $(db_words)"
  return 1
}

mariadb_resume() {
  rm -f "$action_run/quiesced"
  ! is_writable here || return 0
  wants master || return 0
  open_server
}

mariadb_forget() {
  [ -e "$action_dir/before" ] || return 0
  save_kept_aside || return 1
  read -r before_read_only before_host <"$action_dir/before"
  db_answers here || return 1
  read_replica here || return 1
  {
    if [ "$before_host" = - ]; then say 'STOP SLAVE; RESET SLAVE ALL;'; fi
    say 'SET GLOBAL rpl_semi_sync_master_enabled = 0, rpl_semi_sync_slave_enabled = 0;'
    say "SET GLOBAL read_only = $before_read_only;"
  } | db here >/dev/null || {
    why="cannot put the server back: $(db_words)"
    return 1
  }
}

# save_kept_aside: what is kept outlives the action.
save_kept_aside() {
  [ -d "$action_dir/kept-aside" ] || return 0
  save_dir=$root/var/lib/vrrp-kept-aside/$cluster/$name
  (umask 077 && mkdir -p "$save_dir") || return 1
  for save_file in "$action_dir/kept-aside"/*.sql; do
    [ -e "$save_file" ] || continue
    mv "$save_file" "$save_dir/" || {
      why="cannot move $save_file to $save_dir; make room there"
      return 1
    }
    role_event kept-aside "${save_file##*/} is in $save_dir now"
  done
}

# What an account needs, by the names of information_schema.
db_own_privileges="SUPER RELOAD PROCESS READ_ONLY_ADMIN CONNECTION_ADMIN REPLICATION_SLAVE_ADMIN REPLICATION_MASTER_ADMIN SLAVE_MONITOR BINLOG_ADMIN BINLOG_MONITOR BINLOG_REPLAY REPLICATION_SLAVE"
db_peer_privileges="REPLICATION_SLAVE BINLOG_MONITOR SLAVE_MONITOR SELECT"
db_copy_privileges="RELOAD PROCESS LOCK_TABLES SHOW_VIEW TRIGGER EVENT"

mariadb_test() {
  for test_program in mariadb mariadb-binlog mariadb-dump my_print_defaults; do
    have "$(db_tool "$test_program")" ||
      fail "role: the action $name needs $test_program, which is not on this host; install mariadb-client and mariadb-server"
  done
  test_dir=$(setting config)
  test_dir=${test_dir%/*}
  [ -d "$root$test_dir" ] ||
    fail "role: MariaDB's settings of the action $name are to lie in $test_dir, which is not on this host; set configFile to a file that the server reads, e.g. /etc/my.cnf.d/zz-vrrp.cnf"
  test_files
  test_version=$(db_ask here 'SELECT VERSION();') ||
    fail "role: the server of the action $name does not answer: $(db_words); start it, and give credentials: the path of an option file, if root may not log in by the socket"
  case $test_version in
  *MariaDB*) ;;
  *) fail "role: the action $name is about a server $test_version; only MariaDB from 10.5 can be made master and replica, not MySQL" ;;
  esac
  case $test_version in
  5.* | 10.[0-4].*) fail "role: the action $name is about MariaDB $test_version; it needs 10.5 or later" ;;
  esac
  test_has "$(db_ask here "SELECT CONCAT(\"'\", REPLACE(CURRENT_USER(), '@', \"'@'\"), \"'\");")" "$db_own_privileges"
  test_copies=
  [ "$(setting initial-copy) $(setting on-divergence)" = "no keep" ] || test_copies=$db_copy_privileges
  test_user=$(option_of user)
  test_has "'$test_user'@%" "$db_peer_privileges $test_copies"
  case $(db_ask here 'SELECT CONCAT(@@global.gtid_binlog_pos, @@global.gtid_slave_pos);') in
  *,*) fail "role: the server of the action $name has transactions of several GTID domains; it can be kept in step with one only" ;;
  esac
  read_replica here || fail "role: cannot read the status of replication of the action $name: $(db_words)"
  case $(of_replica here Master_Host) in
  '') ;;
  *) is_replica || fail "role: the server of the action $name replicates from $(of_replica here Master_Host):$(of_replica here Master_Port), which is not the peer $(setting peer):$(setting port); end that with RESET SLAVE ALL or correct the spec" ;;
  esac
  test_restart=$(restart_reason)
  if [ -n "$test_restart" ]; then
    [ "$(setting restart)" = yes ] ||
      fail "role: the server of the action $name must be restarted for replication: $test_restart; set that in its config and restart it, or allow it with restart: true"
    note "$(setting service) restarts once on this host when its role comes: $test_restart"
  fi
}

# test_files: the option files are there, nobody's but root's, and name somebody.
test_files() {
  for test_key in credentials replication-credentials; do
    test_file=$(setting "$test_key")
    [ -n "$test_file" ] || continue
    [ -r "$root$test_file" ] ||
      fail "role: the action $name logs in with $test_file, which is not on this host; make it, mode 0600, with [client], user and password"
    case $(ls -l "$root$test_file") in
    ???????---*) ;;
    *) fail "role: $test_file of the action $name holds a password, and everybody on this host may read it; chmod 600 $test_file" ;;
    esac
  done
  for test_key in user password; do
    [ -n "$(option_of "$test_key")" ] ||
      fail "role: $(db_peer_file) of the action $name has no $test_key in [client]; add it: that is whom the peer's server is asked as"
  done
}

# test_has GRANTEE PRIVILEGES: of the server's accounts those that match have all; a|b is either.
test_has() {
  db_ask here "SELECT DISTINCT REPLACE(PRIVILEGE_TYPE, ' ', '_') FROM information_schema.USER_PRIVILEGES
    WHERE GRANTEE LIKE $(sql_text "$1");" >"$work/privileges" || fail "role: cannot read the privileges of the action $name: $(db_words)"
  test_lacks=
  for test_privilege in $2; do
    grep -q -x -E "$test_privilege" "$work/privileges" || test_lacks="$test_lacks${test_lacks:+, }${test_privilege##*|}"
  done
  [ -z "$test_lacks" ] ||
    fail "role: the account $1 of the action $name lacks $(say "$test_lacks" | tr _ ' ') on this host's server; GRANT $(say "$test_lacks" | tr _ ' ') ON *.* to it"
}
