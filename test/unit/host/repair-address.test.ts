import { SHELLS } from "./fake-host";
import { RepairHost } from "./repair-host";

const VIP = "10.0.0.100/24";

describe.each(SHELLS)("repairs of addresses under %s", (shell) => {
  let pair: RepairHost;
  beforeEach(async () => {
    pair = await RepairHost.create(shell);
    pair.host.write("proc/sys/net/ipv4/conf/eth0/promote_secondaries", "0\n");
  });
  afterEach(() => pair.close());

  const release = (address = "10.0.0.100", env: NodeJS.ProcessEnv = {}) =>
    pair.host.agent(["repair", "gw", "release", address, "eth0"], "", { SSH_CONNECTION: "", ...env });
  const refused = (words: string) => ({ status: 1, stderr: expect.stringContaining(words) as string });

  test("an address that somebody has configured on the backup is taken off, and back by --undo", () => {
    pair.reports("BACKUP");
    pair.host.addresses("eth0", ["10.0.0.1/24", VIP]);
    expect(release()).toEqual({ status: 0, stdout: `took ${VIP} off eth0\n`, stderr: "" });
    expect(pair.addresses).toEqual(["10.0.0.1/24"]);
    expect(pair.events()).toEqual([{ name: "release 10.0.0.100 eth0", state: "done" }]);
    pair.repair("--undo");
    expect(pair.addresses).toEqual(["10.0.0.1/24", VIP]);
  });

  test("what a master holds stays, and what stands beside it with another prefix goes", () => {
    pair.reports("MASTER");
    pair.host.addresses("eth0", ["10.0.0.1/24", VIP]);
    expect(release()).toMatchObject(refused("keepalived is MASTER of gw here and holds 10.0.0.100 by right"));
    expect(pair.host.calls()).toEqual([]);
    pair.host.addresses("eth0", ["10.0.0.1/24", VIP, "10.0.0.100/32"]);
    expect(release().status).toBe(0);
    expect(pair.addresses).toEqual(["10.0.0.1/24", VIP]);
  });

  test("the last one to answer for an address keeps it", () => {
    pair.host.withoutState("keepalived.pid");
    pair.host.addresses("eth0", ["10.0.0.1/24", VIP]);
    expect(release()).toMatchObject(
      refused(
        "nobody else answers for 10.0.0.100, and gw is STOPPED here: without it nobody would have it; run",
      ),
    );
    expect(pair.addresses).toContain(VIP);
    pair.peerHolds();
    expect(release().status).toBe(0);
    expect(pair.addresses).toEqual(["10.0.0.1/24"]);
  });

  test("in FAULT it goes only when a peer has it", () => {
    pair.reports("FAULT");
    pair.host.addresses("eth0", ["10.0.0.1/24", VIP]);
    expect(release()).toMatchObject(
      refused("gw is FAULT here: without it nobody would have it; bring a peer back"),
    );
  });

  test("the address of this session stays, however it is spelt, and what to do is said", () => {
    pair.reports("BACKUP");
    pair.host.addresses("eth0", ["10.0.0.1/24", VIP]);
    for (const own of ["10.0.0.100", "::ffff:10.0.0.100"])
      expect(release("10.0.0.100", { SSH_CONNECTION: `10.0.0.9 50000 ${own} 22` })).toMatchObject(
        refused("this session came over 10.0.0.100 and would end with it; log in by 10.0.0.1"),
      );
    expect(pair.addresses).toContain(VIP);
    expect(release("10.0.0.100", { SSH_CONNECTION: "10.0.0.100 50000 10.0.0.1 22" }).status).toBe(0);
  });

  test("an address that comes back is told, and put back", () => {
    pair.reports("BACKUP");
    pair.host.addresses("eth0", ["10.0.0.1/24", VIP]);
    pair.host.state("comes-back");
    expect(release()).toMatchObject(refused(`${VIP} is on eth0 again: something puts it there`));
    expect(pair.events()).toMatchObject([{ state: "failed" }]);
  });

  test("the first address of its network is left, for the host's own would go with it", () => {
    pair.reports("BACKUP");
    const line = (address: string, more = "") => `2: eth0    inet ${address} scope global${more} eth0\n`;
    pair.host.state("addresses.eth0", line(VIP) + line("10.0.0.1/24", " secondary"));
    expect(release()).toMatchObject(refused("the kernel would take these off with it: 10.0.0.1/24;"));
    pair.host.write("proc/sys/net/ipv4/conf/eth0/promote_secondaries", "1\n");
    expect(release().status).toBe(0);
  });

  test("what is no virtual address, or no interface, is told", () => {
    pair.reports("BACKUP");
    expect(release("10.0.0.1")).toMatchObject(refused("10.0.0.1 is no virtual address of gw"));
    expect(pair.repair("release", "10.0.0.100", "eth7")).toMatchObject(refused("there is no interface eth7"));
  });

  test("a master gets its address again and announces it, unless somebody else answers for it", () => {
    pair.reports("MASTER");
    pair.peerHolds();
    expect(pair.repair("hold", "10.0.0.100", "eth0")).toMatchObject(
      refused("02:00:00:00:00:0b answers for 10.0.0.100; take it from there first"),
    );
    pair.host.withoutState("arp.10.0.0.100");
    pair.host.program("arping", `[ "$1" != -V ] || exit 0; echo "arping $*" >>"$FAKE/calls"`);
    expect(pair.repair("hold", "10.0.0.100", "eth0")).toMatchObject({
      status: 0,
      stdout: "gw has its addresses again\n",
    });
    expect(pair.addresses).toEqual(["10.0.0.1/24", VIP]);
    expect(pair.host.calls()).toContain("arping -q -U -c 2 -w 3 -I eth0 10.0.0.100");
    expect(pair.repair("hold", "10.0.0.100", "eth0").stdout).toBe("nothing to do: 10.0.0.100 is on eth0\n");
  });

  test("a backup gets no address", () => {
    pair.reports("BACKUP");
    expect(pair.repair("hold", "10.0.0.100", "eth0")).toMatchObject(refused("gw is BACKUP here"));
    expect(pair.addresses).toEqual(["10.0.0.1/24"]);
  });

  test("an address that cannot be given is told in the tool's words", () => {
    pair.reports("MASTER");
    pair.host.state("refuses-add");
    expect(pair.repair("hold", "10.0.0.100", "eth0")).toMatchObject(refused("Operation not permitted"));
  });

  test("only the holder announces, by a request and by an answer", () => {
    pair.reports("MASTER");
    expect(pair.repair("announce", "10.0.0.100", "eth0")).toMatchObject(
      refused("10.0.0.100 is not on this host"),
    );
    pair.host.addresses("eth0", ["10.0.0.1/24", VIP]);
    pair.host.program("arping", `[ "$1" != -V ] || exit 0; echo "arping $*" >>"$FAKE/calls"`);
    expect(pair.repair("announce", "10.0.0.100", "eth0").status).toBe(0);
    expect(pair.host.calls()).toEqual([
      "arping -q -U -c 2 -w 3 -I eth0 10.0.0.100",
      "arping -q -A -c 2 -w 3 -I eth0 10.0.0.100",
    ]);
  });

  test("without arping a neighbour learns it from being asked", () => {
    pair.reports("MASTER");
    pair.host.addresses("eth0", ["10.0.0.1/24", VIP]);
    pair.host.program("arping", "exit 2");
    pair.host.program("ping", `echo "ping $*" >>"$FAKE/calls"`);
    expect(pair.repair("announce", "10.0.0.100", "eth0").status).toBe(0);
    const calls = pair.host.calls();
    expect(calls).toContain("ip -4 neigh del 10.0.0.2 dev eth0");
    expect(calls).toContain("ping -c 1 -W 1 -I 10.0.0.100 10.0.0.2");
  });
});
