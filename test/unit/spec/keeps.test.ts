import { type Cluster, hostPlan, parseCluster } from "../../../spec";
import { clusterInput } from "./cluster-input";

const keeps = (change: Record<string, unknown>) => {
  const parsed = parseCluster(clusterInput(change), {});
  if ("problems" in parsed) throw new Error(JSON.stringify(parsed.problems));
  const cluster: Cluster = parsed.value;
  return ["gw-a", "gw-b"].map((name) => hostPlan(cluster, name).keeps);
};

test("addresses that were brought to a node stay with a primary, and with everybody in a sticky pair", () => {
  expect(keeps({})).toEqual([true, false]);
  expect(keeps({ preemption: "sticky" })).toEqual([true, true]);
});

test("where each node is primary of some, none keeps them all", () => {
  const web = { name: "web", virtualRouterId: 52, virtualIpAddresses: ["192.168.1.9/24"], primary: "gw-b" };
  expect(keeps({ virtualRouters: [web] })).toEqual([false, false]);
});
