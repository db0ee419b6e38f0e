import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

import fc from "fast-check";

import { readConf } from "../../../conf";
import { InstanceConfig, InstanceDraft } from "../../../spec";
import { addressBlock } from "../../unit/conf/arbitrary";
import { corpus, FIXTURES } from "../../unit/conf/corpus";
import { refused, right } from "../../unit/conf/refused";
import { inNamespace } from "./namespace";

/** Interfaces and programs that the configurations name. The mounts are the namespace's own. */
const PREPARE = [
  "for dev in eth1 eth2 wg0; do ip link add $dev type veth peer name $dev-peer && ip link set $dev up && ip link set $dev-peer up; done",
  "ip address add 10.1.0.2/24 dev eth1",
  "ip address add 10.99.0.2/24 dev wg0",
  "mount -t tmpfs none /usr/local/sbin",
  "for name in check-web check-dns notify-role; do cp /usr/bin/true /usr/local/sbin/$name; done",
].join("\n");

test.each(corpus().map(({ name, configId }) => [name, configId]))(
  "real keepalived accepts %s on %s without a word",
  (name, configId) => {
    const file = join(FIXTURES, name);
    const test = `cd ${dirname(file)} && keepalived --config-test -i ${configId} -f ${file}`;
    expect(inNamespace(`{ set -e\n${PREPARE}\n${test}\n}`)).toEqual({ status: 0, output: "" });
  },
);

function tested(text: string): { status: number | null; output: string } {
  const directory = mkdtempSync(join(tmpdir(), "corpus-"));
  try {
    const file = join(directory, "keepalived.conf");
    writeFileSync(file, text);
    return inNamespace(`{ ${PREPARE}\nkeepalived --config-test -f ${file}\n}`);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

test.each(refused.map(({ name, text }) => [name, text]))(
  "real keepalived refuses %s, as the reader does",
  (_name, text) => {
    const { status, output } = tested(text);
    expect({ output, isRefused: status !== 0 }).toEqual({ output, isRefused: true });
  },
);

test.each(right)("real keepalived accepts what those are made of", (text) => {
  expect(tested(text)).toEqual({ status: 0, output: "" });
});

test("real keepalived refuses those of 400 configurations made of odd lines that the reader refuses", () => {
  const texts = fc.sample(addressBlock, { seed: 7, numRuns: 400 });
  const directory = mkdtempSync(join(tmpdir(), "corpus-"));
  try {
    const include = { name: join(directory, "x.conf"), text: "10.6.6.6\n" };
    const files = texts.map((text, i) => ({ name: join(directory, `${i}.conf`), text }));
    for (const { name, text } of [include, ...files]) {
      writeFileSync(name, text);
    }
    const script = `i=0; while [ $i -lt ${texts.length} ]; do
      keepalived --config-test -i gw-a -f ${directory}/$i.conf >/dev/null 2>&1; echo $?; i=$((i + 1)); done`;
    const { output } = inNamespace(`{ ${script}\n}`);
    const accepted = output
      .trim()
      .split("\n")
      .map((status) => status === "0");
    const read = files.map((file) =>
      readConf([file, include], { configId: "gw-a" }).notes.every((note) => note.severity !== "error"),
    );
    expect(texts.filter((_text, i) => accepted[i] !== read[i])).toEqual([]);
    expect(new Set(accepted)).toEqual(new Set([true, false]));
    expect(accepted).toHaveLength(texts.length);
  } finally {
    rmSync(directory, { recursive: true });
  }
});

/** What a running keepalived says of its instances: its data dump, taken apart. */
function dumped(name: string, configId: string): ReturnType<typeof ofDump>[] {
  const file = join(FIXTURES, name);
  const script = [
    PREPARE,
    "export TMPDIR=/mnt",
    `{ keepalived --dont-fork --log-console --vrrp -i ${configId} -f ${file} >/mnt/log 2>&1 & }`,
    "until grep -q 'Startup complete' /mnt/log; do kill -0 $!; sleep 0.02; done",
    "kill -USR1 $!",
    "until grep -q '< Interfaces >' /mnt/keepalived.data 2>/dev/null; do kill -0 $!; sleep 0.02; done",
    "kill -TERM $!",
    "wait $!",
    "cat /mnt/keepalived.data",
  ].join("\n");
  const { status, output } = inNamespace(`{ set -e\n${script}\n}`);
  expect({ status, output }).toEqual({ status: 0, output: expect.any(String) as string });
  const topology = output.slice(output.indexOf("< VRRP Topology >")).split(/^-+< /m, 1)[0] ?? "";
  return topology
    .split(/^ VRRP Instance = /m)
    .slice(1)
    .map(ofDump);
}

/** The lines under a heading of the dump, down to the next one of its indentation. */
function under(heading: RegExp, text: string): string[] {
  const block = new RegExp(`^ {3}${heading.source}.*\\n((?: {5}.*\\n)*)`, "m").exec(text)?.[1] ?? "";
  return block
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
}

function ofDump(text: string) {
  const one = (pattern: RegExp) => pattern.exec(text)?.[1];
  const [advert = "", unit] = one(/Advert interval = (\d+ \S+)/)?.split(" ") ?? [];
  return {
    name: text.slice(0, text.indexOf("\n")),
    version: Number(one(/VRRP Version = (\d)/)),
    virtualRouterId: Number(one(/Virtual Router ID = (\d+)/)),
    priority: Number(one(/^ {3}Priority = (\d+)/m)),
    advertInt: Number(advert) / (unit === "milli-sec" ? 1000 : 1),
    multicast: !text.includes("Using unicast"),
    nopreempt: text.includes("Preempt = disabled"),
    preemptDelay: Number(one(/Preempt delay = (\d+)/) ?? 0),
    addresses: under(/Virtual IP \(/, text).map((line) => line.split(/[ /]/, 1)[0]),
    peers: under(/Unicast Peer :/, text).map((line) => line.split(" ", 1)[0]),
    scripts: under(/Tracked scripts :/, text).map((line) =>
      line.replace(/^(.+?),? weight (\S+).*$/, "$1 $2"),
    ),
  };
}

function ofReader(config: InstanceDraft, ofGroups: string[]) {
  const { name, version, virtualRouterId, priority, advertInt, multicast } = config;
  const { nopreempt, preemptDelay, virtualIpAddresses, unicastPeers, trackScripts } =
    config as InstanceConfig;
  return {
    ...{ name, version, virtualRouterId, priority, advertInt, multicast, nopreempt, preemptDelay },
    addresses: virtualIpAddresses.map((vip) => vip.address),
    peers: unicastPeers,
    scripts: trackScripts
      .filter((check) => !ofGroups.includes(check.name))
      .map((check) => `${check.name} ${check.weight}`),
  };
}

test.each(corpus().map((entry) => [entry.name, entry] as const))(
  "real keepalived runs %s with what the reader reads in it",
  (name, { files, configId }) => {
    const { instances, syncGroups } = readConf(files, { configId });
    // The dump shows what a group tracks with the group.
    const ofGroups = syncGroups.flatMap((group) => group.trackScripts.map((track) => track.name));
    expect(dumped(name, configId)).toEqual(instances.map(({ config }) => ofReader(config, ofGroups)));
  },
);
