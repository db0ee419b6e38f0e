import type { Verb } from "../verb";
import { doctor } from "./doctor";
import { drill } from "./drill";
import { lint } from "./lint";
import { simulate } from "./simulate";
import { status } from "./status";
import { switchover } from "./switchover";

/** Every verb by its name. */
export const verbs: Record<string, Verb> = { doctor, drill, lint, simulate, status, switchover };
