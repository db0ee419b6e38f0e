import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Host, Lab, startUnit, stopUnit, until } from "../../../lab";
import { type Watch } from "../../../lab/watch";
import { watchLab } from "../../../lab/watchLab";
import { lint } from "../../../lint";
import { bothHold, holdsAlone, keeps } from "../pair/holding";

const VIP = "10.20.30.200";
const FIXTURES = join(__dirname, "../../fixtures/conf/references");
const CONF = "/etc/keepalived/keepalived.conf";
/** While it is there, the check of a host passes. */
const GOOD = "/run/check-passes";

/** The longest down timer of these pairs (advert_int 2, priority 90), with a second for the machine. */
const TAKEOVER = 7.7;

/** What the references say of their pairs, and lint of these, is what real keepalived does with them. */
describe("the pairs that the references publish, on real hosts", () => {
  let lab: Lab;
  let watch: Watch;
  let a: Host, b: Host;

  beforeAll(async () => {
    lab = await Lab.start({ hosts: [{ name: "gw-a" }, { name: "gw-b" }] });
    [a, b] = [lab.host("gw-a"), lab.host("gw-b")];
    watch = await watchLab(lab, [VIP]);
    const program = (text: string) => `#!/bin/sh\n${text}\n`;
    for (const host of lab.hosts) {
      await host.exec("mkdir -p /www/server/keepalived/scripts");
      for (const name of ["chk_wireguard.py", "chk_network.py"]) {
        await host.writeFile(`/www/server/keepalived/scripts/${name}`, program(`test -e ${GOOD}`), "755");
      }
      for (const name of ["notify_master.py", "notify_backup.py", "notify.sh"]) {
        await host.writeFile(`/www/server/keepalived/scripts/${name}`, program("exit 0"), "755");
      }
    }
  });
  afterAll(async () => {
    await watch?.stop();
    await lab?.stop();
  });

  /** The text of a host, on the lab's network. */
  function textOf(name: string, host: Host, changes: [RegExp | string, string][]): string {
    const other = host === a ? b : a;
    const text = readFileSync(join(FIXTURES, name), "utf8")
      .replace(/interface \S+/, "interface eth0")
      .replace(/(virtual_ipaddress \{\s*)\S+( dev \S+)?( label \S+)?/, `$1${VIP}/24`)
      .replace(/(unicast_src_ip|mcast_src_ip) \S+/, `$1 ${host.address}`)
      .replace(/(unicast_peer \{\s*)\S+/, `$1${other.address}`);
    return changes.reduce((changed, [from, to]) => changed.replace(from, to), text);
  }

  /** Has both hosts run a pair, `first` before the other; the rules at error level that lint finds broken in it. */
  async function run(
    pair: [string, string],
    first: Host,
    changes: Partial<Record<"gw-a" | "gw-b", [RegExp | string, string][]>> = {},
  ): Promise<string[]> {
    const second = first === a ? b : a;
    const files = [a, b].map((host, i) => ({
      name: `${host.name}.conf`,
      text: textOf(pair[i]!, host, changes[host.name as "gw-a" | "gw-b"] ?? []),
    }));
    for (const [i, host] of [a, b].entries()) {
      await stopUnit(host, "keepalived");
      await host.exec(`touch ${GOOD}`);
      await host.writeFile(CONF, files[i]!.text);
    }
    await until("nobody holds", 20_000, () => watch.holders(VIP).length === 0);
    await startUnit(first, "keepalived");
    await aloneAt(first);
    await startUnit(second, "keepalived");
    return lint(files)
      .findings.filter(({ severity }) => severity === "error")
      .map(({ rule }) => rule);
  }

  const aloneAt = (host: Host) => holdsAlone(watch, VIP, host);
  /** A host alone holds for longer than any takeover takes. */
  const staysAt = (host: Host) => keeps(watch, VIP, host, TAKEOVER);

  test("001: with equal priorities there is no primary: the one called so does not take the address back; with a higher one it does", async () => {
    const primary: [string, string] = ["001-primary-a.conf", "001-primary-b.conf"];
    expect(await run(primary, b)).toEqual(["equal-priorities"]);
    await staysAt(b);
    expect(await run(primary, b, { "gw-a": [["priority 101", "priority 102"]] })).toEqual([]);
    await staysAt(a);
  });

  test("002: a failing check moves nothing, and the first site takes the address back in spite of nopreempt", async () => {
    const sites: [string, string] = ["002-site-a.conf", "002-site-b.conf"];
    const rules = await run(sites, a);
    expect([...new Set(rules)]).toEqual(["nopreempt-with-master", "nopreempt-with-weight"]);
    await a.exec(`rm ${GOOD}`);
    await until("keepalived has seen it", 30_000, async () => {
      const { stdout } = await a.exec("journalctl --no-pager -u keepalived -n 20");
      return /Changing effective priority from \d+ to 1\b/.test(stdout);
    });
    await staysAt(a);
    await a.exec(`touch ${GOOD}`);
    await stopUnit(a, "keepalived");
    await aloneAt(b);
    await startUnit(a, "keepalived");
    await staysAt(a);
  });

  test("002 as lint would have it, with state BACKUP and checks that mean FAULT, fails over and stays", async () => {
    const changes: [RegExp, string][] = [
      [/state MASTER/, "state BACKUP"],
      [/weight -200/g, "weight 0"],
    ];
    const sites: [string, string] = ["002-site-a.conf", "002-site-b.conf"];
    expect(await run(sites, a, { "gw-a": changes, "gw-b": changes })).toEqual([]);
    await a.exec(`rm ${GOOD}`);
    await aloneAt(b);
    await a.exec(`touch ${GOOD}`);
    await staysAt(b);
  });

  test("003: nothing is wrong with the files: the pair fails over, and a firewall that rejects VRRP makes two holders of it", async () => {
    const directors: [string, string] = ["003-director-a.conf", "003-director-b.conf"];
    expect(await run(directors, a)).toEqual([]);
    await staysAt(a);
    await stopUnit(a, "keepalived");
    await aloneAt(b);
    await startUnit(a, "keepalived");
    await aloneAt(a);
    for (const host of lab.hosts) {
      await host.exec(
        "nft add table ip reference; nft 'add chain ip reference input { type filter hook input priority 0; }'; nft add rule ip reference input ip protocol 112 reject with icmp type host-prohibited",
      );
    }
    await bothHold(watch, VIP);
    for (const host of lab.hosts) await host.exec("nft delete table ip reference");
  });

  test("004: a failing check only reaches the other's priority and moves nothing; as published it ends keepalived", async () => {
    const gateways: [string, string] = ["004-ngt1.conf", "004-ngt2.conf"];
    const check = async (otherwise: string) => {
      for (const host of lab.hosts) {
        const text = `#!/bin/sh\ntest -e ${GOOD} || ${otherwise}\n`;
        await host.writeFile("/etc/keepalived/nginx_check.sh", text, "755");
      }
    };
    await check("exit 1");
    // What the check does is not in these files: lint is told of it by a file of its own, see its unit tests.
    expect(await run(gateways, a)).toEqual([
      "weight-too-small",
      "nopreempt-with-master",
      "nopreempt-with-weight",
    ]);
    await a.exec(`rm ${GOOD}`);
    await until("keepalived has seen it", 30_000, async () => {
      const { stdout } = await a.exec("journalctl --no-pager -u keepalived -n 20");
      return /Changing effective priority from 100 to 80\b/.test(stdout);
    });
    await staysAt(a);

    await check("kill $(cat /run/keepalived.pid)");
    await aloneAt(b);
    const { stdout } = await a.exec("systemctl is-active keepalived", { check: false });
    expect(stdout.trim()).not.toBe("active");
  });
});
