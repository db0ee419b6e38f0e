import type { Connection } from "../../engine/stand-ins/resource-command/connection";
import { inform, quiet, warn } from "../dynamic/log";
import { gatewaysOf, GatewayTools } from "./gateways";
import type { Kept, NicInputs } from "./model";
import { forgetLeft, restore, restoreLeft } from "./restore";
import type { Access, PveApi } from "./transport";
import { telling } from "./silence";
import { apiAt } from "./way";
import { carryOut, survey, Survey, Tools } from "./work";

/** Seconds for one conversation with a node: pvesh takes about one for each request. */
const LIMIT = 180;

/** What a PveNics does outside its own process, over connections that are opened when they are needed. */
export interface Session {
  survey: (kept: readonly Kept[]) => Promise<Survey[]>;
  /** Surveys, then carries out; fills `kept` in. */
  carryOut: (kept: Kept[]) => Promise<void>;
  restore: (kept: readonly Kept[]) => Promise<void>;
  warn: (message: string) => Promise<void>;
  inform: (message: string) => Promise<void>;
  close: () => void;
}

export interface Reach {
  open: (inputs: NicInputs) => Session;
}

const apiOf = (access: Access<Connection>) => apiAt(access, { limit: LIMIT, log: quiet });

export const open = (inputs: NicInputs): Session => sessionOf(inputs, { api: apiOf, warn, inform });

/** What a session is made of. */
export interface SessionTools {
  api: (access: Access<Connection>) => PveApi;
  warn: (message: string) => Promise<void>;
  inform: (message: string) => Promise<void>;
  gateways?: Omit<GatewayTools, "say">;
}

export function sessionOf(inputs: NicInputs, { api, warn, inform, gateways }: SessionTools): Session {
  const opened = new Map<string, PveApi>();
  const tools: Tools = {
    api: (at) => {
      const known = opened.get(at);
      if (known) return known;
      const access = inputs.access[at];
      if (access === undefined) {
        throw new Error(
          `nothing says any more how the Proxmox VE of ${at} is reached: say it again, or remove the resource from the state`,
        );
      }
      const made = api(access);
      opened.set(at, made);
      return made;
    },
    gateways: gatewaysOf(inputs.cluster, inputs.gateways ?? {}, { ...gateways, say: inform }),
    warn,
    inform,
  };
  const session: Session = {
    survey: (kept) => survey(inputs, kept, tools),
    carryOut: async (kept) => {
      await carryOut(inputs, await survey(inputs, kept, tools), kept, tools);
      // Before the pair's own change it may still need them.
      if (inputs.part === "widen") await forgetLeft(inputs, kept, tools);
      else await restoreLeft(inputs, kept, tools);
    },
    restore: (kept) => restore(inputs, kept, tools),
    warn,
    inform,
    close: () => opened.forEach((one) => one.close()),
  };
  return telling(session, inputs, tools);
}
