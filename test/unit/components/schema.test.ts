import { Analyzer } from "@pulumi/pulumi/provider/experimental/analyzer";
import { generateSchema } from "@pulumi/pulumi/provider/experimental/schema";
import { join } from "node:path";

import * as components from "../../../components";

const root = join(__dirname, "..", "..", "..");
const names = Object.values(components)
  .filter((value) => typeof value === "function" && "__pulumiType" in value)
  .map((value) => value.name);

test("Pulumi infers a schema for every component, so that other languages stay possible", () => {
  const packageJson = { name: "pulumi-keepalived", version: "0.0.0", main: "components/index.ts" };
  const analyzer = new Analyzer(root, "pulumi-keepalived", packageJson, new Set(names));
  const { components: found, typeDefinitions, dependencies } = analyzer.analyze();
  const schema = generateSchema(
    "pulumi-keepalived",
    "0.0.0",
    "",
    found,
    typeDefinitions,
    dependencies,
    undefined,
  );
  expect(Object.keys(schema.resources).sort()).toEqual(
    names.map((n) => `pulumi-keepalived:index:${n}`).sort(),
  );
  expect(schema.resources["pulumi-keepalived:index:HaPair"]!.requiredInputs).toEqual(
    expect.arrayContaining(["nodes", "virtualRouterId", "virtualIpAddresses"]),
  );
  const { checks } = schema.resources["pulumi-keepalived:index:HaPair"]!.inputProperties!;
  expect(checks).toMatchObject({ items: { $ref: expect.stringContaining("CheckArgs") as string } });
  for (const component of ["HaPair", "KeepalivedInstance"]) {
    const inputs = Object.keys(schema.resources[`pulumi-keepalived:index:${component}`]!.inputProperties!);
    expect(inputs).toEqual(
      expect.arrayContaining([
        "garpMasterDelay",
        "notifyFault",
        "openPorts",
        "realtime",
        "bfd",
        "trackInterfaces",
        "startupDelay",
      ]),
    );
  }
});
