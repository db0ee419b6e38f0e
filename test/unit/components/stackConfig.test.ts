import * as pulumi from "@pulumi/pulumi";

import { haPairFromConfig } from "../../../components";
import { HOST_KEY } from "./mocks";

const TOKEN = "pulumi@pve!nics=11111111-2222-3333-4444-555555555555";

const node = (name: string, n: number) => ({
  name,
  connection: { host: `192.168.1.${n}`, hostKey: HOST_KEY },
  interface: "eth0",
  unicastSrcIp: `192.168.1.${n}`,
  guest: { id: 100 + n },
});

function pairFrom(hypervisor: object, secrets: Record<string, string>, guest: object = {}) {
  const cluster = {
    virtualRouterId: 51,
    virtualIpAddresses: ["192.168.1.1/24"],
    nodes: [node("a", 2), { ...node("b", 3), guest: { id: 103, ...guest } }],
    hypervisor,
  };
  const values = { cluster: JSON.stringify(cluster), ...secrets };
  const config = Object.fromEntries(Object.entries(values).map(([key, text]) => [`gw:${key}`, text]));
  pulumi.runtime.setAllConfig(
    config,
    Object.keys(secrets).map((key) => `gw:${key}`),
  );
  return haPairFromConfig(new pulumi.Config("gw"));
}

interface Way {
  token?: pulumi.Output<string>;
  connection?: { privateKey?: pulumi.Output<string> };
}

const readFrom = (hypervisor: object, secrets: Record<string, string>) =>
  pairFrom(hypervisor, secrets).hypervisor as unknown as Way;

const valueOf = <T>(output: pulumi.Output<T>) => new Promise((resolve) => output.apply(resolve));

test("a hypervisor's token is a secret beside the cluster", async () => {
  const { token } = readFrom({ kind: "pve", endpoint: "https://pve1:8006" }, { hypervisorToken: TOKEN });
  expect(await valueOf(token!)).toBe(TOKEN);
  expect(await pulumi.isSecret(token!)).toBe(true);
});

test("a hypervisor that is reached over SSH takes the key that the nodes take", async () => {
  const connection = { host: "192.168.1.200", hostKey: HOST_KEY };
  const read = readFrom({ kind: "pve", connection }, { privateKey: "KEY" });
  expect(await valueOf(read.connection!.privateKey!)).toBe("KEY");
  expect(read.token).toBeUndefined();
});

test("a guest with a way of its own takes the same key and the same token", async () => {
  const connection = { host: "192.168.1.201", hostKey: HOST_KEY };
  const guestOf = (guest: object) => {
    const secrets = { privateKey: "KEY", hypervisorToken: TOKEN };
    return pairFrom({ kind: "pve", endpoint: "https://pve1:8006" }, secrets, guest).nodes[1]!
      .guest as unknown as Way;
  };
  expect(await valueOf(guestOf({ connection }).connection!.privateKey!)).toBe("KEY");
  expect(guestOf({ connection }).token).toBeUndefined();
  expect(await valueOf(guestOf({ endpoint: "https://pve9:8006" }).token!)).toBe(TOKEN);
  expect(guestOf({ endpoint: "https://pve9:8006", token: "own" }).token).toBe("own");
});
