import * as fs from "node:fs";
import * as path from "node:path";

/**
 * Writes a plugin that stands in for the provider of Proxmox VE, which no registry here has: it takes everything, tells ids and
 * MAC addresses as the real one does, replaces a VM for what the real one replaces it for, and a rule list for nothing. Each call is a
 * line of the file `calls`.
 */
export function writeProxmoxvePlugin(directory: string, modules: string): void {
  fs.mkdirSync(directory);
  const file = path.join(directory, "pulumi-resource-proxmoxve");
  fs.writeFileSync(
    file,
    `#!/usr/bin/env node
const fs = require("node:fs");
const { randomBytes } = require("node:crypto");
const { main } = require(${JSON.stringify(path.join(modules, "@pulumi/pulumi/provider"))});
const CALLS = ${JSON.stringify(path.join(directory, "calls"))};
const short = (urn) => urn.split("::").slice(-2).map((part) => part.split("$").at(-1).split(":").at(-1)).join(" ");
const called = (verb, urn) => fs.appendFileSync(CALLS, verb + " " + short(urn) + "\\n");
const SIGNATURE = "4dabf18193072939515e22adb298388d";
// A secret may be one around the whole, or inside it.
const plain = (value) => value === null || typeof value !== "object" ? value : SIGNATURE in value ? plain(value.value) : Array.isArray(value) ? value.map(plain) : Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item)]).sort());
const text = (value) => JSON.stringify(plain(value));
const REPLACES = { VmLegacy: ["clone", "vmId"], FileLegacy: ["sourceRaw", "datastoreId", "nodeName"], IpsetLegacy: ["cidrs"] };
const vendor = (props) => plain(props).initialization?.vendorDataFileId;
const randomMac = () => "BC:24:11:" + randomBytes(3).toString("hex").toUpperCase().match(/../g).join(":");
let ids = 100;
main({
  version: "8.6.0",
  async check(urn, olds, news) { return { inputs: news }; },
  async diff(id, urn, olds, news) {
    const keys = Object.keys(news).filter((key) => text(olds[key]) !== text(news[key]));
    const replaces = (REPLACES[short(urn).split(" ")[0]] ?? []).filter((key) => keys.includes(key));
    if (short(urn).startsWith("VmLegacy") && vendor(olds) !== vendor(news)) replaces.push("initialization");
    return { changes: keys.length > 0, replaces };
  },
  async create(urn, inputs) {
    called("create", urn);
    const type = short(urn).split(" ")[0];
    if (type === "VmLegacy") {
      const vmId = inputs.vmId ?? Number(randomBytes(2).readUInt16BE(0)) + 1000;
      return { id: String(vmId), outs: { ...inputs, vmId, macAddresses: [randomMac()] } };
    }
    return { id: type + "-" + randomBytes(4).toString("hex"), outs: inputs };
  },
  async update(id, urn, olds, news) { called("update", urn); return { outs: { ...olds, ...news } }; },
  async delete(id, urn) { called("delete", urn); },
  async read(id, urn, props) { return { id, props }; },
}, process.argv.slice(2));
`,
  );
  fs.chmodSync(file, 0o755);
  fs.writeFileSync(path.join(directory, "calls"), "");
}
