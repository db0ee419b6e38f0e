"use strict";

const { readFileSync } = require("node:fs");
const { PveGuestNic } = require("pulumi-keepalived");
const { PveNics } = require("pulumi-keepalived/components/pve/pveNics");

const { parts, ...args } = JSON.parse(readFileSync("nic.json", "utf8"));
if (parts === undefined) {
  new PveGuestNic("gateway", args);
} else {
  // As HaPair has them, without the pair between.
  const widened = new PveNics("nics", { ...parts, part: "widen" }, {});
  new PveNics("nics-rest", { ...parts, part: "tighten", former: widened.kept }, { dependsOn: [widened] });
}
