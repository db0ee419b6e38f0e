import type { Duplex } from "node:stream";
import * as net from "node:net";
import {
  type AnyAuthMethod,
  type AuthHandlerMiddleware,
  Client,
  type ConnectConfig,
  type ParsedKey,
  utils,
} from "ssh2";
import { dialError, joinHostPort } from "./goText";

/** One SSH server and how to log in to it, as @pulumi/command names it. */
export interface Endpoint {
  host: string;
  port: number;
  user: string;
  password?: string;
  privateKey?: string;
  privateKeyPassword?: string;
  agentSocketPath?: string;
  /** One line in authorized_keys format. @default the server is not verified */
  hostKey?: string;
  /** Failed attempts after which dialing ends with an error; -1 is unlimited. */
  dialErrorLimit: number;
  /** Seconds for one attempt; 0 is no limit. */
  perDialTimeout: number;
}

/** An endpoint, reached straight or over one proxy. */
export interface Connection extends Endpoint {
  proxy?: Endpoint;
}

/** An open connection; `close` also closes the proxy's. */
export interface Session {
  client: Client;
  close(): void;
}

/** What dialing needs from around it. */
export interface DialContext {
  signal: AbortSignal;
  /** Told of every failed attempt that another one follows. */
  onRetry: (message: string) => void;
}

/** Connects and logs in; retries, with growing pauses, until `dialErrorLimit` is passed. */
export async function dial(connection: Connection, context: DialContext): Promise<Session> {
  const { proxy } = connection;
  const config = await loginConfig(connection);
  if (!proxy) {
    const client = await retry("Dial", connection, context, () =>
      connectOverTcp(connection, config, context.signal),
    );
    return { client, close: () => client.end() };
  }
  return await inProxy(async () => {
    const proxyConfig = await loginConfig(proxy);
    const hop = await retry("Dial proxy", proxy, context, () =>
      connectOverTcp(proxy, proxyConfig, context.signal),
    );
    try {
      const client = await retry("Dial from proxy", connection, context, async () =>
        login(await forward(hop, connection), connection, config, context.signal),
      );
      return { client, close: () => (client.end(), hop.end()) };
    } catch (error) {
      hop.end();
      throw error;
    }
  });
}

async function inProxy<T>(connect: () => Promise<T>): Promise<T> {
  try {
    return await connect();
  } catch (error) {
    throw new Error(`proxy: ${(error as Error).message}`, { cause: error });
  }
}

// The official plugin's pauses, in milliseconds.
const FIRST_PAUSE = 100;
const PAUSE_GROWTH = 1.5;
const LONGEST_PAUSE = 5000;

async function retry<T>(
  what: string,
  { dialErrorLimit }: Endpoint,
  { signal, onRetry }: DialContext,
  attempt: () => Promise<T>,
): Promise<T> {
  for (let failures = 0, pause = FIRST_PAUSE; ; pause = Math.min(pause * PAUSE_GROWTH, LONGEST_PAUSE)) {
    signal.throwIfAborted();
    try {
      return await attempt();
    } catch (error) {
      signal.throwIfAborted();
      if (dialErrorLimit > -1 && failures >= dialErrorLimit) {
        throw new Error(`after ${failures} failed attempts: ${(error as Error).message}`, { cause: error });
      }
      failures += 1;
      onRetry(`${what} ${failures}/${dialErrorLimit === -1 ? "inf" : dialErrorLimit} failed: retrying`);
    }
    await aborted(signal, pause);
  }
}

/** Ends after so many milliseconds, or at once when `signal` is aborted. */
function aborted(signal: AbortSignal, milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, milliseconds);
    signal.addEventListener("abort", done);
  });
}

type LoginConfig = Pick<ConnectConfig, "username" | "hostVerifier" | "algorithms"> & {
  methods: AnyAuthMethod[];
};

/** Reads keys once, before any attempt: what does not parse will not parse at the next attempt either. */
async function loginConfig(endpoint: Endpoint): Promise<LoginConfig> {
  return {
    username: endpoint.user,
    ...hostKeyConfig(endpoint),
    methods: await loginMethods(endpoint),
  };
}

function hostKeyConfig({ hostKey }: Endpoint): Pick<ConnectConfig, "hostVerifier" | "algorithms"> {
  if (hostKey === undefined) return { hostVerifier: () => true };
  const key = utils.parseKey(hostKey);
  if (key instanceof Error || !/^(ssh|ecdsa|sk)-/.test(hostKey.trim())) {
    throw new Error("failed to parse host key: ssh: no key found");
  }
  const expected = key.getPublicSSH();
  const algorithms = key.type === "ssh-rsa" ? ["rsa-sha2-512", "rsa-sha2-256", "ssh-rsa"] : [key.type];
  return {
    hostVerifier: (offered: Buffer) => expected.equals(offered),
    algorithms: { serverHostKey: algorithms } as ConnectConfig["algorithms"],
  };
}

async function loginMethods(endpoint: Endpoint): Promise<AnyAuthMethod[]> {
  const { user: username, password, privateKey } = endpoint;
  const methods: AnyAuthMethod[] = [];
  if (privateKey !== undefined) {
    methods.push({
      type: "publickey",
      username,
      key: parsePrivateKey(privateKey, endpoint.privateKeyPassword),
    });
  }
  if (password !== undefined) {
    methods.push({ type: "password", username, password });
    methods.push({
      type: "keyboard-interactive",
      username,
      prompt: (_name, _instructions, _language, prompts, finish) => finish(prompts.map(() => password)),
    });
  }
  const agent = endpoint.agentSocketPath ?? process.env.SSH_AUTH_SOCK;
  if (agent) {
    await requireAgent(agent);
    // Like the official plugin: a key that was given is the only key that is tried.
    if (privateKey === undefined) methods.push({ type: "agent", username, agent });
  }
  if (methods.length === 0) {
    throw new Error(
      `connection: no way to log in to ${endpoint.host}: set privateKey, password or agentSocketPath (or SSH_AUTH_SOCK in the environment of pulumi)`,
    );
  }
  return methods;
}

function parsePrivateKey(text: string, passphrase: string | undefined): ParsedKey {
  if (!/-----BEGIN [A-Z0-9 ]+-----/.test(text)) throw new Error("ssh: no key found");
  const parsed: ParsedKey | ParsedKey[] | Error = utils.parseKey(text, passphrase);
  const key = Array.isArray(parsed) ? (parsed as ParsedKey[])[0] : parsed;
  if (key instanceof Error) {
    if (/no passphrase given/.test(key.message))
      throw new Error("ssh: this private key is passphrase protected");
    throw new Error(`ssh: cannot read the private key: ${key.message}`);
  }
  if (!key?.isPrivateKey()) throw new Error("ssh: privateKey holds a public key");
  return key;
}

function requireAgent(path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = net.connect(path, () => {
      socket.end();
      resolve();
    });
    socket.once("error", (error) => reject(dialError("unix", path, error)));
  });
}

async function connectOverTcp(endpoint: Endpoint, config: LoginConfig, signal: AbortSignal): Promise<Client> {
  const { host, port, perDialTimeout } = endpoint;
  const socket = net.connect({ host, port });
  await new Promise<void>((resolve, reject) => {
    const fail = (error: NodeJS.ErrnoException) => {
      socket.destroy();
      reject(dialError("tcp", joinHostPort(host, port), error));
    };
    const abort = () => fail(signal.reason as Error);
    signal.addEventListener("abort", abort, { once: true });
    if (perDialTimeout > 0) {
      socket.setTimeout(perDialTimeout * 1000, () => fail(Object.assign(new Error(), { code: "ETIMEDOUT" })));
    }
    socket.once("error", fail);
    socket.once("connect", () => {
      socket.setTimeout(0).off("error", fail);
      signal.removeEventListener("abort", abort);
      resolve();
    });
  });
  return await login(socket, endpoint, config, signal);
}

function forward(hop: Client, { host, port }: Endpoint): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    hop.forwardOut("127.0.0.1", 0, host, port, (error, channel) => {
      if (error)
        reject(new Error(`ssh: rejected: ${error.message.replace(/^.*failure: /, "")}`, { cause: error }));
      else resolve(channel);
    });
  });
}

// As long as Go's TCP keep-alive, which ends the official plugin's connection to a host that went silent.
const KEEPALIVE_INTERVAL = 15_000;
const KEEPALIVE_COUNT = 9;

/** The SSH handshake and login over an open stream. */
function login(
  stream: Duplex,
  endpoint: Endpoint,
  config: LoginConfig,
  signal: AbortSignal,
): Promise<Client> {
  const { methods, ...rest } = config;
  const tried = ["none"];
  return new Promise((resolve, reject) => {
    const client = new Client();
    const fail = (reason: string, cause: unknown) => {
      signal.removeEventListener("abort", abort);
      client.destroy();
      reject(new Error(`ssh: handshake failed: ${reason}`, { cause }));
    };
    const abort = () => fail("cancelled", signal.reason);
    signal.addEventListener("abort", abort, { once: true });
    // Stays: ssh2 tells of the end of a destroyed or a used connection as an error too. Whoever uses the connection
    // sees that as the end of its channel.
    client.on("error", (error) => fail(handshakeText(error, tried), error));
    client.once("close", () => fail("EOF", undefined));
    client.once("ready", () => {
      signal.removeEventListener("abort", abort);
      resolve(client);
    });
    client.connect({
      ...rest,
      sock: stream,
      readyTimeout: endpoint.perDialTimeout * 1000,
      keepaliveInterval: KEEPALIVE_INTERVAL,
      keepaliveCountMax: KEEPALIVE_COUNT,
      authHandler: methodByMethod(methods, tried),
    });
  });
}

/** Offers one method after the other, those only that the server takes, and notes what was tried. */
function methodByMethod(methods: AnyAuthMethod[], tried: string[]): AuthHandlerMiddleware {
  const left = [...methods];
  return (accepted, _partial, next) => {
    // The first call comes before the server has said anything: 'none' makes it list what it takes.
    if ((accepted as unknown) === null) {
      next("none");
      return;
    }
    const method = left.find(({ type }) => accepted.includes(type === "agent" ? "publickey" : type));
    if (!method) {
      next(false as never);
      return;
    }
    left.splice(left.indexOf(method), 1);
    tried.push(method.type === "agent" ? "publickey" : method.type);
    next(method);
  };
}

function handshakeText(error: Error & { level?: string }, tried: string[]): string {
  if (error.level === "client-authentication") {
    return `ssh: unable to authenticate, attempted methods [${tried.join(" ")}], no supported methods remain`;
  }
  if (/Host denied|verification failed/.test(error.message)) return "ssh: host key mismatch";
  return error.level === "client-timeout" ? "i/o timeout" : error.message;
}
