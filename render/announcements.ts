import { GarpTimers, InstanceConfig, InstanceOptions, NotifyPrograms } from "../spec";
import { quotedCommand } from "./quote";

const GARP_WORDS: Record<keyof GarpTimers, string> = {
  garpMasterDelay: "garp_master_delay",
  garpMasterRepeat: "garp_master_repeat",
  garpMasterRefresh: "garp_master_refresh",
  garpMasterRefreshRepeat: "garp_master_refresh_repeat",
  garpLowerPrioRepeat: "garp_lower_prio_repeat",
  garpLowerPrioDelay: "garp_lower_prio_delay",
};

/** minTtl stands beside each peer. */
const OPTION_WORDS: Record<keyof Omit<InstanceOptions, "minTtl" | "trackSrcIp">, string> = {
  unicastTtl: "unicast_ttl",
  downTimerAdverts: "down_timer_adverts",
};

const NOTIFY_WORDS: Record<keyof NotifyPrograms, string> = {
  notifyMaster: "notify_master",
  notifyBackup: "notify_backup",
  notifyFault: "notify_fault",
};

/** The lines of an instance's options, timers and programs, of those that it states. */
export function announcements(instance: InstanceConfig): string[] {
  const numbers = Object.entries({ ...OPTION_WORDS, ...GARP_WORDS }).flatMap(([property, word]) => {
    const value = instance[property as keyof typeof OPTION_WORDS | keyof GarpTimers];
    return value === undefined ? [] : [`${word} ${value}`];
  });
  const notify = Object.entries(NOTIFY_WORDS).flatMap(([property, word]) => {
    const command = instance[property as keyof NotifyPrograms];
    return command === undefined ? [] : [`${word} ${quotedCommand(command, property)}`];
  });
  return [...(instance.trackSrcIp ? ["track_src_ip"] : []), ...numbers, ...notify];
}
