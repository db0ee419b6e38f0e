import { check } from "../../../engine/stand-ins/resource-command/check";
import { diff } from "../../../engine/stand-ins/resource-command/diff";
import { LineSplitter } from "../../../engine/stand-ins/resource-command/resourceLog";
import {
  dialError,
  exitText,
  goQuote,
  joinHostPort,
} from "../../../engine/stand-ins/resource-command/goText";
import { secret, UNKNOWN, unwrap, unwrapAll } from "../../../engine/stand-ins/resource-command/values";

describe("Check", () => {
  test("fills in the defaults of a connection and of its proxy", () => {
    const { inputs, failures } = check({ connection: { host: "a", proxy: { host: "b", port: 2022 } } });
    const defaults = { port: 22, user: "root", dialErrorLimit: 10, perDialTimeout: 15 };
    expect(unwrapAll(inputs)).toEqual({
      connection: { host: "a", ...defaults, proxy: { host: "b", ...defaults, port: 2022 } },
    });
    expect(failures).toEqual([]);
  });

  test("makes the connection and every key and password in it secret", () => {
    const keys = { password: "p", privateKey: "k", privateKeyPassword: "q" };
    const { inputs } = check({ connection: { host: "a", ...keys, proxy: { host: "b", ...keys } } });
    expect(unwrap(inputs.connection)).not.toBe(inputs.connection);
    const connection = unwrap(inputs.connection) as unknown as Record<string, never>;
    const proxy = connection.proxy as unknown as Record<string, never>;
    for (const name of Object.keys(keys)) {
      expect(unwrap(connection[name])).not.toBe(connection[name]);
      expect(unwrap(proxy[name])).not.toBe(proxy[name]);
    }
  });

  test("keeps a secret input secret, and does not wrap it twice", () => {
    const { inputs } = check({ connection: secret({ host: "a" }), stdin: secret("s") });
    expect(inputs.stdin).toEqual(secret("s"));
    expect(unwrap(inputs.connection)).toMatchObject({ host: "a" });
  });

  test("takes a connection that is not known yet", () => {
    expect(check({ connection: UNKNOWN, create: UNKNOWN }).failures).toEqual([]);
  });

  test.each([
    [{}, "connection", "Missing required field 'connection' on 'remote.CommandInputs'"],
    [{ connection: {} }, "connection.host", "Missing required field 'host' on 'remote.Connection'"],
    [
      { connection: { host: "a", proxy: { host: "b", bogus: 1 } } },
      "connection.proxy.bogus",
      "Unrecognized field 'bogus' on 'remote.ProxyConnection'",
    ],
    [
      { connection: { host: "a", port: "22" } },
      "connection.port",
      "Field 'port' on 'remote.Connection' must be a 'float64'; got 'string' instead",
    ],
    [
      { connection: { host: "a" }, logging: "all" },
      "logging",
      "Field 'logging' on 'remote.CommandInputs' must be one of none, stdout, stderr, stdoutAndStderr; got 'all' instead",
    ],
  ])("refuses %j", (inputs, property, reason) => {
    expect(check(inputs).failures).toEqual([{ property, reason }]);
  });

  test("tells all failures at once", () => {
    expect(check({ bogus: 1, stdin: 5 }).failures).toHaveLength(3);
  });
});

describe("Diff", () => {
  test("names paths into lists and objects", () => {
    const olds = { environment: { A: "1", B: "2" }, triggers: ["x", { y: 1 }] };
    const news = { environment: { A: "0", C: "3" }, triggers: ["x", { y: 2 }, "z"] };
    expect(diff(olds, news)).toEqual({
      "environment.A": "UPDATE",
      "environment.B": "DELETE",
      "environment.C": "ADD",
      "triggers[1].y": "UPDATE",
      "triggers[2]": "ADD",
    });
  });

  test("takes a secret as a whole, and a value that becomes secret as changed", () => {
    expect(diff({ stdin: secret({ a: "1" }) }, { stdin: secret({ a: "2" }) })).toEqual({ stdin: "UPDATE" });
    expect(diff({ stdin: "s" }, { stdin: secret("s") })).toEqual({ stdin: "UPDATE" });
    expect(diff({ stdin: secret("s") }, { stdin: secret("s") })).toEqual({});
  });
});

describe("the official plugin's words", () => {
  test.each([
    ['say "hi"\\', '"say \\"hi\\"\\\\"'],
    ["a\nb\tc\r\x00\x7f", '"a\\nb\\tc\\r\\x00\\x7f"'],
    ["grün €", '"grün €"'],
    ["\u00a0\u200b", '"\\u00a0\\u200b"'],
  ])("quote %j as %s", (text, quoted) => {
    expect(goQuote(text)).toBe(quoted);
  });

  test.each([
    [{ code: 3, signal: undefined, message: undefined }, "Process exited with status 3"],
    [{ code: undefined, signal: "KILL", message: "" }, "Process exited with status 137 from signal KILL"],
    [
      { code: undefined, signal: "TERM", message: "why" },
      "Process exited with status 143 from signal TERM. Reason was: why",
    ],
    [
      { code: undefined, signal: undefined, message: undefined },
      "wait: remote command exited without exit status or exit signal",
    ],
  ])("for the end %j are %j", (exit, text) => {
    expect(exitText(exit)).toBe(text);
  });

  test("put an IPv6 address in brackets", () => {
    const error = Object.assign(new Error(), { code: "EHOSTUNREACH" });
    expect(dialError("tcp", joinHostPort("2001:db8::1", 22), error).message).toBe(
      "dial tcp [2001:db8::1]:22: connect: no route to host",
    );
  });
});

describe("the lines of the log", () => {
  function linesOf(...pieces: string[]): string[] {
    const lines: string[] = [];
    const splitter = new LineSplitter((line) => lines.push(line));
    pieces.forEach((piece) => splitter.write(piece));
    splitter.end();
    return lines;
  }

  test("are whole however the stream is cut, the last one also without a newline", () => {
    expect(linesOf("a", "b\n\nc", "d\ne")).toEqual(["ab", "", "cd", "e"]);
  });

  test("are cut where they are longer than 64 KiB", () => {
    const lines = linesOf("x".repeat(70_000), "x".repeat(70_000) + "\ny");
    expect(lines.map((line) => line.length)).toEqual([65_536, 65_536, 8_928, 1]);
  });
});
