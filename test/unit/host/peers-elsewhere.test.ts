import { bundleOf, FakeHost, generation, nodeFiles } from "./fake-host";

const NODE_CONF = "/etc/vrrp-agent/gw/node.conf";

/** A host that has applied a generation; its peer is applied elsewhere, or with it. */
async function applied(peersElsewhere: "yes" | "no"): Promise<FakeHost> {
  const host = await FakeHost.create("dash");
  const conf = nodeFiles().find(({ path }) => path === NODE_CONF)!.text;
  const files = nodeFiles({
    [NODE_CONF]: conf.replace("off-link", `peers-elsewhere ${peersElsewhere}\noff-link`),
  });
  host.succeed(["stage"], bundleOf(files, { generation: generation(1) }));
  host.succeed(["activate", "gw", generation(1)]);
  return host;
}

const observed = (node: string, word: "holder" | "free") =>
  `vip 10.0.0.100 ${word} ${node}\ngeneration ${generation(1)} ${node}\n`;

describe("confirm", () => {
  let host: FakeHost;
  afterEach(() => host.close());

  const confirm = (observations: string) => host.agent(["confirm", "gw", generation(1)], observations);

  it.each(["holder", "free"] as const)(
    "takes a host that says %s for right where its peers are applied elsewhere",
    async (word) => {
      host = await applied("yes");
      expect(confirm(observed("a", word))).toMatchObject({ status: 0, stderr: "" });
      expect(host.has("/var/lib/vrrp-agent/gw/pending")).toBe(false);
    },
  );

  it("still refuses a host on another generation, and two holders, where peers are applied elsewhere", async () => {
    host = await applied("yes");
    const others = observed("a", "holder").replace(generation(1), generation(2)) + observed("b", "holder");
    const { status, stderr } = confirm(others);
    expect(status).toBe(1);
    expect(stderr).toContain(`a is at generation ${generation(2)}, not ${generation(1)}`);
    expect(stderr).toContain("10.0.0.100 has 2 holders: a b");
  });

  it("refuses silence of a peer and an address that nobody holds where the peers are applied with it", async () => {
    host = await applied("no");
    const { status, stderr } = confirm(observed("a", "free"));
    expect(status).toBe(1);
    expect(stderr).toContain("b was not observed");
    expect(stderr).toContain("nobody holds 10.0.0.100");
  });
});
