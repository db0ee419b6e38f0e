import { canonical } from "../../spec/addresses";
import { isRunning, NodeView, stateOf, vips } from "../facts";
import { ClusterView, holders, Member, wantedVips } from "./cluster";

/** A virtual address with the one node that has it. */
export interface Held {
  address: string;
  instance: string;
  dev: string;
  holder: Member;
}

/** Virtual addresses that exactly one node has, as master, on a network where neighbours ask for it. */
export function heldOnce(cluster: ClusterView): Held[] {
  return wantedVips(cluster).flatMap(({ address, instance }) => {
    const [holder, ...others] = holders(cluster, address);
    if (holder === undefined || others.length > 0 || isRunning(holder.view) === false) return [];
    const dev = vips(holder.view).find((vip) => vip.address === address)!.dev;
    const state = stateOf(holder.view, instance);
    const isRouted = holder.view.rest("want", "off-link") === "yes" || holder.view.has("tunnel", dev);
    return isRouted || (state !== undefined && state !== "MASTER")
      ? []
      : [{ address, instance, dev, holder }];
  });
}

/** What answers ARP or ND for a virtual address, as a node heard it: MACs, or `none`; none of them: nobody asked. */
export function answers(view: NodeView, address: string): string[] {
  return view
    .all("answers")
    .filter((fact) => canonical(fact[1] ?? "") === address)
    .flatMap((fact) => fact[2]?.toLowerCase() ?? []);
}
