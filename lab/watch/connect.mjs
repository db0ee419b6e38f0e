// Opens a fresh TCP connection every INTERVAL milliseconds, whatever became of those before, and reads what the other
// side says until it closes. One line on stdout for each, when it is settled:
//   SEQUENCE STARTED MILLISECONDS answered TEXT
//   SEQUENCE STARTED MILLISECONDS lost REASON
// STARTED is in seconds since 1970. A connection that is not answered within LIMIT milliseconds is lost and dropped. The
// kernel sends a SYN for the second time after a second: with a LIMIT of a second no retry can hide a lost one.
// Usage: node connect.mjs ADDRESS PORT INTERVAL LIMIT
import { connect } from "node:net";

const [address, port, interval, limit] = process.argv.slice(2);

function open(sequence) {
  const started = Date.now() / 1000;
  const from = performance.now();
  let text = "";
  let isSettled = false;
  const socket = connect({ host: address, port: Number(port) });
  const settle = (kind, words) => {
    if (isSettled) return;
    isSettled = true;
    clearTimeout(timer);
    socket.destroy();
    const took = performance.now() - from;
    // Where this process is late, so is its timer.
    const isLate = kind === "answered" && took > Number(limit);
    const [verdict, reason] = isLate ? ["lost", `answered only after ${Math.round(took)} ms`] : [kind, words];
    process.stdout.write(`${sequence} ${started.toFixed(3)} ${took.toFixed(1)} ${verdict} ${reason}\n`);
  };
  const timer = setTimeout(() => settle("lost", `no answer within ${limit} ms`), Number(limit));
  socket.setEncoding("utf8");
  socket.on("data", (chunk) => (text += chunk));
  socket.on("end", () =>
    text === "" ? settle("lost", "closed without a word") : settle("answered", text.trim()),
  );
  socket.on("error", (error) => settle("lost", error.code ?? error.message));
}

const began = performance.now();
let sequence = 0;
function pace() {
  // By the clock and not by the timer, which is late by a little each time.
  while (performance.now() >= began + sequence * Number(interval)) open(sequence++);
  setTimeout(pace, began + sequence * Number(interval) - performance.now());
}
pace();
