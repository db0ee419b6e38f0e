import { aliasPattern, cleanCidr, parseCidr } from "./address";
import { assertUnmodified, badParameters, failed } from "./errors";
import {
  type FirewallFile,
  type FirewallOption,
  firewallOptions,
  listDigest,
  optionsDigest,
  typedOption,
} from "./firewallFile";
import { type Rule, logLevels, ruleProperties, verifyRule } from "./firewallRule";
import type { Key } from "./propertyString";
import { type Api, type Call, type Route, flag, needed, text, whole } from "./route";

/** The API's paths of the cluster's, a node's and a guest's firewall. */

interface Scope {
  base: string;
  environment: "cluster" | "host" | "vm";
  audit: Route["permission"];
  modify: Route["permission"];
  /** Where its file is, below /etc/pve. */
  file: (call: Call) => string;
  load: (call: Call, api: Api) => FirewallFile;
}

const setName: Key = { type: "string", required: true, pattern: /^[A-Za-z][A-Za-z0-9\-_]+$/ };
const action: Key = { type: "string", pattern: /^[A-Za-z][A-Za-z0-9\-_]+$/ };
const cidr: Key = {
  type: "string",
  required: true,
  check: (value) => {
    if (aliasPattern.test(value)) return undefined;
    try {
      parseCidr(value);
      return undefined;
    } catch (error) {
      return (error as Error).message;
    }
  },
};
const ruleParams: Record<string, Key> = {
  ...Object.fromEntries(ruleProperties.map((name) => [name, text])),
  type: { type: "string", values: ["in", "out", "forward", "group"] },
  action,
  enable: whole(0),
  log: { type: "string", values: logLevels },
  pos: whole(0),
  digest: text,
};

/** JSON of entries with the digest of all of them. */
const withDigest = (entries: readonly object[]): Record<string, unknown>[] => {
  const digest = listDigest(entries);
  return entries.map((entry) => ({ ...entry, digest }));
};

const keyOf = (option: FirewallOption): Key => {
  const isNumber = typeof typedOption(option, "0") === "number";
  const isFlag = isNumber && option.values !== undefined;
  return {
    type: isFlag ? "boolean" : isNumber ? "integer" : "string",
    values: isFlag ? undefined : option.values,
  };
};

/** Puts what a request says into a rule; an empty value takes a property away. */
function copyRule(rule: Rule, params: Call["params"]): void {
  for (const name of ruleProperties) {
    const value = params[name];
    if (value === undefined) continue;
    if (value === "" || value === "-") Reflect.deleteProperty(rule, name);
    else Object.assign(rule, { [name]: name === "enable" ? Number(value) : value });
  }
}

const places: Scope[] = [
  {
    base: "/cluster/firewall",
    environment: "cluster",
    audit: { path: "/", rights: ["Sys.Audit"] },
    modify: { path: "/", rights: ["Sys.Modify"] },
    file: () => "firewall/cluster.fw",
    load: (_, { store }) => store.clusterFirewall(),
  },
  {
    base: "/nodes/{node}/firewall",
    environment: "host",
    audit: { path: "/nodes/{node}", rights: ["Sys.Audit"] },
    modify: { path: "/nodes/{node}", rights: ["Sys.Modify"] },
    file: ({ params }) => `nodes/${params.node}/host.fw`,
    load: ({ params }, { store }) => store.hostFirewall(params.node ?? ""),
  },
  ...(["qemu", "lxc"] as const).map((kind): Scope => ({
    base: `/nodes/{node}/${kind}/{vmid}/firewall`,
    environment: "vm",
    audit: { path: "/vms/{vmid}", rights: ["VM.Audit"] },
    modify: { path: "/vms/{vmid}", rights: ["VM.Config.Network"] },
    file: ({ params }) => `firewall/${params.vmid}.fw`,
    load: ({ params }, { store }) => store.guestFirewall(Number(params.vmid)),
  })),
];

export const firewallRoutes: Route[] = places.flatMap((scope) => [
  ...optionRoutes(scope),
  ...ruleRoutes(scope),
  ...(scope.environment === "host" ? [] : setRoutes(scope)),
]);

function optionRoutes(scope: Scope): Route[] {
  const path = `${scope.base}/options`;
  const onNode = scope.environment !== "cluster";
  const options = firewallOptions[scope.environment];
  const keys = Object.entries(options).map(([name, option]): [string, Key] => [name, keyOf(option)]);
  return [
    {
      method: "GET",
      path,
      onNode,
      permission: scope.audit,
      run: (call, api) => {
        const { options: values } = scope.load(call, api);
        return { ...Object.fromEntries(values), digest: optionsDigest(values) };
      },
    },
    {
      method: "PUT",
      path,
      onNode,
      silent: true,
      permission: scope.modify,
      params: { ...Object.fromEntries(keys), delete: text, digest: text },
      run: (call, api) => {
        const file = scope.load(call, api);
        assertUnmodified(call.params.digest, optionsDigest(file.options));
        for (const name of (call.params.delete ?? "").split(/[,;\s]+/).filter(Boolean)) {
          if (!options[name]) throw badParameters({ delete: `no such option '${name}'` });
          file.options.delete(name);
        }
        for (const [name, option] of Object.entries(options)) {
          let value = call.params[name];
          if (name === "enable" && Number(value) > 1) value = String(Math.floor(Date.now() / 1000));
          if (value !== undefined) file.options.set(name, typedOption(option, value));
        }
        api.store.saveFirewall(scope.file(call), file);
      },
    },
  ];
}

function ruleRoutes(scope: Scope): Route[] {
  const path = `${scope.base}/rules`;
  // Rules of a guest are read and written by whichever node is asked.
  const onNode = scope.environment === "host";
  const cluster = (api: Api) => api.store.clusterFirewall();
  const at = (rules: Rule[], position: string | undefined) => {
    const rule = rules[Number(position)];
    if (!rule) throw failed(`no rule at position ${position}`);
    return rule;
  };
  const write = (
    route: Omit<Route, "onNode" | "silent" | "permission" | "run">,
    change: (file: FirewallFile, call: Call, api: Api) => void,
  ): Route => ({
    ...route,
    onNode,
    silent: true,
    permission: scope.modify,
    run: (call, api) => {
      const file = scope.load(call, api);
      change(file, call, api);
      api.store.saveFirewall(scope.file(call), file);
    },
  });
  return [
    {
      method: "GET",
      path,
      onNode,
      permission: scope.audit,
      run: (call, api) => withDigest(scope.load(call, api).rules).map((rule, pos) => ({ ...rule, pos })),
    },
    {
      method: "GET",
      path: `${path}/{pos}`,
      onNode,
      permission: scope.audit,
      params: { pos: needed(whole(0)) },
      run: (call, api) => {
        const { rules } = scope.load(call, api);
        at(rules, call.params.pos);
        const pos = Number(call.params.pos);
        return { ...withDigest(rules)[pos], pos };
      },
    },
    // A new rule is always the first: `pos` and `digest` are taken and not looked at.
    write(
      {
        method: "POST",
        path,
        params: { ...ruleParams, type: needed(ruleParams.type ?? text), action: needed(action) },
      },
      (file, { params }, api) => {
        const rule: Rule = { type: "", action: "" };
        copyRule(rule, params);
        verifyRule(rule, file, cluster(api), scope.environment);
        rule.enable ??= 0;
        file.rules.unshift(rule);
      },
    ),
    write(
      {
        method: "PUT",
        path: `${path}/{pos}`,
        params: { ...ruleParams, pos: needed(whole(0)), moveto: whole(0), delete: text },
      },
      (file, { params }, api) => {
        assertUnmodified(params.digest, listDigest(file.rules));
        const rule = at(file.rules, params.pos);
        const from = Number(params.pos);
        if (params.moveto !== undefined && Number(params.moveto) !== from) {
          const to = Number(params.moveto);
          const others = file.rules.filter((_, index) => index !== from);
          others.splice(to > from ? to - 1 : to, 0, rule);
          file.rules = others;
          return;
        }
        copyRule(rule, params);
        for (const name of (params.delete ?? "").split(/[,;\s]+/).filter(Boolean)) {
          if (!ruleProperties.some((one) => one === name))
            throw badParameters({ delete: `no such property ('${name}')` });
          if (name === "type" || name === "action")
            throw badParameters({ delete: `unable to delete required property '${name}'` });
          Reflect.deleteProperty(rule, name);
        }
        verifyRule(rule, file, cluster(api), scope.environment);
      },
    ),
    write(
      { method: "DELETE", path: `${path}/{pos}`, params: { pos: needed(whole(0)), digest: text } },
      (file, { params }) => {
        assertUnmodified(params.digest, listDigest(file.rules));
        at(file.rules, params.pos);
        file.rules.splice(Number(params.pos), 1);
      },
    ),
  ];
}

function setRoutes(scope: Scope): Route[] {
  const path = `${scope.base}/ipset`;
  const set = `${path}/{name}`;
  const entriesOf = (file: FirewallFile, name: string | undefined) => {
    const entries = file.ipsets.get(name ?? "");
    if (!entries) throw failed(`no such IPSet '${name}'`);
    return entries;
  };
  const write = (
    route: Omit<Route, "silent" | "permission" | "run">,
    change: (file: FirewallFile, call: Call, api: Api) => void,
  ): Route => ({
    ...route,
    silent: true,
    permission: scope.modify,
    run: (call, api) => {
      const file = scope.load(call, api);
      change(file, call, api);
      api.store.saveFirewall(scope.file(call), file);
    },
  });
  const index = (file: FirewallFile) =>
    [...file.ipsets.keys()].sort().map((name) => ({ name, comment: file.setComments.get(name) }));
  const named = { name: setName };
  return [
    {
      method: "GET",
      path,
      permission: scope.audit,
      run: (call, api) => withDigest(index(scope.load(call, api))),
    },
    write(
      {
        method: "POST",
        path,
        params: { ...named, comment: text, digest: text, rename: { ...setName, required: false } },
      },
      (file, { params: { name = "", rename, comment, digest } }) => {
        if (rename !== undefined) {
          assertUnmodified(digest, listDigest(index(file)));
          const entries = file.ipsets.get(rename);
          if (!entries) throw badParameters({ name: `IPSet '${rename}' does not exist` });
          if (file.ipsets.has(name) && name !== rename)
            throw badParameters({ name: `IPSet '${name}' does already exist` });
          const kept = file.setComments.get(rename);
          file.ipsets.delete(rename);
          file.setComments.delete(rename);
          file.ipsets.set(name, entries);
          if (kept !== undefined) file.setComments.set(name, kept);
        } else {
          if (file.ipsets.has(name)) throw badParameters({ name: `IPSet '${name}' already exists` });
          file.ipsets.set(name, []);
        }
        if (comment !== undefined) file.setComments.set(name, comment);
      },
    ),
    {
      method: "GET",
      path: set,
      permission: scope.audit,
      params: named,
      run: (call, api) => withDigest(entriesOf(scope.load(call, api), call.params.name)),
    },
    write({ method: "DELETE", path: set, params: { ...named, force: flag } }, (file, { params }) => {
      const entries = entriesOf(file, params.name);
      if (entries.length > 0 && params.force !== "1") throw failed(`IPSet '${params.name}' is not empty`);
      file.ipsets.delete(params.name ?? "");
      file.setComments.delete(params.name ?? "");
    }),
    write(
      { method: "POST", path: set, params: { ...named, cidr, nomatch: flag, comment: text } },
      (file, { params }, api) => {
        const entries = entriesOf(file, params.name);
        let address = params.cidr ?? "";
        const alias = aliasPattern.exec(address)?.[2]?.toLowerCase();
        if (alias === undefined) address = parseCidr(cleanCidr(address)).text;
        else if (!file.aliases.has(alias) && !api.store.clusterFirewall().aliases.has(alias))
          throw failed(`no such alias '${alias}'`);
        if (entries.some((entry) => entry.cidr === address))
          throw badParameters({ cidr: `address '${address}' already exists` });
        if (/\/0+$/.test(address))
          throw badParameters({ cidr: "a zero prefix is not allowed in ipset entries" });
        entries.unshift({
          cidr: address,
          ...(params.nomatch === "1" ? { nomatch: 1 } : {}),
          ...(params.comment ? { comment: params.comment } : {}),
        });
      },
    ),
    {
      method: "GET",
      path: `${set}/{cidr*}`,
      permission: scope.audit,
      params: { ...named, cidr },
      run: (call, api) => {
        const entries = withDigest(entriesOf(scope.load(call, api), call.params.name));
        const found = entries.find((entry) => entry.cidr === call.params.cidr);
        if (!found) throw badParameters({ cidr: "no such IP/Network" });
        return found;
      },
    },
    write(
      {
        method: "PUT",
        path: `${set}/{cidr*}`,
        params: { ...named, cidr, nomatch: flag, comment: text, digest: text },
      },
      (file, { params }) => {
        const entries = entriesOf(file, params.name);
        assertUnmodified(params.digest, listDigest(entries));
        const entry = entries.find((one) => one.cidr === params.cidr);
        if (!entry) throw badParameters({ cidr: "no such IP/Network" });
        delete entry.nomatch;
        if (params.nomatch === "1") entry.nomatch = 1;
        entry.comment = params.comment;
      },
    ),
    write(
      { method: "DELETE", path: `${set}/{cidr*}`, params: { ...named, cidr, digest: text } },
      (file, { params }) => {
        const entries = entriesOf(file, params.name);
        assertUnmodified(params.digest, listDigest(entries));
        file.ipsets.set(
          params.name ?? "",
          entries.filter((entry) => entry.cidr !== params.cidr),
        );
      },
    ),
  ];
}
