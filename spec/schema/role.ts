import { z } from "zod";
import { isUnicast, parseAddress } from "../addresses";
import { DNS_NAME, MAIL_ADDRESS, MAIL_RECIPIENT, NODE_NAME, SERVICE_NAME } from "../names";
import { ActionKind, BOTH, RoleName, ServiceVerb, TsigAlgorithm, WebhookMethod } from "../role-model";
import { field, flag, isLine, quoted, text, whole } from "./fields";
import { commonOfAction } from "./role-common";
import { mariadbAction } from "./role-mariadb";

const MAX_COMMAND = 950;

const shellCommand = () =>
  field(
    z.string().max(MAX_COMMAND).refine(isLine),
    `a command of sh on one line of at most ${MAX_COMMAND} characters`,
  );

const verb = () => field(z.enum(ServiceVerb), quoted(Object.values(ServiceVerb)));

const serviceAction = z.strictObject({
  ...commonOfAction(ActionKind.Service),
  /** Unit of systemd (`.service` is meant where it has no suffix), or script of /etc/init.d; else start, stop and status. */
  service: text(SERVICE_NAME, "the name of a unit or an init script, 1 to 100 characters").optional(),
  /** In place of a service: what starts it. */
  start: shellCommand().optional(),
  /** What stops it. */
  stop: shellCommand().optional(),
  /** Ends with 0 where it runs. */
  status: shellCommand().optional(),
  /** What has it read its configuration anew. */
  reload: shellCommand().optional(),
  /** What is done where the node becomes master. @default start */
  onMaster: verb().optional(),
  /** What is done where it becomes backup. @default stop */
  onBackup: verb().optional(),
});

const fileAction = z.strictObject({
  ...commonOfAction(ActionKind.File),
  /** Absolute path, 2 to 255 characters. */
  path: field(
    z
      .string()
      .regex(/^(\/[A-Za-z0-9_][A-Za-z0-9._@:+-]*)+$/)
      .max(255),
    "an absolute path of letters, digits, '.', '_', '-', '@', ':', '+' and '/'",
  ),
  /** Its text, up to 64 KiB. @default that of the file that is there, which must be */
  content: field(
    z
      .string()
      .max(65536)
      .refine((value) => !value.includes("\0")),
    "a text of at most 65536 characters without NUL",
  ).optional(),
  /** The role in which it is there. @default master */
  on: field(z.enum(RoleName), quoted(Object.values(RoleName))).optional(),
});

const commandAction = z.strictObject({
  ...commonOfAction(ActionKind.Command),
  /** What is done where the node becomes master. @default nothing */
  onMaster: shellCommand().optional(),
  /** What is done where it becomes backup. @default nothing */
  onBackup: shellCommand().optional(),
  /** Ends with 0 where nothing is to be done. @default what was done in a role is done */
  reached: shellCommand().optional(),
  /** Gets a master ready before a planned move ends its role: ends with 0 once the peer has all that it needs; what fails keeps the role here. @default nothing */
  quiesce: shellCommand().optional(),
  /** Undoes quiesce where the move did not happen. @default nothing */
  resume: shellCommand().optional(),
});

/** What stands for a secret where nobody may see it passes in its place. */
const PLACEHOLDER = /^\*{8}$/;

/** A secret of one line. */
const secretLine = (max: number, allowed: string, pattern = /^/) =>
  field(
    z
      .string()
      .max(max)
      .refine((value) => isLine(value) && (pattern.test(value) || PLACEHOLDER.test(value))),
    allowed,
    { secret: true },
  );

const onRole = () =>
  field(z.enum({ ...RoleName, Both: BOTH }), quoted([...Object.values(RoleName), BOTH])).optional();

/** Node -> addresses. */
const addressesByNode = () =>
  field(
    z.record(
      text(NODE_NAME, "the name of a node"),
      field(
        z
          .array(
            field(
              z.string().refine((value) => {
                const address = parseAddress(value);
                return address !== undefined && isUnicast(address.text);
              }),
              "an IP address without prefix length",
            ),
          )
          .min(1)
          .max(8),
        "a list of 1 to 8 addresses",
      ),
    ),
    "an object: the name of a node -> a list of addresses",
  );

const webhookAction = z.strictObject({
  ...commonOfAction(ActionKind.Webhook),
  /** Where it asks, http:// or https://, up to 2000 characters; secret. */
  url: secretLine(
    2000,
    "a URL of http:// or https:// without blanks, up to 2000 characters",
    /^https?:\/\/[!-~]+$/,
  ),
  /** @default POST */
  method: field(z.enum(WebhookMethod), quoted(Object.values(WebhookMethod))).optional(),
  /** Headers of the request, name -> value; the values are secret. @default Content-Type: application/json */
  headers: field(
    z.record(
      text(/^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}$/, "the name of a header, 1 to 64 characters"),
      secretLine(4096, "a header's value: one line of up to 4096 characters"),
    ),
    "an object: the name of a header -> its value",
  ).optional(),
  /** Signs time and body with HMAC-SHA256, 8 to 256 characters; secret. @default not signed */
  secret: secretLine(256, "a text of 8 to 256 characters on one line", /^.{8,}$/u).optional(),
  /** Roles that it tells. @default both */
  on: onRole(),
  /** Template of the body, up to 16 KiB, with ${id} ${role} ${from} ${node} ${cluster} ${time} ${address} ${cause}. @default a JSON object with these */
  body: field(
    z
      .string()
      .min(1)
      .max(16384)
      .refine((value) => !value.includes("\0")),
    "a text of 1 to 16384 characters without NUL",
  ).optional(),
  /** What ${address} is on each node. @default the addresses that move */
  addresses: addressesByNode().optional(),
  /** Send it only while the node still has the role that it tells. @default false */
  current: flag().optional(),
});

const mailAction = z.strictObject({
  ...commonOfAction(ActionKind.Mail),
  /** Sender, up to 254 characters. */
  from: text(MAIL_ADDRESS, "a mail address NAME@DOMAIN"),
  /** Recipients, 1 to 20. */
  to: field(
    z.array(text(MAIL_RECIPIENT, "a mail address")).min(1).max(20),
    "a list of 1 to 20 mail addresses",
  ),
  /** `smtp://HOST[:PORT]` or `smtps://HOST[:PORT]`. @default sendmail of the node */
  server: text(
    /^smtps?:\/\/(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]{1,253})(:[0-9]{1,5})?$/,
    "smtp://HOST:PORT or smtps://HOST:PORT",
  ).optional(),
  /** Of smtp://: send nothing without TLS. @default true where there is a password */
  startTls: flag().optional(),
  /** Name at the server, up to 256 characters. @default none */
  username: field(
    z
      .string()
      .max(256)
      .refine((value) => isLine(value) && !value.includes(":")),
    "one line of up to 256 characters without ':'",
  ).optional(),
  /** Its password, up to 256 characters; secret. */
  password: secretLine(256, "one line of up to 256 characters").optional(),
  /** Roles that it tells. @default both */
  on: onRole(),
});

const dnsName = () => text(DNS_NAME, "a full name in the DNS without a dot at its end, up to 253 characters");

const dnsAction = z.strictObject({
  ...commonOfAction(ActionKind.Dns),
  /** The zone's primary server: its address or name. */
  server: text(/^[A-Za-z0-9][A-Za-z0-9.:-]{0,252}$/, "the address or the name of a server"),
  /** Its port, 1 to 65535. @default 53 */
  port: whole(1, 65535).optional(),
  /** Zone that the server has. */
  zone: dnsName(),
  /** Full name, in the zone, whose A and AAAA records are the master's. */
  record: dnsName(),
  /** Full name of the TXT record that says whose these are. @default _vrrp.RECORD */
  ownerRecord: dnsName().optional(),
  /** Seconds for which resolvers may keep the records, 1 to 86400. @default 30 */
  ttl: whole(1, 86400).optional(),
  /** What the record is while a node is master: for each node 1 to 8 addresses. */
  addresses: addressesByNode(),
  /** The key by which the server knows the nodes. */
  tsig: field(
    z.strictObject({
      /** Its name there. */
      name: dnsName(),
      /** @default hmac-sha256 */
      algorithm: field(z.enum(TsigAlgorithm), quoted(Object.values(TsigAlgorithm))).optional(),
      /** The key in base64; secret. */
      secret: secretLine(512, "a key in base64, up to 512 characters", /^[A-Za-z0-9+/]+={0,2}$/),
    }),
    "a key: name, secret and optionally algorithm",
  ),
});

/** An action: a strict object for each kind. */
const actionSchema = field(
  z.discriminatedUnion("kind", [
    serviceAction,
    fileAction,
    commandAction,
    webhookAction,
    mailAction,
    dnsAction,
    mariadbAction,
  ]),
  "an action: name, kind and what that kind has",
);

/** What the master runs. */
export const roleSchema = field(
  z.strictObject({
    /** Whole seconds for which a node must have been master before what cannot be undone begins, 0 to 300. @default 3 */
    settle: whole(0, 300).optional(),
    /** In the order of a promotion; a demotion does them in reverse. */
    actions: field(z.array(actionSchema).min(1).max(50), "a list of 1 to 50 actions"),
  }),
  "a role: actions, and optionally settle",
);

export type ActionInput = z.infer<typeof actionSchema>;
export type RoleInput = z.infer<typeof roleSchema>;
