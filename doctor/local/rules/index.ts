import type { Rule } from "../rule";
import { ADDRESS_RULES } from "./addresses";
import { ALONE_RULES } from "./alone";
import { CONF_RULES, WORD_RULES } from "./conf";
import { DAEMON_RULES } from "./daemon";
import { FIREWALL_RULES } from "./firewall";
import { FOREIGN_RULES } from "./foreign";
import { CHECK_RULES, NOTIFY_RULES } from "./scripts";
import { SYSTEM_RULES } from "./system";
import { TUNNEL_RULES } from "./tunnel";

export { SYMPTOM_RULES } from "./symptoms";

/** Every cause that one host's facts alone tell; what is put right first comes first. */
export const LOCAL_RULES: readonly Rule[] = [
  ...ADDRESS_RULES,
  ...NOTIFY_RULES,
  ...CONF_RULES,
  ...WORD_RULES,
  ...DAEMON_RULES,
  ...TUNNEL_RULES,
  ...FIREWALL_RULES,
  ...SYSTEM_RULES,
  ...CHECK_RULES,
  ...FOREIGN_RULES,
  ...ALONE_RULES,
];
