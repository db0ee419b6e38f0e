import { PORT_GROUP_WORDS } from "../../spec/port-group-words";

export const WORDS = PORT_GROUP_WORDS;
export type Word = (typeof WORDS)[number];

/** A switch as it is: whether it accepts, and whether the port group says so itself or its vSwitch does. */
export interface Setting {
  accept: boolean;
  own: boolean;
}

/** The security policy of a port group on a standard switch. */
export type Policy = Record<Word, Setting>;

/** How a switch is to be: a value of the port group's own, or the vSwitch's, whatever that is. */
export type Target = { own: true; accept: boolean } | { own: false };

/** The names of `esxcli ... portgroup policy security get`, without the blanks that its plain form has. */
const COLUMN: Record<Word, string> = {
  promiscuous: "AllowPromiscuous",
  macChanges: "AllowMACAddressChange",
  forgedTransmits: "AllowForgedTransmits",
};

/** Reads what `esxcli ... portgroup policy security get` prints, plain or with `--formatter=csv`. */
export function parsePolicy(text: string): Policy {
  const values = /^\s*\w[\w ]*: /m.test(text) ? parsePlain(text) : (parseCsv(text)[0] ?? {});
  const read = (name: string) => {
    const value = values[name]?.toLowerCase();
    if (value !== "true" && value !== "false") {
      throw new Error(`esxcli printed a policy without ${name}: ${oneLine(text)}`);
    }
    return value === "true";
  };
  const setting = (word: Word): Setting => ({
    accept: read(COLUMN[word]),
    own: read(`OverrideVswitch${COLUMN[word]}`),
  });
  return {
    promiscuous: setting("promiscuous"),
    macChanges: setting("macChanges"),
    forgedTransmits: setting("forgedTransmits"),
  };
}

/** The names that `esxcli --formatter=csv ... portgroup list` prints: those of distributed switches are not in it. */
export function parsePortGroups(text: string): string[] {
  return parseCsv(text).map(({ Name = "" }) => Name);
}

function parsePlain(text: string): Record<string, string> {
  const lines = text.split("\n").map((line) => /^\s*(\w[\w ]*): *(\S*)\s*$/.exec(line));
  return Object.fromEntries(
    lines.flatMap((match) => (match ? [[match[1]!.replaceAll(" ", ""), match[2]!]] : [])),
  );
}

/** esxcli ends each line with a comma, and quotes what has a blank, a comma or a quote in it. */
function parseCsv(text: string): Record<string, string>[] {
  const [names = [], ...rows] = rowsOf(text);
  return rows.map((row) => Object.fromEntries(names.map((name, i) => [name, row[i] ?? ""])));
}

function rowsOf(text: string): string[][] {
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== "");
  return lines.map((line) =>
    [...line.matchAll(/("(?:[^"]|"")*"|[^,]*)(?:,|$)/g)].map(([, cell = ""]) =>
      cell.startsWith('"') ? cell.slice(1, -1).replaceAll('""', '"') : cell,
    ),
  );
}

const oneLine = (text: string) => text.trim().replace(/\s+/g, " ").slice(0, 200);
