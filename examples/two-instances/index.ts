import * as pulumi from "@pulumi/pulumi";

import { KeepalivedInstance } from "../../components";

// Wrong on purpose: KeepalivedInstance takes every instance that keepalived could load. Run
// `pulumi preview --policy-pack ../../policies` and read why the address would not move.
const config = new pulumi.Config();
const connection = { privateKey: config.requireSecret("privateKey") };
const virtualIpAddresses = ["192.168.1.1/24"];

new KeepalivedInstance("gw-a", {
  connection: { ...connection, host: "192.168.1.2", hostKey: config.require("hostKeyA") },
  cluster: "gw",
  interface: "eth0",
  virtualRouterId: 51,
  priority: 100,
  unicastSrcIp: "192.168.1.2",
  unicastPeers: ["192.168.1.3"],
  virtualIpAddresses,
});

new KeepalivedInstance("gw-b", {
  connection: { ...connection, host: "192.168.1.3", hostKey: config.require("hostKeyB") },
  cluster: "gw",
  interface: "eth0",
  virtualRouterId: Number(config.get("virtualRouterIdB") ?? 51),
  priority: 90,
  unicastSrcIp: config.get("unicastSrcIpB"),
  unicastPeers: ["192.168.1.2"],
  virtualIpAddresses,
});
