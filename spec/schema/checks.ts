import { z } from "zod";
import { hasPairedQuotes, isExpressible, MAX_COMMAND } from "../keepalived-text";
import { CHECK_NAME, USER_NAME } from "../names";
import { field, text, whole } from "./fields";

/** Whether keepalived.conf can express a command. */
function isCommand(value: string): boolean {
  return (
    /^\/\S/.test(value) &&
    isExpressible(value) &&
    hasPairedQuotes(value) &&
    Buffer.byteLength(value) <= MAX_COMMAND
  );
}

/** A command that keepalived runs. */
export const command = () =>
  field(
    z.string().refine(isCommand),
    `an absolute path and its arguments on one line of at most ${MAX_COMMAND} bytes, without ", \\, $_, \${ and a single quote alone`,
  );

const checkName = () => text(CHECK_NAME, "a name of 1 to 32 letters, digits, '.', '_' and '-'");

/** Above it keepalived's count overflows. */
const MAX_COUNT = 2147483647;

/** Runs in a row. */
export const runsInARow = () => whole(1, MAX_COUNT);

/** keepalived's timer counts microseconds in 32 bits; fractions of a second it takes since 2.3.2 only. */
export const wholeSeconds = () => field(z.int().min(1).max(4294), "whole seconds from 1 to 4294");

/** A `vrrp_script`. */
export const trackScriptSchema = field(
  z.strictObject({
    /** Name of the check, unique in the cluster, 1 to 32 characters. */
    name: checkName(),
    /** Absolute path of a program that is on the node, and its arguments. */
    script: command(),
    /** Whole seconds between two runs, 1 to 4294. @default 2 */
    interval: wholeSeconds().optional(),
    /** Whole seconds after which a run counts as failed, 1 to 4294. @default the interval */
    timeout: wholeSeconds().optional(),
    /** Failures in a row that make the check fail, from 1. @default 2 */
    fall: runsInARow().optional(),
    /** Successes in a row that make the check pass, from 1. @default 2 */
    rise: runsInARow().optional(),
    /** Added to the priority (negative: while failing, positive: while passing), -253 to 253. @default 0: failing is FAULT */
    weight: whole(-253, 253).optional(),
  }),
  "a check: name, script and optionally interval, timeout, fall, rise, weight",
);

/** Name of a process, as in /proc/PID/comm or its argv[0]. */
export const processName = () =>
  field(
    z.string().refine((value) => /^[^\s'#!{}]{1,255}$/u.test(value) && isExpressible(value)),
    "the name of a process, one word, without quotes, \\, #, !, {, } and $_",
  );

/** A `vrrp_track_process`. */
export const trackProcessSchema = field(
  z.strictObject({
    /** Name of the check, unique in the cluster, 1 to 32 characters. */
    name: checkName(),
    /** Name of the process, as in /proc/PID/comm or its argv[0]: one word. */
    process: processName(),
    /** As for a script, -254 to 254. @default 0: absence is FAULT */
    weight: whole(-254, 254).optional(),
    /** Processes that must be there, 1 to 65535. @default 1 */
    quorum: whole(1, 65535).optional(),
  }),
  "a check: name, process and optionally weight, quorum",
);

export const trackScripts = () => field(z.array(trackScriptSchema), "a list of checks");
export const trackProcesses = () => field(z.array(trackProcessSchema), "a list of checks");

/** User that keepalived runs scripts as. */
export const scriptUser = () => text(USER_NAME, "the name of a user on the nodes, 1 to 32 characters");

export type TrackScriptInput = z.infer<typeof trackScriptSchema>;
export type TrackProcessInput = z.infer<typeof trackProcessSchema>;
