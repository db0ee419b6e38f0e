import { SpecContext } from "./context";
import { findHostKey } from "./known-hosts";
import { Connection, Problem } from "./model";
import { Path, pathText } from "./path";
import { ConnectionInput, ProxyInput } from "./schema/connection";
import { Draft, isKnown, UNKNOWN } from "./unknown";

type Endpoint = Omit<Connection, "proxy">;

/** A connection with its defaults, and what stands in the way of using it. */
export interface Resolved<T> {
  connection: Draft<T>;
  problems: Problem[];
}

/** Fills in what a connection leaves to its defaults, the user's agent and known_hosts. */
export function resolveConnection(
  input: Draft<ConnectionInput>,
  context: SpecContext,
  path: Path,
): Resolved<Connection> {
  if (!isKnown(input)) {
    return { connection: UNKNOWN, problems: [] };
  }
  const { proxy, ...rest } = input;
  const target = resolveEndpoint(rest, context, path);
  if (proxy === undefined || !isKnown(target.connection)) {
    return target;
  }
  const hop = resolveEndpoint(proxy, context, [...path, "proxy"]);
  return {
    connection: { ...target.connection, proxy: hop.connection },
    problems: [...target.problems, ...hop.problems],
  };
}

function resolveEndpoint(input: Draft<ProxyInput>, context: SpecContext, path: Path): Resolved<Endpoint> {
  if (!isKnown(input)) {
    return { connection: UNKNOWN, problems: [] };
  }
  const connection = {
    host: input.host,
    port: input.port ?? 22,
    user: input.user ?? "root",
    privateKey: input.privateKey,
    privateKeyPassword: input.privateKeyPassword,
    password: input.password,
    agentSocketPath: agentSocket(input, context),
    hostKey: hostKey(input, context),
    insecureHostKey: input.insecureHostKey ?? false,
  };
  return {
    connection: connection as Draft<Endpoint>,
    problems: [...loginProblems(input, context, path), ...hostKeyProblems(connection, input, context, path)],
  };
}

function agentSocket(input: Exclude<Draft<ProxyInput>, typeof UNKNOWN>, context: SpecContext) {
  if (!isKnown(input.agent)) {
    return UNKNOWN;
  }
  return input.agent === true ? context.agentSocketPath : input.agentSocketPath;
}

function hostKey(input: Exclude<Draft<ProxyInput>, typeof UNKNOWN>, context: SpecContext) {
  const { host, port = 22 } = input;
  if (input.hostKey !== undefined || input.insecureHostKey === true || context.knownHosts === undefined) {
    return input.hostKey;
  }
  return isKnown(host) && isKnown(port) ? findHostKey(context.knownHosts, host, port) : UNKNOWN;
}

const LOGINS = ["privateKey", "password", "agentSocketPath", "agent"] as const;

function loginProblems(
  input: Exclude<Draft<ProxyInput>, typeof UNKNOWN>,
  context: SpecContext,
  path: Path,
): Problem[] {
  if (!isKnown(input.agent)) {
    return [];
  }
  const given = LOGINS.filter((key) => input[key] !== undefined && input[key] !== false);
  const problem = { rule: "connection-login", severity: "error" as const };
  if (given.length !== 1) {
    return [
      {
        ...problem,
        path: pathText(path),
        value: given.length === 0 ? "(missing)" : given.join(", "),
        allowed: "exactly one of privateKey, agent, agentSocketPath, password",
        fix: given.length === 0 ? "give privateKey, or agent: true" : "keep one of them",
      },
    ];
  }
  if (input.agent === true && context.agentSocketPath === undefined) {
    return [
      {
        ...problem,
        path: pathText([...path, "agent"]),
        value: "true",
        allowed: "true only where SSH_AUTH_SOCK names an agent",
        fix: "start ssh-agent and add the key, or give privateKey",
      },
    ];
  }
  return [];
}

function hostKeyProblems(
  resolved: { hostKey?: unknown; insecureHostKey: unknown },
  input: Exclude<Draft<ProxyInput>, typeof UNKNOWN>,
  context: SpecContext,
  path: Path,
): Problem[] {
  if (resolved.hostKey !== undefined || resolved.insecureHostKey !== false) {
    return [];
  }
  const { host, port = 22 } = input;
  const server = isKnown(host) && host !== undefined ? host : "HOST";
  const option = isKnown(port) && port !== 22 ? ` -p ${port}` : "";
  return [
    {
      rule: "host-key",
      severity: "error",
      path: pathText([...path, "hostKey"]),
      value: "(missing)",
      allowed: "the host's public key, here or in known_hosts",
      fix:
        (context.knownHosts === undefined ? "" : `known_hosts has no usable key for ${server}: `) +
        `run 'ssh-keyscan -t ed25519${option} ${server}', compare the fingerprint on the host's console, and give the ` +
        "key; insecureHostKey: true trusts anybody in between",
    },
  ];
}
