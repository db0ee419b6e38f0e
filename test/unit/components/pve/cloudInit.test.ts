import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { waitForCloudInit } from "../../../../components/pve/cloudInit";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "vrrp-cloud-init-"));
});
afterEach(() => rmSync(directory, { recursive: true }));

/** Runs the script beside a cloud-init whose `status --wait` is this, or beside none. */
function wait(cloudInit?: string) {
  if (cloudInit !== undefined) {
    const file = join(directory, "cloud-init");
    writeFileSync(file, `#!/bin/sh\n[ "$2" != --long ] || { echo "status: $1"; exit 0; }\n${cloudInit}\n`);
    chmodSync(file, 0o755);
  }
  const { status, stdout } = spawnSync("/bin/sh", ["-c", waitForCloudInit(1)], {
    encoding: "utf8",
    env: { PATH: `${directory}:/usr/bin:/bin` },
  });
  return { status, stdout };
}

test.each([
  ["has done its work", "exit 0"],
  ["has got over errors", "exit 2"],
])("a machine whose cloud-init %s is ready", (_, body) => {
  expect(wait(body)).toEqual({ status: 0, stdout: "" });
});

test("a machine without cloud-init is ready", () => {
  expect(wait().status).toBe(0);
});

test.each([
  ["has failed", "exit 1", /^cloud-init has failed:\nstatus: /],
  ["does not end", "exec sleep 30", /^cloud-init still runs after 1 s; it is at:\nstatus: /],
])("a machine whose cloud-init %s is told, with cloud-init's own words", (_, body, message) => {
  const { status, stdout } = wait(body);
  expect(status).toBe(1);
  expect(stdout).toMatch(message);
});
