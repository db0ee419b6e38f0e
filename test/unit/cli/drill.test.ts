import { join } from "node:path";
import { verbs } from "../../../cli/verbs";
import { Screen, type Terminal, wantsColor } from "../../../cli/screen";
import { untilSignalled } from "../../../cli/signals";
import { cli, scratch, written } from "./command";

const directory = scratch();

describe("pulumi-keepalived drill", () => {
  it.each([
    ["no hosts", [], /give either --stack NAME or --spec FILE/],
    ["an unknown kind", ["--kind", "explode"], /--kind: explode; give drain, stop, kill/],
    ["a probe that is none", ["--probe", "udp:53"], /--probe: udp:53; give tcp:PORT, http:URL/],
    ["too many requests", ["--every", "19"], /--every: 19; give whole milliseconds, 20 to 1000/],
    ["back and stay", ["--back", "--stay"], /--back, --stay: both are given/],
    ["a drawing that cannot be written", ["--svg", "/nowhere/x.svg"], /--svg: ENOENT/],
  ])("exits 2 and says what to do about %s", async (_what, args, message) => {
    const { code, out, err } = await cli("drill", ...args);
    expect([code, out]).toEqual([2, ""]);
    expect(err).toMatch(message);
  });

  it("is refused with 1 where nobody is reached, says doctor, and prints JSON that says so", async () => {
    const nodes = ["gw-a", "gw-b"].map((name, at) => ({
      name,
      connection: { host: `127.0.0.${at + 1}`, port: 1, privateKey: "none", insecureHostKey: true },
      interface: "eth0",
      unicastSrcIp: `10.0.0.${at + 1}`,
    }));
    const spec = { name: "gw", virtualRouterId: 51, virtualIpAddresses: ["10.0.0.100/24"], nodes };
    const file = written(directory, "gw.json", JSON.stringify(spec));
    const { code, out, err } = await cli("drill", "--spec", file, "--json");
    expect(code).toBe(1);
    expect(JSON.parse(out)).toEqual({
      ok: false,
      refused: [expect.stringMatching(/^127\.0\.0\.1 was not seen: /), expect.anything()],
    });
    expect(err).toContain("pulumi-keepalived doctor");
  });

  it("is told of by the command's help", async () => {
    expect(Object.keys(verbs)).toContain("drill");
    expect((await cli("drill", "--help")).out).toMatch(/^usage: pulumi-keepalived drill/);
  });
});

describe("pulumi-keepalived status --watch", () => {
  it.each([
    ["an interval without --watch", ["--interval", "2"], /--interval: is for --watch/],
    ["one that is too long", ["--watch", "--interval", "61"], /--interval: 61; give whole seconds, 1 to 60/],
    ["JSON beside it", ["--watch", "--json"], /--json, --watch: both are given/],
  ])("exits 2 and says what to do about %s", async (_what, args, message) => {
    const { code, err } = await cli("status", ...args, "--spec", join(directory, "none.yaml"));
    expect(code).toBe(2);
    expect(err).toMatch(message);
  });

  it("redraws the other screen in place, at a change of its size, too, and restores what was there, once", () => {
    const written: string[] = [];
    const listeners = new Map<string, () => void>();
    const terminal = {
      isTTY: true,
      columns: 20,
      rows: 5,
      write: (text: string) => written.push(text) > 0,
      on: (name: string, listener: () => void) => listeners.set(name, listener),
      off: (name: string) => listeners.delete(name),
    };
    const exits = process.listenerCount("exit");
    const screen = new Screen(terminal as unknown as Terminal);
    screen.show(() => [`${screen.width} x ${screen.height}`, "b"]);
    terminal.columns = 10;
    listeners.get("resize")!();
    screen.close();
    expect(written).toEqual([
      "\u001b[?1049h\u001b[?25l",
      "\u001b[H20 x 5\u001b[K\r\nb\u001b[K\u001b[J",
      "\u001b[H10 x 5\u001b[K\r\nb\u001b[K\u001b[J",
      "\u001b[?25h\u001b[?1049l",
    ]);
    expect([listeners.size, process.listenerCount("exit")]).toEqual([0, exits]);
  });

  it("has colours on a terminal only, and none with NO_COLOR", () => {
    expect(wantsColor({ isTTY: true }, {})).toBe(true);
    expect(wantsColor({ isTTY: true }, { NO_COLOR: "1" })).toBe(false);
    expect(wantsColor({ isTTY: true }, { TERM: "dumb" })).toBe(false);
    expect(wantsColor({ isTTY: false }, {})).toBe(false);
  });
});

describe("a command that ends in its own order", () => {
  it("is aborted by the first signal, told of the second, and leaves no listener", async () => {
    const before = process.listenerCount("SIGINT");
    let further = 0;
    const ended = await untilSignalled(
      async (signal) => {
        process.emit("SIGINT");
        expect(signal.aborted).toBe(true);
        process.emit("SIGTERM");
        return await Promise.resolve("ended");
      },
      () => (further += 1),
    );
    expect([ended, further, process.listenerCount("SIGINT")]).toEqual(["ended", 1, before]);
  });
});
