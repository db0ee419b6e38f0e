import { echoOf } from "../facts";
import { Confidence, type Finding } from "../model";
import { blame } from "./blame";
import { ClusterView, Member } from "./cluster";
import { because, byHand, found, list } from "./found";
import { lackEvidence, lackFix, lacksOf } from "./hypervisor";
import { ENOUGH, probesLeft, Way, wayBack, waysOf } from "./way";

/** Nothing at all of a node reaches another one. */
export function cutOff(cluster: ClusterView): Finding[] {
  const ways = waysOf(cluster);
  // A NIC that is known to let nothing through explains as much.
  const cut = ways.filter((way) => isCut(way) && !isKept(cluster, way));
  const oneWay = cut.filter((way) => wayBack(ways, way)?.arrives === true);
  const bothWays = cut.filter((way) => wayBack(ways, way)?.arrives === false);
  return [
    ...blame(cluster, bothWays).map(({ node, broken, isEither }) => {
      const others = namesOf(broken.map(({ from, to }) => (from === node ? to.name : from.name)));
      return found("net-partition", {
        node: node.name,
        evidence: [
          ...broken.map(notArrived),
          ...(isEither
            ? [
                `nothing tells which of ${list([node.name, ...others].sort())} is cut off: look on the way between them`,
              ]
            : []),
        ],
        ruledOut: [
          because("iface-down", "the interfaces of both ends are up"),
          because("fw-drop", "nothing reaches the NIC, before any firewall of the host"),
          because("net-one-way", "it is so both ways"),
        ],
        fix: byHand(
          `see to the network between ${node.name} and ${list(others)}: switch, cable, VLAN, port group or route; nothing passes either way`,
        ),
      });
    }),
    ...blame(cluster, oneWay).map(({ node, broken }) =>
      found("net-one-way", {
        node: node.name,
        evidence: broken.flatMap((way) => [
          notArrived(way),
          `what ${way.to.name} sends reaches ${way.from.name}`,
        ]),
        ruledOut: [
          because("net-partition", "the other way passes"),
          because("fw-output", "it leaves the host, behind all its filters"),
          because("fw-drop", "it does not even reach the NIC"),
          because("hv-filter", "nothing else of it arrives either"),
        ],
        fix: byHand(
          `see to the way from ${list(namesOf(broken.map(({ from }) => from.name)))} to ${list(namesOf(broken.map(({ to }) => to.name)))}: a port that only receives, a filter on the switch, or a one-sided VLAN`,
        ),
      }),
    ),
  ];
}

const isCut = (way: Way) => way.arrives === false && isTried(way);

const namesOf = (names: string[]) => [...new Set(names)];

/** Whether enough left the sender to say that nothing arrives. */
function isTried(way: Way): boolean {
  return (
    (way.left("unicast", "probe")?.left ?? 0) >= ENOUGH ||
    (way.left("multicast", "probe")?.left ?? 0) >= ENOUGH ||
    (way.left("unicast", "advert")?.left ?? 0) >= 2 ||
    (way.left("multicast", "advert")?.left ?? 0) >= 2 ||
    // Without nftables there are pings alone.
    (way.left("unicast", "probe") === undefined &&
      echoOf(way.from.view, way.to.name, way.target)?.isAnswered === false)
  );
}

function notArrived(way: Way): string {
  const { from, to, source, target } = way;
  const probes = probesLeft(way);
  if (probes === undefined)
    return `${to.name} (${target}) answers no ping of ${from.name} (${source}), and no question for its MAC`;
  const many = `${probes} packets of protocol 112 left`;
  return `${many} ${from.name} (${source}) for ${to.name} (${target}), and nothing of ${from.name} reached the NIC of ${to.name}`;
}

/** Adverts do not arrive, other frames do. */
export function filteredAway(cluster: ClusterView): Finding[] {
  const ways = waysOf(cluster);
  // Where nothing comes back, the sender has no MAC to send to: what is missing is the other way.
  const open = ways.filter((way) => {
    const back = wayBack(ways, way);
    return way.arrives === true && back?.arrives !== false && isShared(way, back);
  });
  const unicast = open.filter((way) => way.from.wanted.length === 0 || uses(way, "unicast"));
  const multicast = open.filter((way) => uses(way, "multicast"));
  const lost = [
    ...unicast.filter((way) => isLost(way, "unicast")),
    ...multicast.filter((way) => isLost(way, "multicast") && !isGroupOnly(way)),
  ];
  const groupOnly = multicast.filter((way) => isLost(way, "multicast") && isGroupOnly(way));
  // A filter that remembers the answers to what it lets out drops the group alone; one that lets nothing out cuts off.
  const isOfNic = (way: Way) => isKept(cluster, way);
  const ofGroup = groupOnly.filter((way) => !isOfNic(way));
  const cut = ways.filter((way) => isCut(way) && isOfNic(way));
  return [
    ...blameLack(cluster, [...lost, ...groupOnly.filter(isOfNic), ...cut]).map((one) =>
      hvFilter(cluster, one),
    ),
    ...blame(cluster, ofGroup).map(({ node, broken }) => hvMulticast(cluster, node.name, broken)),
  ];
}

/**
 * Whether the two looks were at one time, as far as it matters: a master's adverts come at any time, probes only while both look.
 * Where adverts came the other way and none of the probes beside them, they were not.
 */
function isShared(way: Way, back: Way | undefined): boolean {
  const count = (of: Way | undefined, packet: "probe" | "advert") =>
    (of?.came("unicast", packet)?.nic ?? 0) + (of?.came("multicast", packet)?.nic ?? 0);
  const isMaster = (["unicast", "multicast"] as const).some(
    (how) => (way.left(how, "advert")?.left ?? 0) >= 2,
  );
  return isMaster || count(back, "probe") > 0 || count(back, "advert") === 0;
}

function uses({ from, instances }: Way, transport: "unicast" | "multicast"): boolean {
  const of = from.wanted.filter(({ name }) => instances.length === 0 || instances.includes(name));
  return of.some((instance) => {
    const loaded = from.loaded.find(({ name }) => name === instance.name)?.transport;
    return (loaded ?? instance.transport ?? "unicast") === transport;
  });
}

function isLost(way: Way, transport: "unicast" | "multicast"): boolean {
  const probes = way.left(transport, "probe");
  const came = way.came(transport, "probe");
  const adverts = way.came(transport, "advert");
  return (
    probes !== undefined &&
    probes.left >= ENOUGH &&
    came !== undefined &&
    came.nic === 0 &&
    (adverts?.nic ?? 0) === 0
  );
}

/** Whether what is sent to the node itself arrives. */
function isGroupOnly(way: Way): boolean {
  return (way.came("unicast", "probe")?.nic ?? 0) > 0;
}

/** Nodes whose hypervisor keeps adverts from them. */
const lacking = (cluster: ClusterView) =>
  cluster.seen.filter(({ name }) => lacksOf(cluster.hypervisor, name, "adverts").length > 0);

const isKept = (cluster: ClusterView, { from, to }: Way) =>
  lacking(cluster).some((node) => from === node || to === node);

/** Where a hypervisor was asked, the node whose NIC it keeps them from. */
function blameLack(cluster: ClusterView, lost: Way[]) {
  const known = lacking(cluster).flatMap((node) => {
    const broken = lost.filter(({ from, to }) => from === node || to === node);
    return broken.length === 0 ? [] : [{ node, broken, isEither: false }];
  });
  const rest = lost.filter((way) => !known.some(({ broken }) => broken.includes(way)));
  return [...known, ...blame(cluster, rest)];
}

function hvFilter(
  cluster: ClusterView,
  { node, broken, isEither }: { node: Member; broken: Way[]; isEither: boolean },
): Finding {
  const others = namesOf(broken.map(({ from, to }) => (from.name === node.name ? to.name : from.name)));
  const lacks = lacksOf(cluster.hypervisor, node.name, "adverts");
  const isAsked = isLookedAt(cluster, node, broken);
  return found("hv-filter", {
    node: node.name,
    confidence: lacks.length > 0 || !isAsked ? Confidence.Certain : Confidence.Likely,
    evidence: [
      ...broken.map((way) => {
        const { from, to, left } = way;
        if (way.arrives === false) return notArrived(way);
        const isToGroup = isGroupOnly(way);
        const count = isToGroup ? left("multicast", "probe")?.left : probesLeft(way);
        return `${count} packets of protocol 112${isToGroup ? " to the VRRP group" : ""} left ${from.name}, behind all its filters, and none of them reached the NIC of ${to.name}, where other frames of ${from.name} arrive`;
      }),
      ...lackEvidence(cluster.hypervisor, node.name, lacks),
      ...(isAsked && lacks.length === 0
        ? [`the hypervisor lets the adverts of ${node.name} through: it is something else on the way`]
        : []),
      ...(isEither && lacks.length === 0
        ? [`the filter may as well be on the side of ${list(others)}: it is between the two`]
        : []),
    ],
    ruledOut: [
      because("fw-output", "the packets leave the host"),
      because("fw-drop", "they do not reach the NIC, before any firewall of the host"),
      ...(broken.some(({ arrives }) => arrives === true)
        ? [because("net-one-way", "other frames of the same sender arrive")]
        : []),
    ],
    fix:
      lacks.length > 0
        ? lackFix(node.name, lacks)
        : byHand(
            `let protocol 112 pass between ${node.name} and ${list(others)}: the firewall of the guest's NIC in the hypervisor, a filter on the switch, or the cloud's security group`,
            [
              "Proxmox VE: look at the firewall of the guest's NIC: qm config VMID; pve-firewall compile",
              "with hypervisor and nodes[].guest in the spec, pulumi up opens it",
            ],
          ),
  });
}

/** Whether the hypervisor has told of the NICs that these ways go by. */
function isLookedAt(cluster: ClusterView, node: Member, ways: Way[]): boolean {
  const nics = cluster.hypervisor[node.name] ?? [];
  const devs = ways.flatMap(({ instances }) =>
    node.wanted
      .filter(({ name }) => instances.length === 0 || instances.includes(name))
      .map((instance) => instance.interface),
  );
  return nics.length > 0 && devs.every((dev) => nics.some((nic) => nic.dev === dev));
}

function hvMulticast(cluster: ClusterView, node: string, broken: Way[]): Finding {
  const ends = [...new Set(broken.flatMap(({ from, to }) => [from.name, to.name]))];
  return found("hv-multicast", {
    node,
    evidence: [
      ...broken.map(
        ({ from, to, left, came }) =>
          `${left("multicast", "probe")?.left} packets of protocol 112 to the VRRP group left ${from.name}, and none reached the NIC of ${to.name}; of those to ${to.name} itself ${came("unicast", "probe")?.nic} did`,
      ),
      ...ends.flatMap((end) =>
        lackEvidence(cluster.hypervisor, end, lacksOf(cluster.hypervisor, end, "multicast")),
      ),
    ],
    ruledOut: [
      because("hv-filter", "protocol 112 passes where it is sent to the node itself"),
      because("fw-output", "the packets leave the host"),
    ],
    fix: {
      repair: "spec",
      automatic: false,
      summary: `send adverts to the peers instead of to the group, for the network between loses multicast (IGMP snooping without a querier, mostly)`,
      commands: ["pulumi up"],
      specChange: cluster.members.flatMap((member, i) => [
        ...(i === 0 ? ["- multicast: true"] : []),
        `+ nodes[${member.name}].unicastSrcIp: ${sourceOf(member, broken) ?? "ADDRESS ON ITS INTERFACE"}`,
      ]),
    },
  });
}

function sourceOf(member: { name: string }, ways: Way[]): string | undefined {
  return (
    ways.find(({ from }) => from.name === member.name)?.source ??
    ways.find(({ to }) => to.name === member.name)?.target
  );
}
