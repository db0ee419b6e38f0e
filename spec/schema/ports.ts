import { z } from "zod";
import { parseSource } from "../source";
import { field, parsed, whole } from "./fields";

const from = parsed(parseSource, "an IP address, or a network as ADDRESS/PREFIX");

/** A port of the host that its own firewall lets in. */
export const openPortSchema = field(
  z.strictObject({
    /** Protocol: tcp or udp. */
    protocol: field(z.enum(["tcp", "udp"]), "'tcp' or 'udp'"),
    /** Port, 1 to 65535. */
    port: whole(1, 65535),
    /** Address or network that is let in. @default everybody, over IPv4 and IPv6 */
    from: from.optional(),
  }),
  "an open port: protocol, port and optionally from",
);

export const openPorts = () => field(z.array(openPortSchema), "a list of open ports");

export type OpenPortInput = z.infer<typeof openPortSchema>;
