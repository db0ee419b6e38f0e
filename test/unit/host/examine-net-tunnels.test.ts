import { NetHost, SHELLS } from "./examine-net-tools";

const KEY = (letter: string) => `${letter.repeat(42)}A=`;
const [WANTED, OTHER, OURS] = [KEY("W"), KEY("X"), KEY("O")];

describe.each(SHELLS)("tunnels of examine, under %s", (shell) => {
  let host: NetHost;
  beforeEach(() => {
    host = new NetHost(shell);
    host.note("own", []);
    host.note("devs", ["eth0"]);
    host.note("vips", ["a 10.9.0.200 wg0 free", "b 10.0.0.200 eth0 free"]);
    for (const name of ["wg-ports", "wg-devs", "wg-endpoints", "lacks", "counted"]) host.note(name, []);
    host.write("sys/class/net/wg0/flags", "0x91\n");
    host.write(
      "etc/vrrp-agent/tun/node.conf",
      [
        "cluster tun",
        "interface wg0",
        "wan eth7",
        "tunnel wg0 51820 1420",
        "tunnel-key wg0 2",
        `tunnel-peer wg0 gw-b ${WANTED} 192.0.2.2:51820 25`,
        "tunnel-peer-address wg0 gw-b 10.9.0.2",
        "tunnel-peer-address wg0 gw-b fd09::2",
        "",
      ].join("\n"),
    );
    host.write("var/lib/vrrp-agent/tun/keys/wg0.2", "secret-of-ours\n");
    host.program(
      "ip",
      `case $* in *"route get 192.0.2.2") echo "192.0.2.2 via 10.0.0.1 dev eth8 src 10.0.0.2" ;; esac`,
    );
    knows({});
  });
  afterEach(() => host.close());

  /** What wg says of the interface. */
  function knows({
    peer = WANTED,
    endpoint = "192.0.2.2:51820",
    allowed = "10.9.0.2/32 10.9.0.200/32",
    key = OURS,
    handshake = "1000",
  }) {
    host.program("date", "echo 1100");
    host.program(
      "wg",
      `
      case $* in
      pubkey) read -r secret; [ "$secret" = secret-of-ours ] && echo ${OURS} ;;
      "show wg0 public-key") echo "${key}" ;;
      "show wg0 listen-port") echo 51821 ;;
      "show wg0 peers") echo "${peer}" ;;
      "show wg0 latest-handshakes") printf '${peer}\\t${handshake}\\n' ;;
      "show wg0 transfer") printf '${peer}\\t500\\t600\\n' ;;
      "show wg0 endpoints") printf '${peer}\\t${endpoint}\\n' ;;
      "show wg0 allowed-ips") printf '${peer}\\t${allowed}\\n' ;;
      *) echo "wg $*" >&2; exit 1 ;;
      esac`,
    );
  }

  const facts = () =>
    host.run(
      "tunnels_plan tun $root/etc/vrrp-agent/tun/node.conf; net_table=t table_nic=netdev; tunnel_traffic_facts",
    );

  test("a tunnel that is well", () => {
    host.note("counted", [
      "wg 21 51821",
      "wgin 20 51821",
      "wgpassed 19 51821",
      "wg 3 9999",
      "hands 2 192.0.2.2 51820",
      "handsleft 1 192.0.2.2 51820",
    ]);
    expect(facts()).toEqual([
      "tunnel wg0 up",
      "tunnel-peer wg0 gw-b 100 192.0.2.2:51820 500 600",
      "tunnel-peer-key wg0 gw-b same",
      "tunnel-allowed wg0 gw-b 10.9.0.2 yes",
      "tunnel-allowed wg0 gw-b fd09::2 no",
      "tunnel-allowed wg0 gw-b 10.9.0.200 yes",
      "tunnel-key wg0 same",
      "tunnel-port wg0 51821 21 20 19",
      "tunnel-sent wg0 gw-b 2 1",
    ]);
    expect(host.run("cat $net_dir/wg-devs $net_dir/wg-endpoints")).toEqual([
      "eth7",
      "eth8",
      "192.0.2.2 gw-b wg0 51820",
    ]);
  });

  test("a peer with another key, an interface with another key, an endpoint elsewhere; no key is told", () => {
    knows({ peer: OTHER, endpoint: "198.51.100.9:51820", key: OTHER });
    const told = facts();
    expect(told).toEqual(
      expect.arrayContaining([
        "tunnel-peer wg0 gw-b never none 0 0",
        "tunnel-peer-key wg0 gw-b other",
        "tunnel-allowed wg0 gw-b 10.9.0.2 no",
        "tunnel-endpoint wg0 gw-b 192.0.2.2:51820 none",
        "tunnel-key wg0 other",
      ]),
    );
    for (const key of [WANTED, OTHER, OURS, "secret"]) expect(told.join("\n")).not.toContain(key);
  });

  test.each([
    ["(none)", ["tunnel-endpoint wg0 gw-b 192.0.2.2:51820 none"]],
    ["192.0.2.3:51820", ["tunnel-endpoint wg0 gw-b 192.0.2.2:51820 192.0.2.3:51820"]],
    ["192.0.2.2:51999", ["tunnel-endpoint wg0 gw-b 192.0.2.2:51820 192.0.2.2:51999"]],
    ["192.0.2.2:51820", []],
  ])("the endpoint %s", (endpoint, expected) => {
    knows({ endpoint });
    expect(facts().filter((line) => line.startsWith("tunnel-endpoint"))).toEqual(expected);
  });

  test("no handshake yet, no key in the interface", () => {
    knows({ handshake: "0", key: "(none)" });
    expect(facts()).toEqual(
      expect.arrayContaining([
        "tunnel-peer wg0 gw-b never 192.0.2.2:51820 500 600",
        "tunnel-key wg0 missing",
      ]),
    );
  });

  test("an interface that is not there, and one that is down", () => {
    host.run("rm -r $root/sys/class/net/wg0");
    expect(facts().filter((line) => !/^tunnel-(port|sent)/.test(line))).toEqual(["tunnel wg0 absent"]);
    host.write("sys/class/net/wg0/flags", "0x90\n");
    expect(facts()[0]).toBe("tunnel wg0 down");
  });

  test("a cluster over a tunnel tells of it, one beside it does not", () => {
    host.write("etc/vrrp-agent/gw/node.conf", "cluster gw\ninterface eth0\n");
    const plan = () =>
      host.run("tunnels_plan gw $root/etc/vrrp-agent/gw/node.conf; cut -d ' ' -f 1-3 $net_dir/tunnels");
    expect(plan()).toEqual([]);
    host.note("devs", ["eth0", "wg0"]);
    expect(plan()).toEqual(["tun wg0 51820"]);
  });
});
