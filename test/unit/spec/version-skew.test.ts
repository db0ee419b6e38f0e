import {
  type Cluster,
  formatProblems,
  HostKeepalived,
  parseCluster,
  parseHostKeepalived,
  proveVersions,
} from "../../../spec";
import { clusterInput, mixedInput } from "./cluster-input";

function cluster(input: Record<string, unknown> = clusterInput()): Cluster {
  const parsed = parseCluster(input);
  if ("problems" in parsed) throw new Error(formatProblems(parsed.problems));
  return parsed.value;
}

const BUILT = ["LVS", "VRRP", "VRRP_AUTH", "BFD"];
const told = (version: string, options: string[] = BUILT): HostKeepalived => ({ version, options });
const found = (of: Cluster, a?: HostKeepalived, b?: HostKeepalived) =>
  proveVersions(of, { "gw-a": a, "gw-b": b }).map(
    ({ rule, severity, path }) => `${severity} ${rule} ${path}`,
  );

test("the line of a stage is read wherever it stands, and a stage without one told nothing", () => {
  expect(parseHostKeepalived("keepalived 2.2.7 LVS VRRP INIT=systemd\nstaged abc\n")).toEqual({
    version: "2.2.7",
    options: ["LVS", "VRRP", "INIT=systemd"],
  });
  expect(parseHostKeepalived("x\nkeepalived 2.3.4\nstaged abc\n")).toEqual({ version: "2.3.4", options: [] });
  expect(parseHostKeepalived("staged abc\n")).toBeUndefined();
  expect(parseHostKeepalived("keepalived is not there\n")).toBeUndefined();
});

test("nodes of one version, and those of which one told nothing, are fine", () => {
  expect(found(cluster(), told("2.2.7"), told("2.2.7"))).toEqual([]);
  expect(found(cluster(), told("2.0.4"), undefined)).toEqual([]);
  expect(found(cluster(), told("2.1.5"), told("2.2.8"))).toEqual([]);
});

test("VRRPv3 to IPv4 peers before 2.0.5 and from it on do not go together; version 2 and multicast do", () => {
  const skew = ["error skew-unicast-checksum nodes[0]", "warning skew-vip-list nodes[0]"];
  expect(found(cluster(), told("2.0.4"), told("2.3.3"))).toEqual(skew);
  expect(found(cluster(), told("2.0.4"), told("2.0.5"))).toEqual(skew.slice(0, 1));
  expect(found(cluster(), told("2.0.4"), told("2.0.4"))).toEqual([]);
  expect(found(cluster(clusterInput({ version: 2 })), told("2.0.4"), told("2.0.5"))).toEqual([]);
  expect(found(cluster(clusterInput({ multicast: true })), told("2.0.4"), told("2.0.5"))).toEqual([]);
});

test("IPv6 peers need 2.0.3 on each node", () => {
  expect(found(cluster(mixedInput()), told("2.0.2"), told("2.0.2"))).toEqual([
    "error skew-ipv6-unicast nodes[0]",
    "error skew-ipv6-unicast nodes[1]",
  ]);
  expect(found(cluster(mixedInput()), told("2.0.3"), told("2.0.3"))).toEqual([]);
});

test("what the spec needs must have been built in; where no options were told nobody knows", () => {
  const authenticated = cluster(clusterInput({ version: 2, authPass: "hush" }));
  expect(found(authenticated, told("2.2.7", ["VRRP"]), told("2.2.7"))).toEqual([
    "error skew-authentication nodes[0]",
  ]);
  expect(found(cluster(), told("2.2.7", ["VRRP"]), told("2.2.7"))).toEqual([]);
  expect(found(authenticated, told("2.2.7", []), told("2.2.7"))).toEqual([]);
  expect(found(cluster(), told("2.2.7", ["LVS"]), told("2.2.7"))).toEqual([
    "error skew-vrrp-missing nodes[0]",
  ]);
  const bfd = cluster(clusterInput({ bfd: [{ name: "uplink", neighborIp: "192.168.1.9" }] }));
  expect(found(bfd, told("2.2.7"), told("2.2.7", ["VRRP"]))).toEqual(["error skew-bfd nodes[1]"]);
});

test("a finding says which node has what, what is allowed, and why", () => {
  expect(proveVersions(cluster(), { "gw-a": told("2.3.3"), "gw-b": told("2.2.7") })).toEqual([
    {
      rule: "skew-vip-list",
      severity: "warning",
      path: "nodes[1]",
      value: "keepalived 2.2.7 on gw-b",
      allowed: expect.stringMatching(
        /^2\.3\.3 or newer, as on another node\. An advert whose list /,
      ) as string,
      fix: expect.any(String) as string,
    },
  ]);
});
