import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";

import { type Host, until } from "../../../lab";
import { WatchedPair } from "./watchedPair";

// Seven checks on two hosts of one small machine: each second they were late.
const often = { interval: 3, timeout: 3 };

/** A check of each kind; those of effect fault have a node hold nothing, the others only less than its peer. */
const checks = [
  { name: "uplink", kind: "network", ...often },
  { name: "vpn", kind: "tunnel", interface: "wg0", ...often },
  { name: "port", kind: "tcp", host: "127.0.0.1", port: 8081, effect: "fault", ...often },
  { name: "web", kind: "http", url: "http://127.0.0.1:8082/health", expectText: "all well", ...often },
  { name: "worker", kind: "process", process: "worker", effect: "fault", ...often },
  { name: "ready", kind: "file", path: "/srv/ready", ...often },
  { name: "probe", kind: "command", command: "/opt/probe 'a b'", ...often },
];

/** Serves /srv from a unit of its own. */
const serve = (unit: string, port: number) =>
  `systemd-run --quiet --unit=${unit} busybox httpd -f -p ${port} -h /srv`;

const work = "systemd-run --quiet --unit=work /usr/local/bin/worker infinity";

/** What one shell command on the holder breaks, and another one mends. */
const strikes: [kind: string, effect: string, strike: string, mend: string][] = [
  [
    "network",
    "yield",
    `nft 'table inet silence { chain out { type filter hook output priority 0; icmp type echo-request drop; }; }'`,
    "nft delete table inet silence",
  ],
  ["tunnel", "yield", "ip link set wg0 down", "ip link set wg0 up"],
  ["tcp", "fault", "systemctl stop port", serve("port", 8081)],
  ["http", "yield", "echo 'not well' >/srv/health", "echo 'all well' >/srv/health"],
  ["process", "fault", "systemctl stop work", work],
  ["file", "yield", "rm /srv/ready", "touch /srv/ready"],
  ["command", "yield", "echo 'exit 1' >/opt/probe.d", "echo 'exit 0' >/opt/probe.d"],
];

interface Status {
  name: string;
  state: string;
  words: string;
}

async function statusOf(host: Host): Promise<Record<string, Status>> {
  const { stdout } = await host.exec("vrrp-agent status --json");
  const { clusters } = JSON.parse(stdout) as { clusters: { checks: Status[] }[] };
  return Object.fromEntries((clusters[0]?.checks ?? []).map((check) => [check.name, check]));
}

const states = async (host: Host) =>
  Object.values(await statusOf(host)).map(({ name, state }) => `${name} ${state}`);

/** The disks of the lab have no curl: this machine's, with its own libraries. */
function bringCurl(host: Host): void {
  const place = join(host.root, "opt/curl");
  mkdirSync(place, { recursive: true });
  const curl = execFileSync("sh", ["-c", "command -v curl"], { encoding: "utf8" }).trim();
  const libraries = execFileSync("ldd", [curl], { encoding: "utf8" }).match(/\/\S+(?= \(0x)/g) ?? [];
  for (const path of [curl, ...libraries]) copyFileSync(path, join(place, basename(path)));
  const loader = basename(libraries.find((path) => /\/ld-/.test(path)) ?? "");
  const wrapper = `#!/bin/sh\nexec /opt/curl/${loader} --library-path /opt/curl /opt/curl/curl "$@"\n`;
  writeFileSync(join(host.root, "usr/bin/curl"), wrapper, { mode: 0o755 });
}

/** What the checks look at, on one host. */
async function furnish(host: Host, gateway: string): Promise<void> {
  bringCurl(host);
  await host.writeFile("/opt/probe", '#!/bin/sh\n[ "$#,$1" = "1,a b" ] || exit 3\n. /opt/probe.d\n', "755");
  await host.exec(`
    mkdir -p /srv /usr/local/bin
    echo 'exit 0' >/opt/probe.d
    echo 'all well' >/srv/health
    touch /srv/ready
    cp /bin/sleep /usr/local/bin/worker
    ip route add default via ${gateway}
    ${serve("port", 8081)}
    ${serve("web", 8082)}
    ${work}`);
}

/** A tunnel between two hosts, made by hand. */
async function joinByTunnel(hosts: readonly [Host, Host]): Promise<void> {
  const keys = await Promise.all(hosts.map(async (host) => (await host.exec("wg genkey")).stdout.trim()));
  await Promise.all(
    hosts.map(async (host, i) => {
      const other = hosts[1 - i]!;
      const { stdout: publicKey } = await host.exec("wg pubkey", { stdin: keys[1 - i] });
      const conf = [
        "[Interface]",
        `PrivateKey = ${keys[i]}`,
        `Address = 10.99.0.${i + 1}/24`,
        "ListenPort = 51820",
        "[Peer]",
        `PublicKey = ${publicKey.trim()}`,
        `Endpoint = ${other.address}:51820`,
        `AllowedIPs = 10.99.0.${2 - i}/32`,
        "PersistentKeepalive = 25",
        "",
      ];
      await host.writeFile("/etc/wireguard/wg0.conf", conf.join("\n"), "600");
      await host.exec("wg-quick up wg0");
    }),
  );
}

describe("the checks of a pair", () => {
  let pair: WatchedPair;
  const passing = checks.map(({ name }) => `${name} passing`);

  beforeAll(async () => {
    pair = await WatchedPair.start({ version: 3, advertInt: 0.5, vips: ["10.20.30.200"] });
    await Promise.all([pair.a, pair.b].map((host) => furnish(host, pair.lab.client.address)));
    await joinByTunnel([pair.a, pair.b]);
  });
  afterAll(() => pair?.stop());

  it("come into a running pair without moving its address, and pass on both hosts", async () => {
    const { failures } = await pair.event("pulumi up", () => pair.apply({ checks }), pair.stays("gw-a"));
    expect(failures).toEqual([]);
    for (const host of [pair.a, pair.b]) {
      await until(
        `all pass on ${host.name}`,
        20_000,
        async () => (await states(host)).join() === passing.join(),
      );
    }
  });

  it.each(strikes)(
    "of kind %s moves the address by %s when it fails on the holder, and back when it passes",
    async (kind, effect, strike, mend) => {
      const name = checks.find((check) => check.kind === kind)!.name;
      const away =
        effect === "fault" ? pair.moves("gw-a", "gw-b", pair.afterGoodbye()) : pair.preempts("gw-a", "gw-b");
      const struck = await pair.event(`${kind} fails`, () => pair.a.exec(strike), away);
      expect(struck.failures).toEqual([]);
      expect((await statusOf(pair.a))[name]).toMatchObject({ state: "failing" });
      // The journal may be written a little later than the address has moved.
      const line = `check ${name} of gw is failing: `;
      await until(`the log says: ${line}`, 5000, async () =>
        (await pair.a.exec("journalctl -t vrrp-check -o cat")).stdout.includes(line),
      );
      const mended = await pair.event(
        `${kind} passes`,
        () => pair.a.exec(mend),
        pair.preempts("gw-b", "gw-a"),
      );
      expect(mended.failures).toEqual([]);
      expect((await statusOf(pair.a))[name]).toMatchObject({ state: "passing" });
    },
  );

  it("that is broken moves nothing, says so, and works again when it is whole", async () => {
    const breakIt = async () => {
      await pair.a.exec("mv /opt/probe /opt/probe.gone");
      await until("it is broken", 10_000, async () => (await statusOf(pair.a)).probe?.state === "broken");
      await pair.answeredFor(6);
    };
    const { failures } = await pair.event("a broken check", breakIt, pair.stays("gw-a"));
    expect(failures).toEqual([]);
    expect((await statusOf(pair.a)).probe).toMatchObject({ words: "/opt/probe is not there" });
    const events = (await pair.a.exec("grep CHECK /var/log/vrrp-agent/events.jsonl")).stdout
      .trim()
      .split("\n");
    expect(JSON.parse(events.at(-1)!)).toMatchObject({ kind: "CHECK", name: "probe", state: "broken" });
    await pair.a.exec("mv /opt/probe.gone /opt/probe");
    await until("it is whole", 10_000, async () => (await statusOf(pair.a)).probe?.state === "passing");
  });

  it("of which one has no program on the hosts are refused by stage, and the pair stays as it is", async () => {
    const missing = checks.map((check) =>
      check.kind === "command" ? { ...check, command: "/opt/no-such-probe" } : check,
    );
    const refused = async () => {
      await expect(pair.apply({ checks: missing })).rejects.toThrow(
        /checks: the command of probe is \/opt\/no-such-probe, which is no program on this host/,
      );
    };
    const { failures } = await pair.event("a refused up", refused, pair.stays("gw-a"));
    expect(failures).toEqual([]);
  });

  it("put nobody out when the peer dies: the survivor keeps the address and passes", async () => {
    const die = async () => {
      await pair.b.powerOff();
      // A tunnel that has never heard its peer, as one that heard it long ago.
      await pair.a.exec("wg-quick down wg0 && wg-quick up wg0");
      await until("the survivor has seen it", 20_000, async () => {
        const { uplink, vpn } = await statusOf(pair.a);
        return (
          uplink?.words === "silent: peer" && /^no handshake yet on wg0; the uplink/.test(vpn?.words ?? "")
        );
      });
      await pair.answeredFor(6);
    };
    const { failures } = await pair.event("the peer's death", die, pair.stays("gw-a"));
    expect(failures).toEqual([]);
    expect(await states(pair.a)).toEqual(passing);
  });
});
