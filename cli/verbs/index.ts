import type { Verb } from "../verb";
import { drill } from "./drill";
import { doctor } from "./doctor";
import { lint } from "./lint";
import { simulate } from "./simulate";
import { status } from "./status";
import { switchover } from "./switchover";

/** Every verb by its name. */
export const verbs: Record<string, Verb> = { drill, lint, simulate, status, switchover };
export const verbs: Record<string, Verb> = { doctor, lint, simulate, status, switchover };
