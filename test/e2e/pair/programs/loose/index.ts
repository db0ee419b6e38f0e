import * as pulumi from "@pulumi/pulumi";

import { KeepalivedInstance, KeepalivedInstanceArgs } from "../../../../../components";

type Instance = KeepalivedInstanceArgs & { name: string };

const config = new pulumi.Config();
const privateKey = config.requireSecret("privateKey");

for (const { name, connection, ...args } of config.requireObject<Instance[]>("instances")) {
  new KeepalivedInstance(name, { ...args, connection: { ...connection, privateKey } });
}
