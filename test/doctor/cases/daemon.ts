import { both, type Strike, ways } from "../case";
import {
  applied,
  asApplied,
  checkIs,
  CONF,
  heldBy,
  inOverride,
  KILL,
  shows,
  table,
  unapplied,
  untable,
} from "./tools";

const start: Strike = {
  "gw-b":
    "systemctl reset-failed keepalived; systemctl unmask --quiet keepalived; systemctl start keepalived",
};

const PROBE = "/opt/probe/probe.sh";
const probeAsBefore = (...nodes: string[]): Strike =>
  Object.fromEntries(
    nodes.map((node) => [
      node,
      `printf '#!/bin/sh\\ntest -d /srv\\n' >${PROBE}; chmod 755 ${PROBE}; rm -f ${PROBE}.*`,
    ]),
  );

const notPassing = (node: string, check: string) =>
  shows(node, `! vrrp-agent status | grep -q 'check ${check} ([a-z]*): passing'`);

/** nginx as a script that keepalived itself runs, into both files, as if it had been applied so. */
const asksNginx =
  's/^vrrp_instance/vrrp_script nginx {\\n    script "\\/usr\\/bin\\/pgrep nginx"\\n    interval 2\\n    fall 1\\n    rise 1\\n}\\n\\n&/; s/^    track_file {/    track_script {\\n        nginx\\n    }\\n&/';

/** The same of web, which notify_backup stops. */
const stopsWeb =
  's/^vrrp_instance/vrrp_script serves {\\n    script "\\/usr\\/bin\\/systemctl is-active --quiet web"\\n    interval 2\\n    fall 1\\n    rise 1\\n}\\n\\n&/; s/^    track_script {/&\\n        serves/; s/^    notify_backup .*/    notify_backup "\\/usr\\/bin\\/systemctl stop web"/';

export const daemon = [
  ...ways("check-failing", "basic", {
    "the service of the holder was stopped": {
      nodes: "gw-a",
      repair: "human",
      inject: { "gw-a": "systemctl stop web" },
      restore: { "gw-a": "systemctl start web" },
      seen: heldBy("gw-b"),
    },
    "the service of the backup was killed": {
      nodes: "gw-b",
      repair: "human",
      inject: { "gw-b": "systemctl kill -s KILL web" },
      restore: { "gw-b": "systemctl restart web" },
      seen: checkIs("gw-b", "web", "failing"),
    },
    "what the operator's own check tests is gone": {
      nodes: "gw-b",
      repair: "human",
      inject: { "gw-b": "mv /srv /srv.away" },
      restore: { "gw-b": "mv /srv.away /srv; systemctl restart web" },
      seen: notPassing("gw-b", "probe"),
    },
  }),
  ...ways("check-broken", "basic", {
    "its program is not executable": {
      nodes: "gw-b",
      repair: "automatic",
      inject: { "gw-b": `chmod -x ${PROBE}` },
      restore: probeAsBefore("gw-b"),
      seen: notPassing("gw-b", "probe"),
    },
    "its program has another name": {
      nodes: "gw-b",
      repair: "human",
      inject: { "gw-b": `mv ${PROBE} ${PROBE}.old` },
      restore: probeAsBefore("gw-b"),
      seen: notPassing("gw-b", "probe"),
    },
    "its program does not end in time": {
      nodes: "gw-a",
      repair: "human",
      inject: { "gw-a": `printf '#!/bin/sh\\nsleep 60\\n' >${PROBE}` },
      restore: probeAsBefore("gw-a"),
      seen: heldBy("gw-b"),
    },
    "a rule of a firewall keeps the check from a service that is well": {
      nodes: "gw-b",
      repair: "human",
      accepts: ["check-failing"],
      inject: { "gw-b": table("output", 'oifname "lo" tcp dport 8081 drop') },
      restore: untable("gw-b"),
      seen: notPassing("gw-b", "web"),
    },
  }),
  ...ways("check-loop", "basic", {
    "notify_backup stops what a script of keepalived's asks": {
      nodes: ["gw-a", "gw-b"],
      repair: "spec",
      inject: applied("gw-b", stopsWeb),
      restore: both({ "gw-b": "systemctl start web" }, unapplied("gw-b")),
      seen: shows("gw-b", "journalctl -o cat -t Keepalived_vrrp | grep -q -i 'script.*serves.* failed'"),
    },
    "a role's action stops on a backup what keepalived asks": {
      nodes: ["gw-a", "gw-b"],
      world: "role",
      repair: "spec",
      inject: both(
        ...["gw-b", "gw-a"].map((node) => ({
          [node]: `cp -p ${CONF} /root/conf.kept; sed -i -e '${asksNginx}' ${CONF}; ${asApplied}; systemctl reload keepalived`,
        })),
      ),
      restore: both(
        ...["gw-a", "gw-b"].map((node) => ({
          [node]: `[ ! -e /root/conf.kept ] || { cat /root/conf.kept >${CONF}; ${asApplied}; rm /root/conf.kept; }; systemctl restart keepalived`,
        })),
      ),
      seen: shows("gw-b", "journalctl -o cat -t Keepalived_vrrp | grep -q -i 'script.*nginx.* failed'"),
    },
  }),
  ...ways("daemon-down", "basic", {
    "it was stopped": {
      nodes: "gw-b",
      repair: "automatic",
      inject: { "gw-b": "systemctl stop keepalived" },
      restore: start,
    },
    "the holder's was killed, and nobody starts it again": {
      nodes: "gw-a",
      repair: "automatic",
      inject: { "gw-a": `${inOverride("Restart=no")}; ${KILL}; sleep 1` },
      restore: { "gw-a": inOverride("") },
      seen: heldBy("gw-b"),
    },
    "the unit is masked": {
      nodes: "gw-b",
      // Whoever masks a unit does not want it started.
      repair: "human",
      accepts: ["daemon-not-enabled"],
      inject: { "gw-b": "systemctl stop keepalived; systemctl mask --quiet --runtime keepalived" },
      restore: {
        "gw-b": "systemctl unmask --quiet --runtime keepalived; systemctl start keepalived",
      },
    },
  }),
  ...ways("daemon-not-enabled", "basic", {
    "systemctl disable": {
      nodes: "gw-b",
      repair: "automatic",
      inject: { "gw-b": "systemctl disable --quiet keepalived" },
      restore: { "gw-b": "systemctl enable --quiet keepalived" },
    },
    "the link of the target was removed": {
      nodes: "gw-a",
      repair: "automatic",
      inject: {
        "gw-a": "rm /etc/systemd/system/multi-user.target.wants/keepalived.service; systemctl daemon-reload",
      },
      restore: { "gw-a": "systemctl enable --quiet keepalived" },
    },
  }),
  ...ways("daemon-crash-loop", "basic", {
    "something kills it every few seconds": {
      nodes: "gw-b",
      repair: "human",
      inject: {
        "gw-b": "systemd-run --quiet --unit=killer sh -c 'while sleep 2; do pkill -KILL -x keepalived; done'",
      },
      restore: { "gw-b": "systemctl stop killer; systemctl reset-failed; systemctl start keepalived" },
      seen: shows("gw-b", "[ $(systemctl show -p NRestarts --value keepalived) -ge 3 ]"),
    },
    "what its unit starts before it fails": {
      nodes: "gw-b",
      repair: "human",
      accepts: ["daemon-down"],
      inject: { "gw-b": `${inOverride("ExecStartPre=/bin/false")}; systemctl restart keepalived || :` },
      restore: { "gw-b": inOverride("") },
      seen: shows("gw-b", "[ $(systemctl show -p NRestarts --value keepalived) -ge 3 ]"),
    },
  }),
];
