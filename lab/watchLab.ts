import type { Lab } from "./lab";
import { mac } from "./network";
import { Watch, namedNamespace } from "./watch";

/** Watches virtual addresses of a lab: every host's addresses, the adverts on the switch, the client's questions. */
export function watchLab(lab: Lab, vips: readonly string[]): Promise<Watch> {
  return Watch.start({
    observer: namedNamespace(lab.client.switch),
    bridge: "br0",
    hosts: lab.hosts.map(({ name, netns, address }) => ({
      name,
      mac: mac(Number(address.split(".").pop())),
      namespace: namedNamespace(netns),
    })),
    client: { namespace: namedNamespace(lab.client.netns), interface: "eth0" },
    vips,
  });
}
