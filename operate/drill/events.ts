import { z } from "zod";
import type { HookRecord } from "./model";

const eventSchema = z.object({
  time: z.string(),
  kind: z.string(),
  name: z.string(),
  state: z.string(),
  ms: z.number().optional(),
  words: z.string().optional(),
});

export type AgentEvent = z.infer<typeof eventSchema>;

/** Lines of events.jsonl; one that is cut off is none. */
export function eventsOf(lines: string): AgentEvent[] {
  return lines.split("\n").flatMap((line) => {
    try {
      const parsed = eventSchema.safeParse(JSON.parse(line));
      return parsed.success ? [parsed.data] : [];
    } catch {
      return [];
    }
  });
}

/** Actions and changes of role that have ended. @param ahead Milliseconds by which the host's clock is before that of whoever looks on. */
export function hooksOf(node: string, lines: string, ahead: number): HookRecord[] {
  return eventsOf(lines)
    .filter(({ kind }) => kind === "ACTION" || kind === "ROLE")
    .map(({ time, kind, name, state, ms = 0, words }) => ({
      node,
      kind: kind === "ROLE" ? "role" : "action",
      name,
      state,
      milliseconds: ms,
      at: Date.parse(time) - ahead,
      ...(words && { words }),
    }));
}
