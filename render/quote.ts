import { fitsOnLine, hasPairedQuotes, INEXPRESSIBLE, isExpressible, MAX_LINE } from "../spec/keepalived-text";
import { PLAIN_WORD } from "./word";

/**
 * A value as one word of keepalived.conf. The schema has refused what cannot be written: an error here is for who calls
 * render by himself. It says what is wrong in general and shows no part of the value, which may be a secret.
 */
export function quoted(value: string, property: string): string {
  if (value === "") {
    throw new Error(`${property} is empty: give a value or leave it out`);
  }
  if (PLAIN_WORD.test(value)) {
    return fitting(value, property);
  }
  if (!isExpressible(value)) {
    throw new Error(
      `${property} holds what keepalived.conf cannot express (${INEXPRESSIBLE}): choose a value without it`,
    );
  }
  return fitting(`"${value}"`, property);
}

/** A text that goes on one line of keepalived.conf. */
export function fitting(text: string, property: string): string {
  if (!fitsOnLine(text)) {
    throw new Error(
      `${property} has ${Buffer.byteLength(text)} bytes as keepalived.conf writes it; a line has room for ${MAX_LINE}: shorten it`,
    );
  }
  return text;
}

/** A command line as one word of keepalived.conf. */
export function quotedCommand(command: string, property: string): string {
  if (!hasPairedQuotes(command)) {
    throw new Error(`${property} holds a single quote without its partner: add the other one`);
  }
  return quoted(command, property);
}
