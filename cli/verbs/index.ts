import type { Verb } from "../verb";
import { lint } from "./lint";
import { simulate } from "./simulate";
import { status } from "./status";
import { switchover } from "./switchover";

/** Every verb by its name. */
export const verbs: Record<string, Verb> = { lint, simulate, status, switchover };
