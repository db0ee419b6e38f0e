import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { conf } from "../lint/files";

const directory = mkdtempSync(join(tmpdir(), "cli-main-"));
afterAll(() => rmSync(directory, { recursive: true }));

it("ends quietly, with its verdict, when nobody reads on", async () => {
  const path = join(directory, "a.conf");
  writeFileSync(path, conf("state MASTER\npriority 100\nnopreempt"));
  const main = join(__dirname, "../../../cli/pulumi-keepalived.js");
  const child = spawn(process.execPath, [main, "lint", path], { stdio: ["ignore", "pipe", "pipe"] });
  child.stdout.destroy();
  let err = "";
  child.stderr.on("data", (data: Buffer) => (err += data.toString()));
  const code = await new Promise((resolve) => child.on("close", resolve));
  expect({ code, err }).toEqual({ code: 1, err: "" });
}, 30_000);
