import * as pulumi from "@pulumi/pulumi";

import { HaPair } from "../../../components";
import { proveSkew } from "../../../components/keepalivedVersions";
import { parseCluster } from "../../../spec";
import { find, HOST_KEY, pair, Registered, registeredBy, secretValue } from "./mocks";

const COMMAND = "command:remote:Command";
const SHA256 = "c61940d874154a560a54627ecf7ef47adebdf832164368d10bf242a4d9b7d49d";

/** What a pair registers whose stages print this, and its versions. */
async function applied(stdout: Record<string, string>, args = pair()) {
  let versions: Record<string, string> | undefined;
  const registered = await registeredBy(
    () => {
      const { keepalivedVersions } = new HaPair("gw", args);
      keepalivedVersions.apply((told) => (versions = told));
    },
    (name) => stdout[name] ?? "",
  );
  return { registered, versions };
}

const names = (registered: Registered[], step: string) =>
  registered.filter(({ name }) => name.endsWith(`-${step}`)).map(({ name }) => name);

const TOLD = {
  "gw-a-stage": "keepalived 2.2.7 VRRP\nstaged x\n",
  "gw-b-stage": "keepalived 2.2.8 VRRP\nstaged x\n",
};

test("what the stages tell is an output, which is no secret though the stages' are", async () => {
  const { versions, registered } = await applied(TOLD);
  expect(versions).toEqual({ a: "2.2.7", b: "2.2.8" });
  expect(names(registered, "activate")).toEqual(["gw-a-activate", "gw-b-activate"]);
});

test("a stage of before that told nothing is no reason to stop", async () => {
  const { versions, registered } = await applied({ "gw-b-stage": "staged x\n" });
  expect(versions).toEqual({});
  expect(names(registered, "activate")).toHaveLength(2);
});

test("nodes that cannot work together are refused, and what is only worth knowing is not", () => {
  const node = (name: string, n: number) => ({
    name,
    connection: { host: `10.0.0.${n}`, privateKey: "KEY", hostKey: HOST_KEY },
    interface: "eth0",
    unicastSrcIp: `192.168.1.${n}`,
  });
  const parsed = parseCluster({
    name: "gw",
    nodes: [node("a", 2), node("b", 3)],
    virtualRouterId: 51,
    virtualIpAddresses: ["192.168.1.1/24"],
  });
  if ("problems" in parsed) throw new Error("the cluster is refused");
  const told = (a: string) => ({ a: { version: a, options: [] }, b: { version: "2.3.3", options: [] } });
  expect(() => proveSkew("gw", parsed.value, told("2.0.4"))).toThrow(
    /^gw: 2 problems\n {2}nodes\[0\]: keepalived 2\.0\.4 on a \[skew-unicast-checksum\]\n/,
  );
  expect(() => proveSkew("gw", parsed.value, told("2.2.7"))).not.toThrow();
});

test("a source brings what builds it in the place of the distribution's keepalived, on its node alone", async () => {
  const args = pair();
  args.nodes[1]!.keepalivedSource = {
    url: pulumi.output("https://h/keepalived-2.2.7.tar.gz"),
    sha256: SHA256,
    version: "2.2.7",
  };
  const { registered } = await applied({}, args);
  const packages = (node: string) =>
    secretValue(find(registered, COMMAND, `gw-${node}-stage`).inputs.stdin).match(/^package .*$/gm);
  expect(packages("a")).toEqual(["package keepalived keepalived"]);
  expect(packages("b")).toEqual([
    "package gcc gcc",
    "package make make",
    "package tar tar",
    "package gzip gzip",
    "package pkg-config pkg-config",
    "package /usr/include/stdio.h libc6-dev",
    "package libssl.pc libssl-dev",
    "package libnl-3.0.pc libnl-3-dev",
    "package libnl-genl-3.0.pc libnl-genl-3-dev",
    "package curl curl",
    "package /etc/ssl/certs ca-certificates",
  ]);
});
