export { catalogue, catalogueText, listed, ListedRule } from "./catalogue";
export { FIXABLE, fixFiles } from "./fix";
export { hostsOf, LintHost, named } from "./hosts";
export { CONF_RULES, lint, lintHosts, trace, Traced } from "./lint";
export * from "./model";
export { NOTES } from "./notes";
export { isBlank, isKeepalivedConf, isProgram } from "./recognise";
export { sarifLog } from "./sarif";
export { lintText } from "./text";
