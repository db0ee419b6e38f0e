import { spawnSync } from "node:child_process";
import { join } from "node:path";

const MODULE = join(__dirname, "../../../host/lib/network.sh");

const settled = [
  "2: eth0    inet 10.0.0.1/24 brd 10.0.0.255 scope global eth0\\       valid_lft forever preferred_lft forever",
  "2: eth0    inet6 fd00::1/64 scope global \\       valid_lft forever preferred_lft forever",
].join("\n");
const checking = settled.replace("scope global \\", "scope global tentative \\");

/** Whether `usable ADDRESS eth0` says yes on a host whose `ip -o address show` prints this. */
function isUsable(shell: string[], address: string, shown: string): boolean {
  const [program = "", ...before] = shell;
  const script = '. "$0"; ip() { printf "%s\\n" "$SHOWN"; }; usable "$1" eth0';
  const { status, stderr } = spawnSync(program, [...before, "-euc", script, MODULE, address], {
    env: { ...process.env, SHOWN: shown },
    encoding: "utf8",
  });
  expect(stderr).toBe("");
  return status === 0;
}

describe.each([[["dash"]], [["busybox", "ash"]]])("a source address under %j", (shell) => {
  it("is usable when the interface has it", () => {
    expect(isUsable(shell, "10.0.0.1", settled)).toBe(true);
    expect(isUsable(shell, "fd00:0::1", settled)).toBe(true);
  });

  it("is not usable when the interface lacks it", () => {
    expect(isUsable(shell, "10.0.0.2", settled)).toBe(false);
    expect(isUsable(shell, "fd00::1", settled.split("\n")[0] ?? "")).toBe(false);
  });

  it("is not usable while it is checked for duplicates, and another one is", () => {
    expect(isUsable(shell, "fd00:0::1", checking)).toBe(false);
    expect(isUsable(shell, "10.0.0.1", checking)).toBe(true);
  });
});
