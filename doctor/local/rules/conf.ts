import type { Cause } from "../../causes";
import type { Rule } from "../rule";

/** What only a wrong word in the configuration makes. */
const WORDS: readonly Cause[] = [
  "conf-vrid",
  "conf-version",
  "conf-auth",
  "conf-advert-int",
  "conf-vip-list",
  "conf-unicast-src",
  "conf-unicast-peer",
  "conf-priority",
];

const ERRORS = ["conf-error $...words", "keepalived -t: $words"] as const;

/** Whether the daemon can take its files, has taken them, and whether they are those that were applied. */
export const CONF_RULES: readonly Rule[] = [
  {
    id: "conf-invalid-changed",
    cause: "conf-invalid",
    confidence: "certain",
    when: ["conf-test failed", "file $path:~keepalived $how:!same"],
    says: ["keepalived -t refuses the configuration", "$path is not what was applied: $how"],
    also: [ERRORS],
    ruledOut: [{ cause: "daemon-crash-loop", because: "no keepalived can run with this configuration" }],
    explains: ["conf-drift", "conf-not-loaded", "daemon-down", "daemon-crash-loop", ...WORDS],
    fix: {
      repair: "automatic",
      summary: "put back what was applied; what is there now is kept beside the agent's state",
      action: ["reapply"],
    },
  },
  {
    id: "conf-invalid-applied",
    cause: "conf-invalid",
    confidence: "certain",
    when: ["conf-test failed"],
    unless: [
      "file ~keepalived !same",
      "script * * insecure ...",
      "script * * missing ...",
      "script * * not-executable ...",
    ],
    says: ["keepalived -t refuses the configuration, which is what was applied"],
    also: [ERRORS],
    ruledOut: [{ cause: "conf-drift", because: "the files are those that were applied" }],
    explains: ["daemon-down", "daemon-crash-loop"],
    fix: {
      repair: "spec",
      summary:
        "change in the spec what the keepalived of $node refuses, or install the keepalived with which it was applied",
      commands: ["keepalived -t", "npx pulumi up"],
    },
  },
  {
    id: "conf-not-loaded-same",
    cause: "conf-not-loaded",
    confidence: "certain",
    when: ["differs $instance $key $file $loaded"],
    unless: ["file ~/keepalived/ !same", "conf-test failed"],
    says: ["$instance: keepalived runs with $key $loaded, its file says $file"],
    ruledOut: [{ cause: "conf-drift", because: "the file is what was applied" }],
    explains: WORDS,
    fix: { repair: "automatic", summary: "have keepalived read its file", action: ["reload"] },
  },
  {
    id: "conf-not-loaded-changed",
    cause: "conf-not-loaded",
    confidence: "certain",
    when: ["differs $instance $key $file $loaded", "file $path:~/keepalived/ $how:!same"],
    says: [
      "$instance: keepalived runs with $key $loaded, its file says $file",
      "$path is not what was applied: $how",
    ],
    explains: ["conf-drift", ...WORDS],
    fix: {
      repair: "spec",
      summary:
        "somebody changed the file and the daemon has not read it: put the change into the spec and apply it, or put back what was applied",
      commands: ["npx pulumi preview --diff --refresh", "vrrp-agent reapply $cluster"],
    },
  },
  {
    id: "conf-drift",
    cause: "conf-drift",
    confidence: "certain",
    when: ["file $path $how:!same"],
    unless: ["pending"],
    says: ["$path is not what was applied: $how"],
    fix: {
      repair: "spec",
      summary:
        "put what was changed by hand on $node into the spec and apply it, or put back what was applied",
      commands: ["npx pulumi preview --diff --refresh", "vrrp-agent reapply $cluster"],
    },
  },
];
