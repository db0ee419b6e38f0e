import { assertUnmodified, badParameters, failed } from "./errors";
import { listDigest } from "./firewallFile";
import { type Rule, logLevels, ruleProperties, verifyRule } from "./firewallRule";
import { type Scope, withDigest, writes } from "./firewallScope";
import type { Key } from "./propertyString";
import { type Api, type Call, type Route, needed, text, whole } from "./route";

/** The API's paths of rules. */

const action: Key = { type: "string", pattern: /^[A-Za-z][A-Za-z0-9\-_]+$/ };
const ruleParams: Record<string, Key> = {
  ...Object.fromEntries(ruleProperties.map((name) => [name, text])),
  type: { type: "string", values: ["in", "out", "forward", "group"] },
  action,
  enable: whole(0),
  log: { type: "string", values: logLevels },
  pos: whole(0),
  digest: text,
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

export function ruleRoutes(scope: Scope): Route[] {
  const path = `${scope.base}/rules`;
  // Rules of a guest are read and written by whichever node is asked.
  const onNode = scope.environment === "host";
  const cluster = (api: Api) => api.store.clusterFirewall();
  const at = (rules: Rule[], position: string | undefined) => {
    const rule = rules[Number(position)];
    if (!rule) throw failed(`no rule at position ${position}`);
    return rule;
  };
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
    writes(
      scope,
      {
        onNode,
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
    writes(
      scope,
      {
        onNode,
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
    writes(
      scope,
      { onNode, method: "DELETE", path: `${path}/{pos}`, params: { pos: needed(whole(0)), digest: text } },
      (file, { params }) => {
        assertUnmodified(params.digest, listDigest(file.rules));
        at(file.rules, params.pos);
        file.rules.splice(Number(params.pos), 1);
      },
    ),
  ];
}
