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
  Ping: [
    { proto: "icmp", "icmp-type": "echo-request" },
    { proto: "icmpv6", "icmp-type": "echo-request" },
  ],
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

const directions = new Set(["in", "out", "forward"]);
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
  if (macro && directions.has(rule.type)) {
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
    const refused =
      (rule.type === "group" && property !== "iface") ||
      (property === "log" && !logLevels.includes(option?.[2] ?? ""));
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
  if (type === "forward" && action === "REJECT") add("action", "cannot define REJECT rules on forward chain");
  if (directions.has(type) && !/^(ACCEPT|DROP|REJECT)$/.test(action))
    add("action", `unknown action '${action}'`);
  if (type === "group" && !/^[A-Za-z][A-Za-z0-9\-_]+$/.test(action))
    add("action", "invalid characters in security group name");
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
  const isIcmp = proto !== undefined && /^(icmp|icmpv6|ipv6-icmp)$/.test(proto);
  const checkPorts = (name: "dport" | "sport", icmp: boolean) => {
    const value = rule[name];
    if (!value) return;
    const problem = portProblem(value, icmp);
    if (problem) add(name, problem);
    if (proto === undefined) add("proto", `missing property - '${name}' requires this property`);
    if (!withPorts.has(proto ?? "") && !icmp) add(name, `protocol '${proto ?? ""}' does not support ports`);
  };
  checkPorts("dport", isIcmp);
  if (rule["icmp-type"]) {
    if (!isIcmp) add("proto", "missing property - 'icmp-type' requires this property");
    if (rule.dport) add("icmp-type", "'icmp-type' cannot be specified together with 'dport'");
  }
  checkPorts("sport", false);
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
  // A macro is held against the version of IP that the rule is about, or IPv4.
  const other = version === 6 ? "icmp" : "icmpv6";
  const templates = Object.keys(errors).length > 0 ? [] : (macros[rule.macro ?? ""] ?? []);
  const conflict = templates
    .filter((template) => template.proto !== other)
    .flatMap((template) => Object.entries(template))
    .find(([name, value]) => name in rule && rule[name as "proto"] !== value);
  if (conflict)
    add(conflict[0], `parameter '${conflict[0]}' already define in macro (value = '${conflict[1]}')`);
  if (Object.keys(errors).length > 0) rule.errors = errors;
  return rule;
}

/** Services by name that are asked for often; the real one reads /etc/services. */
const services = new Set(["ssh", "domain", "http", "https", "ntp", "snmp", "bgp"]);

function portProblem(text: string, icmp: boolean): string | undefined {
  if (text.endsWith(",")) return "extraneous commas in list";
  let count = 0;
  for (const item of text.split(",")) {
    const range = /^(\d+):(\d+)$/.exec(item);
    const ports = range ? [range[1] ?? "", range[2] ?? ""] : /^\d+$/.test(item) ? [item] : [];
    const tooHigh = ports.find((port) => Number(port) > 65535);
    if (tooHigh !== undefined) return `invalid port '${tooHigh}'`;
    const [from, to] = ports.map(Number);
    if (from !== undefined && to !== undefined && from > to)
      return `backwards range '${from}:${to}' not allowed, did you mean '${to}:${from}'?`;
    if (ports.length === 0 && !services.has(item) && !icmp) return `invalid port '${item}'`;
    count += ports.length;
  }
  return count > 15 ? "too many entries in port list (> 15 numbers)" : undefined;
}

/** The line of a rule. */
export function printRule(rule: Rule): string {
  if (!["in", "out", "forward", "group"].includes(rule.type))
    throw failed(`unknown rule type '${rule.type}'`);
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
