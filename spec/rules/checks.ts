import { InstanceConfig } from "../model";
import { programOf, stoppedBy, testedBy, textOf } from "./commands";
import { hostRule } from "./facts";
import { factRule, instanceRule } from "./rule";

/** The daemon that runs the check ends itself: nobody starts it again when the service is back. */
export const scriptStopsKeepalived = instanceRule(
  {
    id: "script-stops-keepalived",
    severity: "error",
    doc: "A check says by its exit status whether the node may hold the addresses; one that stops keepalived takes the node out for good, and the next failure leaves nobody.",
    fix: "let the check exit with 1 instead of stopping keepalived",
  },
  ["trackScripts"],
  ({ instance, programs }) =>
    instance.trackScripts.flatMap(({ script, tests = script }, i) =>
      stoppedBy(textOf(tests, programs)).includes("keepalived")
        ? [
            {
              property: `trackScripts[${i}].script`,
              value: programOf(tests),
              allowed: "a program that leaves keepalived alone",
            },
          ]
        : [],
    ),
);

const HOOKS = ["notifyBackup", "notifyFault"] as const;

/** What a backup stops, its own check finds missing. */
export const checkLoop = instanceRule(
  {
    id: "check-loop",
    severity: "error",
    doc: "What a check tests runs on the backup, too; where a hook stops it there, the check fails on every backup and nobody can take over.",
    fix: "leave the service running on the backup, or check something that does not depend on the role",
  },
  ["trackScripts", "trackProcesses", ...HOOKS],
  ({ instance, programs }) => {
    const tested = [
      ...instance.trackScripts.flatMap(({ name, script, tests = script }) =>
        testedBy(textOf(tests, programs)).map((what) => ({ what, name })),
      ),
      ...instance.trackProcesses.map(({ name, process }) => ({ what: process.replace(/^.*\//, ""), name })),
    ];
    return HOOKS.flatMap((property) =>
      stoppedBy(textOf(instance[property] ?? "", programs)).flatMap((stopped) => {
        const check = tested.find(({ what }) => what === stopped);
        return check === undefined
          ? []
          : [
              {
                property,
                value: programOf(instance[property]!),
                allowed: `a program that does not stop ${stopped}, which the check ${check.name} tests`,
              },
            ];
      }),
    );
  },
);

type Weighted = Pick<InstanceConfig, "trackScripts" | "trackProcesses">;

function weightSum(instance: Weighted, sign: 1 | -1): number {
  return [...instance.trackScripts, ...instance.trackProcesses]
    .map(({ weight }) => weight)
    .filter((weight) => weight * sign > 0)
    .reduce((sum, weight) => sum + weight, 0);
}

/** Past the bounds weights stop counting, and nodes of different priority become equal. */
export const weightClamped = instanceRule(
  {
    id: "weight-clamped",
    severity: "warning",
    doc: "The priority with all weights added stays from 1 to 254; keepalived clamps it there, so that nodes that all fail, or all pass, become equal.",
    fix: "choose weights that keep the sum from 1 to 254, a little larger than the gap of the priorities is enough; or bring the priorities closer together",
  },
  ["priority", "trackScripts", "trackProcesses"],
  ({ instance }) => {
    if (instance.priority === 255) {
      return [];
    }
    const lowest = instance.priority + weightSum(instance, -1);
    const highest = instance.priority + weightSum(instance, 1);
    const found = (sum: number, bound: string) => [
      { property: "priority", value: `${instance.priority}, ${sum} with its weights`, allowed: bound },
    ];
    return [
      ...(lowest < 1 ? found(lowest, "at least 1 with all checks failing") : []),
      ...(highest > 254 ? found(highest, "at most 254 with all checks passing") : []),
    ];
  },
);

/** The address owner's priority does not change. */
export const weightOfOwner = factRule(
  {
    id: "weight-of-owner",
    severity: "error",
    doc: "Checks of an instance with priority 255 have weight 0; keepalived drops those with a weight, and nothing fails over on them.",
    fix: "set a priority of at most 254, or the weight to 0",
  },
  ["priority", "trackScripts"],
  [],
  ({ instance }) =>
    instance.priority === 255
      ? instance.trackScripts.flatMap(({ weight }, i) =>
          weight === 0
            ? []
            : [
                {
                  property: `trackScripts[${i}].weight`,
                  value: `${weight}`,
                  allowed: "0, because the priority is 255",
                },
              ],
        )
      : [],
);

/** keepalived reads one word there. */
export const scriptArgumentsUnquoted = hostRule(
  {
    id: "script-arguments-unquoted",
    severity: "error",
    doc: "The command of a vrrp_script stands in quotes with its arguments; keepalived runs the first word and drops the others.",
    fix: 'write the whole command in double quotes: script "COMMAND ARGUMENTS"',
  },
  ["scripts"],
  ({ scripts }) =>
    scripts.flatMap(({ words }, i) =>
      words.length > 1
        ? [
            {
              property: `scripts[${i}].script`,
              value: `${words[0]!.text} ...`,
              allowed: "one word, or one text in quotes",
            },
          ]
        : [],
    ),
);

/** Only what an instance or its sync group tracks is run. */
export const scriptUntracked = hostRule(
  {
    id: "script-untracked",
    severity: "warning",
    doc: "A vrrp_script is named in the track_script of an instance or of its sync group; one that is not is never run.",
    fix: "name it in track_script, or remove it",
  },
  ["scripts"],
  ({ scripts }) =>
    scripts.flatMap(({ name, isTracked }, i) =>
      isTracked
        ? []
        : [
            {
              property: `scripts[${i}]`,
              value: name,
              allowed: "the name of a check that an instance tracks",
            },
          ],
    ),
);

/** The next run is left out while one is under way. */
export const scriptTimeout = hostRule(
  {
    id: "script-timeout",
    severity: "warning",
    doc: "The timeout of a check is at most its interval; while a run hangs the next ones are left out, and a failure is seen later than interval and fall say.",
    fix: "lower the timeout, or remove it: the default is the interval",
  },
  ["scripts"],
  ({ scripts }) =>
    scripts.flatMap(({ interval, timeout }, i) =>
      timeout > interval
        ? [
            {
              property: `scripts[${i}].timeout`,
              value: `${timeout} s`,
              allowed: `at most the interval of ${interval} s`,
            },
          ]
        : [],
    ),
);

/** A user's directory, which is the user's. */
const OF_A_USER = /^\/home\/[^/]+\//;

/** Whoever can write there decides what root runs, so keepalived does not run it. */
export const scriptInsecurePath = hostRule(
  {
    id: "script-insecure-path",
    severity: "error",
    doc: "With enable_script_security only root can write where root's scripts are; keepalived disables a script below a directory of somebody else's, as below /home.",
    fix: "move the script to a directory of root's, as /usr/local/libexec",
  },
  ["scripts", "scriptSecurity", "scriptUser"],
  ({ scripts, scriptSecurity, scriptUser }) =>
    scripts.flatMap(({ words, user }, i) => {
      const command = words[0]?.text ?? "";
      return scriptSecurity && (user ?? scriptUser ?? "root") === "root" && OF_A_USER.test(command)
        ? [{ property: `scripts[${i}].script`, value: command, allowed: "a path of root's" }]
        : [];
    }),
);
