import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import * as conversation from "../../../../components/esxi/conversation";
import { makeProvider, PolicyInputs } from "../../../../components/esxi/provider";
import type { Wanted } from "../../../../hypervisor/esxi";

const STAND_IN = join(__dirname, "..", "..", "..", "..", "lab", "esxi", "esxcli");

/** Scripts run in this machine's sh, with the stand-in for esxcli. */
export class EsxiHost {
  readonly directory = mkdtempSync(join(tmpdir(), "vrrp-esxi-"));
  /** What the provider says. */
  readonly said: string[] = [];
  /** Variables of the stand-in's. */
  env: Record<string, string> = {};
  /** Called before each script that changes something. */
  meanwhile: () => void = () => undefined;

  constructor(state: string) {
    mkdirSync(join(this.directory, "bin"));
    symlinkSync(STAND_IN, join(this.directory, "bin", "esxcli"));
    this.state = state;
    writeFileSync(join(this.directory, "calls"), "");
  }

  remove(): void {
    rmSync(this.directory, { recursive: true });
  }

  get state(): string {
    return readFileSync(join(this.directory, "state"), "utf8");
  }

  set state(text: string) {
    writeFileSync(join(this.directory, "state"), text);
  }

  /** The calls of esxcli that set something. */
  get sets(): string[] {
    const calls = readFileSync(join(this.directory, "calls"), "utf8").split("\n");
    return calls.filter((call) => call.includes(" set ")).map((call) => call.replace(/^.* set /, ""));
  }

  withoutEsxcli(): void {
    rmSync(join(this.directory, "bin", "esxcli"));
  }

  readonly run: conversation.Run = (script) => {
    if (script.includes("now=")) this.meanwhile();
    const { stdout, signal, status } = spawnSync("/bin/sh", ["-c", script], {
      encoding: "utf8",
      env: {
        PATH: `${join(this.directory, "bin")}:/usr/bin:/bin`,
        ESXCLI_STATE: join(this.directory, "state"),
        ESXCLI_CALLS: join(this.directory, "calls"),
        ...this.env,
      },
    });
    return status === 0
      ? Promise.resolve(stdout)
      : Promise.reject(new Error(`the connection broke (${signal})`));
  };

  provider() {
    return makeProvider(() => ({
      look: ({ portGroup }) => conversation.look(this.run, portGroup),
      set: ({ portGroup }, seen, targets) => conversation.set(this.run, portGroup, seen, targets),
      warn: (message) => Promise.resolve(void this.said.push(`warning: ${message}`)),
      inform: (message) => Promise.resolve(void this.said.push(message)),
    }));
  }
}

export const inputs = (wanted: Wanted, portGroup = "VM Network"): PolicyInputs => ({
  __provider: "handler",
  host: "esxi1",
  portGroup,
  wanted,
  connection: { host: "esxi1", port: 22, user: "root", dialErrorLimit: 3, perDialTimeout: 10 },
});
