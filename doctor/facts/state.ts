import { canonical } from "../../spec/addresses";
import { numberOf, NodeView } from "./view";

export interface HeldVip {
  instance: string;
  address: string;
  dev: string;
  isHeld: boolean;
}

export function vips(view: NodeView): HeldVip[] {
  return view.all("vip").map(([, instance = "", address = "", dev = "", how]) => ({
    instance,
    address: canonical(address.replace(/\/.*/, "")),
    dev,
    isHeld: how === "held",
  }));
}

/** Whether keepalived runs; undefined: nobody looked. */
export function isRunning(view: NodeView): boolean | undefined {
  const fact = view.one("daemon");
  return fact === undefined ? undefined : fact[1] === "running";
}

/** Seconds since keepalived was started. */
export function daemonAge(view: NodeView): number | undefined {
  return numberOf(view.one("daemon", "running")?.[3]);
}

export function stateOf(view: NodeView, instance: string): string | undefined {
  const state = view.one("state", instance)?.[2];
  return state === "-" ? undefined : state;
}

export interface Link {
  dev: string;
  is: "up" | "down" | "absent";
  hasCarrier: boolean | undefined;
  mtu: number | undefined;
  mac: string | undefined;
}

export function links(view: NodeView): Link[] {
  return view.all("link").map(([, dev = "", is, carrier, mtu, mac]) => ({
    dev,
    is: is === "absent" || is === "down" ? is : "up",
    hasCarrier: carrier === "carrier" ? true : carrier === "no-carrier" ? false : undefined,
    mtu: numberOf(mtu),
    mac: mac === undefined || mac === "-" ? undefined : mac.toLowerCase(),
  }));
}

/** The host's addresses, by interface. */
export function addresses(view: NodeView): { dev: string; address: string }[] {
  return view
    .all("address")
    .map(([, dev = "", address = ""]) => ({ dev, address: canonical(address.replace(/\/.*/, "")) }));
}

/** What is of a managed file; undefined: it is not managed. */
export function fileState(view: NodeView, path: string): string | undefined {
  return view.one("file", path)?.[2];
}

/** The last word of a text's fact. */
export function textOf(view: NodeView, path: string): string | undefined {
  return view.one("text", path)?.[4];
}

export function appliedTextOf(view: NodeView, path: string): string | undefined {
  return view.one("applied-text", path)?.[4];
}
