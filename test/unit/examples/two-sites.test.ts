import * as pulumi from "@pulumi/pulumi";

import { find, HOST_KEY, Registered, registeredBy } from "../components/mocks";
import { key } from "../spec/tunnel-input";

const CONFIG = {
  hostA: "a.example.org",
  hostB: "b.example.org",
  hostKeyA: HOST_KEY,
  hostKeyB: HOST_KEY,
  privateKey: "PRIVATE",
  uplinkTarget: "192.0.2.254",
};

const told = (name: string) =>
  name.endsWith("-key") ? `public-key ${key(name === "sites-site-a-key" ? 1 : 2)}\n` : "";

function run(): Promise<Registered[]> {
  pulumi.runtime.setAllConfig(
    Object.fromEntries(Object.entries(CONFIG).map(([name, value]) => [`project:${name}`, value])),
  );
  return registeredBy(() => void jest.requireActual("../../../examples/two-sites"), told);
}

test("two-sites makes the tunnel, then the pair inside it, and there is nothing to warn of", async () => {
  const warn = jest.spyOn(pulumi.log, "warn");
  const registered = await run();
  const names = registered.map(({ name }) => name);
  expect(Math.max(...["a", "b"].map((n) => names.indexOf(`sites-site-${n}-confirm`)))).toBeLessThan(
    names.indexOf("service"),
  );
  expect(warn.mock.calls).toEqual([]);

  const files = find(registered, "pulumi-keepalived:index:HostConfig", "sites-site-b").inputs.files;
  expect((files as Record<string, string>)["/etc/wireguard/wg0.conf"]).toContain(
    "AllowedIPs = 10.99.0.1/32, 10.99.0.100/32, 192.168.10.0/24\n",
  );
});
