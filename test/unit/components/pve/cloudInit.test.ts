import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { waitForCloudInit } from "../../../../components/pve/cloudInit";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "vrrp-cloud-init-"));
});
afterEach(() => rmSync(directory, { recursive: true }));

/** Runs the script beside a cloud-init whose `status --wait` is this, or beside none. */
function wait(cloudInit?: string, seconds = 1) {
  if (cloudInit !== undefined) {
    const file = join(directory, "cloud-init");
    writeFileSync(file, `#!/bin/sh\n[ "$2" != --long ] || { echo "status: $1"; exit 0; }\n${cloudInit}\n`);
    chmodSync(file, 0o755);
  }
  const { status, stdout } = spawnSync("/bin/sh", ["-c", waitForCloudInit(seconds)], {
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

/** Puts in a systemctl that tells of apt's services what it has told a number of times, and then that they have ended. */
function systemctl(state: string, times: number): void {
  const file = join(directory, "systemctl");
  const count = join(directory, "count");
  writeFileSync(
    file,
    `#!/bin/sh\necho x >> ${count}\n[ "$(wc -l < ${count})" -gt ${times} ] && echo ActiveState=inactive || echo ActiveState=${state}\n`,
  );
  chmodSync(file, 0o755);
}

test("a machine on which apt runs by itself is ready when it has ended", () => {
  systemctl("activating", 1);
  expect(wait("exit 0", 30)).toEqual({ status: 0, stdout: "" });
  expect(readFileSync(join(directory, "count"), "utf8")).toBe("x\nx\n");
});

test("a machine on which apt does not end is told", () => {
  systemctl("activating", 1000);
  const { status, stdout } = wait("exit 0");
  expect(status).toBe(1);
  expect(stdout).toMatch(/^apt still updates the machine after 1 s.*readyTimeout/);
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
