import type { FakeHost } from "./fake-host";

/**
 * Stands for MariaDB's client: notes each statement as `here: ...` or `peer: ...` in $FAKE/sql, and answers by what lies in
 * $FAKE: ro-AT, replica-AT, pos-AT, state-AT, empty-AT, logs-here, events-here-LOG; down-AT: that server does not answer,
 * slow-AT: it runs and says nothing in time.
 */
const CLIENT = `
at=peer
for arg; do
  echo "$arg" >>"$FAKE/arguments"
  case $arg in --host=localhost) at=here ;; esac
done
text=$(cat)
[ ! -e "$FAKE/slow-$at" ] || { echo "ERROR 2013 (HY000): Lost connection to server at 'handshake'" >&2; exit 1; }
[ ! -e "$FAKE/down-$at" ] || { echo "ERROR 2002 (HY000): Can't connect" >&2; exit 1; }
printf '%s: %s\\n' "$at" "$(printf %s "$text" | tr '\\n' ' ' | tr -s ' ')" >>"$FAKE/sql"
[ ! -e "$FAKE/refuses" ] || case $text in *"$(cat "$FAKE/refuses")"*) echo "ERROR 1064 (42000) at line 1: no" >&2; exit 1 ;; esac
case $text in
"SELECT 1;") echo 1 ;;
*"SHOW SLAVE STATUS"*)
  cat "$FAKE/replica-$at" 2>/dev/null
  echo " Tuned: $(cat "$FAKE/ro-$at") 0 0" ;;
*"SET GLOBAL read_only = 1;"*) echo 1 >"$FAKE/ro-$at"; echo 77 ;;
*"SET GLOBAL read_only = 0;"*) echo 0 >"$FAKE/ro-$at"; rm -f "$FAKE/replica-$at" ;;
*"@@global.read_only + 0;"*) cat "$FAKE/ro-$at" ;;
"STOP SLAVE IO_THREAD;") sed -i 's/Slave_IO_Running: .*/Slave_IO_Running: No/' "$FAKE/replica-$at" ;;
"START SLAVE SQL_THREAD;")
  # As MariaDB: where neither runs and GTID says from where, it receives anew.
  ! grep -q 'Slave_IO_Running: No' "$FAKE/replica-$at" || grep -q by-place "$FAKE/replica-$at" || echo lost >>"$FAKE/sql"
  sed -i 's/Slave_SQL_Running: .*/Slave_SQL_Running: Yes/' "$FAKE/replica-$at" ;;
*"MASTER_USE_GTID = no"*) echo " Place: by-place" >>"$FAKE/replica-$at" ;;
*"CHANGE MASTER"*) cp "$FAKE/joined" "$FAKE/replica-here" ;;
*"RESET MASTER"*) [ ! -e "$FAKE/rewound" ] || cp "$FAKE/rewound" "$FAKE/pos-here" ;;
*"gtid_binlog_pos, '|'"*) pos=$(cat "$FAKE/pos-$at"); echo "$pos|$pos" ;;
*gtid_binlog_state,*) printf '%s\\t%s\\n' "$(cat "$FAKE/state-$at")" "$(cat "$FAKE/pos-$at")" ;;
*"gtid_binlog_pos, @@"*) cat "$FAKE/domains" 2>/dev/null || echo ;;
*MASTER_GTID_WAIT*) cat "$FAKE/waited" 2>/dev/null || echo 0 ;;
*PROCESSLIST*) cat "$FAKE/processes" 2>/dev/null || true ;;
"SHOW BINARY LOGS;") cat "$FAKE/logs-$at" ;;
"SHOW BINLOG EVENTS"*) log=\${text#*\\'}; cat "$FAKE/events-$at-\${log%%\\'*}" ;;
*EXISTS*) cat "$FAKE/empty-$at" ;;
*log_bin_basename*) echo /var/lib/mysql/log ;;
*"log_bin is off"*) grep -q "restart mariadb" "$FAKE/calls" 2>/dev/null || cat "$FAKE/restart" 2>/dev/null || true ;;
*"VERSION()"*) cat "$FAKE/version" ;;
*"CURRENT_USER()"*) echo "'root'@'localhost'" ;;
*USER_PRIVILEGES*) cat "$FAKE/privileges" ;;
*SCHEMATA*) echo shop ;;
esac`;

const BINLOG = `
echo "mariadb-binlog $*" >>"$FAKE/sql"
[ ! -e "$FAKE/no-binlog" ] || { echo "mariadb-binlog: no" >&2; exit 1; }
echo "rows of $*"`;

/** Status of a replica. */
export function replica(changes: Record<string, string> = {}): string {
  const status = {
    Master_Host: "10.0.0.2",
    Master_Port: "3306",
    Slave_IO_Running: "Yes",
    Slave_SQL_Running: "Yes",
    Last_IO_Errno: "0",
    Last_IO_Error: "",
    Last_SQL_Errno: "0",
    Last_SQL_Error: "",
    Gtid_IO_Pos: "0-11-5",
    Slave_SQL_Running_State: "Slave has read all relay log; waiting for more updates",
    ...changes,
  };
  return Object.entries(status)
    .map(([key, value]) => ` ${key}: ${value}\n`)
    .join("");
}

/** Rows of SHOW BINLOG EVENTS: the log begins after `list`; `ddl` marks a transaction that is not of rows. */
export function events(list: string, ...gtids: string[]): string {
  const rows = gtids.flatMap((text, i) => {
    const [gtid = "", kind] = text.split(" ");
    const at = 1000 + i * 100;
    return kind === "ddl"
      ? [`log\t${at}\tGtid\t1\t0\tGTID ${gtid}`, `log\t${at}\tQuery\t1\t0\tDROP TABLE t`]
      : [`log\t${at}\tGtid\t1\t0\tBEGIN GTID ${gtid}`, `log\t${at}\tXid\t1\t0\tCOMMIT`];
  });
  return [`log\t4\tGtid_list\t1\t0\t[${list}]`, ...rows, ""].join("\n");
}

/** Both servers, at 0-11-5, nothing replicated; all of it can be changed with host.state. */
export function bringMariadb(host: FakeHost): void {
  host.program("mariadb", CLIENT);
  host.program("mariadb-binlog", BINLOG);
  host.program("mariadb-dump", 'echo "mariadb-dump $*" >>"$FAKE/sql"; echo "-- dump"');
  host.program("my_print_defaults", `printf '%s\\n' "--user=vrrp" "--password=it's a \\\\secret"`);
  host.program("logger", ":");
  // Whoever waits for long waits a few times only.
  host.program(
    "sleep",
    `awk '{ printf "%.2f 0\\n", $1 + 5 }' "$VRRP_ROOT/proc/uptime" >"$FAKE/up" && cp "$FAKE/up" "$VRRP_ROOT/proc/uptime"`,
  );
  for (const at of ["here", "peer"]) {
    host.state(`ro-${at}`, "1\n");
    host.state(`pos-${at}`, "0-11-5\n");
    host.state(`empty-${at}`, "1\n");
    host.state(`state-${at}`, "0-11-5\n");
  }
  host.state("logs-here", "log.1\t100\n");
  host.state("events-here-log.1", events("", "0-11-4", "0-11-5"));
  host.state("joined", replica());
  host.state("version", "10.11.6-MariaDB\n");
  host.write("/etc/mysql/vrrp.cnf", "[client]\n", 0o600);
  host.write("/etc/mysql/mariadb.conf.d/50-server.cnf", "");
}
