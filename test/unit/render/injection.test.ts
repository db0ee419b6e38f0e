import fc from "fast-check";

import { renderHost } from "../../../render";
import { HostPlan } from "../../../spec";
import { instance, plan, session } from "./plan";

/** Stands where a user's value goes; no other value of the plan holds it. */
const PLACE = "PLACE";

const script = { name: "web", script: "/bin/true", interval: 2, timeout: 1, fall: 3, rise: 2, weight: 0 };
const check = { name: "ssh", process: "sshd", weight: 0, quorum: 1 };
const vip = { address: "192.168.1.1", prefixLength: 24, family: 4 as const };

/** Everything of a plan that is text, and the property that an error about it names. */
const texts: Record<string, [string, (value: string) => HostPlan]> = {
  cluster: ["cluster", (cluster) => plan([instance()], { cluster })],
  node: ["node", (node) => plan([instance()], { node })],
  routerId: ["routerId", (routerId) => plan([instance()], { routerId })],
  scriptUser: ["scriptUser", (scriptUser) => plan([instance()], { scriptUser })],
  "name of a sync group": [
    "name",
    (name) => plan([instance()], { syncGroups: [{ name, instances: ["gw"] }] }),
  ],
  "member of a sync group": [
    "name",
    (name) => plan([instance()], { syncGroups: [{ name: "gw", instances: [name] }] }),
  ],
  "name of a peer": ["peers.name", (name) => plan([instance()], { peers: [{ name, addresses: ["::1"] }] })],
  "address of a peer": [
    "peers.addresses",
    (address) => plan([instance()], { peers: [{ name: "b", addresses: [address] }] }),
  ],
  "name of an instance": ["name", (name) => plan([instance({ name })])],
  interface: ["interface", (dev) => plan([instance({ interface: dev })])],
  unicastSrcIp: ["unicastSrcIp", (unicastSrcIp) => plan([instance({ unicastSrcIp })])],
  unicastPeers: ["unicastPeers", (peer) => plan([instance({ unicastPeers: [peer] })])],
  mcastSrcIp: ["mcastSrcIp", (mcastSrcIp) => plan([instance({ multicast: true, mcastSrcIp })])],
  authPass: ["authPass", (authPass) => plan([instance({ version: 2, authPass })])],
  "virtual address": [
    "virtualIpAddresses",
    (address) => plan([instance({ virtualIpAddresses: [{ ...vip, address }] })]),
  ],
  "device of a virtual address": [
    "virtualIpAddresses",
    (dev) => plan([instance({ virtualIpAddresses: [{ ...vip, dev }] })]),
  ],
  "label of a virtual address": [
    "virtualIpAddresses",
    (label) => plan([instance({ virtualIpAddresses: [{ ...vip, label }] })]),
  ],
  "name of a script": [
    "trackScripts.name",
    (name) => plan([instance({ trackScripts: [{ ...script, name }] })]),
  ],
  "command of a script": [
    "trackScripts.script",
    (command) => plan([instance({ trackScripts: [{ ...script, script: command }] })]),
  ],
  notifyMaster: ["notifyMaster", (notifyMaster) => plan([instance({ notifyMaster })])],
  notifyBackup: ["notifyBackup", (notifyBackup) => plan([instance({ notifyBackup })])],
  notifyFault: ["notifyFault", (notifyFault) => plan([instance({ notifyFault })])],
  "source of an open port": [
    "openPorts.from",
    (text) => plan([instance()], { openPorts: [{ protocol: "tcp", port: 1, from: { text, family: 4 } }] }),
  ],
  "name of a process check": [
    "trackProcesses.name",
    (name) => plan([instance({ trackProcesses: [{ ...check, name }] })]),
  ],
  "process of a process check": [
    "trackProcesses.process",
    (process) => plan([instance({ trackProcesses: [{ ...check, process }] })]),
  ],
  "name of a tracked interface": [
    "trackInterfaces.interface",
    (dev) => plan([instance({ trackInterfaces: [{ interface: dev, weight: -1 }] })]),
  ],
  "name of a BFD session": ["bfd.name", (name) => plan([instance({ bfd: [session({ name })] })])],
  // Which tool gets a rule hangs on the address: without a firewall, the text stands where it belongs and nowhere else.
  "neighbour of a BFD session": [
    "bfd.neighborIp",
    (neighborIp) => plan([instance({ bfd: [session({ neighborIp })] })], { firewall: false }),
  ],
  "source of a BFD session": [
    "bfd.sourceIp",
    (sourceIp) => plan([instance({ bfd: [session({ sourceIp })] })]),
  ],
};

/** The words of each line as keepalived's parser takes them: comments go, what is quoted is one word. */
function words(text: string): string[][] {
  return text
    .split("\n")
    .map((line) => [...line.matchAll(/"([^"]*)"|[#!].*|([^\s"#!]+)/g)])
    .map((line) => line.map(([, inQuotes, bare]) => inQuotes ?? bare).filter((word) => word !== undefined));
}

/** Path -> words of all files of a host. */
function read(host: HostPlan): Map<string, string[][]> {
  return new Map(renderHost(host).map((file) => [file.path, words(file.text)]));
}

const hostile = fc.oneof(
  fc.string({ minLength: 1 }),
  fc.stringMatching(/^[a-z0-9./:_-]{1,20}$/),
  fc.stringMatching(/^[ "'\\\n\r\t{}#!$@~*+a-z_]{1,12}$/),
  fc.stringMatching(/^[{}#!$@~ ]{1,3}$/),
  fc.constantFrom("x\n}", "a\nnopreempt", '" nopreempt "', "include /etc/shadow", "~SEQ(i, 1, 9)", "../../x"),
  fc.string({ minLength: 940, maxLength: 1100 }),
);

test.each(Object.entries(texts))(
  "%s is one word where it belongs, or an error names it",
  (_what, [name, host]) => {
    const expected = read(host(PLACE));
    fc.assert(
      fc.property(hostile, (value) => {
        let files: Map<string, string[][]>;
        try {
          files = read(host(value));
        } catch (error) {
          // The firewall's rules and node.conf call an address by what it is there.
          expect((error as Error).message).toMatch(/^[\w.]+ (is|has|holds) .*: \S/s);
          expect([name, "source", "peers", "virtualIpAddresses.dev"]).toContain(
            (error as Error).message.split(" ")[0],
          );
          return;
        }
        const inPlace = (text: string) => text.replaceAll(PLACE, () => value);
        expect(files).toEqual(
          new Map(
            [...expected].map(([path, lines]) => [inPlace(path), lines.map((line) => line.map(inPlace))]),
          ),
        );
      }),
    );
  },
);

test("no line of keepalived.conf is longer than its parser reads at once", () => {
  fc.assert(
    fc.property(fc.constantFrom(...Object.values(texts)), hostile, ([, host], value) => {
      let files;
      try {
        files = renderHost(host(value));
      } catch {
        return true;
      }
      const lines = files
        .filter((file) => file.path.endsWith("keepalived.conf"))
        .flatMap((f) => f.text.split("\n"));
      return lines.every((line) => Buffer.byteLength(line) <= 1022);
    }),
  );
});
