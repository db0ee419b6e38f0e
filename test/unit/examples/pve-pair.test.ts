import * as pulumi from "@pulumi/pulumi";

import { outputs, VM, KEYS } from "../components/pve/gateway";
import { find, Registered, registeredBy, secretValue, visible } from "../components/mocks";

const CONFIG = {
  endpoint: "https://pve1.example.org:8006",
  apiToken: "pulumi@pve!gateways=TOKEN",
  privateKey: KEYS.privateKey,
  templateId: "9000",
};

function run(): Promise<Registered[]> {
  pulumi.runtime.setAllConfig(
    Object.fromEntries(Object.entries(CONFIG).map(([name, value]) => [`project:${name}`, value])),
  );
  return registeredBy(() => void jest.requireActual("../../../examples/pve-pair"), undefined, outputs);
}

// By mocks: no registry that the tests reach has the provider's plugin.
test("pve-pair makes the machines by its provider, then the pair on them, and there is nothing to warn of", async () => {
  const warn = jest.spyOn(pulumi.log, "warn");
  const registered = await run();
  const names = registered.map(({ name }) => name);
  expect(find(registered, VM, "gw-gw-a").provider).toMatch(/pulumi:providers:proxmoxve::pve::/);
  expect(find(registered, VM, "gw-gw-b").inputs).toMatchObject({ nodeName: "pve2", startup: { order: 1 } });
  expect(names.indexOf("gw-gw-b-confirm")).toBeGreaterThan(names.indexOf("gw-gw-b-ready"));
  expect(secretValue(find(registered, "pulumi:providers:proxmoxve", "pve").inputs.apiToken)).toBe(
    CONFIG.apiToken,
  );
  expect(visible(registered)).not.toContain("TOKEN");
  expect(warn.mock.calls).toEqual([]);
});
