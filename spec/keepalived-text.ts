/** What keepalived.conf can express: the schema refuses what it cannot, and render/ relies on it. */

/** keepalived reads a line in pieces of 1023 bytes, each a line of its own; this leaves room for the keyword. */
export const MAX_LINE = 960;

/** Bytes that a command may have, so that it fits with its quotes and whatever goes before it. */
export const MAX_COMMAND = 950;

/** Whether a text has room on one line, as keepalived.conf writes it. */
export function fitsOnLine(written: string): boolean {
  return Buffer.byteLength(written) <= MAX_LINE;
}

/**
 * Whether keepalived.conf can express a value. Inside double quotes keepalived's parser (lib/parser.c) keeps blanks,
 * comment characters, `@`, `~` and braces beside other characters. It cannot express a double quote, a backslash (some
 * keywords read it as an escape, others do not), a control character, `$_` and `${` (its own definitions are replaced
 * inside quotes too), or a brace alone (taken for the brace of a block once the quotes are gone).
 */
export function isExpressible(value: string): boolean {
  return value !== "" && !/["\\\p{Cc}]|\$[_{]|^[{}]$/u.test(value);
}

/** The same in words, as what a value is without. */
export const INEXPRESSIBLE =
  "a double quote, a backslash, a control character, '$_', '${', or nothing but a brace";

/**
 * Whether keepalived can read a command line: it takes the words apart once more and reads single quotes then; one
 * without its partner makes it drop the check.
 */
export function hasPairedQuotes(command: string): boolean {
  return command.split("'").length % 2 === 1;
}
