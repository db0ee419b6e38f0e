import { resolveConnection } from "./connection";
import { SpecContext } from "./context";
import { Problem } from "./model";
import { finish, Parsed } from "./parse";
import { PortGroupInput, portGroupSchema } from "./schema/port-group";
import { validate } from "./schema/validate";
import { isKnown } from "./unknown";

const WORDS = ["promiscuous", "macChanges", "forgedTransmits"] as const;

/** Reads what a port group is to be: schema, connection, and that anything is wanted of it. */
export function parsePortGroup(input: unknown, context: SpecContext = {}): Parsed<PortGroupInput> {
  const { problems, draft } = validate(portGroupSchema, input);
  if (!isKnown(draft)) return finish(draft, problems);
  const { problems: unreachable } = resolveConnection(draft.connection, context, ["connection"]);
  return finish(draft, [...problems, ...unreachable, ...nothingWanted(draft)]);
}

function nothingWanted(draft: Partial<Record<(typeof WORDS)[number], unknown>>): Problem[] {
  if (WORDS.some((word) => draft[word] !== undefined)) return [];
  return [
    {
      rule: "port-group-nothing-wanted",
      severity: "error",
      path: "promiscuous",
      value: "(missing)",
      allowed: `at least one of ${WORDS.join(", ")}`,
      fix: "say what the port group is to accept; a pair whose routers keep their NICs' addresses needs nothing of it",
    },
  ];
}
