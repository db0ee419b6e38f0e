import { type Host, Image, type Lab, type HostOptions } from "../../lab";
import { nodeOf } from "../e2e/pair/cluster";

/** A kind of pair, made once and used by many cases. */
export interface WorldKind {
  hosts: readonly HostOptions[];
  /** The hosts that are nodes, the preferred one first. */
  nodes: readonly [string, string];
  /** Cluster's name. */
  cluster: string;
  vip: string;
  /** Arguments of HaPair. */
  spec: (lab: Lab) => Record<string, unknown>;
  /** What the hosts are before the first apply. */
  prepare?: (lab: Lab) => Promise<unknown>;
  /** An example in place of the repository's program, and its config. */
  example?: { program: string; config: (lab: Lab) => Record<string, unknown> };
  /** Other managed sets of the same hosts. */
  also?: readonly string[];
  /** Which machine asks the address; `peer`: the node that does not hold it. @default the lab's client */
  asks?: "peer" | { host: string };
  /** The host with the address keeps it when the other one is back. */
  sticky?: boolean;
  /** Starts, stops, restarts or reloads keepalived there. @default systemctl's */
  service?: (verb: string) => string;
  /** A role is reached, too, once all is well. */
  role?: boolean;
}

const VIP = "10.20.30.200";

/** A service that a check asks, a check of the operator's own, and what keepalived starts at a change of state. */
export async function furnish(host: Host): Promise<void> {
  await host.writeFile(
    "/etc/systemd/system/web.service",
    "[Service]\nExecStart=/usr/bin/busybox httpd -f -p 8081 -h /srv\n[Install]\nWantedBy=multi-user.target\n",
  );
  await host.writeFile("/opt/probe/probe.sh", "#!/bin/sh\ntest -d /srv\n", "755");
  await host.writeFile(
    "/opt/notify/notify.sh",
    '#!/bin/sh\necho "$(date +%s) $1" >>/var/log/notify.log\n',
    "755",
  );
  await host.exec("mkdir -p /srv && systemctl daemon-reload && systemctl --quiet enable --now web");
}

const furnishAll = (lab: Lab) => Promise.all(["gw-a", "gw-b"].map((name) => furnish(lab.host(name))));

const often = { interval: 2, timeout: 2, fall: 2, rise: 1 };

/** What `furnish` is there for. */
export const furnished = {
  notifyMaster: "/opt/notify/notify.sh master",
  notifyBackup: "/opt/notify/notify.sh backup",
  checks: [
    { name: "web", kind: "tcp", host: "127.0.0.1", port: 8081, effect: "fault", ...often },
    { name: "probe", kind: "command", command: "/opt/probe/probe.sh", effect: "fault", ...often },
  ],
};

const nodesOf = (lab: Lab) => ["gw-a", "gw-b"].map((name) => nodeOf(lab.host(name)));

const pair = (more: (lab: Lab) => Record<string, unknown>, rest: Partial<WorldKind> = {}): WorldKind => ({
  hosts: ["gw-a", "gw-b"].map((name) => ({ name, image: Image.Firewalld })),
  nodes: ["gw-a", "gw-b"],
  cluster: "gw",
  vip: VIP,
  spec: (lab) => ({
    name: "gw",
    virtualRouterId: 51,
    virtualIpAddresses: [`${VIP}/24`],
    nodes: nodesOf(lab),
    ...more(lab),
  }),
  ...rest,
});

/** The nodes' network of the world `lan`, which is not the one that SSH goes over. */
export const lan = { "gw-a": "10.1.0.11", "gw-b": "10.1.0.12", pc: "10.1.0.10", vip: "10.1.0.200" } as const;

async function plugIn(host: Host, address: string): Promise<void> {
  await host.writeFile(
    "/etc/systemd/network/20-eth1.network",
    `[Match]\nName=eth1\n[Network]\nAddress=${address}/24\nIPv6AcceptRA=no\n[Link]\nRequiredForOnline=no\n`,
  );
  await host.exec("networkctl reload");
}

const ENDPOINT = 2379;

export const worlds = {
  /** Unicast, VRRP 3, a check that is asked, one of the operator's own, and a notify program. */
  basic: pair(() => ({ advertInt: 0.5, ...furnished }), { prepare: furnishAll }),
  /** Multicast, with a third machine on the network. */
  multicast: pair(() => ({ advertInt: 0.5, multicast: true, ...furnished }), {
    hosts: ["gw-a", "gw-b", "other"].map((name) => ({ name, image: Image.Firewalld })),
    prepare: furnishAll,
  }),
  /** VRRP 2 with a password. */
  "version-2": pair(() => ({ version: 2, authPass: "geheim" })),
  /** IPv4 and IPv6, and a second virtual router that prefers the other node. */
  "both-families": pair((lab) => ({
    advertInt: 0.5,
    virtualIpAddresses: [`${VIP}/24`, "fd20:30:40::200/64"],
    virtualRouters: [
      { name: "two", virtualRouterId: 53, virtualIpAddresses: ["10.20.30.210/24"], primary: "gw-b" },
    ],
    nodes: nodesOf(lab).map((node) => ({ ...node, unicastSrcIp6: lab.host(node.name).address6 })),
  })),
  /** A network of its own for VRRP, with a machine on it that asks: SSH goes on whatever happens there. */
  lan: pair(
    (lab) => ({
      advertInt: 0.5,
      virtualIpAddresses: [`${lan.vip}/24`],
      garpMasterRefresh: 0,
      nodes: nodesOf(lab).map((node) => ({
        ...node,
        interface: "eth1",
        unicastSrcIp: lan[node.name as "gw-a" | "gw-b"],
      })),
    }),
    {
      hosts: ["gw-a", "gw-b", "pc"].map((name) => ({ name, image: Image.Full, segments: ["lan"] })),
      vip: lan.vip,
      asks: { host: "pc" },
      prepare: (lab) =>
        Promise.all(lab.hosts.map((host) => plugIn(host, lan[host.name as "gw-a" | "gw-b" | "pc"]))),
    },
  ),
  /** gw-a behind firewalld, gw-b behind ufw, both with our rules. */
  firewalls: pair(() => ({ advertInt: 0.5 }), {
    hosts: [
      { name: "gw-a", image: Image.Firewalld },
      { name: "gw-b", image: Image.Ufw },
    ],
    prepare: async (lab) => {
      await lab.host("gw-a").exec("systemctl --quiet enable --now firewalld");
      await lab
        .host("gw-b")
        .exec("systemctl --quiet enable ufw && ufw allow 22/tcp && ufw --force enable && ufw reload");
    },
  }),
  /** Layout and tools of OpenWrt; fw4 rejects. */
  openwrt: pair(() => ({ advertInt: 0.5 }), {
    hosts: ["gw-a", "gw-b"].map((name) => ({ name, image: Image.OpenWrt })),
    service: (verb) => `/etc/init.d/keepalived ${verb}`,
  }),
  /** A database and a web server that follow the address. */
  role: pair(
    () => ({
      advertInt: 0.5,
      role: {
        actions: [
          {
            name: "db",
            kind: "mariadb",
            replicationCredentials: "/etc/mysql/vrrp.cnf",
            onDivergence: "reclone",
          },
          { name: "web", kind: "service", service: "nginx", timeout: 10 },
          {
            name: "job",
            kind: "command",
            onMaster: "/opt/job/job.sh master",
            onBackup: "/opt/job/job.sh backup",
            timeout: 10,
          },
        ],
      },
    }),
    {
      hosts: ["gw-a", "gw-b"].map((name) => ({ name, image: Image.Services, diskMegabytes: 1024 })),
      role: true,
      prepare: async (lab) => {
        for (const host of lab.hosts) {
          await host.writeFile("/opt/job/job.sh", "#!/bin/sh\necho $1 >/run/job\n", "755");
          // As it must be for replication: no restart by the agent is waited for.
          await host.writeFile(
            "/etc/mysql/mariadb.conf.d/90-site.cnf",
            "[mariadbd]\nlog_bin\nlog_slave_updates\nbind_address = 0.0.0.0\n",
          );
          await host.exec("systemctl --quiet enable mariadb && systemctl restart mariadb");
          await host.writeFile("/etc/mysql/vrrp.cnf", "[client]\nuser=vrrp\npassword=vrrp\n", "600");
          await host.exec(["mariadb"], {
            stdin:
              "SET SESSION sql_log_bin = 0; CREATE USER vrrp@'10.20.30.%' IDENTIFIED BY 'vrrp'; GRANT REPLICATION SLAVE, BINLOG MONITOR, SLAVE MONITOR, " +
              "SELECT, RELOAD, PROCESS, LOCK TABLES, SHOW VIEW, TRIGGER, EVENT ON *.* TO vrrp@'10.20.30.%';",
          });
        }
        await lab.host("gw-a").exec(["mariadb"], {
          stdin:
            "CREATE DATABASE shop; CREATE TABLE shop.t (i INT PRIMARY KEY); INSERT INTO shop.t VALUES (1), (2);",
        });
      },
    },
  ),
  /** Two sites with a lease at a third place. */
  witness: pair(
    (lab) => ({
      advertInt: 0.5,
      preemption: "sticky",
      witness: { endpoints: [`http://${lab.host("third").address}:${ENDPOINT}`] },
    }),
    {
      hosts: [{ name: "gw-a" }, { name: "gw-b" }, { name: "third", image: Image.Witness }],
      sticky: true,
      prepare: async (lab) => {
        const third = lab.host("third");
        const url = `http://${third.address}:${ENDPOINT}`;
        await third.writeFile(
          "/etc/default/etcd",
          `ETCD_LISTEN_CLIENT_URLS="http://0.0.0.0:${ENDPOINT}"\nETCD_ADVERTISE_CLIENT_URLS="${url}"\n`,
        );
        await third.exec("systemctl --quiet enable etcd && systemctl restart etcd");
      },
    },
  ),
  /** examples/two-sites, both sites on one network. */
  tunnel: {
    hosts: ["site-a", "site-b"].map((name) => ({ name, image: Image.Full })),
    nodes: ["site-a", "site-b"],
    cluster: "service",
    also: ["sites"],
    vip: "10.99.0.100",
    asks: "peer",
    sticky: true,
    example: {
      program: "examples/two-sites",
      config: (lab) => {
        const [a, b] = lab.hosts as [Host, Host];
        return {
          hostA: a.address,
          hostB: b.address,
          hostKeyA: a.hostKey,
          hostKeyB: b.hostKey,
          endpointA: a.address,
          lanA: "10.1.0.0/24",
          lanB: "10.2.0.0/24",
          uplinkTarget: lab.client.address,
        };
      },
    },
    spec: (lab) => ({
      name: "service",
      virtualRouterId: 52,
      virtualIpAddresses: ["10.99.0.100/32"],
      vipOffLink: true,
      preemption: "sticky",
      nodes: lab.hosts.map((host, index) => ({
        ...nodeOf(host),
        interface: "wg0",
        unicastSrcIp: `10.99.0.${index + 1}`,
      })),
      checks: [{ name: "uplink", kind: "network", targets: [lab.client.address], interval: 1, rise: 10 }],
    }),
  },
} satisfies Record<string, WorldKind>;

export type WorldName = keyof typeof worlds;
