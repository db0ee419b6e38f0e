import { spawn } from "node:child_process";
import { join } from "node:path";
import { conf } from "../lint/files";
import { scratch, written } from "./command";

const directory = scratch();

it("ends quietly, with its verdict, when nobody reads on", async () => {
  const path = written(directory, "a.conf", conf("state MASTER\npriority 100\nnopreempt"));
  const main = join(__dirname, "../../../cli/pulumi-keepalived.js");
  const child = spawn(process.execPath, [main, "lint", path], { stdio: ["ignore", "pipe", "pipe"] });
  child.stdout.destroy();
  let err = "";
  child.stderr.on("data", (data: Buffer) => (err += data.toString()));
  const code = await new Promise((resolve) => child.on("close", resolve));
  expect({ code, err }).toEqual({ code: 1, err: "" });
}, 30_000);
