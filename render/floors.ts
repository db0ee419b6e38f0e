import { GlobalOptions, sinceOf } from "../spec";

/** A word of keepalived.conf that not every keepalived from 2.0.0 on knows. */
interface Floor {
  /** What writes it, in the words of a spec. */
  property: string;
  /** Where it can be ours: the option as GlobalOptions.chosen names it. */
  option?: GlobalOptions["chosen"][number];
}

/** By the block that a word stands in, as in spec/keywords.ts, which has the versions. */
const FLOORS: Readonly<Record<string, Readonly<Record<string, Floor>>>> = {
  top: { vrrp_track_process: { property: "trackProcesses" } },
  global_defs: {
    vrrp_startup_delay: { property: "startupDelay", option: "startupDelay" },
    vrrp_cpu_affinity: { property: "realtime.cpuAffinity" },
    bfd_cpu_affinity: { property: "realtime.cpuAffinity" },
    vrrp_rlimit_rttime: { property: "realtime.rlimitRttime", option: "rlimitRttime" },
    bfd_rlimit_rttime: { property: "realtime.rlimitRttime", option: "rlimitRttime" },
  },
  vrrp_instance: {
    unicast_ttl: { property: "unicastTtl" },
    down_timer_adverts: { property: "downTimerAdverts" },
  },
  unicast_peer: { min_ttl: { property: "minTtl" } },
  bfd_instance: { multihop: { property: "bfd.multihop" } },
};

/** A line of a file that keepalived knows from a version on. */
export interface SinceLine {
  version: string;
  /** chosen: nobody asked for it, so it can be left out. */
  who: "asked" | "chosen";
  property: string;
  /** asked: the option; chosen: the whole line, without its indentation. */
  words: string;
}

/** What of a keepalived.conf an older keepalived does not know, each once. */
export function sinceLines(text: string, { chosen }: Pick<GlobalOptions, "chosen">): SinceLine[] {
  const heads: string[] = [];
  const found = text.split("\n").flatMap((line): SinceLine[] => {
    const words = line.trim().split(" ");
    const block = heads.at(-1) ?? "top";
    if (words.at(-1) === "{") {
      heads.push(words[0]!);
    } else if (words[0] === "}") {
      heads.pop();
    }
    const word = (block === "unicast_peer" ? words[1] : words[0]) ?? "";
    const floor = FLOORS[block]?.[word];
    const version = sinceOf(block, word);
    if (floor === undefined || version === undefined) {
      return [];
    }
    const { property, option } = floor;
    return option !== undefined && chosen.includes(option)
      ? [{ version, who: "chosen", property, words: words.join(" ") }]
      : [{ version, who: "asked", property, words: word }];
  });
  return [...new Map(found.map((line) => [`${line.property} ${line.words}`, line])).values()];
}
