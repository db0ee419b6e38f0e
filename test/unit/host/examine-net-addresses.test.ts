import { NetHost, SHELLS } from "./examine-net-tools";

describe.each(SHELLS)("interfaces and addresses of examine, under %s", (shell) => {
  let host: NetHost;
  beforeEach(() => {
    host = new NetHost(shell);
    host.program(
      "ip",
      `
      case $* in
      "-o address show")
        echo '1: lo    inet 127.0.0.1/8 scope host lo\\       valid_lft forever preferred_lft forever'
        echo '2: eth0    inet 10.0.0.1/24 brd 10.0.0.255 scope global eth0\\       valid_lft forever'
        echo '2: eth0    inet6 fd00::1/64 scope global \\       valid_lft forever'
        echo '3: eth1    inet 10.0.0.201/24 scope global eth1\\       valid_lft forever'
        echo '4: ppp0    inet 10.7.0.1 peer 10.7.0.2/32 scope global ppp0\\       valid_lft forever'
        echo '5: vrrp.52    inet 10.0.0.202/32 scope global vrrp.52\\       valid_lft forever' ;;
      esac`,
    );
    for (const [dev, flags, carrier] of [
      ["eth0", "0x1003", "1"],
      ["eth1", "0x1003", "0"],
      ["eth2", "0x1002", ""],
      ["wg0", "0x91", "1"],
    ] as const) {
      host.write(`sys/class/net/${dev}/flags`, `${flags}\n`);
      host.write(`sys/class/net/${dev}/carrier`, `${carrier}\n`);
      host.write(`sys/class/net/${dev}/mtu`, "1500\n");
      host.write(`sys/class/net/${dev}/address`, dev === "wg0" ? "\n" : `02:00:00:00:00:0${dev.slice(-1)}\n`);
    }
    host.write("sys/class/net/vrrp.52/address", "00:00:5e:00:01:34\n");
    host.write("sys/class/net/vrrp.52/lower_eth0/ifindex", "2\n");
    host.write(
      "etc/vrrp-agent/gw/node.conf",
      [
        "interface eth0",
        "source 10.0.0.1 eth0",
        "source 10.0.0.201 eth0",
        "source fd00:0:0::1 eth0",
        "source 10.0.0.9 eth0",
        "instance a 4 51 eth0",
        "instance w 4 52 wg0",
        "vip a 10.0.0.200/24 eth0",
        "vip a 10.0.0.201/24 eth0",
        "vip a 10.0.0.202/32 eth0",
        "vip a fd00::200/64 eth2",
        "",
      ].join("\n"),
    );
    host.run("net_plan $root/etc/vrrp-agent/gw/node.conf");
  });
  afterEach(() => host.close());

  test("an interface is up, down or absent, and has a carrier or not", () => {
    host.write(
      "etc/keepalived/keepalived.conf",
      "vrrp_instance a {\n  interface eth9\n  virtual_ipaddress {\n  }\n}\n",
    );
    host.write("etc/vrrp-agent/gw/more.conf", "interface eth0\ninterface eth1\n");
    host.run("echo eth1 >>$net_dir/devs");
    expect(host.run("link_facts")).toEqual([
      "link eth0 up carrier 1500 02:00:00:00:00:00",
      "link wg0 up carrier 1500 -",
      "link eth2 down - 1500 02:00:00:00:00:02",
      "link eth1 up no-carrier 1500 02:00:00:00:00:01",
      "link eth9 absent - - -",
    ]);
  });

  test("addresses are told with their prefix, sources by where they are", () => {
    expect(host.run("address_facts $root/etc/vrrp-agent/gw/node.conf")).toEqual([
      "address lo 127.0.0.1/8",
      "address eth0 10.0.0.1/24",
      "address eth0 fd00::1/64",
      "address eth1 10.0.0.201/24",
      "address ppp0 10.7.0.1/32",
      "address vrrp.52 10.0.0.202/32",
      "source eth0 10.0.0.1 here",
      "source eth0 10.0.0.201 elsewhere eth1",
      "source eth0 fd00:0:0::1 here",
      "source eth0 10.0.0.9 absent",
    ]);
  });

  test("a virtual address is held, also by an interface with a virtual MAC, or is elsewhere", () => {
    expect(host.run("vip_facts")).toEqual([
      "vip a 10.0.0.200 eth0 free",
      "vip a 10.0.0.201 eth0 free",
      "vip a 10.0.0.202 eth0 held",
      "vip a fd00::200 eth2 free",
      "vip-elsewhere 10.0.0.201 eth1",
    ]);
  });

  test.each([
    ["/etc/network/interfaces", "iface eth0 inet static\n  address 10.0.0.200\n  gateway 10.0.0.201\n"],
    ["/etc/network/interfaces.d/eth0", "  up ip addr add 10.0.0.200/24 dev eth0\n"],
    [
      "/etc/systemd/network/10-eth0.network",
      "[Network]\nAddress=10.0.0.200/24\nGateway=10.0.0.201\nDNS=10.0.0.202\n",
    ],
    ["/etc/systemd/network/10-eth0.network.d/more.conf", "[Address]\nAddress = 10.0.0.200/32\n"],
    [
      "/etc/NetworkManager/system-connections/eth0.nmconnection",
      "[ipv4]\naddress1=10.0.0.200/24,10.0.0.201\ndns=10.0.0.202;\n",
    ],
    ["/etc/sysconfig/network-scripts/ifcfg-eth0", "IPADDR=10.0.0.200\nGATEWAY=10.0.0.201\n"],
    [
      "/etc/netplan/50.yaml",
      "      addresses:\n        - 10.0.0.200/24\n      routes:\n        - to: 10.0.0.201/32\n          via: 10.0.0.202\n",
    ],
    ["/etc/netplan/51.yaml", "      addresses: [10.0.0.7/24, 10.0.0.200/24]\n"],
    [
      "/etc/config/network",
      "config interface 'lan'\n\toption ipaddr '10.0.0.200'\n\toption gateway '10.0.0.201'\n",
    ],
  ])("an address that %s holds is persistent, gateways and servers are not", (path, text) => {
    host.write(path, text);
    expect(host.run("persistent_facts")).toEqual([`vip-persistent 10.0.0.200 ${path}`]);
  });

  test("another spelling of an address is the same address", () => {
    host.write("/etc/systemd/network/1.network", "Address=FD00:0:0:0::200/64\n");
    expect(host.run("persistent_facts")).toEqual(["vip-persistent fd00::200 /etc/systemd/network/1.network"]);
  });

  test.each([
    "# Address=10.0.0.200/24\n",
    "Address=10.0.0.20/24\nAddress=110.0.0.200/24\nAddress=10.0.0.2001/24\n",
    "# Managed by pulumi-keepalived (gw): a file of ours.\nAddress=10.0.0.200/24\n",
  ])("a comment, a longer number and a file of ours are none: %j", (text) => {
    host.write("/etc/systemd/network/1.network", text);
    expect(host.run("persistent_facts")).toEqual([]);
  });

  test("a setting that keeps a host from answering for its addresses is told", () => {
    host.write("proc/sys/net/ipv4/conf/all/arp_ignore", "1\n");
    host.write("proc/sys/net/ipv4/conf/eth0/arp_ignore", "8\n");
    expect(host.run("arp_facts")).toEqual(["sysctl net.ipv4.conf.eth0.arp_ignore 8 0"]);
  });
});
