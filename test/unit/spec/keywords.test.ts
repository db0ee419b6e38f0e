import { sinceOf } from "../../../spec";

it("knows the first version of a word by the block that it stands in", () => {
  expect(sinceOf("vrrp_instance", "unicast_ttl")).toBe("2.1.0");
  expect(sinceOf("global_defs", "unicast_ttl")).toBeUndefined();
  expect(sinceOf("global_defs", "bfd_cpu_affinity")).toBe("2.0.17");
});

it("says nothing of words that are as old as keepalived, or none of its own", () => {
  expect(sinceOf("vrrp_instance", "priority")).toBeUndefined();
  expect(sinceOf("vrrp_instance", "constructor")).toBeUndefined();
  expect(sinceOf("constructor", "name")).toBeUndefined();
});
