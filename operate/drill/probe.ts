import { spawn } from "node:child_process";
import * as http from "node:http";
import * as https from "node:https";
import * as net from "node:net";

/** How an address is asked. */
export type Probe = { kind: "tcp"; port: number } | { kind: "http"; url: string } | { kind: "ping" };

/** Milliseconds after which a request counts as lost: a kernel repeats a lost connection request after one second. */
export const PATIENCE = 950;

/** Reads --probe; undefined: it is none. */
export function readProbe(text: string): Probe | undefined {
  if (text === "ping") return { kind: "ping" };
  const [, port] = /^tcp:(\d{1,5})$/.exec(text) ?? [];
  if (port !== undefined && Number(port) >= 1 && Number(port) <= 65535)
    return { kind: "tcp", port: Number(port) };
  const [, url] = /^(?:http:)?(https?:\/\/[^\s]+)$/.exec(text) ?? [];
  if (url === undefined || !URL.canParse(url)) return undefined;
  return { kind: "http", url };
}

/** A probe as --probe has it. */
export function probeText(probe: Probe): string {
  if (probe.kind === "tcp") return `tcp:${probe.port}`;
  return probe.kind === "http" ? `http:${probe.url}` : "ping";
}

/** Asks once, on a connection of its own; why it was not answered, or undefined where it was. */
export function ask(probe: Probe, address: string): Promise<string | undefined> {
  if (probe.kind === "tcp") return askTcp(address, probe.port);
  return probe.kind === "http" ? askHttp(probe.url) : askPing(address);
}

function askTcp(host: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = net.connect({ host, port, timeout: PATIENCE });
    const end = (why?: string) => {
      socket.destroy();
      resolve(why);
    };
    const timer = setTimeout(() => end("no answer in time"), PATIENCE);
    socket.once("close", () => clearTimeout(timer));
    socket.once("connect", () => end());
    socket.once("error", (error: NodeJS.ErrnoException) => end(error.code ?? error.message));
  });
}

function askHttp(url: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const { get } = url.startsWith("https:") ? https : http;
    // Without an agent each request has a connection of its own.
    const request = get(url, { agent: false }, (response) => {
      response.resume();
      const status = response.statusCode ?? 0;
      response.once("end", () => end(status < 400 ? undefined : `status ${status}`));
      response.once("error", (error: Error) => end(error.message));
    });
    const end = (why?: string) => {
      clearTimeout(timer);
      request.destroy();
      resolve(why);
    };
    const timer = setTimeout(() => end("no answer in time"), PATIENCE);
    request.on("error", (error: NodeJS.ErrnoException) => end(error.code ?? error.message));
  });
}

/** In a group of its own: a Ctrl-C in the terminal is not to end it. */
function askPing(address: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const words = [address.includes(":") ? "-6" : "-4", "-n", "-c", "1", "-W", "1", address];
    const child = spawn("ping", words, { stdio: "ignore", detached: true });
    const timer = setTimeout(() => child.kill("SIGKILL"), PATIENCE);
    child.once("error", (error: NodeJS.ErrnoException) => {
      clearTimeout(timer);
      resolve(error.code === "ENOENT" ? "there is no ping on this machine" : error.message);
    });
    child.once("close", (code) => {
      clearTimeout(timer);
      resolve(code === 0 ? undefined : "no answer in time");
    });
  });
}
