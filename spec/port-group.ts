import { resolveConnection } from "./connection";
import { SpecContext } from "./context";
import { Problem } from "./model";
import { finish, Parsed } from "./parse";
import { PORT_GROUP_WORDS } from "./port-group-words";
import { PortGroupInput, portGroupSchema } from "./schema/port-group";
import { validate } from "./schema/validate";
import { isKnown } from "./unknown";

/** Reads what a port group is to be: schema, connection, and that anything is wanted of it. */
export function parsePortGroup(input: unknown, context: SpecContext = {}): Parsed<PortGroupInput> {
  const { problems, draft } = validate(portGroupSchema, input);
  if (!isKnown(draft)) return finish(draft, problems);
  const { problems: unreachable } = resolveConnection(draft.connection, context, ["connection"]);
  return finish(draft, [...problems, ...unreachable, ...nothingWanted(draft)]);
}

function nothingWanted(draft: Partial<Record<(typeof PORT_GROUP_WORDS)[number], unknown>>): Problem[] {
  if (PORT_GROUP_WORDS.some((word) => draft[word] !== undefined)) return [];
  return [
    {
      rule: "port-group-nothing-wanted",
      severity: "error",
      path: "promiscuous",
      value: "(missing)",
      allowed: `at least one of ${PORT_GROUP_WORDS.join(", ")}`,
      fix: "say what the port group is to accept; a pair whose routers keep their NICs' addresses needs nothing of it",
    },
  ];
}
