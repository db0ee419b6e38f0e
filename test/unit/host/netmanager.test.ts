import { bundleOf, FakeHost, generation, nodeFiles, SHELLS } from "./fake-host";

const NETWORK_FILE = "/etc/systemd/network/10-lan.network";
const DROP_IN = "/etc/systemd/network/10-lan.network.d/60-vrrp-gw.conf";

/** A host whose eth0 belongs to systemd-networkd. */
function withNetworkd(
  host: FakeHost,
  network = "[Match]\nName=eth0\n[Network]\nDHCP=no\n",
  version = 252,
): void {
  host.write(NETWORK_FILE, network);
  host.write("/sys/class/net/eth0/ifindex", "2\n");
  host.write("/run/systemd/netif/links/2", `ADMIN_STATE=configured\nNETWORK_FILE=${NETWORK_FILE}\n`);
  host.program(
    "networkctl",
    `[ "$1" != --version ] || { echo "systemd ${version} (${version}.3-7)"; exit; }
    echo "networkctl $*" >>"$FAKE/calls"; [ ! -e "$FAKE/networkctl-fails" ] || { echo "Unknown command verb."; exit 1; }`,
  );
  host.program(
    "systemctl",
    `case $* in
    "show "*) echo "MainPID=$(cat "$FAKE/keepalived.pid" 2>/dev/null || echo 0)"; exit ;;
    *"is-enabled keepalived"*) [ -e "$FAKE/enabled" ]; exit ;;
    *"is-active systemd-networkd"*) exit 0 ;;
    *is-active*) exit 1 ;;
    esac
    case $1 in
    enable) : >"$FAKE/enabled" ;;
    disable) rm "$FAKE/enabled" ;;
    start | restart) cp "$FAKE/daemon" "$FAKE/keepalived.pid" ;;
    stop) rm "$FAKE/keepalived.pid" ;;
    esac`,
  );
}

function apply(host: FakeHost, n: number, changes: Record<string, string> = {}): void {
  host.succeed(["stage"], bundleOf(nodeFiles(changes), { generation: generation(n) }));
  host.succeed(["activate", "gw", generation(n)]);
}

describe.each(SHELLS)("the network manager of a host, under %s", (shell) => {
  let host: FakeHost;

  beforeEach(async () => {
    host = await FakeHost.create(shell);
  });
  afterEach(() => host.close());

  test("systemd-networkd is told to keep the virtual addresses, once, with a drop-in for the file in force", () => {
    withNetworkd(host);
    apply(host, 1);
    expect(host.read(DROP_IN)).toMatch(/^# Managed.*\n\[Network\]\nKeepConfiguration=static\n$/);
    expect(host.calls().filter((call) => call.startsWith("networkctl"))).toEqual(["networkctl reload"]);
    apply(host, 2, { "/etc/keepalived/keepalived.conf": "vrrp_instance gw {\n}\n#\n" });
    expect(host.has(DROP_IN)).toBe(true);
    expect(host.calls().filter((call) => call.startsWith("networkctl"))).toEqual([]);
  });

  test("the drop-in and its directory are gone after a restore, and nothing is reloaded for that", () => {
    withNetworkd(host);
    apply(host, 1);
    host.calls();
    host.succeed(["restore", "gw", "me"]);
    expect(host.has("/etc/systemd/network/10-lan.network.d")).toBe(false);
    expect(host.has(NETWORK_FILE)).toBe(true);
    expect(host.calls().filter((call) => call.startsWith("networkctl"))).toEqual([]);
  });

  test.each([
    ["static", undefined],
    ["yes", undefined],
    ["dhcp", "yes"],
    ["dhcp-on-stop", "yes"],
    ["no", "static"],
  ])("where the file says KeepConfiguration=%s, the drop-in says %s", (its, ours) => {
    withNetworkd(host, `[Match]\nName=eth0\n[Network]\nKeepConfiguration=${its}\n`);
    apply(host, 1);
    expect(host.has(DROP_IN)).toBe(ours !== undefined);
    if (ours !== undefined) expect(host.read(DROP_IN)).toContain(`KeepConfiguration=${ours}\n`);
  });

  test("a drop-in of somebody else's counts, whatever directory it is in", () => {
    withNetworkd(host);
    host.write(
      "/run/systemd/network/10-lan.network.d/10-keep.conf",
      "[Network]\nKeepConfiguration = static\n",
    );
    apply(host, 1);
    expect(host.has(DROP_IN)).toBe(false);
  });

  test("addresses that have an end, as with a witness, are kept too", () => {
    withNetworkd(host);
    const conf = nodeFiles().find(({ path }) => path.endsWith("node.conf"))!.text;
    apply(host, 1, { "/etc/vrrp-agent/gw/node.conf": `${conf}witness lease 8\n` });
    expect(host.read(DROP_IN)).toContain("KeepConfiguration=yes\n");
    // It would take the host's own addresses away for a moment.
    expect(host.calls()).not.toContain("networkctl reload");
  });

  test("one that would drop all addresses at a reload reads the drop-in at its next start, which is said", () => {
    withNetworkd(host, undefined, 247);
    const staged = host.agent(["stage"], bundleOf(nodeFiles(), { generation: generation(1) }));
    expect(staged.stderr).toContain("note: this systemd-networkd has eth0: 'networkctl reconfigure'");
    host.succeed(["activate", "gw", generation(1)]);
    expect(host.has(DROP_IN)).toBe(true);
    expect(host.calls().filter((call) => call.startsWith("networkctl"))).toEqual([]);
  });

  test("a reload that fails is no reason to fail", () => {
    withNetworkd(host);
    host.state("networkctl-fails");
    host.succeed(["stage"], bundleOf(nodeFiles(), { generation: generation(1) }));
    const activated = host.agent(["activate", "gw", generation(1)]);
    expect(activated.status).toBe(0);
    expect(activated.stderr).toContain("note: networkctl reload failed");
    expect(activated.stderr).toContain("Unknown command verb.");
  });

  test("a host without systemd-networkd gets no drop-in", () => {
    apply(host, 1);
    expect(host.has("/etc/systemd/network")).toBe(false);
  });

  test("what NetworkManager does to virtual addresses is said at the first stage, and only there", () => {
    host.program(
      "nmcli",
      `case $* in *"GENERAL.STATE device show eth0") echo "100 (connected)" ;; *) exit 10 ;; esac`,
    );
    const first = host.agent(["stage"], bundleOf(nodeFiles(), { generation: generation(1) }));
    expect(first.stderr).toContain("note: NetworkManager has eth0:");
    expect(first.stderr).toContain("vrrp-agent drain");
    host.succeed(["activate", "gw", generation(1)]);
    const second = host.agent(["stage"], bundleOf(nodeFiles(), { generation: generation(2) }));
    expect(second.stderr).not.toContain("NetworkManager");
  });
});
