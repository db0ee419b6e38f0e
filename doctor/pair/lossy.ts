import { echoOf } from "../facts";
import { Ask, Confidence, type Finding } from "../model";
import { ClusterView, Member } from "./cluster";
import { because, byHand, found } from "./found";
import { Way, wayBack, waysOf } from "./way";

/** Probes from which on a share of them says something. */
const MANY = 15;
/** Percent that are lost by chance, or by windows of two hosts that are not one. */
const LITTLE = 15;
/** Percent at which three adverts in a row are missed again and again. */
const MUCH = 40;
/** Changes of state in the last ten minutes that no failover and its way back make. */
export const FLAPS = 4;

/** Two nodes with what is lost between them. */
interface Loss {
  a: Member;
  b: Member;
  percent: number;
  evidence: string[];
  /** Whose packets are lost more. */
  from: Member;
  flaps: number;
}

function losses(cluster: ClusterView): Loss[] {
  const ways = waysOf(cluster);
  const pairs = ways.filter(({ from, to }) => from.name < to.name);
  return pairs.flatMap((way) => {
    const back = wayBack(ways, way);
    if (way.arrives !== true || back?.arrives !== true) return [];
    const [ours, theirs] = [shareLost(way), shareLost(back)];
    const pings = [way, back].flatMap((one) => pingLoss(one));
    const flaps = Math.max(flapsOf(way.from), flapsOf(way.to));
    // Two looks that share half of their time share half of the probes: by themselves these say little.
    const probes = flaps >= FLAPS ? Math.max(ours ?? 0, theirs ?? 0) : 0;
    const percent = pings.length > 0 ? Math.max(...pings) : probes;
    return [
      {
        a: way.from,
        b: way.to,
        percent,
        from: (theirs ?? 0) > (ours ?? 0) ? way.to : way.from,
        flaps,
        evidence: [
          `${percent} % of the packets between ${way.from.name} (${way.source}) and ${way.to.name} (${way.target}) are lost`,
          ...(ours !== undefined && ours >= LITTLE ? [shareText(way, ours)] : []),
          ...(theirs !== undefined && theirs >= LITTLE ? [shareText(back, theirs)] : []),
        ],
      },
    ];
  });
}

/** Percent of the pings that are lost; none where nobody asked, or nothing answers pings. */
function pingLoss({ from, to, target }: Way): number[] {
  const echo = echoOf(from.view, to.name, target);
  return echo?.isAnswered && echo.loss !== undefined && echo.loss < 100 ? [echo.loss] : [];
}

/** Percent of the probes that do not arrive; 100: that is no matter of loss. */
function shareLost(way: Way): number | undefined {
  const [left, came] = [way.left("unicast", "probe")?.left ?? 0, way.came("unicast", "probe")?.nic];
  if (left < MANY || came === undefined || came === 0) return undefined;
  return Math.max(0, Math.round((1 - came / left) * 100));
}

function shareText(way: Way, percent: number): string {
  return `${percent} % of the probes from ${way.from.name} do not reach ${way.to.name}`;
}

export function flapsOf({ view }: Member): number {
  return Math.max(0, ...view.all("flaps").map(([, , n]) => Number(n) || 0));
}

/** So much is lost that adverts are missed. */
export function lossy(cluster: ClusterView): Finding[] {
  return losses(cluster)
    .filter(({ percent, flaps }) => percent >= MUCH || (percent >= LITTLE && flaps >= FLAPS))
    .map(({ from, a, b, evidence, flaps, percent }) =>
      found("net-lossy", {
        node: from.name,
        confidence: percent >= MUCH && flaps >= FLAPS ? Confidence.Certain : Confidence.Likely,
        evidence: [
          ...evidence,
          ...(flaps >= FLAPS
            ? [`the virtual router has changed its state ${flaps} times in ten minutes`]
            : []),
        ],
        ruledOut: [
          because("net-partition", "part of it arrives, both ways"),
          because("hv-filter", "protocol 112 arrives"),
        ],
        fix: byHand(
          `see to the network between ${a.name} and ${b.name}: a full link, a bad cable, duplex, or radio; adverts are missed at that loss`,
        ),
      }),
    );
}

/** Loss that a short look leaves open. */
export function askAboutLoss(cluster: ClusterView): Ask | undefined {
  const open = losses(cluster).find(
    ({ percent, flaps }) => percent >= LITTLE && percent < MUCH && flaps < FLAPS,
  );
  return (
    open && {
      options: ["--window", "12"],
      why: `${open.percent} % of the packets between ${open.a.name} and ${open.b.name} were lost within a short look; a longer one tells chance from loss`,
    }
  );
}
