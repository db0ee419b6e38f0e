import type { Cause } from "../../causes";
import type { Rule } from "../rule";

const WRITES: readonly Cause[] = [
  "state-file-stale",
  "role-stuck",
  "notify-failing",
  "check-broken",
  "conf-drift",
];

/** What the host has beside the daemon. */
export const SYSTEM_RULES: readonly Rule[] = [
  {
    id: "state-dir-full",
    cause: "state-dir",
    confidence: "certain",
    when: ["directory $path full $...words"],
    says: ["there is no room in $path: $words"],
    explains: WRITES,
    fix: {
      repair: "human",
      summary: "make room on the file system of $path on $node",
      commands: ["df -h $path", "df -i $path"],
    },
  },
  {
    id: "state-dir-read-only",
    cause: "state-dir",
    confidence: "certain",
    when: ["directory $path unwritable $...words:~Read-only"],
    says: ["$path cannot be written: $words"],
    explains: WRITES,
    fix: {
      repair: "human",
      summary: "see why the file system of $path on $node is read-only, and have it written to again",
      commands: ["findmnt --target $path", "dmesg | tail"],
    },
  },
  {
    id: "state-dir",
    cause: "state-dir",
    confidence: "certain",
    when: ["directory $path $is:missing|unwritable $...words:!~Read-only"],
    says: ["$path is $is: $words"],
    explains: WRITES,
    fix: {
      repair: "automatic",
      summary: "make the agent's directories as they must be",
      action: ["state-dir"],
    },
  },
  {
    id: "selinux-denied",
    cause: "selinux-denied",
    confidence: "certain",
    when: ["denied $permissions $class $command $name $source $target"],
    unless: ["selinux permissive"],
    says: ["SELinux denied $command ($source): $permissions of the $class $name ($target)"],
    explains: [
      "notify-failing",
      "notify-hanging",
      "check-broken",
      "check-failing",
      "state-file-stale",
      "role-stuck",
      "state-dir",
      "daemon-down",
      "daemon-crash-loop",
      "conf-invalid",
    ],
    fix: {
      repair: "human",
      summary:
        "give what was denied on $node the context that the policy asks for, or allow it by a module of your own",
      commands: [
        "ausearch -m AVC -ts recent",
        "restorecon -Rv /usr/lib/vrrp-agent /etc/keepalived",
        "npx pulumi up",
      ],
    },
  },
  {
    id: "ip-forward",
    cause: "ip-forward",
    confidence: "certain",
    when: ["sysctl $key:~forward $is $wanted"],
    says: ["$key is $is, not $wanted"],
    explains: ["check-failing"],
    fix: {
      repair: "automatic",
      summary: "set the kernel's settings as they were applied",
      action: ["sysctl"],
    },
  },
  {
    id: "sysctl",
    cause: "conf-drift",
    confidence: "certain",
    when: ["sysctl $key:!~forward $is $wanted"],
    unless: ["pending"],
    says: ["$key is $is, not $wanted"],
    fix: {
      repair: "spec",
      summary:
        "put what was changed by hand on $node into the spec and apply it, or put back what was applied",
      commands: ["npx pulumi preview --diff --refresh", "vrrp-agent reapply $cluster"],
    },
  },
  {
    id: "witness-lost",
    cause: "witness-lost",
    confidence: "certain",
    when: ["witness $url unreachable $...words"],
    unless: ["witness * reachable ..."],
    says: ["the lease service at $url cannot be reached: $words"],
    explains: ["check-failing"],
    fix: {
      repair: "human",
      summary: "see that the lease service runs, and that $node reaches it",
      commands: ["vrrp-agent status"],
    },
  },
];
