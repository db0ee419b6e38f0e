import type { Connection } from "../../engine/stand-ins/resource-command/connection";
import { runRemote } from "../../engine/stand-ins/resource-command/remoteCommand";
import type { Plan, Policy } from "../../hypervisor/esxi";
import { quiet } from "../dynamic/log";
import { quote } from "../shell";
import * as conversation from "./conversation";

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

export const look = ({ connection, portGroup }: Target) => conversation.look(runOn(connection), portGroup);

export const set = ({ connection, portGroup }: Target, seen: conversation.Seen, targets: Plan["targets"]) =>
  conversation.set(runOn(connection), portGroup, seen, targets);

/** ESXi has no sudo, and the `timeout` of its busybox has taken its seconds in two ways: the limit is on this end. */
function runOn(connection: Connection): conversation.Run {
  return async (script) => {
    try {
      const options = { connection, logging: "none" as const };
      const command = `sh -c ${quote(script)}`;
      return (await runRemote(command, options, quiet, AbortSignal.timeout(LIMIT * 1000))).stdout;
    } catch (error) {
      throw new Error(withHint((error as Error).message), { cause: error });
    }
  };
}

function withHint(message: string): string {
  if (/unable to authenticate/.test(message)) {
    return `${message}; a host in lockdown mode lets nobody in over SSH but its exception users`;
  }
  if (/dial tcp .*refused/.test(message)) {
    return `${message}; ESXi's SSH is off unless somebody starts it: Host > Actions > Services > Enable Secure Shell`;
  }
  return message;
}
