import { z } from "zod";
import { ACTION_NAME, SERVICE_NAME } from "../names";
import { ActionKind, OnFailure, RoleName, ServiceVerb } from "../role-model";
import { field, flag, isLine, quoted, text, whole } from "./fields";

const MAX_COMMAND = 950;

const shellCommand = () =>
  field(
    z.string().max(MAX_COMMAND).refine(isLine),
    `a command of sh on one line of at most ${MAX_COMMAND} characters`,
  );

const verb = () => field(z.enum(ServiceVerb), quoted(Object.values(ServiceVerb)));

/** What every kind has. */
export const commonOfAction = <K extends string>(kind: K) => ({
  /** Name of the action, unique in the role, 1 to 32 characters. */
  name: text(ACTION_NAME, "a name of 1 to 32 letters, digits, '_' and '-'"),
  /** What it is about. */
  kind: field(z.literal(kind), `one of ${quoted(Object.values(ActionKind))}`),
  /** Whole seconds that one try may take, 1 to 3600. @default 30 */
  timeout: whole(1, 3600).optional(),
  /** Tries after the first, 1 s, 2 s, 4 s ... 16 s apart: 0 to 20. @default 2 */
  retries: whole(0, 20).optional(),
  /** What becomes of a promotion in which it fails. @default stop */
  onFailure: field(z.enum(OnFailure), quoted(Object.values(OnFailure))).optional(),
  /** A promotion does it only once the role has held for `settle` seconds. @default true where it cannot be undone */
  settled: flag().optional(),
});

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

/** An action: a strict object for each kind. */
const actionSchema = field(
  z.discriminatedUnion("kind", [serviceAction, fileAction, commandAction]),
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
