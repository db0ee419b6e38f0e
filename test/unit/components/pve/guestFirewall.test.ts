import { pveGuestFirewall } from "../../../../components";
import { find, pair, registeredBy } from "../mocks";
import { OPTIONS, RULES } from "./gateway";

const guest = { nodeName: "pve1", vmId: 101 };

test("a guest that is there gets what its node of the pair needs, by the provider's resources", async () => {
  const registered = await registeredBy(
    () => void pveGuestFirewall("gw-a", { ...guest, pair: pair({ name: "gw" }), node: "a", options: {} }),
  );
  expect(find(registered, RULES, "gw-a-rules").inputs).toEqual({
    ...guest,
    rules: [
      {
        type: "in",
        action: "ACCEPT",
        proto: "vrrp",
        source: "192.168.1.3",
        dest: "192.168.1.2",
        comment: "vrrp-agent:gw",
        enabled: true,
      },
    ],
  });
  expect(find(registered, OPTIONS, "gw-a-options").inputs).toMatchObject({ ...guest, inputPolicy: "ACCEPT" });
});

test.each([
  ["a node that the pair does not have", { node: "c" }, /no node 'c': give one of a, b/],
  ["a pair that is wrong", { pair: pair({ virtualRouterId: 300 }) }, /virtualRouterId.*from 1 to 255/s],
])("%s is refused", async (_, changes, message) => {
  await registeredBy(() => undefined);
  expect(() => pveGuestFirewall("gw-a", { ...guest, pair: pair(), node: "a", ...changes })).toThrow(message);
});
