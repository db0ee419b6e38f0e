import type { Verb } from "../verb";
import { lint } from "./lint";
import { simulate } from "./simulate";

/** Every verb by its name. */
export const verbs: Record<string, Verb> = { lint, simulate };
