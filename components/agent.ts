import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { causesTable } from "../doctor/local";

const host = join(__dirname, "..", "host");
const PROGRAMS = ["vrrp-agent", "vrrp-check", "vrrp-unconfined"];
const END = "END_OF_VRRP_AGENT";

/**
 * The text that installs vrrp-agent when it is sent to `sh`: host/install.sh with the agent's programs on its
 * stdin, and the table of causes that `diagnose` reads.
 */
export function agentInstaller(): string {
  const modules = readdirSync(join(host, "lib")).map((name) => `lib/${name}`);
  const texts = [...PROGRAMS, ...modules].map(
    (name) => [name, readFileSync(join(host, name), "utf8")] as const,
  );
  const all = [...texts, ["lib/causes.table", causesTable()] as const];
  const files = all
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, text]) => {
      const mode = PROGRAMS.includes(name) ? "0755" : "0644";
      return {
        text,
        line: `file ${mode} root:root ${sha256(text)} ${text.split("\n").length - 1} ${name}\n`,
      };
    });
  const lines = files.map((file) => file.line).join("");
  const archive = `vrrp-agent-archive 1\n${lines}end\n${files.map((file) => file.text).join("")}`;
  const installer = readFileSync(join(host, "install.sh"), "utf8");
  return `install_agent() (\n${installer})\ninstall_agent <<'${END}'\n${archive}${END}\n`;
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
