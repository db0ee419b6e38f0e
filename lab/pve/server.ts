import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { type Server, createServer } from "node:https";
import type { Certificates } from "./certificate";
import type { Answer, Request } from "./engine";
import { PveError } from "./errors";
import type { Method, Parameters } from "./route";

/** Ends a connection without an answer, as a server that dies does. */
export class ConnectionCut extends Error {}

export interface Backend {
  /** The user or token of a request's header. */
  authenticate: (header: string | undefined) => string;
  ask: (request: Omit<Request, "node">) => Promise<Answer>;
  /** Milliseconds before whoever is not let in is told so; the real one waits 3 seconds. */
  refusalDelay: number;
}

const base = "/api2/json";

/** A node's API over HTTPS. */
export function apiServer(certificates: Certificates, backend: Backend): Server {
  const listener: RequestListener = (request, response) => {
    void serve(request, response, backend).catch((error: Error) => {
      if (error instanceof ConnectionCut) request.socket.destroy();
      else reply(response, 500, { data: null, message: `${error.message}\n` }, error.message);
    });
  };
  return createServer({ cert: certificates.certificate, key: certificates.key }, listener);
}

async function serve(request: IncomingMessage, response: ServerResponse, backend: Backend): Promise<void> {
  const url = new URL(request.url ?? "/", "https://pve");
  const path = decodeURIComponent(url.pathname);
  const body = await readBody(request);
  if (!path.startsWith(base)) return end(response, 501, "no such uri", "no such uri");
  let who: string;
  try {
    who = backend.authenticate(request.headers.authorization);
  } catch (error) {
    if (!(error instanceof PveError)) throw error;
    await new Promise((resolve) => setTimeout(resolve, backend.refusalDelay));
    return end(response, error.status, error.message);
  }
  const method = (request.method ?? "GET") as Method;
  if (body !== "" && method !== "PUT" && method !== "POST") {
    const message = `Unexpected content for method '${method}'`;
    return end(response, 501, message, message);
  }
  try {
    const params = {
      ...Object.fromEntries(url.searchParams),
      ...bodyParams(body, request.headers["content-type"]),
    };
    const { data } = await backend.ask({
      method,
      path: path.slice(base.length) || "/",
      params,
      who,
      via: "api",
    });
    reply(response, 200, { data }, "OK");
  } catch (error) {
    if (!(error instanceof PveError)) throw error;
    const { status, message, errors } = error;
    reply(response, status, { data: null, ...(errors ? { errors } : {}), message: `${message}\n` }, message);
  }
}

function bodyParams(body: string, type = ""): Parameters {
  if (body === "") return {};
  if (!type.startsWith("application/json")) return Object.fromEntries(new URLSearchParams(body));
  const parsed = JSON.parse(body) as Record<string, unknown>;
  const word = (value: unknown) => (value === true ? "1" : value === false ? "0" : String(value));
  return Object.fromEntries(Object.entries(parsed).map(([name, value]) => [name, word(value)]));
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

function reply(response: ServerResponse, status: number, body: object, message: string): void {
  end(response, status, message, JSON.stringify(body), "application/json;charset=UTF-8");
}

/** With the message in the status line, where PVE's clients look for it. */
function end(response: ServerResponse, status: number, message: string, body = "", type?: string): void {
  const line = message.trim().replace(/[^\x20-\x7e]+/g, " ");
  response.writeHead(status, line, {
    Server: "pve-api-daemon/3.0",
    ...(type ? { "Content-Type": type } : {}),
  });
  response.end(body);
}
