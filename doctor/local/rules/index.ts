import type { Rule } from "../rule";
import { ADDRESS_RULES } from "./addresses";
import { ALONE_RULES } from "./alone";
import { CHECK_RULES } from "./checks";
import { CONF_RULES } from "./conf";
import { DAEMON_RULES } from "./daemon";
import { FIREWALL_RULES } from "./firewall";
import { FOREIGN_RULES } from "./foreign";
import { NOTIFY_RULES } from "./notify";
import { ROLE_RULES } from "./role";
import { SYSTEM_RULES } from "./system";
import { TUNNEL_RULES } from "./tunnel";
import { WORD_RULES } from "./words";

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
  ...ROLE_RULES,
  ...CHECK_RULES,
  ...FOREIGN_RULES,
  ...ALONE_RULES,
];
