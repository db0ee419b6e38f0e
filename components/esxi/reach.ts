import type { Connection } from "../../engine/stand-ins/resource-command/connection";
import type { Plan, Policy } from "../../hypervisor/esxi";
import { quiet } from "../dynamic/log";
import * as conversation from "./conversation";
import { shellAt } from "./way";

export { inform, warn } from "../dynamic/log";

/** A port group and the way to it. */
export interface Target {
  portGroup: string;
  connection: Connection;
}

/** What a PortGroupPolicy does outside its own process. */
export interface Reach {
  look: (target: Target) => Promise<conversation.Seen>;
  set: (target: Target, seen: conversation.Seen, targets: Plan["targets"]) => Promise<Policy>;
  warn: (message: string) => Promise<void>;
  inform: (message: string) => Promise<void>;
}

/** Seconds for one script, login included; esxcli takes about one for each of its commands. */
const LIMIT = 90;

const runOn = (connection: Connection) => shellAt(connection, { limit: LIMIT, log: quiet });

export const look = ({ connection, portGroup }: Target) => conversation.look(runOn(connection), portGroup);

export const set = ({ connection, portGroup }: Target, seen: conversation.Seen, targets: Plan["targets"]) =>
  conversation.set(runOn(connection), portGroup, seen, targets);
