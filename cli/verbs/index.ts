import type { Verb } from "../verb";
import { simulate } from "./simulate";

/** Every verb by its name. */
export const verbs: Record<string, Verb> = { simulate };
