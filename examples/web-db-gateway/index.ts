import * as pulumi from "@pulumi/pulumi";

import { ActionKind, CheckKind, GatewayRuns, HaPair, OnDivergence, Preemption } from "../../components";

// Two machines with MariaDB and nginx installed. The one that holds the address has the writable database, the gateway, the
// jobs, and the name in the DNS. Before the first `pulumi up` the accounts of MariaDB are made (docs/roles.md, 'MariaDB').
//
//   pulumi config set addressA 192.0.2.2         # SSH, VRRP and the replication of the first machine
//   pulumi config set addressB 192.0.2.3
//   pulumi config set hostKeyA "$(ssh-keyscan -t ed25519 192.0.2.2 | cut -d' ' -f2-)"    # compare it first
//   pulumi config set hostKeyB ...
//   pulumi config set --secret privateKey < ~/.ssh/id_ed25519
//   pulumi config set vip 192.0.2.1/24
//   pulumi config set upstream 192.0.2.11:8080   # what the gateway passes requests to
//   pulumi config set dnsServer 192.0.2.53       # the zone's primary, which takes updates signed with the key `gw`
//   pulumi config set zone example.org
//   pulumi config set --secret tsig BASE64
//   pulumi config set webhook https://hooks.example.org/failover
//   pulumi config set --secret webhookSecret TEXT
const config = new pulumi.Config();
const privateKey = config.requireSecret("privateKey");
const zone = config.require("zone");

const node = (name: string, which: "A" | "B") => ({
  name,
  connection: {
    host: config.require(`address${which}`),
    hostKey: config.require(`hostKey${which}`),
    privateKey,
  },
  interface: config.get("interface") ?? "eth0",
  unicastSrcIp: config.require(`address${which}`),
});

const pair = new HaPair("web", {
  virtualRouterId: 61,
  virtualIpAddresses: [config.require("vip")],
  preemption: Preemption.Sticky,
  nodes: [node("gw-a", "A"), node("gw-b", "B")],
  checks: [{ name: "uplink", kind: CheckKind.Network, targets: [config.require("dnsServer")], interval: 1 }],
  gateway: {
    upstreams: [{ address: config.require("upstream") }],
    runs: GatewayRuns.Master,
    // A DNS with health checks of its own asks here: 200 on the machine that holds the address.
    probe: { port: 8081 },
    after: "db",
  },
  role: {
    settle: 2,
    actions: [
      {
        name: "db",
        kind: ActionKind.Mariadb,
        replicationCredentials: "/etc/mysql/vrrp.cnf",
        // A write that was acknowledged is on both machines.
        semiSync: true,
        onDivergence: OnDivergence.Rewind,
      },
      {
        name: "backup",
        kind: ActionKind.File,
        path: "/etc/cron.d/backup",
        content: "17 3 * * * root mariadb-dump --all-databases >/var/backups/all.sql\n",
      },
      { name: "jobs", kind: ActionKind.Service, service: "cron" },
      {
        name: "dns",
        kind: ActionKind.Dns,
        server: config.require("dnsServer"),
        zone,
        record: `www.${zone}`,
        addresses: { "gw-a": [config.require("addressA")], "gw-b": [config.require("addressB")] },
        tsig: { name: "gw", secret: config.requireSecret("tsig") },
      },
      {
        name: "tell",
        kind: ActionKind.Webhook,
        url: config.require("webhook"),
        secret: config.requireSecret("webhookSecret"),
      },
    ],
  },
});

export const virtualIpAddresses = pair.virtualIpAddresses;
