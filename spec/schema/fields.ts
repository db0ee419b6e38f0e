import { z } from "zod";
import { isUnicast, parseAddress } from "../addresses";
import { isExpressible } from "../keepalived-text";
import { Family } from "../model";

/** What a problem says about a field: the bound in words, and whether its value may be shown. */
export interface FieldDoc {
  allowed: string;
  /** What to do, when it is more than giving an allowed value. */
  fix?: string;
  secret?: boolean;
}

/** The words of every field; problems.ts looks them up by the path of an issue. */
export const fieldDocs = z.registry<FieldDoc>();

/** Gives a schema the words that problems use. */
export function field<T extends z.ZodType>(
  schema: T,
  allowed: string,
  doc: Omit<FieldDoc, "allowed"> = {},
): T {
  fieldDocs.add(schema, { allowed, ...doc });
  return schema;
}

/** Whether a text goes on one line of node.conf as it is. */
export const isLine = (value: string) => /^\S(.*\S)?$/u.test(value) && !/\p{Cc}/u.test(value);

/** Values as a problem lists them. */
export const quoted = (values: readonly string[]) => values.map((value) => `'${value}'`).join(", ");

export const flag = () => field(z.boolean(), "true or false");

export const text = (pattern: RegExp, allowed: string) => field(z.string().regex(pattern), allowed);

export const secretText = (allowed: string, max = 65536) =>
  field(z.string().min(1).max(max), allowed, { secret: true });

/** A VRRP password, which goes into keepalived.conf. */
export const password = (allowed: string) =>
  field(
    z.string().refine((value) => /^[\x21-\x7e]+$/.test(value) && isExpressible(value)),
    `${allowed} without blanks, ", \\, $_ and \${, and not a brace alone`,
    { secret: true },
  );

export const whole = (min: number, max: number) =>
  field(z.int().min(min).max(max), `a whole number from ${min} to ${max}`);

/** Seconds, in steps of a millisecond at the finest: what keepalived reads. */
export const seconds = (min: number, max: number) =>
  field(
    z
      .number()
      .min(min)
      .max(max)
      .refine((n) => isMultiple(n, 0.001)),
    `seconds from ${min} to ${max}, in steps of 0.001`,
  );

/** Whether a decimal number is a multiple of a step, despite binary fractions. */
export function isMultiple(n: number, step: number): boolean {
  return Math.abs(n / step - Math.round(n / step)) < 1e-6;
}

/** A text that a parser reads; its error says why it cannot. */
export function parsed(parse: (text: string) => object | { error: FieldDoc }, allowed: string) {
  return field(
    z.string().check((ctx) => {
      const result = parse(ctx.value);
      if ("error" in result) {
        ctx.issues.push({ code: "custom", input: ctx.value, params: result.error as FieldDoc & object });
      }
    }),
    allowed,
  );
}

/** A source address: one that a packet can be sent from. */
export const sourceAddress = (family?: Family) =>
  field(
    z.string().refine((value) => {
      const address = parseAddress(value);
      return (
        address !== undefined && isUnicast(address.text) && (family ?? address.family) === address.family
      );
    }),
    `an IP${family === undefined ? "" : `v${family}`} address of the node, without prefix length`,
  );
