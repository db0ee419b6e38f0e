import { SpecContext } from "../context";
import { Problem } from "../model";
import { finish, named, Parsed } from "../parse";
import { proveTunnel } from "../rules/tunnel";
import { tunnelSchema } from "../schema/tunnel";
import { validate } from "../schema/validate";
import { isKnown, Unknown } from "../unknown";
import { tunnelWithDefaults } from "./defaults";
import { Tunnel } from "./model";

/** Node -> its public key in base64; UNKNOWN where its host has not told it yet. */
export type PublicKeys = Record<string, string | Unknown>;

function check(input: unknown, context: SpecContext, publicKeys?: PublicKeys) {
  const { problems, draft } = validate(tunnelSchema, named(input, "name", context.name));
  if (!isKnown(draft)) {
    return { draft, problems };
  }
  const { tunnel, problems: missing } = tunnelWithDefaults(draft, context);
  return { draft: tunnel, problems: [...problems, ...missing, ...proveTunnel({ ...tunnel, publicKeys })] };
}

/** Everything that can be said to be wrong with a tunnel's input, as checkCluster does of a cluster's. */
export function checkTunnel(input: unknown, context: SpecContext = {}, publicKeys?: PublicKeys): Problem[] {
  return check(input, context, publicKeys).problems;
}

/** Reads a tunnel: schema, defaults and the proof over both ends, all problems at once. The keys may come later. */
export function parseTunnel(
  input: unknown,
  context: SpecContext = {},
  publicKeys?: PublicKeys,
): Parsed<Tunnel> {
  const { draft, problems } = check(input, context, publicKeys);
  return finish(draft, problems);
}
