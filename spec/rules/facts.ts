import { isKnown, Unknown } from "../unknown";
import type { Finding, Judged, RuleInfo } from "./rule";

/** A word of a file, without its quotes. */
export interface FactWord {
  text: string;
  quoted: boolean;
}

/** A `notify...` line: the program first, then what follows it on the line. */
export interface FactNotify {
  /** `notify_master`. */
  keyword: string;
  words: FactWord[];
}

/** What a keepalived.conf says of one instance beyond InstanceConfig. UNKNOWN: the files at hand do not tell. */
export interface InstanceFacts {
  /** Whether the instance states a priority. */
  hasPriority: boolean | Unknown;
  /** vrrp_strict, or strict_mode of the instance. */
  strict: boolean | Unknown;
  /** Whether packets to the virtual addresses are let in: `accept`, `no_accept`; undefined: not stated. */
  accept: boolean | undefined | Unknown;
  /** Words about unicast of an instance without unicast_peer. */
  unicastWords: string[] | Unknown;
  useVmac: boolean | Unknown;
  vmacXmitBase: boolean | Unknown;
  mcastDstIp: string | undefined | Unknown;
  /** Whether it follows a BFD session. */
  tracksBfd: boolean | Unknown;
  notifies: FactNotify[] | Unknown;
  /** auth_type, as PASS or AH; undefined: none. */
  authType: string | undefined | Unknown;
  /** unicast_fault_no_peer: without peers the instance is in FAULT, and does not send to the multicast group. */
  faultsWithoutPeers: boolean | Unknown;
  /** Whether it names an interface. */
  hasInterface: boolean | Unknown;
  /** Whether dont_track_primary takes its interface out of what it follows. */
  ignoresInterface: boolean | Unknown;
}

/** A `vrrp_script` of a host, used or not. */
export interface HostScript {
  name: string;
  /** The words behind `script`; keepalived runs the first. */
  words: FactWord[];
  interval: number;
  timeout: number;
  /** User that it runs as; undefined: keepalived's choice. */
  user?: string;
  isTracked: boolean;
}

/** A keyword of a file and the first version that knows it. */
export interface HostKeyword {
  name: string;
  since: string;
}

/** What the configuration of one host says beside its instances. */
export interface HostFacts {
  node: string;
  routerId: string | undefined | Unknown;
  scriptUser: string | undefined | Unknown;
  scriptSecurity: boolean | Unknown;
  scripts: HostScript[] | Unknown;
  /** Whether mail can go out: smtp_server and notification_email are there. */
  canMail: boolean | Unknown;
  /** Places that ask for mail. */
  mailWanted: boolean | Unknown;
  /** Keywords that not every version in use knows. */
  keywords: HostKeyword[];
  instances: Judged[];
}

/** A rule over whole hosts: one of them, or all that were given. */
export interface HostRule extends RuleInfo {
  (hosts: HostFacts[], options: { version?: string }): Finding[];
  scope: "host" | "hosts";
}

type Known<F extends keyof HostFacts> = Omit<HostFacts, F> & { [K in F]: Exclude<HostFacts[K], Unknown> };

/** A rule over the configuration of one host. */
export function hostRule<F extends keyof HostFacts>(
  info: RuleInfo,
  needs: F[],
  judge: (host: Known<F>, options: { version?: string }) => Omit<Finding, "at">[],
): HostRule {
  return Object.assign(
    (hosts: HostFacts[], options: { version?: string }) =>
      hosts.flatMap((host, at) =>
        needs.every((key) => isKnown(host[key]))
          ? judge(host as unknown as Known<F>, options).map((found) => ({ ...found, at }))
          : [],
      ),
    info,
    { scope: "host" as const },
  );
}

/** A rule over the configurations of several hosts. */
export function hostsRule(info: RuleInfo, judge: (hosts: HostFacts[]) => Finding[]): HostRule {
  return Object.assign((hosts: HostFacts[]) => judge(hosts), info, { scope: "hosts" as const });
}
