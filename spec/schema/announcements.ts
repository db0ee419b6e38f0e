import { command } from "./checks";
import { whole } from "./fields";

/** keepalived's timer counts microseconds in 32 bits. */
const MAX_SECONDS = 4294;

/** keepalived reads these numbers into 32 bits without a sign, and one of them into 31. */
const MAX_UNSIGNED = 4294967295;
const MAX_SIGNED = 2147483647;

/** How a holder tells its neighbours where the addresses are: gratuitous ARP, and unsolicited NA for IPv6. */
export const garpTimers = () => ({
  /** Seconds after the takeover until the addresses are announced for the second time, 0 to 4294; 0: no second time. @default 5 */
  garpMasterDelay: whole(0, MAX_SECONDS).optional(),
  /** Announcements in a row after the takeover, and once more after garpMasterDelay, 1 to 4294967295. @default 5 */
  garpMasterRepeat: whole(1, MAX_UNSIGNED).optional(),
  /** Seconds between two announcements while the addresses are held, 0 to 4294967295; 0: none. @default 5 */
  garpMasterRefresh: whole(0, MAX_UNSIGNED).optional(),
  /** Announcements in a row each time, 1 to 4294967295. @default 1 */
  garpMasterRefreshRepeat: whole(1, MAX_UNSIGNED).optional(),
  /** Announcements in a row when a holder hears a lower priority, 0 to 2147483647. @default 5 */
  garpLowerPrioRepeat: whole(0, MAX_SIGNED).optional(),
  /** Seconds until they are announced once more then, 0 to 4294; 0: not again. @default garpMasterDelay */
  garpLowerPrioDelay: whole(0, MAX_SECONDS).optional(),
});

/** Programs that keepalived starts itself when an instance changes its state. */
export const notifyPrograms = () => ({
  /** Absolute path of a program on the node, and its arguments: run when it takes the addresses. @default none */
  notifyMaster: command().optional(),
  /** The same when it becomes or is to be backup. @default none */
  notifyBackup: command().optional(),
  /** The same when it may not hold the addresses. @default none */
  notifyFault: command().optional(),
});
