/** The CLI that is downloaded or built, as in go.mod. */
export const PULUMI_VERSION = "3.250.0";

/** The command plugin, the same as @pulumi/command in package.json. */
export const COMMAND_VERSION = "1.2.1";
