import { InstanceConfig } from "../model";
import { isKnown } from "../unknown";
import { hostRule } from "./facts";
import { instanceRule } from "./rule";

const PROGRAMS = ["notifyMaster", "notifyBackup", "notifyFault"] as const;

/** Whether keepalived runs programs of the user's for an instance. */
export function runsScripts(
  instance: Pick<InstanceConfig, "trackScripts" | (typeof PROGRAMS)[number]>,
): boolean {
  return instance.trackScripts.length > 0 || PROGRAMS.some((program) => instance[program] !== undefined);
}

/** Without script_user keepalived runs scripts as keepalived_script, or as root where that user does not exist. */
export const scriptWithoutUser = instanceRule(
  {
    id: "script-without-user",
    severity: "error",
    doc: "Where there are track scripts or notify programs, scriptUser says who runs them; keepalived's own choice depends on which users the host happens to have.",
    fix: "set scriptUser: 'root', or a user that can run the scripts",
    foreign: {
      severity: "warning",
      doc: "Where keepalived runs scripts, script_user says as whom; without it that is keepalived_script, or root where the host has no such user.",
      fix: "state script_user, and enable_script_security, in global_defs",
    },
  },
  ["trackScripts", ...PROGRAMS],
  ({ instance, scriptUser }) =>
    runsScripts(instance) && scriptUser === undefined
      ? [{ property: "scriptUser", value: "(missing)", allowed: "the name of a user" }]
      : [],
);

/** keepalived runs them all the same; its config test ends with code 6. */
export const scriptSecurityMissing = hostRule(
  {
    id: "script-security-missing",
    severity: "warning",
    doc: "Where keepalived runs scripts, enable_script_security is stated; it keeps root from running what others can change, and without it keepalived's config test fails with SECURITY VIOLATION.",
    fix: "state enable_script_security in global_defs",
  },
  ["scriptUser", "scriptSecurity", "scripts"],
  ({ scriptUser, scriptSecurity, scripts, instances }) => {
    const runsAny =
      scripts.some(({ isTracked }) => isTracked) ||
      instances.some(({ facts }) => isKnown(facts?.notifies) && (facts?.notifies ?? []).length > 0);
    // Without a user, too, one finding for both says it.
    return runsAny && !scriptSecurity && scriptUser !== undefined
      ? [
          {
            property: "scriptUser",
            value: `${scriptUser}, without enable_script_security`,
            allowed: "script_user with enable_script_security",
          },
        ]
      : [];
  },
);
