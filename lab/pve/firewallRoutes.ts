import { assertUnmodified, badParameters } from "./errors";
import { type FirewallOption, firewallOptions, optionsDigest, typedOption } from "./firewallFile";
import { ruleRoutes } from "./firewallRuleRoutes";
import type { Scope } from "./firewallScope";
import { setRoutes } from "./firewallSetRoutes";
import type { Key } from "./propertyString";
import { type Route, text } from "./route";

/** The API's paths of the cluster's, a node's and a guest's firewall. */

const keyOf = (option: FirewallOption): Key => {
  const isNumber = typeof typedOption(option, "0") === "number";
  const isFlag = isNumber && option.values !== undefined;
  return {
    type: isFlag ? "boolean" : isNumber ? "integer" : "string",
    values: isFlag ? undefined : option.values,
  };
};

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
