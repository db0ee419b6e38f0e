import { addressListVersion, aliasPattern } from "./address";
import { PveError, badParameters, failed, type ParameterErrors } from "./errors";
import type { FirewallFile } from "./firewallFile";

/** One rule of a firewall file: its line, and what is wrong with it, by parse_fw_rule and verify_rule of pve-firewall. */
export interface Rule {
  type: string;
  action: string;
  /** 1 or more: in force. */
  enable?: number;
  macro?: string;
  iface?: string;
  source?: string;
  dest?: string;
  proto?: string;
  dport?: string;
  sport?: string;
  log?: string;
  "icmp-type"?: string;
  comment?: string;
  ipversion?: 4 | 6;
  errors?: ParameterErrors;
}

export type Environment = "cluster" | "host" | "vm" | "group";

/** Properties that the API takes, in the order of a line. */
export const ruleProperties = [
  "type",
  "action",
  "enable",
  "macro",
  "iface",
  "source",
  "dest",
  "proto",
  "dport",
  "sport",
  "log",
  "icmp-type",
  "comment",
] as const;

export const logLevels = ["emerg", "alert", "crit", "err", "warning", "notice", "info", "debug", "nolog"];

/** Macros that the filter can carry out; the real list has some ninety. */
export const macros: Record<string, { proto: string; dport?: string; "icmp-type"?: string }[]> = {
  Ping: [{ proto: "icmp", "icmp-type": "echo-request" }],
  SSH: [{ proto: "tcp", dport: "22" }],
  HTTP: [{ proto: "tcp", dport: "80" }],
  HTTPS: [{ proto: "tcp", dport: "443" }],
  DNS: [
    { proto: "udp", dport: "53" },
    { proto: "tcp", dport: "53" },
  ],
};

/** Of /etc/protocols. */
export const protocols: Record<string, number> = {
  ip: 0,
  icmp: 1,
  igmp: 2,
  tcp: 6,
  udp: 17,
  dccp: 33,
  gre: 47,
  esp: 50,
  ah: 51,
  "ipv6-icmp": 58,
  icmpv6: 58,
  ospf: 89,
  vrrp: 112,
  sctp: 132,
  udplite: 136,
};

const withPorts = new Set(["udp", "17", "udplite", "136", "tcp", "6", "dccp", "33", "sctp", "132"]);

export function parseRule(
  line: string,
  file: FirewallFile,
  cluster: FirewallFile,
  environment: Environment,
): Rule {
  let rest = line;
  const comment = /#\s*(.*?)\s*$/.exec(rest);
  if (comment) rest = rest.slice(0, comment.index);
  const enable = rest.startsWith("|") ? 0 : 1;
  rest = rest.replace(/^\|/, "");
  const head = /^(\S+)\s+(\S+)\s*/.exec(rest);
  if (!head) throw failed(`unable to parse rule: ${line}`);
  rest = rest.slice(head[0].length);
  const rule: Rule = { type: (head[1] ?? "").toLowerCase(), action: head[2] ?? "", enable };
  if (comment) rule.comment = comment[1] ?? "";
  const macro = /^(\S+)\((ACCEPT|DROP|REJECT)\)$/.exec(rule.action);
  if (macro && rule.type !== "group") {
    rule.macro = macro[1];
    rule.action = macro[2] ?? "";
  }
  const words: Record<string, keyof Rule> = {
    i: "iface",
    p: "proto",
    proto: "proto",
    dport: "dport",
    sport: "sport",
    source: "source",
    dest: "dest",
    log: "log",
    "icmp-type": "icmp-type",
  };
  while (rest.length > 0) {
    const option = /^--?([a-z-]+) (\S+)\s*/.exec(rest);
    const property = option && words[option[1] ?? ""];
    const refused = rule.type === "group" && property !== "iface";
    if (!option || !property || refused) throw failed(`unable to parse rule parameters: ${rest}`);
    Object.assign(rule, { [property]: option[2] });
    rest = rest.slice(option[0].length);
  }
  return verifyRule(rule, file, cluster, environment, true);
}

/** Adds what is wrong as `errors`, or, where `gentle` is not set, throws the first of it. */
export function verifyRule(
  rule: Rule,
  file: FirewallFile,
  cluster: FirewallFile,
  environment: Environment,
  gentle = false,
): Rule {
  const errors: ParameterErrors = {};
  const add = (name: string, message: string) => {
    if (!gentle) throw badParameters({ [name]: message });
    errors[name] ??= message;
  };
  const { type, action, proto } = rule;
  if (!type) add("type", "missing property");
  if (!action) add("action", "missing property");
  const types = environment === "vm" ? ["in", "out", "group"] : ["in", "out", "forward", "group"];
  if (!types.includes(type) || (environment === "group" && type === "group"))
    add("type", `invalid rule type '${type}' for rule_env '${environment}'`);
  if (type !== "group" && !/^(ACCEPT|DROP|REJECT)$/.test(action)) add("action", `unknown action '${action}'`);
  if (rule.iface && environment === "vm" && !/^net\d+$/.test(rule.iface))
    add("iface", "value does not match the regex pattern 'net\\d+'");
  if (rule.macro) {
    const name = Object.keys(macros).find((one) => one.toLowerCase() === rule.macro?.toLowerCase());
    if (name) rule.macro = name;
    else add("macro", `unknown macro '${rule.macro}'`);
  }
  let version: 4 | 6 | undefined;
  const setVersion = (its: 4 | 6 | undefined) => {
    if (its !== undefined && version !== undefined && its !== version)
      throw failed("detected mixed ipv4/ipv6 addresses in rule");
    version = its ?? version;
  };
  if (proto !== undefined) {
    if (protocols[proto] === undefined && !(/^\d+$/.test(proto) && Number(proto) <= 255))
      add("proto", `unknown protocol '${proto}'`);
    if (proto === "icmp") setVersion(4);
    if (proto === "icmpv6" || proto === "ipv6-icmp") setVersion(6);
  }
  for (const name of ["dport", "sport"] as const) {
    if (!rule[name]) continue;
    if (proto === undefined) add("proto", `missing property - '${name}' requires this property`);
    else if (!withPorts.has(proto)) add(name, `protocol '${proto}' does not support ports`);
    if (!/^[0-9a-z-]+(:\d+)?(,[0-9a-z-]+(:\d+)?)*$/.test(rule[name]))
      add(name, `invalid port '${rule[name]}'`);
  }
  for (const name of ["source", "dest"] as const) {
    const value = rule[name];
    if (!value) continue;
    try {
      setVersion(addressListVersion(value));
    } catch (error) {
      if (!(error instanceof PveError)) throw error;
      add(name, error.message);
    }
    const [, , set] = /^\+(guest\/|dc\/|sdn\/)?([A-Za-z][A-Za-z0-9_-]+)$/.exec(value) ?? [];
    if (value.startsWith("+")) {
      if (set === undefined) add(name, `invalid ipset name '${value}'`);
      else if (!cluster.ipsets.has(set) && !file.ipsets.has(set)) add(name, `no such ipset '${set}'`);
    } else {
      const alias = aliasPattern.exec(value)?.[2]?.toLowerCase();
      if (alias !== undefined) {
        const found = file.aliases.get(alias) ?? cluster.aliases.get(alias);
        if (found) setVersion(found.version);
        else add(name, `no such alias '${value}'`);
      }
    }
  }
  if (version) rule.ipversion = version;
  if (Object.keys(errors).length > 0) rule.errors = errors;
  return rule;
}

/** The line of a rule. */
export function printRule(rule: Rule): string {
  const off = rule.enable !== undefined && !rule.enable ? "|" : "";
  const action = rule.macro ? `${rule.macro}(${rule.action})` : rule.action;
  const words: [string, string | undefined][] = [
    ["-i", rule.iface],
    ...(rule.type === "group"
      ? []
      : ([
          ["-source", rule.source],
          ["-dest", rule.dest],
          ["-p", rule.proto],
          ["-dport", rule.dport],
          ["-sport", rule.sport],
          ["-log", rule.log],
          ["-icmp-type", rule["icmp-type"]],
        ] as [string, string | undefined][])),
  ];
  const options = words.filter(([, value]) => value).map(([name, value]) => ` ${name} ${value}`);
  const comment = rule.comment?.trim() ? ` # ${rule.comment}` : "";
  return `${off}${rule.type.toUpperCase()} ${action}${options.join("")}${comment}\n`;
}
