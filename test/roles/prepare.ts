import type { Host } from "../../lab";

/** bind9 with the zone example.org, which who has the key `gw` may change. */
export async function serveZone(host: Host, tsig: string): Promise<void> {
  await host.writeFile(
    "/etc/bind/named.conf",
    [
      'options { directory "/var/cache/bind"; recursion no; listen-on { any; }; };',
      `key "gw" { algorithm hmac-sha256; secret "${tsig}"; };`,
      'zone "example.org" { type primary; file "/var/cache/bind/example.org"; update-policy { grant gw zonesub ANY; }; };',
      "",
    ].join("\n"),
    "640",
  );
  await host.writeFile(
    "/var/cache/bind/example.org",
    `$TTL 60\n@ SOA ns.example.org. root.example.org. 1 60 60 60 60\n@ NS ns.example.org.\nns A ${host.address}\n`,
  );
  await host.exec(
    "chgrp bind /etc/bind/named.conf && chown bind /var/cache/bind/example.org && systemctl start named",
  );
}

/** The account that docs/roles.md asks for, in a server of MariaDB that runs, and the file by which the nodes use it. */
export async function giveReplicationAccount(host: Host): Promise<void> {
  const grants =
    "REPLICATION SLAVE, BINLOG MONITOR, SLAVE MONITOR, SELECT, RELOAD, PROCESS, LOCK TABLES, SHOW VIEW, TRIGGER, EVENT";
  await host.writeFile("/etc/mysql/vrrp.cnf", "[client]\nuser=vrrp\npassword=vrrp\n", "600");
  await host.exec(["mariadb"], {
    stdin: `CREATE USER vrrp@'10.20.30.%' IDENTIFIED BY 'vrrp'; GRANT ${grants} ON *.* TO vrrp@'10.20.30.%';`,
  });
}
