import { familyOf } from "../spec/addresses";
import { HostPlan } from "../spec";
import { plainFile, RenderedFile } from "./file";
import { fill } from "./template";
import { word } from "./word";

const confOf = (cluster: string) => `/etc/vrrp-agent/${cluster}/conntrackd.conf`;
const unitOf = (cluster: string) => `vrrp-conntrackd-${cluster}`;
/** What it has in /run, without suffix. */
const runOf = (cluster: string) => `/run/${unitOf(cluster)}`;

const UNITS = "/etc/systemd/system";

/** What the action of kind conntrack is told, in the words of lib/action-conntrack.sh. */
export function conntrackSettings({ cluster }: HostPlan) {
  return { service: unitOf(cluster), conf: confOf(cluster), run: runOf(cluster) };
}

/** What conntrackd is told, and what starts it. */
export function connectionStateFiles({ cluster, connectionState: plan }: HostPlan): RenderedFile[] {
  if (plan === undefined) {
    return [];
  }
  word(plan.address, "connectionState.links.address");
  word(plan.interface, "connectionState.links.interface");
  word(plan.peer, "connectionState.links.address");
  const ignored = ["127.0.0.1", "::1", ...plan.own].map((text) => ({
    text: word(text, "unicastSrcIp"),
    family: familyOf(text),
  }));
  const run = runOf(cluster);
  const text = fill("conntrackd.conf", { plan, family: familyOf(plan.address), run, ignored });
  return [
    plainFile(confOf(cluster), text),
    plainFile(
      `${UNITS}/${unitOf(cluster)}.service`,
      fill("systemd/conntrackd.service", { cluster, conf: confOf(cluster), run }),
    ),
    plainFile(
      `${UNITS}/keepalived.service.d/${unitOf(cluster)}.conf`,
      fill("systemd/after-conntrackd.conf", { unit: unitOf(cluster) }),
    ),
  ];
}
