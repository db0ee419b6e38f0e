import { type Host, Lab, Stack } from "../../../lab";
import { configure, nodeOf } from "../pair/cluster";
import { changes, type HostState, stateOf } from "../pair/hostState";

const AUTH_PASS = "zQ7=pAss";
/** Looks like one of WireGuard's. */
const KEY = "aGVsbG8gd29ybGQgdGhpcyBpcyBub3QgYSBrZXkhISE=";
const CONF = "/etc/keepalived/keepalived.conf";

/** Names and rights of what a look could leave behind; what the checks and the heartbeat write anew all the time is of one length. */
const REST = `
  find /tmp /var/tmp /dev/shm /run/vrrp-agent -printf 'rest: %M %u %p %l\\n' | grep -v '/\\.[^/]*\\.new'
  nft list tables | sed 's/^/table: /'`;

describe("vrrp-agent examine on real hosts", () => {
  let lab: Lab;
  let stack: Stack;
  let a: Host;
  let b: Host;

  beforeAll(async () => {
    lab = await Lab.start({ hosts: [{ name: "gw-a" }, { name: "gw-b" }] });
    stack = await Stack.create({ client: lab.client });
    const checks = [{ name: "ready", kind: "file", path: "/etc/passwd", interval: 3, timeout: 3 }];
    await configure(
      stack,
      lab,
      lab.hosts.map((host) => nodeOf(host)),
      { version: 2, authPass: AUTH_PASS, checks },
    );
    await stack.up();
    [a, b] = [lab.host("gw-a"), lab.host("gw-b")];
  });
  afterAll(async () => {
    stack?.remove();
    await lab?.stop();
  });

  const examine = async (host: Host, window = 1) => {
    const { stdout } = await host.exec(`vrrp-agent examine gw --window ${window}`);
    return stdout.trimEnd().split("\n");
  };
  const words = (lines: string[], word: string) => lines.filter((line) => line.split(" ")[0] === word);
  const snapshot = async (host: Host): Promise<HostState> => {
    const { stdout } = await host.exec(REST);
    return [...(await stateOf(host)), ...stdout.split("\n").filter(Boolean)];
  };

  test("tells a healthy pair completely, and no secret of it", async () => {
    await a.exec(
      `mkdir -p /etc/wireguard && echo ${KEY} >/etc/wireguard/other.key && chmod 600 /etc/wireguard/other.key`,
    );
    // Where neither belongs, and keepalived does not mind them.
    await a.exec(`cp -a ${CONF} /root/conf && printf '# ${KEY} of old: ${AUTH_PASS}\\n' >>${CONF}`);
    const [one, two] = await Promise.all([examine(a, 3), examine(b, 3)]);
    await a.exec(`cp -a /root/conf ${CONF} && rm /etc/wireguard/other.key /root/conf`);
    for (const [lines, state] of [
      [one, "MASTER"],
      [two, "BACKUP"],
    ] as const) {
      expect([lines[0], lines.at(-1)]).toEqual(["vrrp-facts 1", "end"]);
      expect(lines).toEqual(
        expect.arrayContaining([
          `state gw ${state}`,
          "loaded gw auth PASS",
          "conf-test ok",
          "daemon-enabled yes",
          "directory /var/lib/vrrp-agent ok",
          "file /etc/keepalived/gw.auth.conf same",
          "|    auth_pass ********",
        ]),
      );
      expect(words(lines, "check-run")[0]).toMatch(/^check-run ready passing \d+$/);
      expect(words(lines, "script").every((line) => line.split(" ")[3] === "ok")).toBe(true);
      for (const word of ["differs", "discard", "loaded-none", "firewall", "lacks"])
        expect(words(lines, word)).toEqual([]);
      expect(lines.join("\n")).not.toContain(AUTH_PASS);
      expect(lines.join("\n")).not.toContain(KEY);
    }
    expect(words(one, "file").filter((line) => !line.endsWith(" same"))).toEqual([`file ${CONF} changed`]);
    expect(words(two, "grew").some((line) => line.startsWith("grew gw received "))).toBe(true);
  });

  test("changes nothing, and leaves nothing when it is ended in the middle", async () => {
    await b.exec("echo of somebody >/tmp/keepalived.data");
    const before = await snapshot(b);
    await examine(b);
    expect(changes(before, await snapshot(b))).toEqual([]);
    for (const moment of [0.1, 0.3, 0.6, 1.2]) {
      await b.exec(
        `vrrp-agent examine gw >/dev/null 2>&1 & pid=$!; sleep ${moment}; kill -TERM $pid; wait $pid; [ $? -ge 128 ]`,
      );
      expect(changes(before, await snapshot(b))).toEqual([]);
    }
    expect(await b.readFile("/tmp/keepalived.data")).toBe("of somebody\n");
    await b.exec("rm /tmp/keepalived.data");
  });

  test("tells a file that was not loaded, a program that is missing, and a daemon that is stopped", async () => {
    await b.exec(`cp -a ${CONF} /root/conf`);
    await b.exec(
      `sed -i 's/virtual_router_id 51/virtual_router_id 52/; s|^ *version 2|&\\n notify_fault /opt/gone|' ${CONF}`,
    );
    const edited = await examine(b);
    expect(words(edited, "differs")).toEqual(["differs gw vrid 52 51"]);
    expect(edited).toContain("script notify /opt/gone missing /opt/gone is not there");
    expect(edited).toContain("loaded gw vrid 51");
    await b.exec("systemctl stop keepalived");
    const stopped = await examine(b);
    expect(words(stopped, "daemon")).toEqual(["daemon stopped"]);
    expect(words(stopped, "daemon-unit")[0]).toMatch(/^daemon-unit inactive dead /);
    expect(words(stopped, "loaded")).toEqual([]);
    expect(stopped.at(-1)).toBe("end");
    await b.exec(`cp -a /root/conf ${CONF} && rm /root/conf && systemctl start keepalived`);
  });
});
