import { InstanceConfig } from "../model";
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
