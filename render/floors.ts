import { GlobalOptions } from "../spec";

/** A word of keepalived.conf that not every keepalived from 2.0.0 on knows. */
interface Floor {
  /** The first version that does: read in keepalived's tags. */
  since: string;
  /** What writes it, in the words of a spec. */
  property: string;
  /** Where it can be ours: the option as GlobalOptions.chosen names it. */
  option?: GlobalOptions["chosen"][number];
}

const FLOORS: Record<string, Floor> = {
  vrrp_track_process: { since: "2.0.11", property: "trackProcesses" },
  vrrp_startup_delay: { since: "2.0.14", property: "startupDelay", option: "startupDelay" },
  vrrp_cpu_affinity: { since: "2.0.17", property: "realtime.cpuAffinity" },
  bfd_cpu_affinity: { since: "2.0.17", property: "realtime.cpuAffinity" },
  vrrp_rlimit_rttime: { since: "2.1.0", property: "realtime.rlimitRttime", option: "rlimitRttime" },
  bfd_rlimit_rttime: { since: "2.1.0", property: "realtime.rlimitRttime", option: "rlimitRttime" },
  unicast_ttl: { since: "2.1.0", property: "unicastTtl" },
  min_ttl: { since: "2.1.0", property: "minTtl" },
  down_timer_adverts: { since: "2.2.3", property: "downTimerAdverts" },
  multihop: { since: "2.2.8", property: "bfd.multihop" },
};

const NAMES = /^(track_|group$|virtual_ipaddress$)/;

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
    const block = heads.at(-1);
    if (words.at(-1) === "{") {
      heads.push(words[0]!);
    } else if (words[0] === "}") {
      heads.pop();
    }
    const word = block === "unicast_peer" ? words[1] : words[0];
    // In these blocks a line begins with a name that a user gave.
    if (word === undefined || NAMES.test(block ?? "") || !Object.hasOwn(FLOORS, word)) {
      return [];
    }
    const { since, property, option } = FLOORS[word]!;
    return option !== undefined && chosen.includes(option)
      ? [{ version: since, who: "chosen", property, words: words.join(" ") }]
      : [{ version: since, who: "asked", property, words: word }];
  });
  return [...new Map(found.map((line) => [`${line.property} ${line.words}`, line])).values()];
}
