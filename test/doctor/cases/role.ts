import { until } from "../../../lab";
import { ways } from "../case";
import { allOf, heldBy, shows } from "./tools";

const JOB = "/opt/job/job.sh";
const jobAsBefore = `printf '#!/bin/sh\\necho $1 >/run/job\\n' >${JOB}; chmod 755 ${JOB}`;
const drain = "sleep 0.5; vrrp-agent drain gw --force";

/** Its role has been reached, with all that belongs to it. */
const isBackup = (node: string) => shows(node, "vrrp-agent status | grep -q '  role: backup since'");

/** Which node's data all others begin with depends on who was master first. */
const TABLE = "CREATE DATABASE IF NOT EXISTS shop; CREATE TABLE IF NOT EXISTS shop.t (i INT PRIMARY KEY);";

/** A try of its own action `job` has ended without success. */
const hasNotDoneJob = (node: string) =>
  shows(node, "vrrp-agent status | grep 'job (command)' | grep -q -v -e done -e ready");

export const role = [
  ...ways("role-stuck", "role", {
    "an action hangs": {
      nodes: "gw-b",
      repair: "human",
      inject: { "gw-b": `printf '#!/bin/sh\\nsleep 1000\\n' >${JOB}`, "gw-a": drain },
      restore: {
        "gw-b": `${jobAsBefore}; pkill -f '^sleep 1000$'; :`,
        "gw-a": "vrrp-agent undrain gw",
      },
      // Up to its time-out it is at work, for all that anybody can know.
      seen: allOf(heldBy("gw-b"), isBackup("gw-a"), hasNotDoneJob("gw-b")),
    },
    "the loop of the role was stopped before the address moved": {
      nodes: "gw-b",
      repair: "automatic",
      inject: { "gw-b": "systemctl stop vrrp-role-gw", "gw-a": drain },
      restore: { "gw-b": "systemctl start vrrp-role-gw", "gw-a": "vrrp-agent undrain gw" },
      // gw-a's database has nobody to follow yet.
      seen: heldBy("gw-b"),
    },
    "somebody has stopped the service on the master": {
      nodes: "gw-a",
      repair: "automatic",
      // The loop starts it again within 30 s: right after it has done so there is time to look.
      inject: {
        "gw-a": `systemctl stop nginx
          until grep -q '"name":"web","state":"done"' /var/log/vrrp-agent/events.jsonl; do sleep 0.2; done
          systemctl stop nginx`,
      },
      restore: { "gw-a": "systemctl start nginx" },
    },
  }),
  ...ways("notify-failing", "role", {
    "an action ends with an error": {
      nodes: "gw-b",
      accepts: ["role-stuck"],
      repair: "human",
      inject: {
        "gw-b": `printf '#!/bin/sh\\necho no space >&2\\nexit 3\\n' >${JOB}`,
        "gw-a": drain,
      },
      restore: { "gw-b": jobAsBefore, "gw-a": "vrrp-agent undrain gw" },
      seen: hasNotDoneJob("gw-b"),
    },
  }),
  ...ways("replication-broken", "role", {
    "the replica was stopped": {
      nodes: "gw-b",
      repair: "human",
      inject: { "gw-b": "systemctl stop vrrp-role-gw; mariadb -e 'STOP SLAVE'" },
      restore: { "gw-b": "mariadb -e 'START SLAVE'; systemctl start vrrp-role-gw" },
    },
    "a row is in its way": {
      nodes: "gw-b",
      repair: "human",
      inject: async (world) => {
        await world.host("gw-a").exec(["mariadb"], { stdin: TABLE });
        await until("the table is on gw-b", 20_000, () =>
          shows("gw-b", "mariadb -e 'DESCRIBE shop.t'")(world),
        );
        const local = "SET SESSION sql_log_bin = 0; INSERT INTO shop.t VALUES (5000);";
        await world.host("gw-b").exec(["mariadb"], { stdin: local });
        await world.host("gw-a").exec(["mariadb"], { stdin: "INSERT INTO shop.t VALUES (5000);" });
      },
      restore: async (world) => {
        const local = "SET SESSION sql_log_bin = 0; DELETE FROM shop.t WHERE i = 5000;";
        await world.host("gw-b").exec(["mariadb"], { stdin: `${local} START SLAVE SQL_THREAD;` });
        await world.host("gw-a").exec(["mariadb"], { stdin: "DELETE FROM shop.t WHERE i = 5000;" });
      },
      seen: shows("gw-b", "mariadb -E -e 'SHOW SLAVE STATUS' | grep -q 'Last_SQL_Errno: 1062'"),
    },
  }),
  ...ways("witness-lost", "witness", {
    "its service does not run": {
      nodes: [],
      repair: "human",
      inject: { third: "systemctl stop etcd" },
      restore: { third: "systemctl start etcd" },
    },
    "one node is kept from it": {
      nodes: "gw-b",
      repair: "human",
      inject: {
        third:
          "nft 'table inet site { chain input { type filter hook input priority filter; ip saddr 10.20.30.12 tcp dport 2379 drop; }; }'",
      },
      restore: { third: "nft delete table inet site" },
    },
  }),
];
