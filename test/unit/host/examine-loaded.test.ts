import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { apply, CONF, examine, examinedHost, FakeKeepalived, facts, KEEPALIVED_CONF } from "./examine-host";
import { type FakeHost, SHELLS } from "./fake-host";

/** What keepalived 2.2.7 has written, in short. */
const DATA = `------< Global definitions >------
 Network namespace = (default)
 VRRP default protocol version = 2
------< VRRP Topology >------
 VRRP Instance = gw
   VRRP Version = 2
   State = MASTER
   Flags:
     Using unicast
   Wantstate = MASTER
   Number of config faults = 0
   Interface = eth0
   Using src_ip = 10.0.0.1 (from configuration)
   Gratuitous ARP delay = 5
   Virtual Router ID = 51
   Priority = 100
   Effective priority = 90
   Total priority = 90
   Advert interval = 1 sec
   Preempt = enabled
   Authentication type = SIMPLE_PASSWORD
   Password = hush7hush
   Virtual IP (1):
     10.0.0.100/24 dev eth0 scope global set
   Unicast TTL = 255
   Check unicast src : no
   Unicast Peer :
     10.0.0.2 min_ttl 0 max_ttl 255
   Unicast checksum compatibility = no
   fd_in 15, fd_out 16
   Tracked scripts :
     probe weight -11
   Tracked files :
     drain, weight -253
------< VRRP Sockpool >------
 fd_in 15 fd_out = 16
   Interface = eth0
------< VRRP Scripts >------
 VRRP Script = probe
   Command = '/bin/true'
   Interval = 2 sec
   Timeout = 2.000 sec
   Weight = -11
   Rise = 2
   Fall = 2
------< Interfaces >------
 Name = eth0
   State = UP, RUNNING
   Tracking VRRP instances :
     gw, weight 0
`;

/** The same as 2.0 writes it, with multicast and a virtual MAC. */
const OLD_DATA = `------< VRRP Topology >------
 VRRP Instance = v6
   VRRP Version = 3
   Using Native IPv6
   State = BACKUP
   Master router = fe80::1
   Wantstate = BACKUP
   Use VMAC, is_up = true,  xmit_base = false
   Interface = vrrp.7, vmac on eth1, xmit vmac i/f
   Using src_ip = (none)
   Virtual Router ID = 7
   Priority = 50
   Effective priority = 50
   Advert interval = 300 milli-sec
   Preempt = disabled
   Virtual IP = 2
     fe80::100/64 dev vrrp.7@eth1 scope link
     2001:db8::100 dev vrrp.7 scope global
   fd_in 12, fd_out 13
`;

const stats = (sent: number, failed: number) => `VRRP Instance: gw
  Advertisements:
    Received: 7
    Sent: ${sent}
  Became master: 1
  Released master: 0
  Packet Errors:
    Length: 0
    TTL: 3
    Invalid Type: 0
    Advertisement Interval: 0
    Address List: 0
  Authentication Errors:
    Invalid Type: 0
    Type Mismatch: 0
    Failure: ${failed}
  Authentication Extension Errors:
    Missing: 2
  Priority Zero:
    Received: 0
    Sent: 0
`;

describe.each(SHELLS)("examine of a daemon that runs, under %s", (shell) => {
  let host: FakeHost;
  let keepalived: FakeKeepalived | undefined;
  beforeEach(async () => {
    host = await examinedHost(shell);
    apply(host, 1);
  });
  afterEach(() => {
    keepalived?.stop();
    keepalived = undefined;
    host.close();
  });

  test("tells what it has, and how its counters grow, by three signals and without its password", async () => {
    keepalived = await FakeKeepalived.start(host, DATA, stats(10, 0), stats(13, 4));
    const lines = examine(host);
    expect(facts(lines, "loaded").map((line) => line.replace("loaded gw ", ""))).toEqual([
      "version 2",
      "state MASTER",
      "wanted-state MASTER",
      "source-configured yes",
      "source 10.0.0.1",
      "vrid 51",
      "priority 100",
      "effective-priority 90",
      "advert-int 1000",
      "vip 10.0.0.100/24 eth0",
      "peer 10.0.0.2",
      "track probe",
      "nopreempt no",
      "auth PASS",
      "transport unicast",
      "vmac no",
      "interface eth0",
    ]);
    expect(facts(lines, "state")).toEqual(["state gw MASTER"]);
    expect(facts(lines, "count")).toEqual(
      expect.arrayContaining(["count gw sent 10", "count gw ttl 3", "count gw auth-missing 2"]),
    );
    expect(facts(lines, "discard")).toEqual(["discard gw auth-failed 4"]);
    expect(facts(lines, "grew")).toEqual(["grew gw sent 3"]);
    expect(lines.join("\n")).not.toContain("hush");
    expect(keepalived.asked()).toEqual(["USR1", "USR2", "USR2"]);
    expect(readdirSync(join(host.root, "tmp")).sort()).toEqual([".made"]);
  });

  test("reads what 2.0 writes, multicast and a virtual MAC", async () => {
    keepalived = await FakeKeepalived.start(host, OLD_DATA, "");
    expect(facts(examine(host), "loaded v6")).toEqual(
      expect.arrayContaining([
        "loaded v6 version 3",
        "loaded v6 source -",
        "loaded v6 advert-int 300",
        "loaded v6 vip fe80::100/64 vrrp.7",
        "loaded v6 vip 2001:db8::100/128 vrrp.7",
        "loaded v6 nopreempt yes",
        "loaded v6 auth none",
        "loaded v6 transport multicast",
        "loaded v6 vmac yes",
        "loaded v6 interface eth1",
      ]),
    );
  });

  test("what was there before it is there afterwards", async () => {
    keepalived = await FakeKeepalived.start(host, DATA, stats(1, 0));
    host.write("tmp/keepalived.data", "of somebody\n", 0o640);
    host.link("/elsewhere", "tmp/keepalived.stats");
    const before = host.tree("tmp");
    expect(facts(examine(host), "state")).toEqual(["state gw MASTER"]);
    expect(host.tree("tmp")).toBe(before);
  });

  test("a process that would die of the signals gets none", () => {
    const pid = host.read("fake/daemon");
    expect(facts(examine(host), "loaded-none")[0]).toMatch(
      /^loaded-none process \d+ does not mind signals yet$/,
    );
    expect(existsSync(`/proc/${pid}`)).toBe(true);
  });

  test("a daemon that writes nothing down is told, after two seconds", async () => {
    keepalived = await FakeKeepalived.start(host, DATA, stats(1, 0));
    // It cannot.
    host.remove("dumps/data");
    const lines = examine(host);
    expect(facts(lines, "loaded-none")).toEqual(["loaded-none it wrote nothing down within 2 s"]);
    expect(lines.at(-2)).toBe("end");
  });

  describe("where the file says another thing", () => {
    const differs = async (text: string, data = DATA) => {
      keepalived = await FakeKeepalived.start(host, data, "");
      host.write(CONF, text);
      return facts(examine(host), "differs");
    };

    test("nothing differs in what was loaded", async () => {
      const tracked = `vrrp_script probe {\n  script /bin/true\n  interval 2\n  timeout 2\n  weight -11\n  rise 2\n  fall 2\n}\n`;
      const text = KEEPALIVED_CONF.replace("vrrp_instance", `${tracked}vrrp_instance`);
      expect(await differs(text.replace("include", "track_script { probe }\n include"))).toEqual([]);
    });

    test("each key is told with the file's word and the loaded one", async () => {
      const text = KEEPALIVED_CONF.replace("_id 51", "_id 52")
        .replace("interface eth0", "interface eth9")
        .replace("priority 100", "priority 99")
        .replace("advert_int 1", "advert_int 2 # slow")
        .replace("    version 2", "    version 3\n    nopreempt")
        .replace("src_ip 10.0.0.1", "src_ip 10.0.0.7")
        .replace("10.0.0.2", "10.0.0.3")
        .replace("10.0.0.100/24", "10.0.0.100/24\n 10.0.0.101/24 dev eth0");
      expect((await differs(text)).sort()).toEqual([
        "differs gw advert-int 2000 1000",
        "differs gw interface eth9 eth0",
        "differs gw nopreempt yes no",
        "differs gw peer 10.0.0.3 10.0.0.2",
        "differs gw priority 99 100",
        "differs gw source 10.0.0.7 10.0.0.1",
        "differs gw track - probe",
        "differs gw version 3 2",
        "differs gw vip 10.0.0.100/24,10.0.0.101/24 10.0.0.100/24",
        "differs gw vrid 52 51",
      ]);
    });

    test("an instance that only one of them has is told", async () => {
      const text = KEEPALIVED_CONF.replace("vrrp_instance gw", "vrrp_instance other");
      expect((await differs(text)).sort()).toEqual([
        "differs gw instance absent present",
        "differs other instance present absent",
      ]);
    });

    test("authentication that is gone from the file is told", async () => {
      expect(await differs(KEEPALIVED_CONF.replace("include gw.auth.conf", ""))).toContain(
        "differs gw auth none PASS",
      );
    });

    test.each([
      ["a definition", "$ID=52\n" + KEEPALIVED_CONF.replace("_id 51", "_id $ID")],
      ["a condition", KEEPALIVED_CONF.replace("    priority", "@gw-a priority 50\n    priority")],
      ["an include by a pattern", `include *.conf\n${KEEPALIVED_CONF.replace("_id 51", "_id 52")}`],
      ["an include that is not there", `include no.conf\n${KEEPALIVED_CONF.replace("_id 51", "_id 52")}`],
    ])("nothing is said where %s decides", async (_, text) => {
      expect(await differs(text)).toEqual([]);
    });
  });

  test("the fixture holds a password, which the tests would see", () => {
    expect(DATA).toContain("hush7hush");
    expect(readFileSync(__filename, "utf8")).toContain("Password = ");
  });
});
