import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { until } from "../../../lab";

describe("making the images", () => {
  const cache = mkdtempSync(join(tmpdir(), "lab-image-"));
  const images = join(cache, "pulumi-keepalived", "lab");
  afterAll(() => rmSync(cache, { recursive: true }));

  const start = () => {
    const program = spawn(process.execPath, ["--import", "tsx", join(__dirname, "build-image.ts")], {
      env: { ...process.env, XDG_CACHE_HOME: cache },
      stdio: ["ignore", "pipe", "inherit"],
    });
    const said = { text: "" };
    program.stdout.on("data", (text: Buffer) => (said.text += text.toString()));
    return { program, said, ended: once(program, "close") };
  };

  test("an interrupted one is begun anew, and two who need it at the same time make it once", async () => {
    const killed = start();
    await until("the first has begun", 60_000, () => killed.said.text.includes("extracting"));
    killed.program.kill("SIGKILL");
    await killed.ended;
    const one = start();
    await until("the second has begun", 60_000, () => one.said.text.includes("downloading"));
    const two = start();
    await Promise.all([one.ended, two.ended]);
    expect(one.said.text).toMatch(/made in \d+ s\nimages: /);
    expect(two.said.text).toContain(`process ${one.program.pid} is making it, waiting`);
    expect(two.said.text).not.toContain("made in");
    const left = readdirSync(images).filter((name) => !name.endsWith(".lock"));
    expect(left).toHaveLength(1);
    expect(readdirSync(join(images, left[0] ?? "")).sort()).toEqual([
      "base",
      "keepalived",
      "repository",
      "services",
      "witness",
    ]);
  });
});
