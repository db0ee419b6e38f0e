import { inNetwork } from "../addresses";
import { resolveConnection } from "../connection";
import { SpecContext } from "../context";
import { Problem } from "../model";
import { finish, Parsed } from "../parse";
import { PveGatewayInput, pveGatewaySchema } from "../schema/pve-gateway";
import { validate } from "../schema/validate";
import { Draft, isKnown } from "../unknown";
import { bareAddress } from "./address";

type Gateway = Exclude<Draft<PveGatewayInput>, typeof import("../unknown").UNKNOWN>;

/** Reads new machines for a pair: schema, login, and what has to fit together. The pair itself is proved as a pair is. */
export function parsePveGateway(input: unknown, context: SpecContext = {}): Parsed<PveGatewayInput> {
  const { problems, draft } = validate(pveGatewaySchema, input);
  if (!isKnown(draft)) return finish(draft, problems);
  return finish(draft, [
    ...problems,
    ...loginProblems(draft, context),
    ...RULES.flatMap((rule) => rule(draft)),
  ]);
}

function loginProblems({ login }: Gateway, context: SpecContext): Problem[] {
  if (!isKnown(login)) return [];
  const connection = { ...login, host: "machine", insecureHostKey: true };
  return resolveConnection(connection, context, ["login"]).problems;
}

const error = (rule: string, path: string, value: string, allowed: string, fix: string): Problem => ({
  rule: `pve-gateway-${rule}`,
  severity: "error",
  path,
  value,
  allowed,
  fix,
});

/** What is known of the machines, each with its place. */
function machines(gateway: Gateway) {
  const { nodes } = gateway;
  if (!isKnown(nodes)) return [];
  return nodes.flatMap((node, i) => (isKnown(node) ? [{ node, at: `nodes[${i}]` }] : []));
}

const text = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined);

function sameNode(gateway: Gateway): Problem[] {
  if (gateway.allowSameNode !== undefined && gateway.allowSameNode !== false) return [];
  return twice(gateway, "nodeName").map(({ at, value, first }) =>
    error(
      "same-node",
      `${at}.nodeName`,
      value,
      `another node of Proxmox VE than ${first}'s, for both machines go with it`,
      "give each machine a node of its own; allowSameNode: true where there is but one",
    ),
  );
}

function vmIdTwice(gateway: Gateway): Problem[] {
  return twice(gateway, "vmId").map(({ at, value, first }) =>
    error(
      "vm-id-twice",
      `${at}.vmId`,
      value,
      `another id than ${first}'s`,
      "leave vmId out, or choose another",
    ),
  );
}

function twice(gateway: Gateway, key: "nodeName" | "vmId") {
  const seen = new Map<unknown, string>();
  return machines(gateway).flatMap(({ node, at }) => {
    const value = node[key];
    if (value === undefined || !isKnown(value)) return [];
    const first = seen.get(value);
    if (first !== undefined) return [{ at, value: String(value), first }];
    seen.set(value, at);
    return [];
  });
}

function nicsOf(gateway: Gateway) {
  return machines(gateway).flatMap(({ node, at }) => {
    const more = isKnown(node.nics) ? (node.nics ?? []) : [];
    return [
      { nic: node, at },
      ...more.flatMap((nic, i) => (isKnown(nic) ? [{ nic, at: `${at}.nics[${i}]` }] : [])),
    ];
  });
}

function addressTwice(gateway: Gateway): Problem[] {
  const seen = new Map<string, string>();
  return nicsOf(gateway).flatMap(({ nic, at }) =>
    (["address", "address6"] as const).flatMap((key) => {
      const given = text(nic[key]);
      if (given === undefined) return [];
      const bare = bareAddress(given);
      const first = seen.get(bare);
      seen.set(bare, first ?? `${at}.${key}`);
      return first === undefined
        ? []
        : [
            error(
              "address-twice",
              `${at}.${key}`,
              given,
              `an address that ${first} has not`,
              "choose another",
            ),
          ];
    }),
  );
}

function gatewayOutside(gateway: Gateway): Problem[] {
  const pairs = [
    ["gateway", "address"],
    ["gateway6", "address6"],
  ] as const;
  return nicsOf(gateway).flatMap(({ nic, at }) =>
    pairs.flatMap(([key, of]) => {
      const router = text(nic[key]);
      if (router === undefined || !isKnown(nic[of])) return [];
      const own = text(nic[of]);
      const [address = "", prefix] = own?.split("/") ?? [];
      if (own !== undefined && (inNetwork(router, address, Number(prefix)) || /^fe80:/i.test(router)))
        return [];
      return [
        error(
          "gateway-outside",
          `${at}.${key}`,
          router,
          own === undefined ? `nothing without ${of}` : `an address on the network of ${own}`,
          own === undefined ? `give ${of}, or leave ${key} out` : "correct it, or the prefix length",
        ),
      ];
    }),
  );
}

function hostKeyTwice(gateway: Gateway): Problem[] {
  const ways = ["hostPrivateKey", "hostKey", "insecureHostKey"] as const;
  return machines(gateway).flatMap(({ node, at }) => {
    const given = ways.filter((key) => node[key] !== undefined && node[key] !== false);
    if (given.length < 2) return [];
    return [
      error(
        "host-key",
        `${at}.${given[1]!}`,
        given.join(", "),
        "at most one of them",
        "keep one; with none a key is made",
      ),
    ];
  });
}

function noTemplate(gateway: Gateway): Problem[] {
  if (gateway.templateId !== undefined) return [];
  return machines(gateway)
    .filter(({ node }) => node.templateId === undefined)
    .map(({ at }) =>
      error(
        "template",
        `${at}.templateId`,
        "(missing)",
        "the VMID of a cloud-init template",
        "give templateId, here or for all machines",
      ),
    );
}

function noAuthorizedKeys({ login, authorizedKeys }: Gateway): Problem[] {
  if (authorizedKeys !== undefined || !isKnown(login) || login.privateKey !== undefined) return [];
  return [
    error(
      "authorized-keys",
      "authorizedKeys",
      "(missing)",
      "the public keys of those who log in, unless login.privateKey tells one",
      "give the key that the agent has: 'ssh-add -L' prints it",
    ),
  ];
}

function sshSourcesAlone({ firewall }: Gateway): Problem[] {
  if (firewall === undefined || !isKnown(firewall)) return [];
  const { sshSources, rules, inputPolicy = "ACCEPT" } = firewall;
  if (!isKnown(inputPolicy) || inputPolicy !== "ACCEPT") return [];
  const idle = sshSources !== undefined ? "sshSources" : rules !== undefined ? "rules" : undefined;
  return idle === undefined
    ? []
    : [
        error(
          "firewall-idle",
          `firewall.${idle}`,
          "beside inputPolicy ACCEPT",
          "it only where inputPolicy is DROP or REJECT, for everything is let in",
          "set inputPolicy, or remove it",
        ),
      ];
}

/** What Proxmox VE takes ports with, by name or number. */
const WITH_PORTS = ["tcp", "udp", "udplite", "sctp", "dccp", "6", "17", "33", "132", "136"];

function portsOfNone({ firewall }: Gateway): Problem[] {
  if (firewall === undefined || !isKnown(firewall)) return [];
  const { rules = [] } = firewall;
  if (!isKnown(rules)) return [];
  return rules.flatMap((rule, i) => {
    if (!isKnown(rule) || rule.port === undefined || !isKnown(rule.proto)) return [];
    return WITH_PORTS.includes(rule.proto)
      ? []
      : [
          error(
            "rule-port",
            `firewall.rules[${i}].port`,
            `of ${rule.proto}`,
            "ports only of a protocol that has them: tcp, udp, sctp, dccp, udplite",
            "remove port, or correct proto",
          ),
        ];
  });
}

/** The machines' firewall is the gateway's own: HaPair's way with guests that are there already would change it as well. */
function hypervisorBeside({ pair }: Gateway): Problem[] {
  if (!isKnown(pair) || (pair as Record<string, unknown>).hypervisor === undefined) return [];
  return [
    error(
      "hypervisor",
      "pair.hypervisor",
      "given",
      "nothing: what the new machines' NICs may do is said in firewall",
      "remove it",
    ),
  ];
}

const RULES = [
  hypervisorBeside,
  sameNode,
  vmIdTwice,
  addressTwice,
  gatewayOutside,
  hostKeyTwice,
  noTemplate,
  noAuthorizedKeys,
  sshSourcesAlone,
  portsOfNone,
];
