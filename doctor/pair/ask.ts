import type { Cause } from "../causes";
import { type Ask, Confidence, type Finding } from "../model";
import { ClusterView } from "./cluster";
import { askAboutLoss } from "./lossy";
import { askAboutHandshakes } from "./tunnel";
import { ENOUGH, waysOf } from "./way";

/** Causes for which nothing passes a tunnel. */
const THROUGH_TUNNEL: readonly Cause[] = ["tunnel-down", "tunnel-handshake", "fw-tunnel-port"];

/** One more look that would tell what this one leaves open. */
export function askFor(cluster: ClusterView, findings: readonly Finding[]): Ask | undefined {
  const isTold = (...causes: string[]) => findings.some(({ cause }) => causes.includes(cause));
  const loss = isTold("net-lossy", "net-partition", "net-one-way") ? undefined : askAboutLoss(cluster);
  const isSure = findings.some(
    ({ cause, confidence }) => THROUGH_TUNNEL.includes(cause) && confidence === Confidence.Certain,
  );
  return (
    loss ??
    (isSure ? undefined : askAboutHandshakes(cluster)) ??
    askAboutFew(cluster) ??
    askAboutTime(cluster) ??
    askAboutDaemon(cluster, isTold("daemon-crash-loop"))
  );
}

/** Too little was sent to say that nothing arrives. */
function askAboutFew(cluster: ClusterView): Ask | undefined {
  const few = waysOf(cluster).find((way) => {
    const left = way.left("unicast", "probe")?.left ?? 0;
    return left > 0 && left < ENOUGH && way.came("unicast", "probe")?.nic === 0;
  });
  return (
    few && {
      options: ["--window", "12"],
      why: `only ${few.left("unicast", "probe")!.left} probes left ${few.from.name}, and none reached ${few.to.name}; a longer look sends more`,
    }
  );
}

/** Adverts came and the probes beside them did not: the nodes were not looked at together. */
function askAboutTime(cluster: ClusterView): Ask | undefined {
  const apart = waysOf(cluster).find((way) => {
    const probes = way.came("unicast", "probe");
    const isSent = (way.left("unicast", "probe")?.left ?? 0) >= ENOUGH;
    return isSent && probes?.nic === 0 && (way.came("unicast", "advert")?.nic ?? 0) > 0;
  });
  return (
    apart && {
      options: ["--window", "12"],
      why: `the nodes were not looked at together: adverts of ${apart.from.name} reached ${apart.to.name}, and its probes did not; a longer look is shared`,
    }
  );
}

/** A daemon that is down, or young: whether it comes back, or ends again, shows a moment later. */
function askAboutDaemon({ seen }: ClusterView, isTold: boolean): Ask | undefined {
  const open = seen.find(
    ({ view }) => view.has("daemon", "stopped") && Number(view.one("daemon-restarts")?.[1]) > 1,
  );
  return isTold || open === undefined
    ? undefined
    : {
        options: ["--window", "6"],
        why: `keepalived on ${open.name} does not run and was started several times of late: another look tells whether it ends again and again`,
      };
}
