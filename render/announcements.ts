import { GarpTimers, InstanceConfig, NotifyPrograms } from "../spec";
import { quotedCommand } from "./quote";

const GARP_WORDS: Record<keyof GarpTimers, string> = {
  garpMasterDelay: "garp_master_delay",
  garpMasterRepeat: "garp_master_repeat",
  garpMasterRefresh: "garp_master_refresh",
  garpMasterRefreshRepeat: "garp_master_refresh_repeat",
  garpLowerPrioRepeat: "garp_lower_prio_repeat",
};

const NOTIFY_WORDS: Record<keyof NotifyPrograms, string> = {
  notifyMaster: "notify_master",
  notifyBackup: "notify_backup",
  notifyFault: "notify_fault",
};

/** The lines of an instance's timers and programs, of those that it states. */
export function announcements(instance: InstanceConfig): string[] {
  const garp = Object.entries(GARP_WORDS).flatMap(([property, word]) => {
    const value = instance[property as keyof GarpTimers];
    return value === undefined ? [] : [`${word} ${value}`];
  });
  const notify = Object.entries(NOTIFY_WORDS).flatMap(([property, word]) => {
    const command = instance[property as keyof NotifyPrograms];
    return command === undefined ? [] : [`${word} ${quotedCommand(command, property)}`];
  });
  return [...garp, ...notify];
}
