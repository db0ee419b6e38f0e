import { checkCluster } from "../../../spec";
import { clusterInput, nodeInput } from "./cluster-input";

/** The rules about tunnels that find something in a cluster on this interface. */
function found(dev: string, rest: Record<string, unknown>): string[] {
  const nodes = [2, 3].map((n) => ({ ...nodeInput(`gw-${n}`, n), interface: dev }));
  return checkCluster(clusterInput({ nodes, ...rest }))
    .map(({ rule }) => rule)
    .filter((rule) => ["multicast-on-wireguard", "fast-over-tunnel"].includes(rule));
}

const fast = { advertInt: 0.2, multicast: true };

test.each(["wg", "wg0", "wg-ab", "wg_site10"])("%s is an interface of WireGuard", (dev) => {
  expect([...new Set(found(dev, fast))].sort()).toEqual(["fast-over-tunnel", "multicast-on-wireguard"]);
});

test.each(["tun0", "tunl0", "sit1", "gretap-b", "pppoe-wan", "ztks54inm2", "tailscale0"])(
  "%s is a tunnel of another kind",
  (dev) => {
    expect(found(dev, fast)).toEqual(["fast-over-tunnel"]);
  },
);

test.each(["eth0", "site0", "wgeth0", "tapir", "zthin", "l2tpx", "greta0", "br-wg0"])(
  "%s is no tunnel",
  (dev) => {
    expect(found(dev, fast)).toEqual([]);
  },
);
