import { Agent, request } from "node:https";
import type { IncomingMessage } from "node:http";
import { Answer, NoAnswer, PveApi, Refusal, Request } from "./transport";

/** How a node's API is reached. */
export interface ApiAccess {
  endpoint: string;
  token: string;
  caCertificate?: string;
  insecure?: boolean;
}

const METHODS = { get: "GET", create: "POST", set: "PUT", delete: "DELETE" } as const;

/** Milliseconds for one answer: a change of a running guest waits for its QEMU. */
const LIMIT = 60_000;
/** Milliseconds until a task that a request has started must have ended, and between two looks at it. */
const TASK = { limit: 300_000, pause: 500 };

/** PVE's API over HTTPS. The token goes into a header, and into nothing else. */
export function httpsApi({ endpoint, token, caCertificate, insecure = false }: ApiAccess): PveApi {
  const agent = new Agent({
    keepAlive: true,
    maxSockets: 1,
    rejectUnauthorized: !insecure,
    ...(caCertificate !== undefined && { ca: caCertificate }),
  });
  const base = new URL(endpoint);
  const where = base.host;
  const one = (asked: Request) => send(base, agent, token, asked);
  return {
    where,
    token: token.split("=")[0]!,
    ask: async (requests) => {
      const answers: Answer[] = [];
      for (const asked of requests) answers.push(await ended(await one(asked), one));
      return answers;
    },
    close: () => agent.destroy(),
  };
}

async function send(base: URL, agent: Agent, token: string, asked: Request): Promise<Answer> {
  const form = new URLSearchParams(asked.params).toString();
  // Only these two have a body; a parameter of the others is part of the address.
  const hasBody = asked.method === "set" || asked.method === "create";
  const path = `/api2/json${asked.path.split("/").map(encoded).join("/")}`;
  const headers: Record<string, string> = {
    Authorization: `PVEAPIToken=${token}`,
    Accept: "application/json",
  };
  if (hasBody) {
    headers["Content-Type"] = "application/x-www-form-urlencoded";
    headers["Content-Length"] = String(Buffer.byteLength(form));
  }
  const options = {
    agent,
    headers,
    method: METHODS[asked.method],
    host: base.hostname.replace(/^\[(.*)\]$/, "$1"),
    port: base.port || 443,
    path: hasBody || form === "" ? path : `${path}?${form}`,
    signal: AbortSignal.timeout(LIMIT),
  };
  try {
    const { response, text } = await new Promise<{ response: IncomingMessage; text: string }>(
      (resolve, reject) => {
        const sent = request(options, (response) => {
          const chunks: Buffer[] = [];
          response.on("data", (chunk: Buffer) => chunks.push(chunk));
          response.on("error", reject);
          response.on("end", () => resolve({ response, text: Buffer.concat(chunks).toString() }));
        });
        sent.on("error", reject);
        sent.end(hasBody ? form : undefined);
      },
    );
    return answerOf(response, text);
  } catch (error) {
    throw new NoAnswer(`${base.host}: ${whyNot(error as NodeJS.ErrnoException)}`, { cause: error });
  }
}

function answerOf(response: IncomingMessage, text: string): Answer {
  const body = parsed(text);
  if (response.statusCode === 200 && body !== undefined) return { data: body.data ?? null };
  const { message, errors } = body ?? {};
  const refusal: Refusal = {
    status: response.statusCode ?? 500,
    message: (message ?? response.statusMessage ?? "").trim() || `HTTP ${response.statusCode}`,
    ...(errors && { errors }),
  };
  return { refusal };
}

function parsed(
  text: string,
): { data?: unknown; message?: string; errors?: Record<string, string> } | undefined {
  try {
    return JSON.parse(text) as { data?: unknown };
  } catch {
    return undefined;
  }
}

/** What a request has started must have ended before it counts as done. */
async function ended(answer: Answer, one: (asked: Request) => Promise<Answer>): Promise<Answer> {
  const upid = "data" in answer ? answer.data : undefined;
  const [, node] = typeof upid === "string" ? (/^UPID:([^:]+):/.exec(upid) ?? []) : [];
  if (node === undefined) return answer;
  const path = `/nodes/${node}/tasks/${upid as string}/status`;
  for (const end = Date.now() + TASK.limit; Date.now() < end;) {
    const status = await one({ method: "get", path });
    if ("refusal" in status) throw new NoAnswer(`task ${upid as string}: ${status.refusal.message}`);
    const { status: state, exitstatus = "" } = status.data as { status: string; exitstatus?: string };
    if (state === "stopped") {
      return /^(OK|WARNINGS: \d+)$/.test(exitstatus)
        ? answer
        : { refusal: { status: 500, message: exitstatus } };
    }
    await new Promise((resolve) => setTimeout(resolve, TASK.pause));
  }
  throw new NoAnswer(`task ${upid as string} has not ended within ${TASK.limit / 1000} s`);
}

const encoded = (part: string) => encodeURIComponent(decodeURIComponent(part));

const CERTIFICATE = /^(UNABLE_TO|SELF_SIGNED|DEPTH_ZERO|CERT_|ERR_TLS_CERT)/;

function whyNot(error: NodeJS.ErrnoException): string {
  if (CERTIFICATE.test(error.code ?? "")) {
    return (
      `its certificate is not trusted: ${error.message}; give 'caCertificate' the text of /etc/pve/pve-root-ca.pem of ` +
      "a node, and in 'endpoint' a name that is in the certificate; insecure: true trusts anybody in between"
    );
  }
  return error.name === "TimeoutError" ? `no answer within ${LIMIT / 1000} s` : error.message;
}
