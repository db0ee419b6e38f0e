/**
 * An end of a transfer over TCP, in the network namespace of a machine:
 *
 *   tcp.mjs take PORT            takes what comes; tells when something comes on its stdin, and at the end of that, as JSON, how
 *                                     much, in how many connections, and for how many seconds nothing came at most
 *   tcp.mjs give ADDRESS PORT    sends 32 KiB each 20 ms, over one connection
 */
import { connect, createServer } from "node:net";

const [role, ...args] = process.argv.slice(2);

function take(port) {
  let [bytes, connections, stall, last] = [0, 0, 0, 0];
  const note = () => {
    if (connections > 0) stall = Math.max(stall, performance.now() - last);
    last = performance.now();
  };
  const server = createServer((socket) => {
    note();
    connections++;
    socket.on("data", (part) => {
      note();
      bytes += part.length;
    });
    socket.on("error", () => undefined);
  });
  server.listen(port, "0.0.0.0", () => process.stdout.write("ready\n"));
  const told = () => `${JSON.stringify({ bytes, connections, stall: stall / 1000 })}\n`;
  process.stdin.on("data", () => process.stdout.write(told()));
  process.stdin.on("end", () => {
    note();
    process.stdout.write(told(), () => process.exit());
  });
}

function give(host, port) {
  const part = Buffer.alloc(32 << 10, 7);
  const socket = connect({ host, port, noDelay: true }, () => {
    process.stdout.write("ready\n");
    setInterval(() => socket.writableNeedDrain || socket.write(part), 20);
  });
  socket.on("error", (error) => {
    process.stderr.write(`transfer: ${error.message}\n`);
    process.exit(1);
  });
}

if (role === "take") take(Number(args[0]));
else give(args[0], Number(args[1]));
