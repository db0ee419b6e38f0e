import { addresses } from "./addresses";
import { checks } from "./checks";
import { conf } from "./conf";
import { daemon } from "./daemon";
import { firewall } from "./firewall";
import { foreign } from "./foreign";
import { host } from "./host";
import { notify } from "./notify";
import { tunnel } from "./tunnel";
import type { Example } from "./example";

export type { Example } from "./example";
export { ALONE_EXAMPLES } from "./foreign";

/** One for each rule. */
export const EXAMPLES: readonly Example[] = [
  ...addresses,
  ...notify,
  ...conf,
  ...daemon,
  ...tunnel,
  ...firewall,
  ...host,
  ...checks,
  ...foreign,
];
