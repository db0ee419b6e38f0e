import type { Cause } from "../causes";
import { links, wantedActions, wantedChecks } from "../facts";
import { Confidence, type Finding } from "../model";
import { ClusterView, isMaster, Member } from "./cluster";

/** Whether a finding only follows from another one. */
type Follows = (effect: Finding, cause: Finding, cluster: ClusterView) => boolean;

interface Explanation {
  causes: readonly Cause[];
  effects: readonly Cause[];
  /** @default on the same node */
  follows?: Follows;
}

const anywhere: Follows = () => true;
const memberAt = ({ seen }: ClusterView, { node }: Finding) => seen.find(({ name }) => name === node);
const isOnSame: Follows = (effect, cause) => effect.node === cause.node;

const NETWORK: readonly Cause[] = ["net-partition", "net-one-way", "net-lossy"];
const FILTERED: readonly Cause[] = ["hv-filter", "hv-mac-filter", "hv-multicast", "hv-ip-filter"];
const IN_CONF: readonly Cause[] = [
  "conf-vrid",
  "conf-version",
  "conf-auth",
  "conf-advert-int",
  "conf-vip-list",
  "conf-unicast-src",
  "conf-unicast-peer",
  "conf-interface",
  "conf-nopreempt",
  "conf-weight",
  "conf-priority",
  "conf-invalid",
  "conf-not-loaded",
  "check-loop",
];
const TUNNEL: readonly Cause[] = ["tunnel-down", "tunnel-handshake", "tunnel-allowed-ips", "fw-tunnel-port"];
const SCRIPTS: readonly Cause[] = [
  "notify-missing",
  "notify-not-executable",
  "notify-insecure-path",
  "notify-failing",
  "notify-hanging",
  "check-broken",
];

const isKeepalived = (path: string) =>
  path.startsWith("/etc/keepalived/") || path.endsWith("/keepalived.conf");
const isTunnel = (path: string) => path.startsWith("/etc/wireguard/");

function changedFiles({ view }: Member): string[] {
  return view
    .all("file")
    .filter(([, , is]) => is !== "same")
    .map(([, path = ""]) => path);
}

/** A file of which what is wrong has been told already; others may be changed for another reason. */
const isOnly =
  (isOf: (path: string, member: Member) => boolean): Follows =>
  (effect, cause, cluster) => {
    const member = memberAt(cluster, effect);
    if (!isOnSame(effect, cause, cluster) || member === undefined) return false;
    const files = changedFiles(member);
    return files.length > 0 && files.every((path) => isOf(path, member));
  };

const isScript = (path: string, { view }: Member) => view.all("script").some((fact) => fact[2] === path);

/** Every failing check on the node is of these kinds. */
const isCheckOf =
  (...kinds: string[]): Follows =>
  (effect, cause, cluster) => {
    const member = memberAt(cluster, effect);
    if (member === undefined || !isOnSame(effect, cause, cluster)) return false;
    const checks = wantedChecks(member.view).filter(({ name }) =>
      effect.evidence.some((sentence) => sentence.split(/[^\w.-]+/).includes(name)),
    );
    return checks.length > 0 && checks.every(({ kind }) => kinds.includes(kind));
  };

/** keepalived complains of nothing but its scripts. */
const isAboutScripts: Follows = (effect, cause, cluster) => {
  const errors = memberAt(cluster, effect)?.view.rests("conf-error") ?? [];
  return (
    isOnSame(effect, cause, cluster) &&
    errors.length > 0 &&
    errors.every((words) => /script|secur|executable|not found/i.test(words))
  );
};

/** keepalived complains of nothing but an interface that is not there. */
const isAboutInterfaces: Follows = (effect, cause, cluster) => {
  const errors = memberAt(cluster, effect)?.view.rests("conf-error") ?? [];
  return (
    isOnSame(effect, cause, cluster) &&
    errors.length > 0 &&
    errors.every((words) => /interface|does(n't| not) exist|no such device/i.test(words))
  );
};

/** keepalived runs with this very file all the same, so that it only complains of what the other finding tells. */
const isTakenAllTheSame: Follows = (effect, cause, cluster) => {
  const view = memberAt(cluster, effect)?.view;
  return (
    isOnSame(effect, cause, cluster) &&
    view?.has("daemon", "running") === true &&
    view.has("loaded") &&
    !view.has("differs")
  );
};

/** Settings, as the files are read, of which a cause tells that nodes differ. */
const SETTINGS: Partial<Record<Cause, readonly string[]>> = {
  "conf-vrid": ["virtualRouterId"],
  "conf-version": ["version"],
  "conf-advert-int": ["advertInt"],
  "conf-interface": ["interface"],
  "conf-priority": ["priority"],
};

/** keepalived does not know a word and passes over it; the setting that differs is stated nowhere, and it has its default. */
const isPassedOver: Follows = (effect, cause, cluster) => {
  const member = memberAt(cluster, effect);
  const settings = SETTINGS[effect.cause];
  return (
    settings !== undefined &&
    isOnSame(effect, cause, cluster) &&
    member?.view.all("conf-error").some((words) => words.join(" ").includes("Unknown keyword")) === true &&
    member.conf?.instances.some(({ positions }) => settings.some((key) => !(key in positions))) === true
  );
};

/** What is down is a tunnel. */
const isOfTunnel: Follows = (effect, _cause, cluster) => {
  const view = memberAt(cluster, effect)?.view;
  const down =
    view === undefined ? [] : links(view).filter(({ is, hasCarrier }) => is !== "up" || hasCarrier === false);
  return down.length > 0 && down.every(({ dev }) => view!.has("tunnel", dev));
};

/** Of strangers' adverts a node complains as of its peers'; where much is lost, an answer may be, too. */
const isSuspected: Follows = ({ confidence }) => confidence !== Confidence.Certain;

/** What the one end tells of the handshake is what the other end can only guess at. */
const isOtherEnd: Follows = (effect, cause) =>
  effect.confidence === Confidence.Possible &&
  cause.confidence !== Confidence.Possible &&
  effect.evidence.some((sentence) => sentence.split(/[^\w.-]+/).includes(cause.node));

/** Its database waits for that of a master which has not become one wholly. An error of its own is another matter. */
const isWaitingForMaster: Follows = (effect, cause, cluster) => {
  const [backup, master] = [memberAt(cluster, effect), memberAt(cluster, cause)];
  if (backup === undefined || master === undefined || backup === master) return false;
  const isHalf =
    master.view.has("role-loop", "stopped") || master.view.one("role")?.[2] !== master.view.one("role")?.[1];
  const doing = backup.view.one("role")?.[5];
  const waits =
    effect.cause !== "role-stuck" ||
    wantedActions(backup.view).some(({ name, kind }) => name === doing && kind === "mariadb");
  const hasError = backup.view.all("replica").some(([, , is]) => is === "error");
  return isMaster(master) && !isMaster(backup) && isHalf && waits && !hasError;
};

/** What brings what about. */
const EXPLANATIONS: readonly Explanation[] = [
  { causes: ["conf-invalid"], effects: ["daemon-down", "daemon-crash-loop", "conf-not-loaded"] },
  { causes: ["conf-interface"], effects: ["conf-invalid", "iface-down", "daemon-down", "conf-unicast-src"] },
  { causes: IN_CONF, effects: ["conf-drift"], follows: isOnly(isKeepalived) },
  { causes: ["conf-invalid"], effects: Object.keys(SETTINGS) as Cause[], follows: isPassedOver },
  {
    causes: IN_CONF,
    effects: ["conf-invalid"],
    follows: (effect, cause, cluster) =>
      isTakenAllTheSame(effect, cause, cluster) && !isPassedOver(cause, effect, cluster),
  },
  { causes: ["conf-vip-list"], effects: ["vip-removed"] },
  { causes: ["vip-removed"], effects: ["state-file-stale"] },
  { causes: ["net-lossy"], effects: ["hv-ip-filter"], follows: isSuspected },
  { causes: TUNNEL, effects: ["conf-drift"], follows: isOnly(isTunnel) },
  { causes: SCRIPTS, effects: ["conf-drift"], follows: isOnly(isScript) },
  {
    causes: ["notify-missing", "notify-not-executable", "notify-insecure-path"],
    effects: ["notify-failing", "notify-hanging", "state-file-stale", "check-broken", "role-stuck"],
  },
  { causes: SCRIPTS, effects: ["conf-invalid"], follows: isAboutScripts },
  { causes: ["tunnel-down", "iface-down"], effects: ["conf-invalid"], follows: isAboutInterfaces },
  { causes: ["replication-broken"], effects: ["role-stuck"] },
  { causes: ["role-stuck"], effects: ["role-stuck", "replication-broken"], follows: isWaitingForMaster },
  { causes: ["daemon-crash-loop"], effects: ["daemon-down", "vip-orphaned", "state-file-stale"] },
  { causes: ["vip-orphaned"], effects: ["daemon-down", "state-file-stale", "vip-duplicate"] },
  {
    causes: ["daemon-down"],
    effects: ["state-file-stale", "vip-removed", "conf-not-loaded", "role-stuck"],
  },
  { causes: ["state-dir"], effects: ["state-file-stale", "role-stuck", "notify-failing"] },
  { causes: ["notify-hanging", "notify-failing"], effects: ["state-file-stale"] },
  { causes: ["iface-down"], effects: [...NETWORK, ...FILTERED], follows: anywhere },
  {
    causes: ["iface-down"],
    effects: ["conf-unicast-src", "witness-lost", "tunnel-handshake", "vip-removed"],
  },
  { causes: ["iface-down"], effects: ["check-failing"], follows: isCheckOf("network", "tunnel", "witness") },
  {
    causes: ["tunnel-down"],
    effects: [...NETWORK, "tunnel-handshake", "tunnel-mtu", "tunnel-allowed-ips", "replication-broken"],
    follows: anywhere,
  },
  { causes: ["tunnel-down"], effects: ["conf-unicast-src", "conf-interface"] },
  { causes: TUNNEL, effects: ["iface-down"], follows: isOfTunnel },
  { causes: TUNNEL, effects: ["check-failing"], follows: isCheckOf("tunnel") },
  {
    causes: ["fw-tunnel-port"],
    effects: [...NETWORK, "tunnel-handshake", "tunnel-mtu", "replication-broken"],
    follows: anywhere,
  },
  {
    causes: ["tunnel-handshake"],
    effects: [...NETWORK, "tunnel-mtu", "replication-broken"],
    follows: anywhere,
  },
  { causes: ["tunnel-handshake"], effects: ["tunnel-handshake"], follows: isOtherEnd },
  { causes: ["tunnel-allowed-ips"], effects: NETWORK, follows: anywhere },
  { causes: ["fw-zone", "fw-uci"], effects: ["fw-drop", "fw-reject", "fw-established-only"] },
  { causes: ["fw-drop", "fw-reject"], effects: ["fw-established-only"] },
  { causes: ["hv-mac-filter"], effects: ["hv-filter", "hv-ip-filter", "arp-stale"] },
  { causes: ["hv-ip-filter"], effects: ["arp-stale"], follows: anywhere },
  { causes: ["vip-duplicate", "vip-orphaned"], effects: ["arp-stale"], follows: anywhere },
  {
    causes: ["net-partition", "net-one-way"],
    effects: ["replication-broken", "arp-stale", "net-lossy"],
    follows: anywhere,
  },
  { causes: ["net-partition"], effects: ["net-one-way", "hv-filter"], follows: anywhere },
  {
    causes: ["net-partition"],
    effects: ["check-failing"],
    follows: isCheckOf("network", "tunnel", "witness"),
  },
  { causes: ["net-partition"], effects: ["witness-lost"] },
  { causes: ["check-loop"], effects: ["check-failing"] },
  { causes: ["witness-lost"], effects: ["check-failing"], follows: isCheckOf("witness") },
  {
    causes: ["conf-foreign-vrid"],
    effects: ["conf-auth", "conf-version", "conf-advert-int", "conf-vip-list"],
    follows: isSuspected,
  },
];

/** Findings without those that only follow from others, which say so. In the order that they are given in. */
export function explained(findings: readonly Finding[], cluster: ClusterView): Finding[] {
  const causeOf = new Map<Finding, Finding>();
  for (const effect of findings) {
    const cause = findings.find(
      (one) => doesExplain(one, effect, cluster) && rootOf(one, causeOf) !== effect,
    );
    if (cause !== undefined) causeOf.set(effect, cause);
  }
  return findings
    .filter((finding) => !causeOf.has(finding))
    .map((root) => {
      const effects = findings.filter((effect) => effect !== root && rootOf(effect, causeOf) === root);
      return { ...root, evidence: [...root.evidence, ...effects.map(told)] };
    });
}

function doesExplain(cause: Finding, effect: Finding, cluster: ClusterView): boolean {
  return EXPLANATIONS.some(
    ({ causes, effects, follows = isOnSame }) =>
      causes.includes(cause.cause) &&
      effects.includes(effect.cause) &&
      (cause.cause !== effect.cause || cause.node !== effect.node) &&
      follows(effect, cause, cluster),
  );
}

function rootOf(finding: Finding, causeOf: ReadonlyMap<Finding, Finding>): Finding {
  const cause = causeOf.get(finding);
  return cause === undefined ? finding : rootOf(cause, causeOf);
}

function told({ cause, node, evidence }: Finding): string {
  return `it follows: ${cause} on ${node}: ${evidence[0] ?? ""}`;
}
