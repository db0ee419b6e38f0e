import { sshApi } from "../../../components/pve/ssh";
import { apiAt } from "../../../components/pve/way";
import type { Connection } from "../../../engine/stand-ins/resource-command/connection";
import { type GuestAddress, type HypervisorWays, lookAtHypervisor } from "../../../operate/hypervisor";
import { EsxiHost } from "../components/esxi/esxcli";
import { shellOf } from "../components/pve/pvesh";
import { TOKEN, World } from "../components/pve/world";

const connection = { host: "pve1.example", user: "root", password: "SECRET" } as Connection;
const none = () => Promise.reject(new Error("nobody is to go there"));
const ways = (changes: Partial<HypervisorWays>): HypervisorWays => ({
  pve: (access, signal) => apiAt(access, { limit: 20, signal }),
  esxi: () => none,
  ...changes,
});

describe("guests in Proxmox VE", () => {
  let world: World;
  beforeEach(async () => (world = await World.start()));
  afterEach(() => world.pve.stop());

  type Pve = GuestAddress & { kind: "pve" };
  const guests = (changes: Partial<Pve> = {}): Pve[] => {
    const { guests: asks, access } = world.inputs();
    return asks.map(({ node, id, want }) => ({
      node,
      dev: "eth0",
      said: {},
      kind: "pve",
      id,
      want,
      access: access[""]!,
      ...changes,
    }));
  };

  test("are read at once, and what a NIC lacks is told with its guest and node; nothing is changed", async () => {
    const before = world.texts();
    const { hypervisor, unread } = await lookAtHypervisor(guests(), "gw");
    expect(unread).toEqual([]);
    expect(hypervisor["gw-a"]).toEqual([
      {
        where: "net0 of VM 101 (gw-101) on pve1",
        dev: "eth0",
        lacks: [
          {
            of: "adverts",
            words:
              "firewall=1, and no rule of its firewall lets protocol 112 through: it lacks IN ACCEPT vrrp 192.0.2.2 -> 192.0.2.1",
          },
          expect.objectContaining({ of: "mac" }),
        ],
      },
    ]);
    expect(Object.keys(hypervisor).sort()).toEqual(["gw-a", "gw-b"]);
    expect(world.texts()).toEqual(before);
    expect(world.writes()).toEqual([]);
  });

  test("lack nothing once pulumi has let them", async () => {
    await world.up(world.inputs({ macChanges: true }));
    const { hypervisor } = await lookAtHypervisor(guests(), "gw");
    expect(Object.values(hypervisor).flatMap(([nic]) => nic!.lacks)).toEqual([]);
  });

  test.each([
    [
      "the NIC's flag is off",
      () => world.pve.edit(101, (text) => text.replaceAll("firewall=1", "firewall=0")),
    ],
    ["the rule is there by number", () => addRule("IN ACCEPT -source 192.0.2.0/24 -p 112 -log nolog")],
  ])("lack no rule where %s", async (_words, change) => {
    change();
    const { hypervisor } = await lookAtHypervisor(guests(), "gw");
    expect(hypervisor["gw-a"]![0]!.lacks.filter(({ of }) => of === "adverts")).toEqual([]);
  });

  function addRule(rule: string): void {
    editFirewall((text) => text.replace("[RULES]\n", `[RULES]\n\n${rule}`));
  }

  function editFirewall(change: (text: string) => string): void {
    world.pve.store.write("firewall/101.fw", change(world.pve.firewall(101)));
  }

  test("with an address filter say which address its set lacks, and what is pending at the NIC", async () => {
    editFirewall((text) => text.replace("[RULES]", "[IPSET ipfilter-net0]\n\n192.0.2.1\n\n[RULES]"));
    world.pve.edit(101, (text) => `${text}\n[PENDING]\nnet0: virtio=BC:24:11:00:00:01,bridge=vmbr0\n`);
    const { hypervisor } = await lookAtHypervisor(guests(), "gw");
    const [nic] = hypervisor["gw-a"]!;
    expect(nic!.lacks.find(({ of }) => of === "addresses")!.words).toBe(
      "ipfilter is on, and the set ipfilter-net0 lacks 192.0.2.9",
    );
    expect(nic!.notes).toEqual([
      "at the guest's next start it becomes 'virtio=BC:24:11:00:00:01,bridge=vmbr0'",
    ]);
  });

  test("over SSH are read by pvesh, and a bridge is asked where it snoops the group", async () => {
    const shell = await shellOf(world.pve);
    const scripts: string[] = [];
    const run = (script: string) => {
      scripts.push(script);
      return shell.run(script);
    };
    try {
      const first = guests({ access: { connection } })[0]!;
      const want = {
        ...first.want,
        vrrp: [{ family: 6 as const, peers: [], group: "ff02::12" }],
      };
      const { hypervisor, unread } = await lookAtHypervisor(
        [{ ...first, want }],
        "gw",
        ways({ pve: () => sshApi("pve1", run) }),
      );
      expect(unread).toEqual([]);
      expect(hypervisor["gw-a"]![0]!.lacks[0]!.words).toContain("IN ACCEPT vrrp any -> ff02::12");
      expect(scripts.at(-1)).toContain("/sys/class/net/vmbr0/bridge/multicast_snooping");
    } finally {
      shell.stop();
    }
  });

  test("that are not there, or not shown, are told, and the others are read all the same", async () => {
    world.pve.remove(102);
    const { hypervisor, unread } = await lookAtHypervisor(guests(), "gw");
    expect(Object.keys(hypervisor)).toEqual(["gw-a"]);
    expect(unread).toEqual([
      {
        node: "gw-b",
        words: expect.stringMatching(/^its hypervisor was not looked at: .*knows no guest 102/) as string,
      },
    ]);
  });

  test("without the NIC that the spec names are told", async () => {
    const first = guests()[0]!;
    const want = { ...first.want, nic: "net9" };
    const { unread } = await lookAtHypervisor([{ ...first, want }], "gw");
    expect(unread[0]!.words).toContain("VM 101 (gw-101) on pve1 has no net9: correct guest.nic of gw-a");
  });

  test("of a Proxmox VE that refuses the token are told, without the token", async () => {
    world.pve.setTokens([]);
    const { hypervisor, unread } = await lookAtHypervisor(guests(), "gw");
    expect(hypervisor).toEqual({});
    expect(unread.map(({ node }) => node)).toEqual(["gw-a", "gw-b"]);
    expect(JSON.stringify(unread)).not.toContain(TOKEN.secret);
  });

  test("of one that does not answer keep nobody waiting", async () => {
    let closed = 0;
    const silent = {
      where: "pve1",
      ask: () => new Promise<never>(() => undefined),
      close: () => void closed++,
    };
    const { unread } = await lookAtHypervisor(guests(), "gw", ways({ pve: () => silent }), 20);
    expect(unread.map(({ words }) => words)).toEqual([
      "its hypervisor was not looked at: it did not answer within 0.02 s",
      "its hypervisor was not looked at: it did not answer within 0.02 s",
    ]);
    expect(closed).toBe(2);
  });
});

describe("port groups of ESXi", () => {
  let host: EsxiHost;
  afterEach(() => host.remove());
  const guest = (portGroup: string): GuestAddress => ({
    node: "gw-a",
    dev: "eth0",
    said: {},
    kind: "esxi",
    portGroup,
    connection,
  });
  const look = (portGroup: string) =>
    lookAtHypervisor([guest(portGroup)], "gw", ways({ esxi: () => host.run }));

  test("are read with what the vSwitch says for them, and nothing is set", async () => {
    host = new EsxiHost("vswitch\tvSwitch0\tfalse\tfalse\tfalse\nportgroup\tLAN\tvSwitch0\t20\ttrue\t-\t-\n");
    const { hypervisor } = await look("LAN");
    expect(hypervisor["gw-a"]).toEqual([
      {
        where: "port group 'LAN' of pve1.example",
        dev: "eth0",
        lacks: [
          {
            of: "mac",
            words: "forgedTransmits is on reject",
            specChange: ["+ hypervisor.forgedTransmits: true"],
          },
        ],
      },
    ]);
    expect(host.sets).toEqual([]);
  });

  test("that are none of the host's are told", async () => {
    host = new EsxiHost("vswitch\tvSwitch0\tfalse\tfalse\tfalse\nportgroup\tLAN\tvSwitch0\t20\t-\t-\t-\n");
    const { unread } = await look("WAN");
    expect(unread[0]!.words).toContain("port group 'WAN' is on no standard switch of this host");
  });
});
