import { PLAIN_WORD } from "./word";

/** keepalived reads a line in pieces of 1023 bytes, each a line of its own; this leaves room for the keyword. */
const MAX_BYTES = 960;

/**
 * A value as one word of keepalived.conf. Inside double quotes keepalived's parser (lib/parser.c) keeps blanks, comment
 * characters, `@`, `~` and braces beside other characters. It cannot express a double quote, a backslash (some keywords
 * read it as an escape, others do not), a control character, `$_` and `${` (its own definitions are replaced inside
 * quotes too), or a brace alone (taken for the brace of a block once the quotes are gone).
 *
 * An error says what is wrong in general and shows no part of the value, which may be a secret.
 */
export function quoted(value: string, property: string): string {
  if (value === "") {
    throw new Error(`${property} is empty: give a value or leave it out`);
  }
  if (PLAIN_WORD.test(value)) {
    return fitting(value, property);
  }
  if (/["\\\p{Cc}]|\$[_{]|^[{}]$/u.test(value)) {
    throw new Error(
      `${property} holds what keepalived.conf cannot express (a double quote, a backslash, a control character, '$_', '\${', or nothing but a brace): choose a value without it`,
    );
  }
  return fitting(`"${value}"`, property);
}

/** A text that goes on one line of keepalived.conf. */
export function fitting(text: string, property: string): string {
  const bytes = Buffer.byteLength(text);
  if (bytes > MAX_BYTES) {
    throw new Error(
      `${property} has ${bytes} bytes as keepalived.conf writes it; a line has room for ${MAX_BYTES}: shorten it`,
    );
  }
  return text;
}

/**
 * A command line as one word of keepalived.conf. keepalived takes its words apart once more and reads single quotes
 * then: one without its partner makes it drop the check.
 */
export function quotedCommand(command: string, property: string): string {
  if (command.split("'").length % 2 === 0) {
    throw new Error(`${property} holds a single quote without its partner: add the other one`);
  }
  return quoted(command, property);
}
