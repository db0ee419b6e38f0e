import { z } from "zod";
import { Problem } from "../model";
import { Path, pathText } from "../path";
import { suggest } from "../suggest";
import { Draft, UNKNOWN } from "../unknown";
import { FieldDoc, fieldDocs } from "./fields";

const MAX_SHOWN = 60;

/** A value as a problem shows it: short, on one line, and nothing of what may be inside it. */
function valueText(value: unknown): string {
  if (value === undefined || value === null) {
    return "(missing)";
  }
  if (Array.isArray(value)) {
    return list(value);
  }
  if (typeof value === "object") {
    return "(an object)";
  }
  // A text that reads as a number or a flag shows its quotes: they are what is wrong with it.
  const isPlainText = typeof value === "string" && !/^(true|false|-?\d+(\.\d+)?)$/.test(value);
  const text = isPlainText ? value : JSON.stringify(value);
  // user:password@host
  const shown = text.replace(/:[^:@\s]+@/, ":(secret)@");
  return shown.length > MAX_SHOWN ? `${shown.slice(0, MAX_SHOWN)}...` : shown;
}

function list(items: unknown[]): string {
  return items.length === 0 ? "(empty list)" : `(list of ${items.length})`;
}

/** A deep copy of plain data in which absent and `undefined` are the same. */
function copy(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.map(copy);
  }
  if (value !== null && typeof value === "object") {
    return Object.fromEntries(
      Object.entries(value)
        .filter(([, item]) => item !== undefined)
        .map(([key, item]) => [key, copy(item)]),
    );
  }
  return value;
}

function child(value: unknown, key: string | number): unknown {
  return value !== null && typeof value === "object" && Object.hasOwn(value, key)
    ? (value as Record<string | number, unknown>)[key]
    : undefined;
}

/** The nearest value on the way to a path: UNKNOWN when something above it is. */
function valueAt(root: unknown, path: Path): unknown {
  return path.reduce<unknown>((value, key) => (value === UNKNOWN ? UNKNOWN : child(value, key)), root);
}

function replaceAt(root: unknown, path: Path, value: unknown): void {
  const parent = valueAt(root, path.slice(0, -1));
  const key = path.at(-1);
  if (key !== undefined && parent !== null && typeof parent === "object") {
    (parent as Record<string | number, unknown>)[key] = value;
  }
}

function unwrap(schema: z.core.$ZodType): z.core.$ZodType {
  return schema instanceof z.ZodOptional ? unwrap(schema.unwrap()) : schema;
}

/** The object that a value is meant to be: of those that differ by one property the one that it names, else the first. */
function objectFor(schema: z.core.$ZodType, value: unknown): z.core.$ZodType {
  if (!(schema instanceof z.ZodDiscriminatedUnion)) {
    return schema;
  }
  const { discriminator, options } = schema.def;
  const meant = options.find(
    (option) =>
      option instanceof z.ZodObject &&
      (option.shape as Record<string, z.ZodType>)[discriminator]?.safeParse(child(value, discriminator))
        .success,
  );
  return meant ?? options[0]!;
}

/** The schema of what is at a path of `root`. */
function schemaAt(schema: z.core.$ZodType, path: Path, root: unknown): z.core.$ZodType {
  return path.reduce<z.core.$ZodType>((at, key, depth) => {
    const parent = objectFor(at, valueAt(root, path.slice(0, depth)));
    const inner =
      parent instanceof z.ZodObject
        ? (parent.shape as Record<string | number, z.core.$ZodType>)[key]
        : parent instanceof z.ZodArray
          ? parent.element
          : parent instanceof z.ZodRecord
            ? parent.valueType
            : undefined;
    if (inner === undefined) {
      throw new Error(`no schema at ${pathText(path)}`);
    }
    return unwrap(inner);
  }, unwrap(schema));
}

function fieldProblem(issue: z.core.$ZodIssue, path: Path, schema: z.core.$ZodType, root: unknown): Problem {
  const value = valueAt(root, path);
  const doc = fieldDocs.get(schemaAt(schema, path, root));
  if (doc === undefined) {
    throw new Error(`no words for ${pathText(path)}`);
  }
  const params = issue.code === "custom" ? (issue.params as Partial<FieldDoc> | undefined) : undefined;
  const allowed = params?.allowed ?? doc.allowed;
  const absent = value === undefined || value === null;
  return {
    rule: absent ? "missing" : "bounds",
    severity: "error",
    path: pathText(path),
    value: doc.secret && !absent ? "(secret)" : valueText(value),
    allowed,
    fix: params?.fix ?? doc.fix ?? `give ${allowed}`,
  };
}

function unknownKeyProblem(key: string, path: Path, schema: z.core.$ZodType, root: unknown): Problem {
  const at = objectFor(schemaAt(schema, path, root), valueAt(root, path));
  const known = at instanceof z.ZodObject ? Object.keys(at.shape) : [];
  const meant = suggest(key, known);
  return {
    rule: "unknown-key",
    severity: "error",
    path: pathText([...path, key]),
    // The value of a misspelt key may be a secret: the key itself is what is wrong.
    value: key,
    allowed: `one of ${known.join(", ")}`,
    fix: meant === undefined ? "remove it" : `did you mean '${meant}'?`,
  };
}

/** What a schema makes of an input: every problem, and a copy of the input with UNKNOWN in place of what is wrong. */
export interface Validated<T> {
  problems: Problem[];
  draft: Draft<T>;
}

/** Holds an input against a schema. UNKNOWN values inside it are no problem, and stay UNKNOWN. */
export function validate<T>(schema: z.ZodType<T>, input: unknown): Validated<T> {
  const given = copy(input);
  const issues = schema.safeParse(given).error?.issues ?? [];
  const draft = copy(given);
  const problems: Problem[] = [];
  for (const issue of issues) {
    const path = issue.path as Path;
    const value = valueAt(given, path);
    if (issue.code === "unrecognized_keys") {
      const target = valueAt(draft, path) as Record<string, unknown>;
      for (const key of issue.keys) {
        problems.push(unknownKeyProblem(key, path, schema, given));
        delete target[key];
      }
    } else if (valueAt(draft, path) !== UNKNOWN) {
      problems.push(fieldProblem(issue, path, schema, given));
      if (path.length === 0) {
        return { problems, draft: UNKNOWN };
      }
      // A list of a wrong length is still worth judging.
      const isLength = issue.code === "too_small" || issue.code === "too_big";
      if (!(isLength && Array.isArray(value))) {
        replaceAt(draft, path, UNKNOWN);
      }
    }
  }
  return { problems, draft: draft as Draft<T> };
}
