import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { type Host, Image, Lab, Stack } from "../../../lab";
import { configure, errorsOf, holders, type NodeInput, nodeOf } from "./cluster";
import { changes, changesBesideAgent, type HostState, statesOf } from "./hostState";

/** Fills a host's disk but for some KiB. */
async function fillDisk(host: Host, freeKilobytes: number): Promise<void> {
  await host.exec(`
    rm -f /fill
    free=$(df -Pk / | awk 'NR == 2 { print $4 }')
    dd if=/dev/zero of=/fill bs=1k count=$((free - ${freeKilobytes})) status=none
    sync`);
}

/** Bytes of the files below a directory. */
function sizeOf(directory: string): number {
  const files = readdirSync(directory, { recursive: true, withFileTypes: true }).filter((one) =>
    one.isFile(),
  );
  return files.reduce((sum, file) => sum + statSync(join(file.parentPath, file.name)).size, 0);
}

describe("a host that cannot take its files", () => {
  let lab: Lab;
  let stack: Stack;
  let good: Host;
  let bare: Host;
  let empty: Host;
  let small: Host;
  let bareB: Host;
  let before: Record<string, HostState>;

  beforeAll(async () => {
    lab = await Lab.start({
      name: "problems",
      hosts: [
        { name: "good" },
        { name: "bare", image: Image.Bare },
        { name: "empty", image: Image.Installable },
        { name: "small", diskMegabytes: 64 },
        { name: "bare-b", image: Image.Bare },
      ],
    });
    [good, bare, empty, small, bareB] = lab.hosts as [Host, Host, Host, Host, Host];
    stack = await Stack.create({ client: lab.client });
    before = await statesOf(lab.hosts);
  });
  afterAll(async () => {
    stack?.remove();
    await lab?.stop();
  });

  /** The errors of an up that must fail, after which `faulty` are as before but for the agent. */
  async function errorsOfUp(nodes: NodeInput[], faulty: Host[], spec: Record<string, unknown> = {}) {
    await configure(stack, lab, nodes, spec);
    const errors = errorsOf(await stack.up([], { check: false }));
    const after = await statesOf(lab.hosts);
    for (const { name } of faulty) expect(changesBesideAgent(before[name]!, after[name]!)).toEqual([]);
    return errors;
  }

  async function destroyLeavesNothing(): Promise<void> {
    await stack.destroy();
    const after = await statesOf(lab.hosts);
    for (const { name } of lab.hosts) expect(changes(before[name]!, after[name]!)).toEqual([]);
  }

  const STAGE =
    "Process exited with status 1: running \"sh -c 'exec $(command -v timeout && echo 1800) /usr/lib/vrrp-agent/vrrp-agent stage'\":\n";

  describe("is told once, with host, step, value and what to do, and keeps nothing but the agent:", () => {
    test.each([4, 6])("an IPv%s VIP that a stranger uses, on every host", async (family) => {
      const vip = family === 4 ? lab.client.address : lab.client.address6;
      const nodes = [good, empty].map((host) => ({
        ...nodeOf(host),
        unicastSrcIp: family === 4 ? host.address : host.address6,
      }));
      const spec = { virtualIpAddresses: [`${vip}/${family === 4 ? 24 : 64}`] };
      const errors = await errorsOfUp(nodes, [good, empty], spec);
      expect(errors.map(({ resource }) => resource).sort()).toEqual(["gw-empty-stage", "gw-good-stage"]);
      for (const { resource, text } of errors) {
        const [, node] = resource.split("-");
        expect(text.replace(/ by [0-9a-f:]{17},/, " by MAC,")).toBe(
          `${STAGE}vrrp-agent: ${node}: stage: virtual address ${vip} is in use on eth0 by MAC, which is no peer; free it or choose another`,
        );
      }
    });

    test("an interface that it does not have", async () => {
      const nodes = [nodeOf(good), { ...nodeOf(empty), interface: "eth7" }];
      expect(await errorsOfUp(nodes, [empty])).toEqual([
        {
          resource: "gw-empty-stage",
          text: `${STAGE}vrrp-agent: empty: stage: interface eth7 does not exist; this host has: eth0 lo`,
        },
      ]);
    });

    test("a source address that is not on the interface", async () => {
      const nodes = [nodeOf(good), { ...nodeOf(empty), unicastSrcIp: "10.20.30.77" }];
      const [error, ...others] = await errorsOfUp(nodes, [empty]);
      expect(others).toEqual([]);
      expect(error?.resource).toBe("gw-empty-stage");
      expect(error?.text).toContain(
        `${STAGE}vrrp-agent: empty: stage: unicastSrcIp 10.20.30.77 is not on eth0, which has ${empty.address}/24, `,
      );
    });

    afterAll(destroyLeavesNothing);
  });

  test("without keepalived and without a package source each says what is missing and what apt said", async () => {
    const errors = await errorsOfUp([nodeOf(bare), nodeOf(bareB)], [bare, bareB]);
    expect(errors.sort((one, other) => (one.resource < other.resource ? -1 : 1))).toEqual(
      ["bare-b", "bare"].map((node) => ({
        resource: `gw-${node}-stage`,
        text:
          `${STAGE}vrrp-agent: ${node}: stage: missing: keepalived; apt-get cannot install keepalived: ` +
          "give the host a package source or install by hand\nE: Unable to locate package keepalived",
      })),
    );
    await destroyLeavesNothing();
  });

  test("without keepalived but with a package source it is given it, and destroy removes exactly that", async () => {
    await configure(stack, lab, [nodeOf(empty), nodeOf(good)]);
    await stack.up();
    expect(await holders(lab.hosts)).toEqual(["empty"]);
    await empty.exec("dpkg-query --show keepalived");
    await destroyLeavesNothing();
  });

  test("with a full disk it does not even take the agent", async () => {
    await fillDisk(small, 0);
    const [error, ...others] = await errorsOfUp([nodeOf(good), nodeOf(small)], [small]);
    expect(others).toEqual([]);
    expect(error?.resource).toBe("gw-small-agent");
    expect(error?.text).toBe(
      "Process exited with status 1: running \"sh -c 'exec $(command -v timeout && echo 60) sh'\":\n" +
        "vrrp-agent: small: install: cannot write to /usr/lib; make room on its file system\n" +
        "cat: write error: No space left on device",
    );
    await destroyLeavesNothing();
  });

  test("with room for the agent but not for the files it says how much is needed", async () => {
    // The agent takes about two and a half times its size while it is installed, and less afterwards; these checks need more
    // than the rest.
    const peak = Math.ceil((sizeOf(join(__dirname, "../../../host")) / 1024) * 2.5);
    await fillDisk(small, peak + 110);
    const trackScripts = Array.from({ length: peak }, (_, i) => ({
      name: `check-${i}`,
      script: "/usr/bin/true",
    }));
    const [error, ...others] = await errorsOfUp([nodeOf(good), nodeOf(small)], [small], { trackScripts });
    expect(others).toEqual([]);
    expect(error?.resource).toBe("gw-small-stage");
    expect(error?.text).toMatch(
      /\nvrrp-agent: small: stage: \/var\/lib\/vrrp-agent has \d+ KiB free, \d+ KiB are needed; make room on its file system$/,
    );
    await destroyLeavesNothing();
  });
});
