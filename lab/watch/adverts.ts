import { Capture, type Frame } from "./capture";
import type { Namespace } from "./namespace";
import type { Advert } from "./timeline";

/** Name of the host with this MAC address; undefined for a stranger's. */
export type HostOfMac = (mac: string) => string | undefined;

/** Reads an advert from a captured frame. */
export function parseAdvert(frame: Frame, hostOfMac: HostOfMac): Advert {
  const { at, source, sourceMac, text } = frame;
  const [, version, virtualRouterId, priority] =
    /^VRRPv(\d), Advertisement.*?, vrid (\d+), prio (\d+)/.exec(text) ?? [];
  if (priority === undefined) throw new Error(`tcpdump: no VRRP advert: ${source}: ${text}`);
  return {
    at,
    host: hostOfMac(sourceMac),
    source,
    version: Number(version),
    virtualRouterId: Number(virtualRouterId),
    priority: Number(priority),
  };
}

/** Records the adverts that pass an interface; on a bridge these are all that it forwards. */
export async function watchAdverts(
  namespace: Namespace,
  device: string,
  hostOfMac: HostOfMac,
): Promise<{ capture: Capture; adverts: Advert[] }> {
  const adverts: Advert[] = [];
  const filter = "ip proto 112 or ip6 proto 112";
  const capture = await Capture.start("adverts", namespace, device, filter, (frame) => {
    adverts.push(parseAdvert(frame, hostOfMac));
  });
  return { capture, adverts };
}
