# shellcheck shell=sh disable=SC2154,SC2034 # the names of common.sh and role.sh
# How an action of kind mariadb speaks with the servers: `here` is this node's, `peer` the other's. Statements go by stdin, so
# that none stands in a list of processes.

# db_tool NAME: of MariaDB; older packages have it by MySQL's name.
db_tool() {
  if have "$1"; then
    say "$1"
  else
    case $1 in mariadb) say mysql ;; *) say "mysql${1#mariadb-}" ;; esac
  fi
}

# db_program PROGRAM WHERE [OPTION...]
db_program() {
  db_program=$(db_tool "$1") db_where=$2
  shift 2
  if [ "$db_where" = here ]; then
    db_file=$(setting credentials)
    "$db_program" ${db_file:+"--defaults-file=$root$db_file"} --host=localhost "$@"
  else
    "$db_program" "--defaults-file=$root$(db_peer_file)" "--host=$(setting peer)" "--port=$(setting port)" --protocol=tcp "$@"
  fi
}

db_peer_file() { setting replication-credentials; }

# db WHERE [OPTION...]: stdin's statements. A host without power says nothing, so a connection is not waited for long.
db() {
  db_at=$1
  shift
  db_program mariadb "$db_at" --batch --skip-column-names --connect-timeout=3 "$@" 2>"$work/db-words"
}

# db_words: what the client complains of. The statement itself, which it shows as well, may hold a password.
db_words() { sed -n '/^ERROR\|^m[a-z-]*: /{p;q;}' "$work/db-words" 2>/dev/null | cut -c 1-200; }

# ask WHERE STATEMENT
db_ask() { say "$2" | db "$1"; }

# db_do STATEMENT WHAT: here; `why` says WHAT failed.
db_do() {
  db_ask here "$1" >"$work/db-answer" && return 0
  why="$2: $(db_words)"
  return 1
}

db_answers() {
  db_ask "$1" 'SELECT 1;' >/dev/null && return 0
  [ "$1" = peer ] || why="the server does not answer: $(db_words)"
  return 1
}

# read_replica WHERE: the status of its replication in $work/replica-WHERE, and as Tuned what is_tuned wants to know.
read_replica() {
  say "SHOW SLAVE STATUS; SELECT CONCAT_WS(' ', @@global.read_only + 0, @@global.rpl_semi_sync_master_enabled + 0,
    @@global.rpl_semi_sync_slave_enabled + 0) AS Tuned;" |
    db_program mariadb "$1" --batch --vertical --connect-timeout=3 >"$work/replica-$1" 2>"$work/db-words"
}

# of_replica WHERE KEY
of_replica() { sed -n "s/^ *$2: *//p" "$work/replica-$1" | head -n 1; }

# is_replica: here, of the peer.
is_replica() { [ "$(of_replica here Master_Host):$(of_replica here Master_Port)" = "$(setting peer):$(setting port)" ]; }

# sql_error WHERE: of the thread that applies.
sql_error() {
  case $(of_replica "$1" Last_SQL_Errno) in '' | 0) return 1 ;; esac
  say "$(of_replica "$1" Last_SQL_Errno) $(of_replica "$1" Last_SQL_Error)" | cut -c 1-200
}

# number_of GTID: grows with each transaction, on whichever node.
number_of() { case $1 in '') say 0 ;; *) say "${1##*-}" ;; esac; }

# position WHERE: the last transaction that the server has, its own or the other's.
position() {
  position_two=$(db_ask "$1" "SELECT CONCAT(@@global.gtid_binlog_pos, '|', @@global.gtid_slave_pos);") || return 1
  position_of "${position_two%%|*}" "${position_two#*|}"
}

# position_of GTID GTID: the later one.
position_of() { if [ "$(number_of "$1")" -ge "$(number_of "$2")" ]; then say "$1"; else say "$2"; fi; }

# is_writable WHERE: 0 yes, 1 no, 2 it does not say.
is_writable() {
  case $(db_ask "$1" 'SELECT @@global.read_only + 0;') in
  0) return 0 ;;
  [1-9]) return 1 ;;
  *) return 2 ;;
  esac
}

# is_gone: whom nobody could connect to a moment ago; one that is slow, or has no connection to spare, runs.
is_gone() {
  case $(db_words) in *"ERROR 2002 "* | *"ERROR 2003 "* | *"ERROR 2005 "*) ;; *) return 1 ;; esac
}

db_schemas="('mysql', 'information_schema', 'performance_schema', 'sys')"

# own_schemas WHERE: names of those that are not the server's.
own_schemas() { db_ask "$1" "SELECT SCHEMA_NAME FROM information_schema.SCHEMATA WHERE SCHEMA_NAME NOT IN $db_schemas;"; }

# is_empty WHERE: 0 it has nobody's data, 1 it has some, 2 it does not say. A schema without anything in it is none.
is_empty() {
  case $(db_ask "$1" "SELECT EXISTS (SELECT 1 FROM information_schema.TABLES WHERE TABLE_SCHEMA NOT IN $db_schemas)
    OR EXISTS (SELECT 1 FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA NOT IN $db_schemas);") in
  0) return 0 ;;
  [1-9]) return 1 ;;
  *) return 2 ;;
  esac
}

# begin_patience: until shortly before the try is ended from outside.
begin_patience() { patience_end=$(($(uptime) + (action_timeout > 6 ? action_timeout - 4 : 2))); }

# patience: a short rest, while there is time left and the role is still wanted.
patience() {
  [ "$(uptime)" -lt "$patience_end" ] || return 1
  sleep 0.3 2>/dev/null || sleep 1
  wants "$role"
}

# become_read_only: at once. The statement waits for commits that are under way, and these may wait for a replica that is gone:
# their connections are ended meanwhile, so that nobody is told that their writes are safe.
become_read_only() {
  is_writable here || [ $? -eq 1 ] || {
    why="the server does not answer: $(db_words)"
    return 1
  }
  begin_patience
  say 'SELECT CONNECTION_ID(); SET GLOBAL read_only = 1;' |
    db_program mariadb here --batch --skip-column-names --unbuffered >"$work/setter" 2>"$work/setter-words" 4>&- &
  read_only_pid=$!
  until [ -s "$work/setter" ] || ! kill -0 "$read_only_pid" 2>/dev/null; do sleep 0.1 2>/dev/null || sleep 1; done
  while :; do
    end_writers "$(cat "$work/setter")"
    kill -0 "$read_only_pid" 2>/dev/null || break
    [ "$(uptime)" -lt "$patience_end" ] || {
      why="the server does not become read-only: transactions do not end"
      return 1
    }
    sleep 0.1 2>/dev/null || sleep 1
  done
  if is_writable here; then
    why="the server does not become read-only: $(head -n 1 "$work/setter-words")"
    return 1
  fi
  end_writers 0
  # Only now, when nobody waits for its word any more.
  db_do 'SET GLOBAL rpl_semi_sync_master_enabled = 0;' "cannot end the wait for replicas"
}

# end_writers ID: connections of clients, but those of replicas, our own and ID.
end_writers() {
  db_ask here "SELECT CONCAT('KILL CONNECTION ', ID, ';') FROM information_schema.PROCESSLIST
    WHERE ID NOT IN (CONNECTION_ID(), ${1:-0}) AND USER NOT IN ('system user', 'event_scheduler')
    AND COMMAND NOT IN ('Binlog Dump', 'Daemon');" >"$work/writers" || return 0
  [ ! -s "$work/writers" ] || db here --force <"$work/writers" >/dev/null || true
}

# option_of KEY: of the file by which the peer is asked.
option_of() {
  my_print_defaults "--defaults-file=$root$(db_peer_file)" client 2>/dev/null | sed -n "s/^--$1=//p" | tail -n 1
}

# quoted TEXT: as a string of SQL.
sql_text() { printf "'%s'" "$(printf '%s' "$1" | sed -e 's/\\/\\\\/g' -e "s/'/''/g")"; }

# restart_server: for what cannot be set while it runs.
restart_server() {
  if has_systemd; then
    restart_words=$(systemctl restart "$(setting service)" 2>&1 4>&- </dev/null)
  else
    restart_words=$("$root/etc/init.d/$(setting service)" restart 2>&1 4>&- </dev/null)
  fi || {
    why="cannot restart $(setting service): $(printf '%s' "$restart_words" | tr '\n' ' ')"
    return 1
  }
  begin_patience
  until db_answers here; do patience || return 1; done
  role_event restarted "$(setting service) was restarted for what it takes at its start only: $needs_restart"
}

# restart_reason: what the running server lacks and takes at its start only; nothing where it has all.
restart_reason() {
  db_ask here "SELECT CONCAT_WS(', ', IF(@@global.log_bin, NULL, 'log_bin is off'),
    IF(@@global.log_slave_updates, NULL, 'log_slave_updates is off'),
    IF(IFNULL(@@global.bind_address, '*') = $(sql_text "$(setting bind)"), NULL,
      CONCAT('bind_address is ', @@global.bind_address)));"
}

# tune_server: the rest of the drop-in, at once.
tune_server() {
  needs_restart=$(restart_reason) || {
    why="the server does not answer: $(db_words)"
    return 1
  }
  if [ -n "$needs_restart" ]; then
    [ "$(setting restart)" = yes ] || {
      why="$needs_restart; restart $(setting service) on this host, or allow it with restart: true"
      return 3
    }
    restart_server || return 1
    needs_restart=$(restart_reason) || return 1
    [ -z "$needs_restart" ] || {
      why="$needs_restart after a restart, too: the server does not read $(setting config), or another file has the last word; set configFile to one that it reads last"
      return 3
    }
  fi
  db_do "SET GLOBAL server_id = $(setting server-id), gtid_domain_id = 0, gtid_strict_mode = 1, binlog_format = 'ROW',
    binlog_row_image = 'FULL', sync_binlog = 1, innodb_flush_log_at_trx_commit = 1, slave_net_timeout = 10;" "cannot set the server up"
}
