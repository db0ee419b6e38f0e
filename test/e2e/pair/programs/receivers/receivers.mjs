// An HTTP server on 8080, and on 2525 what stands in for a mail server: it takes every mail and delivers none. Each request and
// each mail becomes a line of JSON on stdout.
import { createServer } from "node:http";
import { createServer as createTcpServer } from "node:net";

const tell = (kind, what) => process.stdout.write(`${JSON.stringify({ kind, ...what })}\n`);

createServer((request, response) => {
  let body = "";
  request.on("data", (chunk) => (body += chunk));
  request.on("end", () => {
    tell("http", { method: request.method, url: request.url, headers: request.headers, body });
    response.writeHead(204).end();
  });
}).listen(8080);

createTcpServer((socket) => {
  let text = "";
  let isData = false;
  let mail = "";
  socket.on("error", () => undefined);
  socket.write("220 stand-in ESMTP\r\n");
  socket.on("data", (chunk) => {
    text += chunk;
    for (let end = text.indexOf("\r\n"); end !== -1; end = text.indexOf("\r\n")) {
      const line = text.slice(0, end);
      text = text.slice(end + 2);
      if (isData && line === ".") {
        isData = false;
        tell("mail", { mail });
        mail = "";
        socket.write("250 taken\r\n");
      } else if (isData) {
        mail += `${line.replace(/^\./, "")}\n`;
      } else if (/^DATA/i.test(line)) {
        isData = true;
        socket.write("354 go on\r\n");
      } else if (/^QUIT/i.test(line)) {
        socket.end("221 bye\r\n");
      } else {
        socket.write("250 fine\r\n");
      }
    }
  });
}).listen(2525);
