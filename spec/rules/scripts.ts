import { instanceRule } from "./rule";

/** Without script_user keepalived runs scripts as keepalived_script, or as root where that user does not exist. */
export const scriptWithoutUser = instanceRule(
  {
    id: "script-without-user",
    severity: "error",
    doc: "Where there are track scripts, scriptUser says who runs them; keepalived's own choice depends on which users the host happens to have.",
    fix: "set scriptUser: 'root', or a user that can run the scripts",
  },
  ["trackScripts"],
  ({ instance, scriptUser }) =>
    instance.trackScripts.length > 0 && scriptUser === undefined
      ? [{ property: "scriptUser", value: "(missing)", allowed: "the name of a user" }]
      : [],
);
