import { execFile } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { RunOnNode } from "../../../../components/pve/ssh";
import type { PveStandIn } from "../../../../lab/pve";

const PVESH = `#!${process.execPath}
const { connect } = require("node:net");
const socket = connect(process.env.PVE_SOCKET, () => socket.end(JSON.stringify(process.argv.slice(2))));
let text = "";
socket.on("data", (data) => (text += data)).on("end", () => {
  const { code, stdout, stderr } = JSON.parse(text);
  process.stdout.write(stdout);
  process.stderr.write(stderr);
  process.exitCode = code;
});
`;

/** Runs scripts in this machine's sh with a pvesh in its path that a stand-in answers. */
export async function shellOf(pve: PveStandIn): Promise<{ run: RunOnNode; stop: () => void }> {
  const directory = mkdtempSync(join(tmpdir(), "pvesh-"));
  const socket = join(directory, "socket");
  writeFileSync(join(directory, "pvesh"), PVESH);
  chmodSync(join(directory, "pvesh"), 0o755);
  const server = createServer({ allowHalfOpen: true }, (client) => {
    let text = "";
    client.on("data", (data: Buffer) => (text += data.toString()));
    client.on("end", () => {
      void pve.pvesh(JSON.parse(text) as string[]).then(
        (output) => client.end(JSON.stringify(output)),
        () => client.destroy(),
      );
    });
  });
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  const env = { ...process.env, PATH: `${directory}:${process.env.PATH}`, PVE_SOCKET: socket };
  return {
    run: (script) =>
      new Promise((resolve, reject) => {
        execFile("sh", ["-c", script], { env }, (error, stdout) =>
          error ? reject(new Error(error.message)) : resolve(stdout),
        );
      }),
    stop: () => {
      server.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
