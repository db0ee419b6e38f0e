import { canonical } from "../../spec/addresses";
import type { Family } from "../../spec";
import { NodeView } from "./view";

/** A virtual router as node.conf has it. */
export interface WantedInstance {
  name: string;
  family: Family;
  vrid: number;
  interface: string;
  /** What all nodes agree on; undefined: an agent that does not write it. */
  version?: number;
  /** Milliseconds. */
  advertInt?: number;
  transport?: "unicast" | "multicast";
  /** undefined: keepalived chooses. */
  source?: string;
  vips: WantedVip[];
}

export interface WantedVip {
  address: string;
  prefix: string;
  dev: string;
}

export function wantedInstances(view: NodeView): WantedInstance[] {
  return view.all("want", "instance").flatMap(([, , name, family, vrid, dev]) => {
    if (name === undefined || vrid === undefined || dev === undefined) return [];
    const [, , , version, seconds, transport, source] = view.one("want", "agree", name) ?? [];
    return [
      {
        name,
        family: family === "6" ? (6 as const) : (4 as const),
        vrid: Number(vrid),
        interface: dev,
        ...(version !== undefined && { version: Number(version) }),
        ...(seconds !== undefined && { advertInt: Math.round(Number(seconds) * 1000) }),
        ...(transport !== undefined && {
          transport: transport === "multicast" ? ("multicast" as const) : ("unicast" as const),
        }),
        ...(source !== undefined && source !== "any" && { source: canonical(source) }),
        vips: wantedVips(view, name),
      },
    ];
  });
}

function wantedVips(view: NodeView, instance: string): WantedVip[] {
  return view.all("want", "vip", instance).flatMap(([, , , vip, dev]) => {
    const [address = "", prefix = ""] = (vip ?? "").split("/");
    return dev === undefined ? [] : [{ address: canonical(address), prefix, dev }];
  });
}

/** The other nodes' addresses, by their names. */
export function wantedPeers(view: NodeView): { name: string; address: string }[] {
  return view
    .all("want", "peer")
    .flatMap(([, , name, address]) =>
      name === undefined || address === undefined ? [] : [{ name, address: canonical(address) }],
    );
}

export interface WantedCheck {
  name: string;
  kind: string;
  /** `check-set` lines: KEY and the rest. */
  settings: { key: string; value: string }[];
}

export function wantedChecks(view: NodeView): WantedCheck[] {
  return view.all("want", "check").map(([, , name = "", kind = ""]) => ({
    name,
    kind,
    settings: settingsOf(view, "check-set", name),
  }));
}

export interface WantedAction {
  name: string;
  kind: string;
  settings: { key: string; value: string }[];
}

export function wantedActions(view: NodeView): WantedAction[] {
  return view.all("want", "action").map(([, , name = "", kind = ""]) => ({
    name,
    kind,
    settings: settingsOf(view, "action-set", name),
  }));
}

function settingsOf(view: NodeView, word: string, name: string) {
  return view.all("want", word, name).map(([, , , key = "", ...value]) => ({ key, value: value.join(" ") }));
}
