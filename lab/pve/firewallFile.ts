import { createHash } from "node:crypto";
import { aliasPattern, parseCidr } from "./address";
import { PveError, failed, type ParameterErrors } from "./errors";
import { type Environment, type Rule, parseRule, printRule } from "./firewallRule";

/**
 * Firewall files: cluster.fw, host.fw and ID.fw, read as generic_fw_config_parser reads them and written as
 * save_vmfw_conf, save_hostfw_conf and save_clusterfw_conf do: comment lines and what is not understood are lost, sets
 * are sorted, an empty file is removed. The real one writes [OPTIONS] in Perl's random order; here it is the file's.
 */

export interface SetEntry {
  cidr: string;
  nomatch?: 1;
  comment?: string;
  errors?: ParameterErrors;
}

export interface Alias {
  name: string;
  cidr: string;
  version: 4 | 6;
  comment?: string;
}

export interface FirewallFile {
  options: Map<string, string | number>;
  aliases: Map<string, Alias>;
  ipsets: Map<string, SetEntry[]>;
  setComments: Map<string, string>;
  rules: Rule[];
  groups: Map<string, Rule[]>;
  groupComments: Map<string, string>;
}

export const emptyFirewall = (): FirewallFile => ({
  options: new Map(),
  aliases: new Map(),
  ipsets: new Map(),
  setComments: new Map(),
  rules: [],
  groups: new Map(),
  groupComments: new Map(),
});

const flag = { values: ["0", "1"] };
const level = {
  values: ["emerg", "alert", "crit", "err", "warning", "notice", "info", "debug", "nolog", ""],
};
const policy = { values: ["ACCEPT", "REJECT", "DROP"] };
const number = { pattern: /^\d+$/ };

/** What an option may be; one with a number or a flag is a number in JSON. */
export type FirewallOption = { values?: readonly string[]; pattern?: RegExp };

/** Options by file. */
export const firewallOptions: Record<"cluster" | "host" | "vm", Record<string, FirewallOption>> = {
  cluster: {
    enable: number,
    ebtables: flag,
    policy_in: policy,
    policy_out: policy,
    policy_forward: { values: ["ACCEPT", "DROP"] },
    log_ratelimit: { pattern: /^\S+$/ },
  },
  host: {
    enable: flag,
    log_level_in: level,
    log_level_out: level,
    log_level_forward: level,
    tcp_flags_log_level: level,
    smurf_log_level: level,
    nosmurfs: flag,
    tcpflags: flag,
    nf_conntrack_max: number,
    nf_conntrack_tcp_timeout_established: number,
    nf_conntrack_tcp_timeout_syn_recv: number,
    ndp: flag,
    nf_conntrack_allow_invalid: flag,
    nf_conntrack_helpers: { pattern: /^[a-z,-]*$/ },
    protection_synflood: flag,
    protection_synflood_rate: number,
    protection_synflood_burst: number,
    log_nf_conntrack: flag,
    nftables: flag,
  },
  vm: {
    enable: flag,
    macfilter: flag,
    dhcp: flag,
    ndp: flag,
    radv: flag,
    ipfilter: flag,
    policy_in: policy,
    policy_out: policy,
    log_level_in: level,
    log_level_out: level,
  },
};

/** The value as PVE spells it, whatever its case; undefined where it is none. */
function spelled(option: FirewallOption, value: string): string | undefined {
  const found = option.values
    ? option.values.find((one) => one.toLowerCase() === value.toLowerCase())
    : value;
  return found !== undefined && (option.pattern?.test(found) ?? true) ? found : undefined;
}

export const typedOption = (option: FirewallOption, value: string): string | number =>
  option === flag || option === number ? Number(value) : value;

export function parseFirewall(
  text: string,
  environment: "cluster" | "host" | "vm",
  cluster?: FirewallFile,
  warn: (message: string) => void = () => undefined,
): FirewallFile {
  const file = emptyFirewall();
  let add: ((line: string) => void) | undefined;
  const options = firewallOptions[environment];
  const rule = (line: string, to: Rule[], rules: Environment) =>
    to.push(parseRule(line, file, cluster ?? file, rules));
  const named = <T>(
    map: Map<string, T>,
    comments: Map<string, string>,
    [, name = "", comment]: string[],
    empty: T,
  ) => {
    map.set(name.toLowerCase(), empty);
    if (comment) comments.set(name.toLowerCase(), comment);
    return empty;
  };
  for (const [number, whole] of text.split("\n").entries()) {
    const line = whole.replace(/^[ \t]*|[ \t]*$/g, "");
    if (line === "" || line.startsWith("#")) continue;
    const group = /^\[group\s+(\S+)\]\s*(?:#\s*(.*?)\s*)?$/i.exec(line);
    const set = /^\[ipset\s+(\S+)\]\s*(?:#\s*(.*?)\s*)?$/i.exec(line);
    if (/^\[options\]$/i.test(line)) {
      add = (its) => {
        const [, name = "", value = ""] = /^([a-z0-9_]+):\s*(.*?)\s*$/i.exec(its) ?? [];
        const option = options[name.toLowerCase()];
        const word = option && spelled(option, value);
        if (!option || word === undefined) throw failed(`can't parse option '${its}'`);
        // A time in place of 1: on for a minute, unless it is confirmed.
        const isTime = environment === "cluster" && /^enable$/i.test(name) && Number(word) > 1;
        const is = isTime && Date.now() / 1000 - Number(word) > 60 ? "0" : word;
        file.options.set(name.toLowerCase(), typedOption(option, is));
      };
    } else if (/^\[aliases\]$/i.test(line)) {
      add = (its) => {
        const comment = /\s*#\s*(.*?)\s*$/.exec(its);
        const [, name, text = ""] = /^(\S+)\s(\S+)$/.exec(comment ? its.slice(0, comment.index) : its) ?? [];
        if (name === undefined) return;
        const { text: cidr, version } = parseCidr(text);
        file.aliases.set(name.toLowerCase(), { name, cidr, version, comment: comment?.[1] });
      };
    } else if (/^\[rules\]$/i.test(line)) {
      add = (its) => rule(its, file.rules, environment);
    } else if (group && environment === "cluster") {
      const rules: Rule[] = named(file.groups, file.groupComments, group, []);
      add = (its) => rule(its, rules, "group");
    } else if (set && environment !== "host" && !/^[A-Za-z][A-Za-z0-9_-]{0,63}$/.test(set[1] ?? "")) {
      warn(`line ${number + 1}: invalid ipset name '${set[1]?.toLowerCase()}'`);
      add = undefined;
    } else if (set && environment !== "host") {
      const entries: SetEntry[] = named(file.ipsets, file.setComments, set, []);
      add = (its) => entries.push(setEntry(its, entries, file, cluster ?? file));
    } else if (!add) {
      warn(`line ${number + 1}: skip line - no section`);
    } else {
      try {
        add(line);
      } catch (error) {
        if (!(error instanceof PveError)) throw error;
        warn(`line ${number + 1}: ${error.message}`);
      }
    }
  }
  return file;
}

function setEntry(line: string, others: SetEntry[], file: FirewallFile, cluster: FirewallFile): SetEntry {
  const comment = /#\s*(.*?)\s*$/.exec(line);
  const [, not, word = ""] = /^(!)?\s*(\S+)\s*$/.exec(comment ? line.slice(0, comment.index) : line) ?? [];
  const entry: SetEntry = { cidr: word };
  const errors: ParameterErrors = {};
  try {
    const alias = aliasPattern.exec(word)?.[2]?.toLowerCase();
    if (alias === undefined) entry.cidr = parseCidr(word).text;
    else if (!file.aliases.has(alias) && !cluster.aliases.has(alias)) throw failed(`no such alias '${word}'`);
    if (others.some(({ cidr }) => cidr === entry.cidr))
      throw failed(`duplicate ipset entry for '${entry.cidr}'`);
  } catch (error) {
    if (!(error instanceof PveError)) throw error;
    errors.cidr = error.message;
  }
  if (/\/0+$/.test(entry.cidr)) errors.cidr = "a zero prefix is not allowed in ipset entries\n";
  if (not) entry.nomatch = 1;
  if (comment?.[1]) entry.comment = comment[1];
  if (Object.keys(errors).length > 0) entry.errors = errors;
  return entry;
}

/** The text of a file; empty where nothing is left. */
export function printFirewall(file: FirewallFile): string {
  const parts: string[] = [];
  const note = (comment: string | undefined) => (comment?.trim() ? ` # ${comment}` : "");
  const part = (head: string, lines: string[]) => parts.push(`${head}\n\n${lines.join("")}\n`);
  const byName = <T>(map: Map<string, T>) => [...map].sort(([a], [b]) => (a < b ? -1 : 1));
  if (file.options.size > 0)
    part(
      "[OPTIONS]",
      [...file.options].map(([name, value]) => `${name}: ${value}\n`),
    );
  if (file.aliases.size > 0)
    part(
      "[ALIASES]",
      byName(file.aliases).map(([, { name, cidr, comment }]) => `${name} ${cidr}${note(comment)}\n`),
    );
  for (const [name, entries] of byName(file.ipsets)) {
    // The first of several counts.
    const unique = new Map([...entries].reverse().map((entry) => [entry.cidr, entry]));
    const lines = byName(unique).map(
      ([, { cidr, nomatch, comment }]) => `${nomatch ? "!" : ""}${cidr}${note(comment)}\n`,
    );
    part(`[IPSET ${name}]${note(file.setComments.get(name))}`, lines);
  }
  if (file.rules.length > 0) part("[RULES]", file.rules.map(printRule));
  for (const [name, rules] of byName(file.groups))
    part(`[group ${name}]${note(file.groupComments.get(name))}`, rules.map(printRule));
  return parts.join("");
}

/** The digest of a list, as copy_list_with_digest makes it of its members' settings. */
export function listDigest(list: readonly object[]): string {
  const sha = createHash("sha1");
  for (const entry of list) addSettings(sha, entry);
  return sha.digest("hex");
}

/** The digest of options, as copy_opject_with_digest makes it. */
export function optionsDigest(options: Map<string, string | number>): string {
  return listDigest([Object.fromEntries(options)]);
}

function addSettings(sha: ReturnType<typeof createHash>, entry: object): void {
  const settings = Object.entries(entry).filter(
    ([, value]) => value !== undefined && typeof value !== "object",
  );
  for (const [key, value] of settings.sort(([a], [b]) => (a < b ? -1 : 1))) sha.update(`${key}:${value}\n`);
}
