/**
 * A bad line for the router of site B, in its network namespace: takes the tunnel's packets of both directions, loses a share
 * at random and sends the others on later. What leaves has the addresses that it came with by the rules in line.ts.
 *
 *   relay.mjs LOSS_PERCENT DELAY_MS NEAR FAR     (each HOST:PORT on the router, HOST:PORT of the end behind it)
 */
import { createSocket } from "node:dgram";

const [loss, delay] = process.argv.slice(2, 4).map(Number);
const ends = process.argv.slice(4).map((text) => {
  const [own, end] = text.split(",").map((one) => {
    const [address, port] = one.split(":");
    return { address, port: Number(port) };
  });
  return { own, end, socket: createSocket({ type: "udp4", recvBufferSize: 4 << 20 }) };
});

for (const [i, from] of ends.entries()) {
  const to = ends[1 - i];
  from.socket.on("message", (packet) => {
    if (Math.random() * 100 < loss) return;
    setTimeout(() => to.socket.send(packet, to.end.port, to.end.address), delay);
  });
  // An end that is not there says so by ICMP; on a line nobody hears that.
  from.socket.on("error", (error) => process.stderr.write(`relay: ${error.message}\n`));
  await new Promise((resolve) => from.socket.bind(from.own.port, from.own.address, resolve));
}
process.stdout.write("ready\n");
