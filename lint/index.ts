export { FIXABLE, fixFiles } from "./fix";
export { confsOf, hostsOf, isKeepalivedConf, LintHost, named } from "./hosts";
export { CONF_RULES, lint, lintHosts } from "./lint";
export * from "./model";
export { NOTES } from "./notes";
export { sarifLog } from "./sarif";
export { lintText } from "./text";
