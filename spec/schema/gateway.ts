import { z } from "zod";
import { GatewayListenOn, GatewayProgram, GatewayRuns } from "../gateway-model";
import { parseUpstream } from "../gateway-upstream";
import { ACTION_NAME, USER_NAME } from "../names";
import { field, flag, parsed, quoted, seconds, text, whole } from "./fields";

const path = () =>
  text(
    /^\/[A-Za-z0-9._~/-]{0,199}$/,
    "a path of a URL, from '/' on, of letters, digits, '.', '_', '~', '-' and '/', up to 200 characters",
  );

const upstream = field(
  z.strictObject({
    /** Where it listens: an IP address and a TCP port. */
    address: parsed(parseUpstream, "'ADDRESS:PORT', an IPv6 address in brackets"),
    /** Share of the requests that it gets, 1 to 1000. @default 1 */
    weight: whole(1, 1000).optional(),
    /** It gets requests only while no other one answers. @default false */
    backup: flag().optional(),
  }),
  "an upstream: address, and optionally weight and backup",
);

const probe = field(
  z.strictObject({
    /** TCP port, 1 to 65535, that nothing else has. */
    port: whole(1, 65535),
    /** Path that answers. @default "/" */
    path: path().optional(),
  }),
  "a probe: port, and optionally path",
);

const MAX_CONFIG = 262144;

/** nginx, or OpenResty, that serves behind the addresses. */
export const gatewaySchema = field(
  z.strictObject({
    /** What serves. @default nginx */
    program: field(z.enum(GatewayProgram), quoted(Object.values(GatewayProgram))).optional(),
    /** Of a build of one's own: PREFIX/sbin/nginx, PREFIX/conf/nginx.conf. @default the package's */
    prefix: field(
      z
        .string()
        .regex(/^(\/[A-Za-z0-9_][A-Za-z0-9._-]*)+$/)
        .max(200),
      "an absolute path of letters, digits, '.', '_', '-' and '/', without a slash at its end",
    ).optional(),
    /** The whole nginx.conf, up to 256 KiB; no secret. @default made of the properties below */
    config: field(
      z
        .string()
        .min(1)
        .max(MAX_CONFIG)
        .refine((value) => !/[^\P{Cc}\t\n]/u.test(value)),
      `a text of 1 to ${MAX_CONFIG} characters without control characters but tabs and line ends`,
    ).optional(),
    /** TCP ports on which it serves, 1 to 16. @default [80] */
    listen: field(z.array(whole(1, 65535)).min(1).max(16), "a list of 1 to 16 ports").optional(),
    /** Which addresses it listens on. @default all */
    listenOn: field(z.enum(GatewayListenOn), quoted(Object.values(GatewayListenOn))).optional(),
    /** Host that it serves, and that the check asks for. @default any */
    serverName: text(
      /^(?=.{1,253}$)[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*$/,
      "a host name of letters, digits, '-' and '.', up to 253 characters",
    ).optional(),
    /** Servers that requests are passed to, 1 to 100; needed without `config`. */
    upstreams: field(z.array(upstream).min(1).max(100), "a list of 1 to 100 upstreams").optional(),
    /** User of the workers. @default www-data with the package's nginx, else as it was built */
    user: text(USER_NAME, "the name of a user").optional(),
    /** Seconds in which an upstream must take a connection, before the next one is asked: 1 to 75. @default 3 */
    connectTimeout: seconds(1, 75).optional(),
    /** Seconds that an upstream may be silent before the next one is asked, 1 to 3600. @default 60 */
    readTimeout: seconds(1, 3600).optional(),
    /** What the check asks for. @default "/" */
    checkPath: path().optional(),
    /** On which nodes it runs. @default both */
    runs: field(z.enum(GatewayRuns), quoted(Object.values(GatewayRuns))).optional(),
    /** A port that answers 200 on the master alone. @default none */
    probe: probe.optional(),
    /** Name of the action of `role` behind which it starts. @default before all of them */
    after: text(ACTION_NAME, "the name of an action of role").optional(),
  }),
  "a gateway: upstreams or config, and what differs from the defaults",
);

export type GatewayInput = z.infer<typeof gatewaySchema>;
