import { remote } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";

import { HaPairArgs } from "../../../../../components";

const config = new pulumi.Config();
const cluster = config.requireObject<HaPairArgs>("cluster");
const privateKey = config.requireSecret("privateKey");

// Only what a policy can see of HaPair: its type and its inputs.
const pair = new pulumi.ComponentResource("pulumi-keepalived:index:HaPair", "gw", cluster);
for (const { name, connection } of cluster.nodes) {
  const { host, hostKey } = connection;
  new remote.Command(
    `touch-${name}`,
    { connection: { host, hostKey, privateKey }, create: "touch /touched" },
    { parent: pair },
  );
}
