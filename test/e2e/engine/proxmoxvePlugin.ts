import * as fs from "node:fs";
import * as path from "node:path";

/**
 * Writes a plugin that stands in for the provider of Proxmox VE, which no registry here has: it takes everything, tells ids and
 * MAC addresses as the real one does, replaces a VM and a file for what the real one replaces them for, and a rule list for nothing.
 * One that stands in for `command` says that each command has run. Each call of either is a line of the file `calls`.
 */
export function writeProxmoxvePlugin(directory: string, modules: string): void {
  fs.mkdirSync(directory);
  const command = path.join(directory, "pulumi-resource-command");
  fs.writeFileSync(command, `#!/bin/sh\nexec ${directory}/pulumi-resource-proxmoxve "$@"\n`);
  fs.chmodSync(command, 0o755);
  const file = path.join(directory, "pulumi-resource-proxmoxve");
  fs.writeFileSync(
    file,
    `#!/usr/bin/env node
const fs = require("node:fs");
const { randomBytes } = require("node:crypto");
const { main } = require(${JSON.stringify(path.join(modules, "@pulumi/pulumi/provider"))});
const CALLS = ${JSON.stringify(path.join(directory, "calls"))};
const short = (urn) => urn.split("::").slice(-2).map((part) => part.split("$").at(-1).split(":").at(-1)).join(" ");
const called = (verb, urn, what) => fs.appendFileSync(CALLS, [verb, short(urn), what].filter(Boolean).join(" ") + "\\n");
const SIGNATURE = "4dabf18193072939515e22adb298388d";
// A secret may be one around the whole, or inside it.
const plain = (value) => value === null || typeof value !== "object" ? value : SIGNATURE in value ? plain(value.value) : Array.isArray(value) ? value.map(plain) : Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item)]).sort());
const text = (value) => JSON.stringify(plain(value));
const REPLACES = { VmLegacy: ["clone"], FileLegacy: ["sourceRaw", "datastoreId", "nodeName", "fileMode"], IpsetLegacy: ["cidrs"] };
const vendor = (props) => plain(props).initialization?.vendorDataFileId;
const randomMac = () => "BC:24:11:" + randomBytes(3).toString("hex").toUpperCase().match(/../g).join(":");
// Of a guest with an agent, the real one tells what the agent has said in time: here, that is nothing.
const shown = (inputs, nics = []) => {
  const networkDevices = inputs.networkDevices.map((nic, at) => ({ ...nic, macAddress: nic.macAddress ?? nics[at]?.macAddress ?? randomMac() }));
  return { ...inputs, networkDevices, macAddresses: inputs.agent.enabled ? [] : networkDevices.map(({ macAddress }) => macAddress) };
};
const volume = ({ datastoreId, sourceRaw }) => datastoreId + ":snippets/" + plain(sourceRaw).fileName;
main({
  version: "8.6.0",
  async check(urn, olds, news) { return { inputs: news }; },
  async diff(id, urn, olds, news) {
    if (short(urn).startsWith("VmLegacy")) news = { ...news, networkDevices: shown(news, olds.networkDevices).networkDevices };
    const keys = Object.keys(news).filter((key) => text(olds[key]) !== text(news[key]));
    const replaces = (REPLACES[short(urn).split(" ")[0]] ?? []).filter((key) => keys.includes(key));
    if (short(urn).startsWith("VmLegacy")) {
      if (vendor(olds) !== vendor(news)) replaces.push("initialization");
      if (news.vmId !== undefined && String(news.vmId) !== id) replaces.push("vmId");
    }
    return { changes: keys.length > 0, replaces };
  },
  async create(urn, inputs) {
    const type = short(urn).split(" ")[0];
    called("create", urn, type === "VmLegacy" ? "from " + inputs.clone.nodeName + " " + inputs.clone.datastoreId : type === "FileLegacy" ? volume(inputs) : undefined);
    if (type === "VmLegacy") {
      const vmId = inputs.vmId ?? Number(randomBytes(2).readUInt16BE(0)) + 1000;
      return { id: String(vmId), outs: { ...shown(inputs), vmId } };
    }
    if (type === "Command") return { id: "id", outs: { ...inputs, stdout: "", stderr: "" } };
    return { id: type === "FileLegacy" ? volume(inputs) : type + "-" + randomBytes(4).toString("hex"), outs: inputs };
  },
  async update(id, urn, olds, news) {
    called("update", urn);
    return { outs: { ...olds, ...news, ...(short(urn).startsWith("VmLegacy") && shown(news, olds.networkDevices)) } };
  },
  async delete(id, urn) { called("delete", urn, short(urn).startsWith("FileLegacy") ? id : undefined); },
  async read(id, urn, props) { return { id, props }; },
}, process.argv.slice(2));
`,
  );
  fs.chmodSync(file, 0o755);
  fs.writeFileSync(path.join(directory, "calls"), "");
}
