import { type Server, createServer } from "node:net";
import type { Output } from "./cli";

/**
 * Runs a node's tools for host/tool.pl: it sends the words with zero bytes between them, and is sent `CODE LENGTH`, a line,
 * then LENGTH bytes for its output, then those for its errors. Where a tool's run is cut, nothing is sent.
 */
export function toolServer(run: (argv: string[]) => Promise<Output>): Server {
  return createServer({ allowHalfOpen: true }, (socket) => {
    const chunks: Buffer[] = [];
    socket.on("error", () => socket.destroy());
    socket.on("data", (chunk: Buffer) => chunks.push(chunk));
    socket.on("end", () => {
      void run(Buffer.concat(chunks).toString().split("\0")).then(
        ({ code, stdout, stderr }) => socket.end(`${code} ${Buffer.byteLength(stdout)}\n${stdout}${stderr}`),
        () => socket.destroy(),
      );
    });
  });
}
