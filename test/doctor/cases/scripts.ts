import { type Strike, ways } from "../case";
import { logged, older } from "./tools";

const NOTIFY = "/opt/notify/notify.sh";
const restart = "systemctl restart keepalived";
const began = "sleep 1.5";

/** The program as it was, and keepalived knows it again. */
const asBefore = (...nodes: string[]): Strike =>
  Object.fromEntries(
    nodes.map((node) => [
      node,
      `chmod go-w /opt /opt/notify; chown root:root /opt /opt/notify
       umount ${NOTIFY} 2>/dev/null; rm -rf ${NOTIFY} /run/never
       printf '#!/bin/sh\\necho "$(date +%%s) $1" >>/var/log/notify.log\\n' >${NOTIFY}; chmod 755 ${NOTIFY}; rm -f ${NOTIFY}.*
       ${restart}`,
    ]),
  );

const written = (text: string) => `printf '%s\\n' ${text} >${NOTIFY}; ${restart}; ${began}`;

export const scripts = [
  ...ways("notify-missing", "basic", {
    "it was removed": {
      nodes: "gw-b",
      repair: "human",
      inject: { "gw-b": `rm ${NOTIFY}; ${restart}` },
      restore: asBefore("gw-b"),
      seen: logged("gw-b", "notify.sh cannot be accessed"),
    },
    "a link that leads nowhere, and keepalived has not looked yet": {
      nodes: "gw-a",
      repair: "human",
      inject: { "gw-a": `rm ${NOTIFY}; ln -s /opt/releases/7/notify.sh ${NOTIFY}` },
      restore: asBefore("gw-a"),
    },
  }),
  ...ways("notify-not-executable", "basic", {
    "chmod -x, and keepalived was restarted": {
      nodes: "gw-b",
      repair: "automatic",
      inject: { "gw-b": `chmod -x ${NOTIFY}; ${restart}` },
      restore: asBefore("gw-b"),
      seen: logged("gw-b", "is not executable"),
    },
    "an editor has written it anew without the bit": {
      nodes: "gw-a",
      repair: "automatic",
      inject: { "gw-a": `(umask 077; cat ${NOTIFY} >${NOTIFY}.new); mv ${NOTIFY}.new ${NOTIFY}` },
      restore: asBefore("gw-a"),
    },
  }),
  ...ways("notify-insecure-path", "basic", {
    "everybody may write its directory": {
      nodes: "gw-b",
      repair: "automatic",
      inject: { "gw-b": `chmod o+w /opt/notify; ${restart}` },
      restore: asBefore("gw-b"),
      seen: logged("gw-b", "Unsafe permissions found"),
    },
    "everybody may write the program itself, and the next restart will find it": {
      nodes: "gw-a",
      repair: "automatic",
      inject: { "gw-a": `chmod o+w ${NOTIFY}` },
      restore: asBefore("gw-a"),
    },
    "a group may write the directory above, and the next restart will find it": {
      nodes: "gw-a",
      // Somebody has chosen the group.
      repair: "human",
      inject: { "gw-a": "chgrp staff /opt && chmod g+w /opt" },
      restore: asBefore("gw-a"),
    },
  }),
  ...ways("notify-failing", "basic", {
    "its interpreter is not there": {
      nodes: "gw-b",
      repair: "human",
      inject: { "gw-b": written("'#!/usr/local/bin/python9' 'print(1)'") },
      restore: asBefore("gw-b"),
    },
    "it is no valid script": {
      nodes: "gw-b",
      repair: "human",
      inject: { "gw-b": written("'#!/bin/sh' 'if true; then' '  echo $1'") },
      restore: asBefore("gw-b"),
    },
  }),
  ...ways("notify-hanging", "basic", {
    "it sleeps": {
      nodes: "gw-b",
      repair: "human",
      inject: { "gw-b": written("'#!/bin/sh' 'sleep 1000'") },
      restore: asBefore("gw-b"),
      seen: older("gw-b", "[n]otify.sh backup", 32),
    },
    "it waits for what nobody writes": {
      nodes: "gw-a",
      repair: "human",
      inject: { "gw-a": `mkfifo /run/never; ${written("'#!/bin/sh' 'read -r word </run/never'")}` },
      restore: asBefore("gw-a"),
      seen: older("gw-a", "[n]otify.sh master", 32),
    },
  }),
  ...ways("state-file-stale", "basic", {
    "it was written by hand": {
      nodes: "gw-b",
      repair: "automatic",
      inject: { "gw-b": "sed -i 's/^state .*/state MASTER/' /run/vrrp-agent/gw/gw.state" },
      restore: { "gw-b": restart },
    },
    "who writes it has been stopped since before the change": {
      nodes: "gw-a",
      repair: "automatic",
      inject: {
        "gw-a":
          "pkill -STOP -f '[v]rrp-agent notify /run'; vrrp-agent drain gw >/dev/null 2>&1 || :; sed -i 's/^state .*/state MASTER/; s/^heartbeat .*/heartbeat 1/' /run/vrrp-agent/gw/gw.state",
      },
      restore: {
        "gw-a": `pkill -KILL -f '[v]rrp-agent notify /run'; rm -f /var/lib/vrrp-agent/gw/drain; ${restart}`,
      },
      seen: older("gw-a", "/usr/sbin/[k]eepalived", 62),
    },
    // The next run of a check makes it again.
    "the agent's directory under /run was removed": {
      nodes: "gw-b",
      repair: "automatic",
      inject: { "gw-b": "rm -rf /run/vrrp-agent" },
      restore: { "gw-b": restart },
      seen: older("gw-b", "/usr/sbin/[k]eepalived", 62),
    },
  }),
];
