import type { Lab } from "./lab";
import { mac } from "./network";
import { Watch, namedNamespace } from "./watch";

/**
 * Watches virtual addresses of a lab: every host's addresses, the adverts on the switch, and the client's questions unless it
 * is not to ask.
 */
export function watchLab(lab: Lab, vips: readonly string[], { asks = true } = {}): Promise<Watch> {
  return Watch.start({
    observer: namedNamespace(lab.client.switch),
    bridge: "br0",
    hosts: lab.hosts.map(({ name, netns, address }) => ({
      name,
      mac: mac(Number(address.split(".").pop())),
      namespace: namedNamespace(netns),
    })),
    client: asks ? { namespace: namedNamespace(lab.client.netns), interface: "eth0" } : undefined,
    vips,
  });
}
