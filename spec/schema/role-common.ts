import { z } from "zod";
import { ACTION_NAME } from "../names";
import { ActionKind, OnFailure } from "../role-model";
import { field, flag, quoted, text, whole } from "./fields";

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
  /** What becomes of a promotion in which it fails. @default stop; mariadb: yield */
  onFailure: field(z.enum(OnFailure), quoted(Object.values(OnFailure))).optional(),
  /** A promotion does it only once the role has held for `settle` seconds. @default true where it cannot be undone */
  settled: flag().optional(),
});
