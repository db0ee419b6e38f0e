import { CLUSTER_NAME } from "../spec/names";

/** What keepalived, nft, a shell and our own files read as one word, without quotes and with no other meaning. */
export const PLAIN_WORD = /^[A-Za-z0-9_./:][A-Za-z0-9_./:%+-]*$/;

/** A value as one word of node.conf or firewall.rules, which know no quotes. */
export function word(value: string, property: string): string {
  if (!PLAIN_WORD.test(value)) {
    throw new Error(
      `${property} is ${JSON.stringify(value)}, which is not one plain word: give letters, digits and '_', '.', '/', ':', '%', '+', '-'`,
    );
  }
  return value;
}

/** A value as the rest of a line of node.conf. */
export function rest(value: string, property: string): string {
  if (!/^\S(.*\S)?$/u.test(value) || /\p{Cc}/u.test(value)) {
    throw new Error(
      `${property} is ${JSON.stringify(value)}, which does not go on one line: leave out control characters and blanks at its ends`,
    );
  }
  return value;
}

/** A cluster's name, which becomes part of paths, of comments and of an `include` line. */
export function clusterName(value: string): string {
  if (!CLUSTER_NAME.test(value)) {
    throw new Error(
      `cluster is ${JSON.stringify(value)}, which cannot be part of a file's name: give 1 to 40 letters, digits, '_' and '-'`,
    );
  }
  return value;
}
