import type { FakeHost } from "./fake-host";

/**
 * Stands in for OpenWrt's uci, ifup, ifdown and ubus, of which it knows what the agent asks for. /etc/config/network is kept
 * as uci writes it; what is not committed lies in the directory of `-t` and in everybody's, and is in all that uci tells and commits,
 * whoever made it. As with uci, `batch` goes on after an error and ends with 0, and a commit keeps the file's mode. ifup makes an interface of the sections, as
 * netifd's protocol handler does, with the stand-in for wg.
 */
const UCI = String.raw`
const fs = require("fs");
const { FAKE, VRRP_ROOT } = process.env;
const called = (words) => fs.appendFileSync(FAKE + "/calls", words + "\n");
let [tool, ...args] = process.argv.slice(2);
let config = VRRP_ROOT + "/etc/config", saved = FAKE + "/tmp-uci";

/** Words as a shell has them, of text that may have several lines: a list of words for each command. */
function commands(text) {
  const all = [];
  let words = [], word = "", any = false, quote = "";
  const end = () => { if (any) words.push(word); word = ""; any = false; };
  for (let i = 0; i < text.length; i++) {
    const c = text[i];
    if (quote) { if (c === quote) quote = ""; else word += c; }
    else if (c === "'" || c === '"') { quote = c; any = true; }
    else if (c === "\\") { word += text[++i]; any = true; }
    else if (c === "\n") { end(); if (words.length) all.push(words); words = []; }
    else if (c === " " || c === "\t") end();
    else { word += c; any = true; }
  }
  end();
  if (words.length) all.push(words);
  return all;
}
function load(name) {
  const sections = [];
  for (const [kind, key, value] of commands(fs.readFileSync(config + "/" + name, "utf8"))) {
    if (kind === "config") sections.push({ type: key, name: value, options: new Map() });
    else if (kind === "option") sections.at(-1).options.set(key, value);
    else if (kind === "list") sections.at(-1).options.set(key, [...(sections.at(-1).options.get(key) ?? []), value]);
  }
  for (const directory of new Set([FAKE + "/tmp-uci", saved])) {
    const changes = directory + "/" + name;
    for (const line of fs.existsSync(changes) ? fs.readFileSync(changes, "utf8").split("\n").filter(Boolean) : [])
      change(sections, line.startsWith("[") ? JSON.parse(line) : ["set", ...commands(line)[0]].map((one) => one.replace(/^network\./, name + ".")));
  }
  return sections;
}
function find(sections, id) {
  const at = /^@(\w+)\[(-?\d+)\]$/.exec(id);
  if (!at) return sections.find(({ name }) => name === id);
  return sections.filter(({ type }) => type === at[1]).at(Number(at[2]));
}
function change(sections, [verb, where, type]) {
  if (verb === "add") return sections.push({ type, options: new Map() });
  const equals = where.indexOf("=");
  const value = where.slice(equals + 1);
  const [, id, option] = (equals < 0 ? where : where.slice(0, equals)).split(".");
  const section = find(sections, id);
  if (verb === "set" && !option) {
    if (!/^\w+$/.test(id)) throw new Error("Invalid argument");
    return section ? (section.type = value) : sections.push({ type: value, name: id, options: new Map() });
  }
  if (!section || (verb === "delete" && option && !section.options.has(option))) throw new Error("Entry not found");
  if (verb === "set") section.options.set(option, value);
  else if (verb === "add_list") section.options.set(option, [...(section.options.get(option) ?? []), value]);
  else if (verb === "delete" && option) section.options.delete(option);
  else if (verb === "delete") sections.splice(sections.indexOf(section), 1);
  else throw new Error("Unknown command");
}
function text(sections) {
  const quoted = (value) => "'" + value.replaceAll("'", "'\\''") + "'";
  return sections.map(({ type, name, options }) =>
    "\nconfig " + type + (name ? " " + quoted(name) : "") + "\n" +
    [...options].map(([key, value]) =>
      Array.isArray(value) ? value.map((one) => "\tlist " + key + " " + quoted(one) + "\n").join("") : "\toption " + key + " " + quoted(value) + "\n",
    ).join(""),
  ).join("") + "\n";
}
const tools = {
  uci() {
    while (args[0]?.startsWith("-")) {
      const flag = args.shift();
      if (flag === "-c") config = args.shift();
      if (flag === "-t") saved = args.shift();
    }
    const [verb, what] = args;
    if (verb === "export") return process.stdout.write("package " + what + "\n" + text(load(what)));
    if (verb === "changes") return fs.existsSync(saved + "/" + what) && process.stdout.write(fs.readFileSync(saved + "/" + what));
    if (verb === "get") {
      const [name, id, option] = what.split(".");
      const value = find(load(name), id)?.options.get(option);
      if (value === undefined) process.exit(1);
      return console.log([].concat(value).join(" "));
    }
    if (verb !== "batch") throw new Error("this stand-in does not know " + verb);
    for (const words of commands(fs.readFileSync(0, "utf8"))) {
      if (words[0] === "commit") {
        called("uci commit");
        if (fs.existsSync(FAKE + "/uci-meanwhile")) fs.appendFileSync(VRRP_ROOT + "/etc/config/network", fs.readFileSync(FAKE + "/uci-meanwhile"));
        if (fs.existsSync(FAKE + "/uci-full")) { console.log("uci: I/O error"); continue; }
        const file = config + "/" + words[1];
        fs.writeFileSync(file + ".new", text(load(words[1])), { mode: 0o600 });
        fs.chmodSync(file + ".new", fs.statSync(file).mode);
        fs.renameSync(file + ".new", file);
        fs.rmSync(saved + "/" + words[1], { force: true });
        continue;
      }
      try {
        const name = words[1].split(".")[0];
        change(load(name), words);
        fs.mkdirSync(saved, { recursive: true });
        fs.appendFileSync(saved + "/" + name, JSON.stringify(words) + "\n");
        fs.appendFileSync(FAKE + "/uci-commands", words[0] + " " + words.slice(1).join(" ").replace(/((private|preshared)_key)=.*/, "$1") + "\n");
      } catch (error) { console.log("uci: " + error.message); }
    }
  },
  ifup() {
    const dev = args[0];
    called("ifup " + dev);
    const interface = load("network").find(({ name, type }) => name === dev && type === "interface");
    if (!interface || fs.existsSync(FAKE + "/broken")) return console.log("Interface " + dev + " not found");
    const net = VRRP_ROOT + "/sys/class/net/" + dev;
    fs.mkdirSync(net, { recursive: true });
    const { proto, private_key, listen_port, addresses = [], mtu = "1420" } = Object.fromEntries(interface.options);
    if (proto !== "wireguard") throw new Error("this stand-in does not know proto " + proto);
    fs.writeFileSync(net + "/mtu", mtu + "\n");
    fs.writeFileSync(FAKE + "/wg." + dev + ".key", private_key + "\n");
    fs.writeFileSync(FAKE + "/wg." + dev + ".port", listen_port + "\n");
    const peers = load("network").filter(({ type }) => type === "wireguard_" + dev).map(({ options }) => Object.fromEntries(options));
    fs.writeFileSync(FAKE + "/wg." + dev + ".peers", peers.map(({ public_key, allowed_ips = [], endpoint_host, endpoint_port = "51820" }) =>
      public_key + " " + [].concat(allowed_ips).join(",") + " " + (endpoint_host ? endpoint_host + ":" + endpoint_port : "(none)") + "\n").join(""));
    fs.writeFileSync(FAKE + "/routes." + dev, peers.filter((peer) => peer.route_allowed_ips === "1").flatMap((peer) => peer.allowed_ips).join("\n") + "\n");
    fs.writeFileSync(FAKE + "/addresses." + dev, [].concat(addresses).map((one) => "2: " + dev + "    inet " + one + " scope global " + dev + "\n").join(""));
  },
  ifdown() {
    called("ifdown " + args[0]);
    fs.rmSync(VRRP_ROOT + "/sys/class/net/" + args[0], { recursive: true, force: true });
    for (const what of ["wg." + args[0] + ".peers", "addresses." + args[0], "routes." + args[0]]) fs.rmSync(FAKE + "/" + what, { force: true });
  },
  ubus() {
    const [, object, method] = args;
    if (method === "get_proto_handlers") return console.log(fs.existsSync(FAKE + "/no-wireguard") ? '{ "static": {} }' : '{ "static": {}, "wireguard": {} }');
    if (method === "status") return console.log('{\n\t"up": ' + fs.existsSync(VRRP_ROOT + "/sys/class/net/" + object.split(".")[2]) + ",\n}");
    throw new Error("this stand-in does not know " + args.join(" "));
  },
};
tools[tool]();
`;

/** What a router has in UCI before anybody makes a tunnel, as uci writes it. */
export const NETWORK = `
config interface 'loopback'
	option device 'lo'
	option proto 'static'
	option ipaddr '127.0.0.1'
	option netmask '255.0.0.0'

config device
	option name 'br-lan'
	option type 'bridge'
	list ports 'lan1'
	list ports 'lan2'

config interface 'lan'
	option device 'br-lan'
	option proto 'static'
	list ipaddr '192.168.1.1/24'

`;

/** Makes a host one on which netifd makes the interfaces. */
export function withNetifd(host: FakeHost, network = NETWORK): void {
  host.state("uci.js", UCI);
  for (const tool of ["uci", "ifup", "ifdown", "ubus"]) {
    host.program(tool, `exec ${process.execPath} "$FAKE/uci.js" ${tool} "$@"`);
  }
  host.write("/fake/tmp-uci/.keep", "");
  host.write("/etc/config/network", network);
  host.withoutProgram("wg-quick");
}
