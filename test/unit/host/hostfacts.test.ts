import { EVERY_SHELL, FakeHost } from "./fake-host";

const VERSION = `echo "Keepalived v2.2.7 (01/16,2022)

Config options:  NFTABLES VRRP VRRP_AUTH JSON INIT=systemd

System options:  VSYSLOG"`;

describe.each(EVERY_SHELL)("what a host is, under %s", (shell) => {
  let host: FakeHost;
  beforeEach(async () => {
    host = await FakeHost.create(shell);
    host.program("keepalived", VERSION);
    host.program("timedatectl", "echo yes");
    host.write(
      "/etc/os-release",
      'PRETTY_NAME="A \\"real\\" one 9"\nID=\'rocky\'\nVERSION_ID="9.4"\nID_LIKE="rhel"\n',
    );
  });
  afterEach(() => host.close());

  const facts = () =>
    (JSON.parse(host.succeed(["status", "--json"])) as { facts: Record<string, unknown> }).facts;

  test("is found on it, with what its keepalived can do and whether its clock is right", () => {
    expect(facts()).toMatchObject({
      distribution: "rocky",
      release: "9.4",
      init: "systemd",
      firewalls: [],
      keepalived: { version: "2.2.7", options: ["NFTABLES", "VRRP", "VRRP_AUTH", "JSON", "INIT=systemd"] },
      clock: { synchronised: true },
    });
    expect(host.succeed(["status"])).toMatch(
      /^host: A .*real.* one 9, systemd, .*, keepalived 2\.2\.7, no firewall$/m,
    );
  });

  test("has what is not there as null, and a clock of which nobody knows", () => {
    host.program("keepalived", "exit 1");
    host.remove("/etc/os-release");
    host.program("timedatectl", "exit 1");
    expect(facts()).toMatchObject({
      distribution: null,
      release: null,
      keepalived: null,
      clock: { synchronised: null },
    });
  });

  test("is of OpenWrt's init where that is what starts services", () => {
    host.remove("/run/systemd");
    host.write("/etc/rc.common", "");
    expect(facts()).toMatchObject({ init: "procd" });
  });

  test("has the firewalls that decide, by the chains that can drop, not those that let all through", () => {
    host.program("ufw", 'case $1 in status) echo "Status: active" ;; esac');
    host.program(
      "iptables-nft-save",
      'echo "*filter\n:INPUT DROP [0:0]\n-A INPUT -j ufw-before-input\nCOMMIT"',
    );
    const chain = (body: string) =>
      `table inet filter { # handle 1\n\tchain in { # handle 2\n\t\ttype filter hook input priority filter; ${body}\n\t}\n}\n`;
    host.program("nft", 'cat "$FAKE/ruleset"');
    host.state("ruleset", chain("policy accept;\n\t\tct state established accept # handle 3"));
    expect(facts().firewalls).toEqual(["ufw"]);
    host.state("ruleset", chain("policy drop;"));
    expect(facts().firewalls).toEqual(["ufw", "nftables"]);
  });
});
