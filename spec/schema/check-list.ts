import { z } from "zod";
import { isLinkLocal, isUnicast, parseAddress } from "../addresses";
import { CheckEffect, CheckKind } from "../check-model";
import { CHECK_NAME, INTERFACE_NAME, WITNESS_CHECK } from "../names";
import { isKey, KEY } from "../tunnel/keys";
import { command, runsInARow, processName, wholeSeconds } from "./checks";
import { field, flag, isLine, quoted, text, whole } from "./fields";

const name = () =>
  field(
    z.string().refine((value) => CHECK_NAME.test(value) && value !== WITNESS_CHECK),
    `a name of 1 to 32 letters, digits, '.', '_' and '-', other than '${WITNESS_CHECK}', which is the agent's own check`,
  );

/** What every kind has. */
const common = <K extends CheckKind>(kind: K) => ({
  /** Name of the check, unique among all checks of the cluster, 1 to 32 characters. */
  name: name(),
  /** What is tested. */
  kind: field(z.literal(kind), `one of ${quoted(Object.values(CheckKind))}`),
  /** Whole seconds between two runs, 1 to 4294. @default 2 */
  interval: wholeSeconds().optional(),
  /** Whole seconds after which a run has failed, 1 to 4294; half of the last one is kept for telling so. @default the interval */
  timeout: wholeSeconds().optional(),
  /** Failures in a row that make the check fail, from 1. @default 2 */
  fall: runsInARow().optional(),
  /** Successes in a row that make the check pass, from 1. @default 2 */
  rise: runsInARow().optional(),
  /** What a failing check does to its node. @default yield; fault with preemptDelay */
  effect: field(z.enum(CheckEffect), quoted(Object.values(CheckEffect))).optional(),
});

/** An address of one link only: it says nothing without its interface, which has no place here. */
const needsInterface = (value: string) => {
  const address = parseAddress(value);
  return address?.family === 6 && isLinkLocal(address.text);
};

const isAddress = (value: string) => {
  const address = parseAddress(value);
  return address !== undefined && isUnicast(address.text) && !needsInterface(value);
};

const targets = (words: readonly string[]) =>
  field(
    z
      .array(
        field(
          z.string().refine((value) => words.includes(value) || isAddress(value)),
          `${quoted(words)} or an IP address without prefix length, not link-local (fe80::/10)`,
        ),
      )
      .min(1)
      .max(16),
    `a list of 1 to 16 targets: ${quoted(words)} and IP addresses`,
  );

/** A name or address of a host. */
const HOST = /^[A-Za-z0-9]([A-Za-z0-9._-]{0,251}[A-Za-z0-9])?$/;

function isUrl(value: string): boolean {
  // node.conf is no secret, so nobody logs in here.
  const isPlain = /^https?:\/\/[!#-&(-;=?-[\]_a-z~]{1,1000}$/i.test(value) && URL.canParse(value);
  return isPlain && new URL(value).username === "" && new URL(value).password === "";
}

const STATUS = /^[1-5]\d\d(-[1-5]\d\d)?$/;

/** Whether a text is a status of HTTP, or a range of them in its order. */
function isStatus(value: string): boolean {
  const [first = "", last = first] = value.split("-");
  return STATUS.test(value) && first <= last;
}

const tunnelCheck = z.strictObject({
  ...common(CheckKind.Tunnel),
  /** WireGuard interface, 1 to 15 characters. @default the node's own interface */
  interface: text(INTERFACE_NAME, "the name of an interface, 1 to 15 characters").optional(),
  /** Public keys of the peers that count, 1 to 16; of these the interface of each node knows one at least. @default the only one that it has */
  peers: field(
    z
      .array(field(z.string().refine(isKey), `a public key: ${KEY}`))
      .min(1)
      .max(16),
    "a list of 1 to 16 public keys",
  ).optional(),
  /** Seconds after which a handshake counts as old, 180 to 86400. @default 200 */
  maxHandshakeAge: field(
    z.int().min(180).max(86400),
    "a whole number of seconds from 180 to 86400: in a healthy tunnel a handshake gets 120 to 180 s old",
  ).optional(),
  /** Local targets, none of which answers a node that is cut off. @default ["gateway"] */
  uplink: targets(["gateway"]).optional(),
});

const networkCheck = z.strictObject({
  ...common(CheckKind.Network),
  /** What is pinged: "gateway", "peer", addresses. @default ["gateway", "peer"] */
  targets: targets(["gateway", "peer"]).optional(),
  /** Pings a target, one of which must be answered: 1 to 5. @default 1 */
  count: whole(1, 5).optional(),
  /** Targets that must answer, 1 to their number. @default 1 */
  minSuccesses: whole(1, 16).optional(),
});

const tcpCheck = z.strictObject({
  ...common(CheckKind.Tcp),
  /** Name or address that is connected to. */
  host: field(
    z
      .string()
      .refine((value) => HOST.test(value) || (parseAddress(value) !== undefined && !needsInterface(value))),
    "a host name or an IP address, not link-local (fe80::/10)",
  ),
  /** TCP port, 1 to 65535. */
  port: whole(1, 65535),
});

const httpCheck = z.strictObject({
  ...common(CheckKind.Http),
  /** What is asked for with GET. */
  url: field(
    z.string().refine(isUrl),
    "an http or https URL of at most 1000 characters, without quotes, blanks, user and password",
  ),
  /** Status of the answer: one, or a range. @default "200-399" */
  expectStatus: field(z.string().refine(isStatus), "a status as '200', or a range as '200-399'").optional(),
  /** What the answer must hold, 1 to 200 characters of one line. @default anything */
  expectText: field(
    z.string().max(200).refine(isLine),
    "1 to 200 characters on one line, without blanks at its ends",
  ).optional(),
});

const processCheck = z.strictObject({
  ...common(CheckKind.Process),
  /** Name of the process. */
  process: processName(),
});

const fileCheck = z.strictObject({
  ...common(CheckKind.File),
  /** Absolute path. */
  path: field(
    z
      .string()
      .max(500)
      .refine((value) => value.startsWith("/") && isLine(value)),
    "an absolute path of at most 500 characters, without blanks at its end",
  ),
  /** Whether it must be there, or must not. @default true */
  present: flag().optional(),
  /** Seconds after which it is too old, by its time of modification, 1 to 31536000. @default any age */
  maxAge: whole(1, 31536000).optional(),
});

const commandCheck = z.strictObject({
  ...common(CheckKind.Command),
  /** Absolute path of a program on the node, and its arguments. */
  command: command(),
});

/** A check of the cluster: a strict object for each kind. */
export const checkSchema = field(
  z.discriminatedUnion("kind", [
    tunnelCheck,
    networkCheck,
    tcpCheck,
    httpCheck,
    processCheck,
    fileCheck,
    commandCheck,
  ]),
  "a check: name, kind and what that kind has",
);

export const checks = () => field(z.array(checkSchema).max(50), "a list of up to 50 checks");

export type CheckInput = z.infer<typeof checkSchema>;
