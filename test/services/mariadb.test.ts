import { type Host, Image, Lab, Stack, until } from "../../lab";
import { configure, nodeOf, VIP } from "../e2e/pair/cluster";
import { Writer } from "../roles/writer";

const KEPT = "/var/lib/vrrp-agent/gw/role/db/kept-aside";
const PASSWORD = "it's a \\secret";

/** What the account needs by which the nodes ask each other. */
const ACCOUNT = `
  CREATE USER vrrp@'10.20.30.%' IDENTIFIED BY '${PASSWORD.replace(/['\\]/g, "\\$&")}';
  GRANT REPLICATION SLAVE, BINLOG MONITOR, SLAVE MONITOR, SELECT, RELOAD, PROCESS, LOCK TABLES, SHOW VIEW, TRIGGER, EVENT
    ON *.* TO vrrp@'10.20.30.%';`;

interface Event {
  kind: string;
  name: string;
  state: string;
  words: string;
}

const writerFrom = (lab: Lab, first: number) =>
  new Writer(lab, { disk: "gw-a", vip: VIP, table: "shop.t", first, patience: 60_000 });

describe("MariaDB on a pair", () => {
  let lab: Lab;
  let stack: Stack;
  let a: Host;
  let b: Host;

  const sql = async (host: Host, statements: string, check = true) =>
    (
      await host.exec(["mariadb", "--batch", "--skip-column-names"], { stdin: statements, check })
    ).stdout.trim();
  const rows = async (host: Host) => (await sql(host, "SELECT i FROM shop.t;")).split("\n").map(Number);
  const isWritable = async (host: Host) => (await sql(host, "SELECT @@read_only + 0;", false)) === "0";
  const replica = async (host: Host) =>
    (await host.exec("mariadb -E -e 'SHOW SLAVE STATUS'", { check: false })).stdout;
  const replicates = async (host: Host) => {
    const status = await replica(host);
    return /Slave_IO_Running: Yes/.test(status) && /Slave_SQL_Running: Yes/.test(status);
  };
  const events = async (host: Host) =>
    (await host.exec("cat /var/log/vrrp-agent/events.jsonl")).stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Event)
      .filter(({ kind, name }) => kind === "ACTION" && name === "db");
  const eventOf = (host: Host, state: string, words: RegExp) =>
    until(`${host.name} tells ${state}`, 120_000, async () =>
      (await events(host)).find((event) => event.state === state && words.test(event.words)),
    );
  const isMaster = (master: Host, other: Host) =>
    until(`${master.name} alone is writable, ${other.name} replicates`, 120_000, async () => {
      const found = await Promise.all([isWritable(master), isWritable(other), replicates(other)]);
      return found.join() === "true,false,true";
    });
  const apply = async (changes: Record<string, unknown>) => {
    const action = { name: "db", kind: "mariadb", replicationCredentials: "/etc/mysql/vrrp.cnf", ...changes };
    const nodes = [a, b].map((host) => nodeOf(host));
    await configure(stack, lab, nodes, { preemption: "sticky", role: { actions: [action] } });
    const { stdout, stderr } = await stack.up();
    return stdout + stderr;
  };
  /** The master dies with a transaction that the replica has not got; it returns as backup. */
  const diverge = async (master: Host, other: Host, number: number) => {
    await sql(other, "STOP SLAVE IO_THREAD;");
    await sql(master, `INSERT INTO shop.t VALUES (${number});`);
    await master.powerOff();
    await until(`${other.name} is writable`, 60_000, () => isWritable(other));
    await sql(other, `INSERT INTO shop.t VALUES (${number + 1});`);
    await master.boot();
  };

  beforeAll(async () => {
    const hosts = ["gw-a", "gw-b"].map((name) => ({ name, image: Image.Services, diskMegabytes: 1024 }));
    lab = await Lab.start({ hosts });
    [a, b] = [lab.host("gw-a"), lab.host("gw-b")];
    stack = await Stack.create({ client: lab.client });
    await Promise.all(
      [a, b].map(async (host) => {
        await host.exec("systemctl --quiet enable --now mariadb");
        const password = PASSWORD.replace(/\\/g, "\\\\");
        await host.writeFile("/etc/mysql/vrrp.cnf", `[client]\nuser=vrrp\npassword="${password}"\n`, "600");
      }),
    );
    await sql(
      a,
      "CREATE DATABASE shop; CREATE TABLE shop.t (i INT PRIMARY KEY); INSERT INTO shop.t VALUES (1), (2);" +
        "CREATE USER app@'%' IDENTIFIED BY 'app'; GRANT ALL ON shop.* TO app@'%';",
    );
  });
  afterAll(async () => {
    stack?.remove();
    await lab?.stop();
  });

  it("is refused by stage where the account lacks what it needs", async () => {
    await expect(apply({})).rejects.toThrow(
      /the account 'vrrp'@% of the action db lacks REPLICATION SLAVE, /,
    );
    expect(await isWritable(b)).toBe(true);
    await Promise.all([a, b].map((host) => sql(host, ACCOUNT)));
  });

  it("comes with pulumi up: the empty server becomes a copy of the other, and its replica", async () => {
    const said = await apply({ semiSync: true, onDivergence: "rewind" });
    expect(said).toMatch(/note: mariadb restarts once on this host when its role comes: log_bin is off/);
    expect(said).not.toContain("secret");
    await isMaster(a, b);
    expect(await rows(b)).toEqual([1, 2]);
    await eventOf(b, "copied", /is a copy of the peer's/);
  });

  it("moves on purpose without losing a write that was acknowledged", async () => {
    const writer = writerFrom(lab, 1000);
    await writer.goesOn();
    await a.exec("vrrp-agent act gw db quiesce && vrrp-agent drain gw");
    await isMaster(b, a);
    await writer.goesOn();
    await writer.stop();
    await a.exec("vrrp-agent undrain gw");
    expect(await rows(b)).toEqual(expect.arrayContaining(writer.acknowledged));
  });

  it("loses no acknowledged write with semi-sync when the master's power goes, and waits for a replica", async () => {
    const writer = writerFrom(lab, 2000);
    await writer.goesOn();
    await b.powerOff();
    await until("gw-a is writable", 60_000, () => isWritable(a));
    const acknowledged = [...writer.acknowledged];
    expect(await rows(a)).toEqual(expect.arrayContaining(acknowledged));
    await b.boot();
    await isMaster(a, b);
    await writer.goesOn();
    await writer.stop();
    expect(await rows(a)).toEqual(expect.arrayContaining(writer.acknowledged));
    const both = [await rows(a), await rows(b)].map((list) =>
      list.filter((i) => writer.acknowledged.includes(i)),
    );
    expect(both[1]).toEqual(both[0]);
  });

  it("keeps a returning master out that holds more than the new one, and what it holds in a file", async () => {
    await apply({ onDivergence: "keep" });
    await isMaster(a, b);
    await diverge(a, b, 3000);
    await eventOf(a, "kept-aside", /kept-aside\/after-0-\d+-\d+-to-0-10-\d+\.sql has what/);
    const { words } = await eventOf(a, "given-up", /which the peer lacks/);
    expect(words).toMatch(/set onDivergence to rewind or reclone/);
    expect(await replica(a)).toBe("");
    expect(await isWritable(a)).toBe(false);
    expect((await a.exec(`stat -c %a ${KEPT}/*`)).stdout).toBe("600\n");
    expect((await a.exec(`grep -c '@1=3000' ${KEPT}/*`)).stdout).toBe("1\n");
  });

  it("rewinds it where the spec says so", async () => {
    await apply({ onDivergence: "rewind" });
    await isMaster(b, a);
    await eventOf(a, "rewound", /^back to 0-/);
    expect(await rows(a)).toEqual(await rows(b));
    expect(await rows(a)).not.toContain(3000);
    expect((await a.exec(`ls ${KEPT} | wc -l`)).stdout).toBe("1\n");
  });

  it("takes what was kept aside once more, in the way that the docs say", async () => {
    const { stdout: kept } = await a.exec(`cat ${KEPT}/*`);
    await b.exec("grep -v -e gtid_seq_no -e session.server_id | mariadb", { stdin: kept });
    expect(await rows(b)).toContain(3000);
    await until("gw-a has it, too", 20_000, async () => (await rows(a)).includes(3000));
  });

  it("copies the new master to it where the spec says so", async () => {
    await apply({ onDivergence: "reclone" });
    await isMaster(b, a);
    await diverge(b, a, 4000);
    await isMaster(a, b);
    await eventOf(b, "recloned", /is a copy of the peer's/);
    expect(await rows(b)).toEqual(await rows(a));
    expect((await b.exec(`grep -c '@1=4000' ${KEPT}/*`)).stdout).toBe("1\n");
  });

  it("refuses to promote a replica that cannot apply what it has received, until it can", async () => {
    await sql(b, "SET SESSION sql_log_bin = 0; INSERT INTO shop.t VALUES (5000);");
    await sql(a, "INSERT INTO shop.t VALUES (5000);");
    await until("replication has stopped", 20_000, async () => /Last_SQL_Errno: 1062/.test(await replica(b)));
    await a.powerOff();
    await eventOf(b, "failed", /^not promoted: what was received cannot be applied: 1062 /);
    expect(await isWritable(b)).toBe(false);
    await sql(b, "SET SESSION sql_log_bin = 0; DELETE FROM shop.t WHERE i = 5000; START SLAVE SQL_THREAD;");
    await until("gw-b is writable", 90_000, () => isWritable(b));
    expect(await rows(b)).toContain(5000);
  });
});
