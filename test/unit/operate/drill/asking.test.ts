import * as http from "node:http";
import * as net from "node:net";
import { startAsking } from "../../../../operate/drill/asking";
import { ask, type Probe, probeText, readProbe } from "../../../../operate/drill/probe";

const closers: (() => unknown)[] = [];
afterEach(async () => void (await Promise.all(closers.splice(0).map((close) => close()))));

/** A server on loopback; each connection is one of its own. */
async function listening(server: net.Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closers.push(() => new Promise((resolve) => server.close(resolve)));
  return (server.address() as net.AddressInfo).port;
}

const tcp = async (onConnection: (socket: net.Socket) => void = (socket) => socket.destroy()) =>
  await listening(net.createServer(onConnection));

/** A port at which nobody listens. */
async function closedPort(): Promise<number> {
  const server = net.createServer();
  const port = await listening(server);
  await closers.pop()!();
  return port;
}

describe("--probe", () => {
  test.each<[string, Probe]>([
    ["ping", { kind: "ping" }],
    ["tcp:443", { kind: "tcp", port: 443 }],
    ["http:http://192.0.2.1/health", { kind: "http", url: "http://192.0.2.1/health" }],
    ["http:https://[2001:db8::1]:8443/", { kind: "http", url: "https://[2001:db8::1]:8443/" }],
  ])("%s is read, and told as it was given", (text, probe) => {
    expect(readProbe(text)).toEqual(probe);
    expect(probeText(probe)).toBe(text);
  });
  test.each([
    "",
    "tcp",
    "tcp:",
    "tcp:0",
    "tcp:65536",
    "tcp:x",
    "http:",
    "http:/health",
    "http:ftp://x",
    "udp:53",
    "ping:1",
  ])("%j is none", (text) => {
    expect(readProbe(text)).toBeUndefined();
  });
});

describe("a request", () => {
  test("by tcp is answered where somebody takes the connection, and not where it is refused", async () => {
    expect(await ask({ kind: "tcp", port: await tcp() }, "127.0.0.1")).toBeUndefined();
    expect(await ask({ kind: "tcp", port: await closedPort() }, "127.0.0.1")).toBe("ECONNREFUSED");
  });

  test("by http is answered by a status below 400, whole and on a connection of its own", async () => {
    const sockets = new Set<unknown>();
    let status = 200;
    const server = http.createServer((request, response) => {
      sockets.add(request.socket);
      response.writeHead(status).end("ok");
    });
    const url = `http://127.0.0.1:${await listening(server)}/`;
    for (const [code, why] of [
      [200, undefined],
      [302, undefined],
      [503, "status 503"],
    ] as const) {
      status = code;
      expect(await ask({ kind: "http", url }, "ignored")).toBe(why);
    }
    expect(sockets.size).toBe(3);
  });

  test("by http to who takes it and says nothing is lost in time", async () => {
    const sockets: net.Socket[] = [];
    const url = `http://127.0.0.1:${await tcp((socket) => void sockets.push(socket))}/`;
    closers.unshift(() => sockets.forEach((socket) => socket.destroy()));
    const began = Date.now();
    expect(await ask({ kind: "http", url }, "ignored")).toBe("no answer in time");
    expect(Date.now() - began).toBeLessThan(3000);
  });
});

describe("who asks again and again", () => {
  test("takes the first probe that is answered, and notes what is lost and what is not", async () => {
    const server = net.createServer((socket) => socket.destroy());
    const port = await listening(server);
    const closed = await closedPort();
    const asking = await startAsking({
      addresses: ["127.0.0.1"],
      probes: [
        { kind: "tcp", port: closed },
        { kind: "tcp", port },
      ],
      every: 20,
    });
    const [point] = asking.points;
    const until = async (holds: () => boolean) => {
      while (!holds()) await new Promise((resolve) => setTimeout(resolve, 5));
    };
    await until(() => point!.requests.filter(({ took }) => took !== undefined).length >= 3);
    await closers.pop()!();
    const before = point!.requests.length;
    await until(() => point!.requests.length >= before + 4);
    await asking.end();
    expect(point).toMatchObject({ address: "127.0.0.1", probe: `tcp:${port}`, every: 20 });
    expect(point!.requests.at(-1)!.took).toBeUndefined();
    const count = point!.requests.length;
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(point!.requests.length).toBe(count);
    expect(asking.lacks).toEqual([]);
  });

  test("says which addresses do not answer from here, and asks the others", async () => {
    const port = await tcp();
    const closed = await closedPort();
    const asking = await startAsking({
      addresses: ["127.0.0.1"],
      probes: [{ kind: "tcp", port: closed }],
      every: 50,
    });
    await asking.end();
    expect(asking.points).toEqual([]);
    expect(asking.lacks).toEqual([
      `127.0.0.1 does not answer this machine (tcp:${closed}: ECONNREFUSED), so what a client loses is not measured`,
    ]);
    const many = Array.from({ length: 5 }, (_, at) => `127.0.0.${at + 1}`);
    const some = await startAsking({ addresses: many, probes: [{ kind: "tcp", port }], every: 50 });
    await some.end();
    expect(some.points.length + some.lacks.length - 1).toBe(4);
    expect(some.lacks.at(-1)).toBe("127.0.0.5: 4 addresses are asked at most");
  });
});
