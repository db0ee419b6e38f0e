import * as fs from "node:fs";
import * as pulumi from "@pulumi/pulumi";

import { EsxiPortGroup } from "../../../../components";

const config = new pulumi.Config();
const { host, port, user, privateKey, hostKey } = JSON.parse(
  fs.readFileSync("connection.json", "utf8"),
) as Record<string, string> & { port: number };

new EsxiPortGroup("gateways", {
  connection: { host: host!, port, user, privateKey, hostKey },
  portGroup: config.require("portGroup"),
  promiscuous: config.getBoolean("promiscuous"),
  forgedTransmits: true,
});
