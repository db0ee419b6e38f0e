import * as fc from "fast-check";
import { parseNet, printNet } from "../../../../hypervisor/pve/net";
it("gives back any text that it reads", () => {
  fc.assert(
    fc.property(
      fc.constantFrom("qemu" as const, "lxc" as const),
      fc.string(),
      (kind, text) => printNet(parseNet(kind, text)) === text,
    ),
  );
});
