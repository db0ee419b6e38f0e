import type { Cause } from "../../doctor/causes";
import type { World } from "./world";
import type { WorldName } from "./worlds";

/** What is done to a world: shell commands, by the host on which they are run, or anything else. */
export type Strike = Record<string, string> | ((world: World) => Promise<unknown>);

/** Who can put it right; `automatic` is what `doctor --repair` must do, and what is tried by a failover. */
export type Expected = "automatic" | "spec" | "human";

/** What is wrong in a case. */
export interface Fault {
  cause: Cause;
  /** Nodes that may be named, any of them; none: any. Several where it is between them. */
  nodes: readonly string[];
  /** Other words for the same that are as right, where the catalogue has two for it. */
  accepts?: readonly Cause[];
}

/** One pair with something wrong, or with nothing. */
export interface Case {
  /** `pair`: several faults at once; `healthy`: none. */
  family: string;
  /** The way in which it is made, a few words; unique. */
  name: string;
  world: WorldName;
  /** Empty: nothing is wrong. */
  faults: readonly Fault[];
  repair: Expected;
  inject: Strike;
  restore: Strike;
  /** What shows that it is made; awaited before the doctor looks. @default nothing */
  seen?: (world: World) => Promise<boolean>;
  /** Words after `doctor`. @default none */
  options?: readonly string[];
}

/** A case of one cause, which is what the first finding must tell. */
export interface Way {
  nodes: string | readonly string[];
  world?: WorldName;
  accepts?: readonly Cause[];
  /** What else is wrong by the same. */
  also?: readonly Fault[];
  repair: Expected;
  inject: Strike;
  restore: Strike;
  seen?: Case["seen"];
  options?: Case["options"];
}

/** The ways in which a cause is made, by their names. */
export function ways(cause: Cause, world: WorldName, all: Record<string, Way>): Case[] {
  return Object.entries(all).map(([name, { nodes, accepts, also = [], ...way }]) => ({
    family: cause,
    name,
    world,
    ...way,
    faults: [
      { cause, nodes: typeof nodes === "string" ? [nodes] : nodes, ...(accepts && { accepts }) },
      ...also,
    ],
  }));
}

/** Does to a world what a strike says, host by host at once. */
export async function strike(world: World, what: Strike): Promise<void> {
  if (typeof what === "function") {
    await what(world);
    return;
  }
  await Promise.all(Object.entries(what).map(([name, command]) => world.host(name).exec(command)));
}

/** One after the other. */
export const both =
  (...strikes: readonly Strike[]): Strike =>
  async (world) => {
    for (const one of strikes) await strike(world, one);
  };
