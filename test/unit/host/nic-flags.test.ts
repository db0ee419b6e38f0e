import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hookText } from "../../../hypervisor/pve";

const TEMPLATE = readFileSync(join(__dirname, "../../../host/pve/nic-flags.sh"), "utf8");
const SHELLS = [["dash"], ["busybox", "sh"], ["bash", "--posix"]];

/** Knows the ports in $directory/ports and no flag called odd; writes down what is set. */
const BRIDGE = `#!/bin/sh
case "$2" in
  show) grep -qx "$4" "$PORTS" && echo "4: $4: master vmbr0"; exit 0 ;;
  set) [ "$5" != odd ] || { echo "odd is unknown" >&2; exit 255; }
    echo "$4 $5 $6" >>"$DONE" ;;
esac
`;

const text = hookText(TEMPLATE, 101, [
  { nic: "net1", owner: "vrrp-agent:gw", flags: [["mcast_router", "2"]] },
  {
    nic: "net0",
    owner: "vrrp-agent:gw",
    flags: [
      ["odd", "on"],
      ["learning", "on"],
      ["flood", "on"],
    ],
  },
]);

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "nic-flags-"));
  mkdirSync(join(directory, "bin"));
  writeFileSync(join(directory, "hook.sh"), text);
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

function call(shell: string[], args: string[], ports: string[], bridge: string | undefined = BRIDGE) {
  const done = join(directory, "done");
  const put = (name: string, body: string) => {
    writeFileSync(join(directory, "bin", name), body);
    chmodSync(join(directory, "bin", name), 0o755);
  };
  put("bridge", bridge);
  put("logger", `#!/bin/sh\nexit 1\n`);
  writeFileSync(join(directory, "ports"), ports.map((port) => `${port}\n`).join(""));
  writeFileSync(done, "");
  const { status, stderr } = spawnSync(shell[0]!, [...shell.slice(1), join(directory, "hook.sh"), ...args], {
    encoding: "utf8",
    env: { PATH: `${join(directory, "bin")}:/usr/bin:/bin`, PORTS: join(directory, "ports"), DONE: done },
  });
  return { status, stderr, done: readFileSync(done, "utf8").split("\n").filter(Boolean) };
}

describe.each(SHELLS.map((shell) => [shell.join(" "), shell] as const))("in %s", (_, shell) => {
  test("a started guest's ports get their flags, on the firewall's bridge and on the node's", () => {
    const { status, done } = call(shell, ["101", "post-start"], ["tap101i0", "fwpr101p0", "tap101i1"]);
    expect(status).toBe(0);
    expect(done).toEqual([
      "tap101i0 learning on",
      "tap101i0 flood on",
      "fwpr101p0 learning on",
      "fwpr101p0 flood on",
      "tap101i1 mcast_router 2",
    ]);
  });

  test("a container's ports are known by their own names", () => {
    const { done } = call(shell, ["101", "post-start"], ["veth101i1"]);
    expect(done).toEqual(["veth101i1 mcast_router 2"]);
  });

  test("a flag that cannot be set and a port that is not there are told, and fail no start", () => {
    const { status, stderr } = call(shell, ["101", "post-start"], ["tap101i0"]);
    expect(status).toBe(0);
    expect(stderr).toContain("vrrp-agent: guest 101: tap101i0: odd on: odd is unknown");
    expect(stderr).toContain("guest 101: net1 has no port on a Linux bridge");
  });

  test("a node without bridge starts its guests all the same", () => {
    expect(call(shell, ["101", "post-start"], ["tap101i0"], "#!/bin/sh\nexit 127\n").status).toBe(0);
  });

  test.each([
    ["another phase", ["101", "pre-start"]],
    ["a clone of the guest", ["105", "post-start"]],
    ["nothing", []],
  ])("%s sets nothing", (_name, args) => {
    expect(call(shell, args, ["tap101i0", "tap105i0"])).toEqual({ status: 0, stderr: "", done: [] });
  });
});
