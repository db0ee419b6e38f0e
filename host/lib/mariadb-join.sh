# shellcheck shell=sh disable=SC2154,SC2034,SC2030,SC2031 # the names of common.sh, role.sh and mariadb-server.sh
# How a server of MariaDB comes to replicate from the peer's: as it is, or without what it holds alone, or as a copy.
#   $action_dir/member      it has the cluster's data
#   $action_dir/kept-out    why it may be neither replica nor master
#   $action_dir/kept-aside/ transactions that the other one lacked; never removed
#   $action_run/copy.lock   held while a copy is made; copy.words its last words

# has WHERE: those of stdin's GTIDs, each the first word of a line, that a server has. It knows the last number of each server that it
# has transactions of, and has all before that: none is numbered twice. (To read its logs would wait for writes that wait for a
# replica.)
has() {
  db_ask "$1" 'SELECT @@global.gtid_binlog_state, @@global.gtid_slave_pos;' | tr '\t' ',' >"$work/state" || return 1
  [ -s "$work/state" ] || return 1
  awk '
    function part(gtid) { split(gtid, p, "-"); return p[1] "-" p[2] }
    FNR == NR {
      n = split($0, list, ",")
      for (i = 1; i <= n; i++) if (list[i] != "") { k = part(list[i]); if (p[3] + 0 > last[k] + 0) last[k] = p[3] }
      next
    }
    { k = part($1); if (k in last && p[3] + 0 <= last[k] + 0) print }' "$work/state" -
}

# holds WHERE GTID: 0 the server has this transaction, 1 it has not, 2 it does not say.
holds() {
  [ -n "$2" ] || return 0
  holds_found=$(say "$2" | has "$1") || return 2
  [ -n "$holds_found" ]
}

# own_history: GTID FILE POS rows|other of each transaction in this server's logs, in their order; `other` is not of rows alone.
own_history() {
  db_ask here 'SHOW BINARY LOGS;' | awk '{ print $1 }' >"$work/own-logs" || return 1
  while read -r history_log; do
    db_ask here "SHOW BINLOG EVENTS IN '$history_log';" </dev/null >"$work/events" || return 1
    awk -F '\t' -v file="$history_log" '
      function told() { if (gtid != "") print gtid, file, pos, rows; gtid = "" }
      # The first log tells what was before it, too.
      $3 == "Gtid_list" && first {
        n = split(substr($6, 2, length($6) - 2), list, ",")
        for (i = 1; i <= n; i++) print list[i], file, 0, "rows"
      }
      $3 == "Gtid" {
        told()
        match($6, /[0-9]+-[0-9]+-[0-9]+/)
        gtid = substr($6, RSTART, RLENGTH); pos = $2
        rows = $6 ~ /^BEGIN / ? "rows" : "other"
      }
      $3 ~ /^Query/ && $6 !~ /^(COMMIT|ROLLBACK)/ { rows = "other" }
      END { told() }' first="${history_first-1}" "$work/events"
    history_first=0
  done <"$work/own-logs"
}

# find_common: common, the last transaction that both have; extra_file, extra_pos and extra_rows of the first that the peer
# lacks. Fails where there is none.
find_common() {
  common='' extra_file='' extra_pos='' extra_rows=rows history_first=1
  own_history >"$work/history" || return 1
  has peer <"$work/history" | tail -n 1 >"$work/last" || return 1
  read -r common _ <"$work/last" || return 1
  awk -v common="$common" '
    $1 == common { file = ""; rows = "rows"; next }
    $3 > 0 { if (file == "") { file = $2; pos = $3 } if ($4 != "rows") rows = "other" }
    END { if (file != "") print file, pos, rows }' "$work/history" >"$work/extra"
  read -r extra_file extra_pos extra_rows <"$work/extra"
}

# extra_logs: the logs from extra_file on, oldest first.
extra_logs() { awk -v from="$extra_file" '$1 == from { on = 1 } on' "$work/own-logs"; }

# keep_aside FROM TO: what the peer lacks, as statements that can be run again. One file for each such end, whole or not at all.
keep_aside() {
  (umask 077 && mkdir -p "$action_dir/kept-aside")
  aside=$action_dir/kept-aside/after-$1-to-$2.sql
  [ -e "$aside" ] && return 0
  # shellcheck disable=SC2046
  (umask 077 && db_program mariadb-binlog here --read-from-remote-server --verbose --start-position="$extra_pos" \
    $(extra_logs) >"$aside.new" 2>"$work/db-words") || {
    why="cannot keep aside what the peer lacks: $(db_words)"
    return 1
  }
  settle_aside
}

# keep_all_aside: where nothing is common, all that is this server's own.
keep_all_aside() {
  (umask 077 && mkdir -p "$action_dir/kept-aside")
  aside=$action_dir/kept-aside/all-to-${own:-nothing}.sql
  [ -e "$aside" ] && return 0
  own_schemas here >"$work/schemas" || return 1
  [ -s "$work/schemas" ] || return 0
  # shellcheck disable=SC2046
  (umask 077 && db_program mariadb-dump here --single-transaction --routines --triggers --events \
    --databases $(cat "$work/schemas") >"$aside.new" 2>"$work/db-words") || {
    why="cannot keep aside what this server has: $(db_words)"
    return 1
  }
  settle_aside
}

settle_aside() {
  sync "$aside.new"
  mv "$aside.new" "$aside"
  sync "${aside%/*}"
  role_event kept-aside "$aside has what this server holds and the peer's lacks"
}

# keep_out WORDS: neither replica nor master until somebody has seen to it.
keep_out() {
  why=$1
  say "$1" | write_file "$action_dir/kept-out"
  return 3
}

# is_new: nothing is lost with it.
is_new() { [ ! -e "$action_dir/member" ] && is_empty here; }

# join_peer: this server is read-only. 0 it replicates, or is being copied.
join_peer() {
  own=$(position here) || {
    why="the server does not answer: $(db_words)"
    return 1
  }
  if is_new; then
    [ "$(setting initial-copy)" = yes ] || {
      keep_out "this server is empty, and initialCopy is false; copy the peer's here by hand and start replication"
      return
    }
    copy_peer copied
    return
  fi
  join_status=0
  if [ -z "$own" ] && [ ! -e "$action_dir/member" ]; then join_status=1; else holds peer "$own" || join_status=$?; fi
  case $join_status in
  0) follow "$own" ;;
  *) part ;;
  esac
}

# part: this server holds what the peer lacks, or the peer cannot say.
part() {
  # Where two servers meet for the first time, the one with the data may be the backup for a moment.
  if [ "$(setting on-divergence)" = reclone ] && is_empty peer && ! is_empty here; then
    why="the peer's server is empty, and this one has data: nothing is copied over it; copy it to the peer, or empty this one"
    return 1
  fi
  part_what="$own, which the peer lacks"
  if [ -n "$own" ] && find_common; then
    part_what="transactions after $common up to $own, which the peer lacks"
    keep_aside "$common" "$own" || return 1
  else
    common=
    part_what="data that has nothing in common with the peer's"
    [ "$(setting on-divergence)" != reclone ] || keep_all_aside || return 1
  fi
  part_file=
  [ ! -e "${aside-}" ] || part_file="; they are kept in $aside"
  case $(setting on-divergence) in
  rewind)
    if [ -n "$common" ] && rewind; then
      return 0
    fi
    keep_out "this server holds $part_what$part_file; it could not be rewound${why:+: $why}; copy the peer's here (onDivergence: reclone), or start replication by hand"
    ;;
  reclone) copy_peer recloned ;;
  *) keep_out "this server holds $part_what$part_file; set onDivergence to rewind or reclone, or start replication by hand" ;;
  esac
}

# rewind: undoes exactly what the peer lacks.
rewind() {
  why=
  [ "$extra_rows" = rows ] || {
    why="some of it is not of rows"
    return 1
  }
  rewind_logs=$(db_ask here 'SELECT @@global.log_bin_basename;')
  rewind_logs=${rewind_logs%/*}
  set --
  for rewind_log in $(extra_logs); do set -- "$@" "$root$rewind_logs/$rewind_log"; done
  (umask 077 && {
    say 'SET SESSION sql_log_bin = 0;'
    "$(db_tool mariadb-binlog)" --no-defaults --flashback --start-position="$extra_pos" "$@" 2>"$work/db-words"
  } >"$action_dir/rewind.sql") || {
    why="$(db_tool mariadb-binlog) --flashback: $(db_words)"
    return 1
  }
  # From here on, half of it may be undone.
  say "its rewinding has not ended; copy the peer's here (onDivergence: reclone)" | write_file "$action_dir/kept-out"
  db here <"$action_dir/rewind.sql" >/dev/null || {
    why="$(db_words)"
    return 1
  }
  rm -f "$action_dir/rewind.sql"
  set_position "$common" || return 1
  [ "$(position here)" = "$common" ] || {
    why="its position is $(position here) and not $common afterwards"
    return 1
  }
  follow "$common" || return 1
  role_event rewound "back to $common; ${aside-} has what was undone"
}

# set_position GTID: the server's logs begin after it.
set_position() {
  db_do "STOP SLAVE; RESET MASTER; SET GLOBAL gtid_binlog_state = '$1'; SET GLOBAL gtid_slave_pos = '$1';" \
    "cannot set the position"
}

# follow GTID: replicates from the peer, from here on.
follow() {
  follow_password=$(option_of password)
  {
    say 'STOP SLAVE;'
    say "SET GLOBAL gtid_slave_pos = '$1';"
    [ "$(setting semi-sync)" = yes ] && say 'SET GLOBAL rpl_semi_sync_slave_enabled = 1;' ||
      say 'SET GLOBAL rpl_semi_sync_slave_enabled = 0;'
    say "CHANGE MASTER TO MASTER_HOST = '$(setting peer)', MASTER_PORT = $(setting port)," \
      "MASTER_USER = $(sql_text "$(option_of user)"), MASTER_PASSWORD = $(sql_text "$follow_password")," \
      "MASTER_CONNECT_RETRY = 1, MASTER_HEARTBEAT_PERIOD = 2, MASTER_USE_GTID = slave_pos;"
    say 'START SLAVE;'
  } | db here >/dev/null || {
    # The rest may hold a part of the password.
    why="cannot replicate from the peer: $(db_words | sed 's/^\(ERROR [0-9]*\).*/\1/')"
    return 1
  }
  begin_patience
  while :; do
    read_replica here || return 1
    if [ "$(of_replica here Slave_IO_Running) $(of_replica here Slave_SQL_Running)" = "Yes Yes" ]; then break; fi
    ! follow_error=$(sql_error here) || {
      why="replication fails: $follow_error"
      return 1
    }
    case $(of_replica here Slave_IO_Running) in
    No)
      why="replication from the peer does not begin: $(of_replica here Last_IO_Errno) $(of_replica here Last_IO_Error)"
      return 1
      ;;
    esac
    patience || {
      why="replication from the peer does not begin: $(of_replica here Last_IO_Error)"
      return 1
    }
  done
  : >"$action_dir/member"
  rm -f "$action_dir/kept-out"
}

# is_copying
is_copying() { [ -e "$action_run/copy.lock" ] && ! flock -n "$action_run/copy.lock" true; }

# copy_peer STATE: a copy may take longer than any try of an action, so it goes on by itself.
copy_peer() {
  if ! is_copying; then
    say "its copy of the peer's data has not ended" | write_file "$action_dir/kept-out"
    say begins >"$action_run/copy.words"
    (
      trap '' HUP
      exec 3>>"$action_run/copy.lock" 4>&-
      flock -n 3 || exit 0
      # It outlives what this process has.
      work=$action_dir/copy
      rm -rf "$work"
      if mkdir "$work" && copy_data; then
        rm -rf "$work"
        say "done" >"$action_run/copy.words"
        role_event "$1" "this server is a copy of the peer's and replicates from it"
      else
        say "failed: $why" >"$action_run/copy.words"
        role_event copy-failed "$why"
      fi
    ) >/dev/null 2>&1 </dev/null &
    sleep 0.2 2>/dev/null || sleep 1
  fi
  begin_patience
  while is_copying; do
    patience || {
      why="a copy of the peer's data is being made"
      return 0
    }
  done
  case $(cat "$action_run/copy.words") in
  "done") return 0 ;;
  *)
    why="the copy of the peer's data $(cat "$action_run/copy.words")"
    return 1
    ;;
  esac
}

# copy_data: what this server has is gone, then the peer's is here, with its position and its accounts.
copy_data() {
  why=
  own_schemas peer >"$work/peer-schemas" || {
    why="the peer does not answer: $(db_words)"
    return 1
  }
  own_schemas here >"$work/here-schemas" || return 1
  {
    say 'STOP SLAVE; RESET SLAVE ALL; RESET MASTER; SET SESSION sql_log_bin = 0;'
    while read -r copy_schema; do
      # shellcheck disable=SC2016
      printf 'DROP DATABASE `%s`;\n' "$copy_schema"
    done <"$work/here-schemas"
  } | db here >/dev/null || {
    why="cannot drop this server's data: $(db_words)"
    return 1
  }
  copy_at=$(position peer) || return 1
  # Accounts that are here stay as they are: this agent's may be one of them.
  copy_in accounts --system=users --insert-ignore || return 1
  if [ -s "$work/peer-schemas" ]; then
    # shellcheck disable=SC2046
    copy_in data --single-transaction --master-data=1 --gtid --routines --triggers --events \
      --databases $(cat "$work/peer-schemas") || return 1
    copy_at=$(db_ask here 'SELECT @@global.gtid_slave_pos;') || return 1
  fi
  set_position "$copy_at" || return 1
  follow "$copy_at"
}

# copy_in WHAT OPTION...: of a dump of the peer's. One that ends early says so to the one who reads it.
copy_in() {
  copy_what=$1
  shift
  {
    say 'SET SESSION sql_log_bin = 0;'
    db_program mariadb-dump peer "$@" 2>"$work/dump-words" ||
      say "SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'the dump has ended early';"
  } | db here >/dev/null || {
    why="cannot copy the peer's $copy_what: $(db_words) $(head -n 1 "$work/dump-words")"
    return 1
  }
}
