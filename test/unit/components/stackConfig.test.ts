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

function readFrom(hypervisor: object, secrets: Record<string, string>) {
  const cluster = {
    virtualRouterId: 51,
    virtualIpAddresses: ["192.168.1.1/24"],
    nodes: [node("a", 2), node("b", 3)],
    hypervisor,
  };
  const values = { cluster: JSON.stringify(cluster), ...secrets };
  const config = Object.fromEntries(Object.entries(values).map(([key, text]) => [`gw:${key}`, text]));
  pulumi.runtime.setAllConfig(
    config,
    Object.keys(secrets).map((key) => `gw:${key}`),
  );
  const { hypervisor: read } = haPairFromConfig(new pulumi.Config("gw"));
  return read as unknown as {
    token?: pulumi.Output<string>;
    connection?: { privateKey?: pulumi.Output<string> };
  };
}

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
