import type { Cause } from "../causes";
import { numberOf } from "../facts";
import { type Ask, Confidence, type Finding } from "../model";
import { ClusterView, Member } from "./cluster";
import { because, byHand, bySpec, found, grouped, list } from "./found";
import { isOld } from "./way";

/** A tunnel between two nodes, seen from one of them. */
interface End {
  dev: string;
  member: Member;
  /** Name of the other end. */
  peer: string;
  /** undefined: it did not answer. */
  other: Member | undefined;
}

function ends(cluster: ClusterView): End[] {
  return cluster.seen.flatMap((member) =>
    member.view.all("tunnel-peer").map(([, dev = "", peer = ""]) => ({
      dev,
      member,
      peer,
      other: cluster.seen.find(({ name }) => name === peer),
    })),
  );
}

/** Each tunnel once, with the ends of it that answered. */
function tunnels(cluster: ClusterView): End[][] {
  return grouped(ends(cluster), ({ dev, member, peer }) => [dev, ...[member.name, peer].sort()].join(" "));
}

const ofPeer = ({ member, dev, peer }: End, kind: string) => member.view.one(kind, dev, peer);
const isSmall = (end: End, answered: "yes" | "no") =>
  end.member.view
    .all("tunnel-echo", end.dev, end.peer)
    .some((fact) => fact[4] === "small" && fact[5] === answered);

/**
 * Up, and nothing passes. Where echoes are asked and not answered, an end without a session is enough: the other one may still
 * hold one that is good for nothing. Else both have to be old, and something sent: keys are made anew only then.
 */
function isSilent(tunnel: readonly End[]): boolean {
  if (!tunnel.every(({ member, dev }) => member.view.has("tunnel", dev, "up"))) return false;
  if (tunnel.some((end) => isSmall(end, "yes"))) return false;
  const old = tunnel.filter((end) => isOld(ofPeer(end, "tunnel-peer")?.[3]));
  if (tunnel.some((end) => isSmall(end, "no"))) return old.length > 0;
  return (
    old.length === tunnel.length && tunnel.some((end) => numberOf(ofPeer(end, "tunnel-sent")?.[3]) !== 0)
  );
}

/** Handshakes are tried every five seconds, which a short look may miss. */
export function askAboutHandshakes(cluster: ClusterView): Ask | undefined {
  const silent = tunnels(cluster).find((tunnel) => tunnel.length === 2 && isSilent(tunnel))?.[0];
  return (
    silent && {
      options: ["--window", "12"],
      why: `nothing passes ${silent.dev} between ${list([silent.member.name, silent.peer].sort())}: handshakes are tried every few seconds, and a longer look sees what becomes of them`,
    }
  );
}

/** The ends do not shake hands: why, by what both say. */
export function handshakes(cluster: ClusterView): Finding[] {
  return tunnels(cluster).flatMap((tunnel) => {
    if (!isSilent(tunnel)) return [];
    const reasons = tunnel.flatMap(keyReasons);
    const told = reasons.length > 0 ? reasons : tunnel.flatMap(wayReasons);
    return told.length > 0 ? told : unknownReason(tunnel);
  });
}

function handshake(end: End, confidence: Confidence, evidence: string[], summary: string, spec?: string[]) {
  const age = ofPeer(end, "tunnel-peer")?.[3];
  const since = age === "never" ? "never shaken hands" : `not shaken hands for ${age} s`;
  return found("tunnel-handshake", {
    node: end.member.name,
    confidence,
    evidence: [`${end.member.name} and ${end.peer} have ${since} over ${end.dev}`, ...evidence],
    ruledOut: [because("tunnel-down", `${end.dev} is up`)],
    fix: spec === undefined ? byHand(summary) : bySpec(summary, spec, ["pulumi up"]),
  });
}

/** Whose keys are not those that were applied. */
function keyReasons(end: End): Finding[] {
  const { dev, member, peer } = end;
  const own = member.view.one("tunnel-key", dev)?.[2];
  const theirs = ofPeer(end, "tunnel-peer-key")?.[3];
  const psk = member.view
    .all("file")
    .filter(
      ([, path = "", is]) => path === `/etc/wireguard/${dev}.${peer}.psk` && is !== "same" && is !== "mode",
    );
  const back = `put the keys of ${dev} on ${member.name} back: vrrp-agent reapply of the tunnel there, or pulumi up`;
  const spec = ["(none: the spec is right, the interface has another key)"];
  return [
    ...(own === "other" || own === "missing"
      ? [
          handshake(
            end,
            Confidence.Certain,
            [
              `key mismatch: the private key of ${dev} on ${member.name} is ${own === "missing" ? "missing" : "not the one that was applied"}`,
            ],
            back,
            spec,
          ),
        ]
      : []),
    ...(theirs === "other"
      ? [
          handshake(
            end,
            Confidence.Certain,
            [`key mismatch: ${member.name} has another public key for ${peer} than was applied`],
            back,
            spec,
          ),
        ]
      : []),
    ...(psk.length > 0
      ? [
          handshake(
            end,
            Confidence.Likely,
            [`key mismatch: the preshared key for ${peer} on ${member.name} is not the one that was applied`],
            back,
            spec,
          ),
        ]
      : []),
  ];
}

/** What of the one's datagrams becomes on its way to the other. */
function wayReasons(end: End): Finding[] {
  const { dev, member, peer, other } = end;
  const endpoint = ofPeer(end, "tunnel-endpoint");
  if (endpoint !== undefined) {
    return [
      handshake(
        end,
        Confidence.Certain,
        [
          `endpoint wrong: ${member.name} sends to ${endpoint[4]}, and ${endpoint[3]} was applied for ${peer}`,
        ],
        `put the endpoint of ${peer} on ${member.name} back (vrrp-agent reapply of the tunnel there, or pulumi up)`,
        [`- endpoint of ${peer}: ${endpoint[4]}`, `+ endpoint of ${peer}: ${endpoint[3]}`],
      ),
    ];
  }
  const sent = ofPeer(end, "tunnel-sent");
  const port = other?.view.one("tunnel-port", dev);
  const [left, nic, passed] = [sent?.[4], port?.[3], port?.[5]].map(numberOf);
  if (left === undefined || left === 0 || nic === undefined) return [];
  // A firewall of the host is its own cause.
  if (nic > 0 && passed === 0) return [];
  if (nic > 0) return [];
  const to = ofPeer(end, "tunnel-peer")?.[4];
  const listens = portOf(other!, dev);
  const sentTo = to === undefined || to === "none" ? undefined : /:(\d+)$/.exec(to)?.[1];
  if (listens !== undefined && sentTo !== undefined && listens !== sentTo) {
    return [
      handshake(
        end,
        Confidence.Certain,
        [`endpoint wrong: ${member.name} sends to port ${sentTo} of ${peer}, which listens on ${listens}`],
        `give ${peer} the endpoint with the port on which it listens`,
        [`- endpoint of ${peer}: ${to}`, `+ endpoint of ${peer}: ${to!.replace(/\d+$/, listens)}`],
      ),
    ];
  }
  return [
    handshake(
      end,
      Confidence.Likely,
      [
        `port closed on the way: ${left} handshakes left ${member.name} for ${to ?? peer}, and no datagram reached the NIC of ${peer}`,
      ],
      `let UDP ${listens ?? "of the tunnel"} pass from ${member.name} to ${peer}: a router, NAT or a provider's firewall between them; or correct the endpoint ${to ?? ""}`,
    ),
  ];
}

function portOf({ view }: Member, dev: string): string | undefined {
  return view.one("tunnel-port", dev)?.[2] ?? view.one("want", "tunnel", dev)?.[3];
}

/** Datagrams pass, and nobody's keys are seen to be others. */
function unknownReason(tunnel: End[]): Finding[] {
  const passes = tunnel.filter(
    ({ other, dev }) => (numberOf(other?.view.one("tunnel-port", dev)?.[5]) ?? 0) > 0,
  );
  const [end] = passes;
  if (end === undefined) return [];
  return [
    handshake(
      end,
      Confidence.Possible,
      [
        `key mismatch: datagrams of ${list(passes.map(({ member }) => member.name))} arrive and are not answered, and the keys are those that were applied on each`,
      ],
      `compare what the ends know of each other: wg show ${end.dev} public-key on one, wg show ${end.dev} peers on the other; the same with preshared-keys`,
    ),
  ];
}

/** Addresses that have to pass and that the interface does not take. */
export function allowedAddresses(cluster: ClusterView): Finding[] {
  return ends(cluster).flatMap((end) => {
    const { member, dev, peer } = end;
    const missing = member.view
      .all("tunnel-allowed", dev, peer)
      .filter((fact) => fact[4] === "no")
      .map((fact) => fact[3]!);
    return missing.length === 0
      ? []
      : [
          found("tunnel-allowed-ips", {
            node: member.name,
            evidence: [
              `${dev} on ${member.name} does not take ${list(missing)} from or to ${peer}: not in its AllowedIPs`,
            ],
            ruledOut: [because("tunnel-handshake", "it is about addresses, whatever the handshake does")],
            fix: bySpec(
              `let the tunnel carry ${list(missing)}: where the spec has it, vrrp-agent reapply of the tunnel on ${member.name} or pulumi up puts it back; else name it in the tunnel's virtualIpAddresses`,
              [`+ virtualIpAddresses: [${missing.join(", ")}]`],
            ),
          }),
        ];
  });
}

/** Small packets pass, full ones do not. */
export function fullPackets(cluster: ClusterView): Finding[] {
  return tunnels(cluster).flatMap((tunnel) => {
    const isLost = ({ member, dev, peer }: End) => {
      const echoes = member.view.all("tunnel-echo", dev, peer);
      const isAnswered = (size: string) => echoes.filter((f) => f[4] === size).map((f) => f[5] === "yes");
      return (
        isAnswered("small").some(Boolean) &&
        isAnswered("full").length > 0 &&
        !isAnswered("full").some(Boolean)
      );
    };
    const lost = tunnel.filter(isLost);
    if (lost.length === 0) return [];
    // A full packet is one of the sender's own MTU.
    const [end] = [...lost].sort((a, b) => mtuOf(b) - mtuOf(a) || (a.member.name < b.member.name ? -1 : 1));
    const mtu = mtuOf(end!);
    const wanted = numberOf(end!.member.view.one("want", "tunnel", end!.dev)?.[4]);
    return [
      found("tunnel-mtu", {
        node: end!.member.name,
        evidence: [
          ...lost.map(
            ({ member, dev, peer }) =>
              `over ${dev} small packets of ${member.name} reach ${peer}, full ones do not`,
          ),
          ...(wanted !== undefined && wanted !== mtu ? [`its MTU is ${mtu}, and ${wanted} was applied`] : []),
        ],
        ruledOut: [because("tunnel-handshake", "small packets pass")],
        fix: bySpec(`lower the tunnel's MTU to what the way between the ends carries`, [
          `- mtu: ${mtu || wanted || "(as it is)"}`,
          `+ mtu: ${Math.max(1280, (mtu || wanted || 1420) - 80)}`,
        ]),
      }),
    ];
  });
}

function mtuOf({ member, dev }: End): number {
  return numberOf(member.view.one("link", dev)?.[4]) ?? 0;
}

/** Causes that are a tunnel's. */
export const OF_TUNNELS: readonly Cause[] = [
  "tunnel-down",
  "tunnel-handshake",
  "tunnel-allowed-ips",
  "fw-tunnel-port",
];
