import { join } from "node:path";
import { type Result, Lab, run } from "../../../lab";
import { tracesOf } from "./traces";

describe("the command line", () => {
  const name = `cli-${process.pid}`;
  const cli = (...args: string[]): Promise<Result> =>
    run([process.execPath, "--import", "tsx", join(__dirname, "../../../lab/cli.ts"), ...args], {
      check: false,
    });

  afterAll(() => cli("down", "--name", name));

  test("up leaves a lab that other commands use and down ends without a trace", async () => {
    expect(await cli("up", "--name", name, "gw-a", "gw-b:bare")).toMatchObject({ code: 0 });
    const { id } = Lab.open(name);

    expect(await cli("up", "--name", name)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("is there already") as string,
    });

    const list = await cli("list");
    expect(list.stdout).toMatch(
      new RegExp(`${id} ${name} \\(detached\\)\\n  gw-a +on +full .*\\n  gw-b +on +bare `),
    );

    expect(await cli("exec", "--name", name, "gw-a", "hostname; exit 7")).toMatchObject({
      code: 7,
      stdout: "gw-a\n",
    });
    expect(await cli("exec", "--name", name, "client", "ip", "-o", "addr")).toMatchObject({
      stdout: expect.stringContaining("10.20.30.100/24") as string,
    });
    expect(await cli("ssh", "--name", name, "gw-b", "hostname")).toMatchObject({ code: 0, stdout: "gw-b\n" });

    expect(await cli("fault", "--name", name, "cut-cable", "gw-a")).toMatchObject({ code: 0 });
    expect(Lab.open(name).host("gw-a").hasCarrier).toBe(false);
    expect(await cli("fault", "--name", name, "restore-cable", "gw-a")).toMatchObject({ code: 0 });
    expect(Lab.open(name).host("gw-a").hasCarrier).toBe(true);

    expect(await cli("power", "--name", name, "off", "gw-a")).toMatchObject({ code: 0 });
    expect(Lab.open(name).host("gw-a").isOn).toBe(false);
    expect(await cli("power", "--name", name, "on", "gw-a")).toMatchObject({ code: 0 });

    // A start by anybody else spares it: nobody owns it.
    await (await Lab.start({ hosts: [{ name: "gw-a" }] })).stop();
    expect(tracesOf(id)).not.toEqual([]);

    expect(await cli("down", "--name", name)).toMatchObject({ code: 0 });
    expect(tracesOf(id)).toEqual([]);
  });

  test.each([
    [["fly"], 'command "fly" is unknown'],
    [["up", "gw-a:tiny"], 'image "tiny": allowed are full, bare, installable'],
    [["fault", "melt", "gw-a"], 'fault "melt": allowed are cut-cable'],
    [["list", "--loud"], "Unknown option '--loud'"],
  ])("called wrongly with %j it exits 2 and says why", async (args, why) => {
    expect(await cli(...args)).toMatchObject({ code: 2, stderr: expect.stringContaining(why) as string });
  });

  test("a lab that is not there is a failure that says so", async () => {
    expect(await cli("exec", "--name", "no-such", "gw-a", "true")).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("lab no-such: there is none") as string,
    });
  });
});
