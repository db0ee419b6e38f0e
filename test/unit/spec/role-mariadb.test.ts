import { checkCluster, hostPlan, parseCluster } from "../../../spec";
import { renderHost } from "../../../render";
import { packagesFor } from "../../../components/files";
import { clusterInput, nodeInput } from "./cluster-input";

const db = { name: "db", kind: "mariadb", replicationCredentials: "/etc/mysql/vrrp.cnf" };

const found = (actions: object[], change: object = {}) =>
  checkCluster(clusterInput({ role: { actions }, ...change })).map((p) => [p.rule, p.path]);

function cluster(action: object, change: object = {}) {
  const parsed = parseCluster(clusterInput({ role: { actions: [action] }, ...change }));
  if ("problems" in parsed) {
    throw new Error(JSON.stringify(parsed.problems));
  }
  return parsed.value;
}

/** The files of a node, by their paths. */
const files = (node: string, action: object, change: object = {}) =>
  Object.fromEntries(
    renderHost(hostPlan(cluster(action, change), node)).map(({ path, text }) => [path, text]),
  );
const CONFIG = "/etc/mysql/mariadb.conf.d/zz-vrrp.cnf";

describe("an action of kind mariadb", () => {
  it("has defaults that lose nothing, and gives the role back where it fails", () => {
    expect(cluster(db).role?.actions).toEqual([
      {
        ...db,
        timeout: 60,
        retries: 2,
        onFailure: "yield",
        settled: false,
        port: 3306,
        service: "mariadb",
        configFile: CONFIG,
        serverId: 10,
        bindAddress: "*",
        restart: true,
        onDivergence: "keep",
        initialCopy: true,
        semiSync: false,
      },
    ]);
  });

  it.each([
    [{ port: 65536 }, "port"],
    [{ configFile: "/etc/my.conf" }, "configFile"],
    [{ configFile: "/x.cnf" }, "configFile"],
    [{ serverId: 0 }, "serverId"],
    [{ serverId: 4294967295 }, "serverId"],
    [{ bindAddress: "all" }, "bindAddress"],
    [{ credentials: "vrrp.cnf" }, "credentials"],
    [{ onDivergence: "drop" }, "onDivergence"],
    [{ semiSync: true, semiSyncTimeout: 86401 }, "semiSyncTimeout"],
  ])("is refused by name where %j is out of bounds", (change, property) => {
    expect(found([{ ...db, ...change }])).toEqual([["bounds", `role.actions[0].${property}`]]);
  });

  it("is one of two nodes, each with an address that the other replicates from", () => {
    const three = [nodeInput("gw-a", 2), nodeInput("gw-b", 3), nodeInput("gw-c", 4)];
    expect(found([db], { nodes: three })).toEqual([["role-mariadb-nodes", "role.actions[0]"]]);
    const silent = three.slice(0, 2).map(({ unicastSrcIp: _, ...node }) => node);
    const found2 = found([db], { nodes: silent, multicast: true });
    expect(found2).toContainEqual(["role-mariadb-nodes", "nodes[1].mcastSrcIp"]);
  });

  it("has an option file by which it asks the peer, and its own server, port and settings", () => {
    expect(found([{ name: "db", kind: "mariadb" }])).toEqual([
      ["role-mariadb-credentials", "role.actions[0].replicationCredentials"],
    ]);
    expect(found([{ name: "db", kind: "mariadb", credentials: "/etc/mysql/vrrp.cnf" }])).toEqual([]);
    expect(found([db, { ...db, name: "two" }])).toEqual([
      ["role-action-twice", "role.actions[1].port"],
      ["role-action-twice", "role.actions[1].configFile"],
    ]);
    expect(found([{ ...db, semiSyncTimeout: 5 }])).toEqual([
      ["role-mariadb-semi-sync", "role.actions[0].semiSyncTimeout"],
    ]);
  });
});

describe("its files", () => {
  it("tell each node its peer, and a server_id of its own whatever the order of the nodes", () => {
    const [a, b] = clusterInput().nodes as object[];
    for (const nodes of [
      [a, b],
      [b, a],
    ]) {
      const conf = files("gw-b", { ...db, semiSync: true, semiSyncTimeout: 9 }, { nodes });
      const lines = conf["/etc/vrrp-agent/gw/node.conf"]?.split("\n").filter((line) => /^action/.test(line));
      expect(lines).toEqual([
        "action db mariadb 60 2 yield no",
        "action-set db port 3306",
        "action-set db service mariadb",
        `action-set db config ${CONFIG}`,
        "action-set db server-id 11",
        "action-set db bind *",
        "action-set db restart yes",
        "action-set db peer 192.168.1.2",
        "action-set db replication-credentials /etc/mysql/vrrp.cnf",
        "action-set db on-divergence keep",
        "action-set db initial-copy yes",
        "action-set db semi-sync yes",
        "action-set db semi-sync-timeout 9",
      ]);
      expect(conf[CONFIG]).toMatch(/^read_only = 1\nserver_id = 11$/m);
    }
  });

  it("leave the start of replication to the role where writes wait for it, and nowhere else", () => {
    expect(files("gw-a", db)[CONFIG]).not.toContain("skip_slave_start");
    expect(files("gw-a", { ...db, semiSync: true })[CONFIG]).toMatch(/^skip_slave_start = 1$/m);
  });

  it("need MariaDB's client on the host", () => {
    expect(packagesFor(cluster(db), "gw-a")).toMatchObject({ mariadb: "mariadb-client" });
  });
});
