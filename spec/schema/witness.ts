import { z } from "zod";
import { isUnicast, parseAddress } from "../addresses";
import { parseWitnessUrl } from "../witness";
import { field, parsed, whole } from "./fields";

const url = parsed(parseWitnessUrl, "'http://HOST:PORT' or 'https://HOST:PORT'");

const path = () =>
  field(
    z.string().regex(/^\/[A-Za-z0-9._/-]{1,254}$/),
    "the absolute path of a file on the nodes, of letters, digits, '.', '_', '-' and '/'",
  ).optional();

const target = field(
  z.string().refine((value) => {
    const address = parseAddress(value);
    return address !== undefined && isUnicast(address.text);
  }),
  "an IP address, without prefix length",
);

/** What says which of two sites may hold when they do not hear each other. */
export const witnessSchema = field(
  z
    .strictObject({
      /** Client URLs of an etcd at a third place: of its one member, or of its three. Port 2379 where none is given. */
      endpoints: field(
        z.array(url).refine(({ length }) => length === 1 || length === 3),
        "a list of 1 or 3 URLs: of two members both are needed, so that the second only adds a way to fail",
      ).optional(),
      /** Whole seconds for which a vote counts, 5 to 60. @default 10 */
      ttl: whole(5, 60).optional(),
      /** Authority of the servers' certificates. @default the system's */
      caFile: path(),
      /** Certificate that a node shows, with keyFile. @default none */
      certFile: path(),
      /** Key of certFile, for root alone. @default none */
      keyFile: path(),
      /** In place of etcd: an address that answers pings wherever a site is not cut off. */
      ping: target.optional(),
    })
    .check((ctx) => {
      const { endpoints, ping, ...ofEtcd } = ctx.value;
      const isOne = (endpoints === undefined) !== (ping === undefined);
      if (!isOne || (ping !== undefined && Object.keys(ofEtcd).length > 0)) {
        ctx.issues.push({ code: "custom", input: ctx.value, params: ONE_KIND });
      }
    }),
  "a witness: endpoints, and optionally ttl, caFile, certFile, keyFile; or ping",
);

const ONE_KIND = {
  allowed: "endpoints of etcd with what belongs to them, or ping alone",
  fix: "give endpoints: two votes of three make a holder; ping alone tells only a site that is wholly cut off",
};

export type WitnessInput = z.infer<typeof witnessSchema>;
