import * as pulumi from "@pulumi/pulumi";

import { HaPair, haPairFromConfig } from "./components";

const args = haPairFromConfig(new pulumi.Config());
const pair = new HaPair(args.name, args);

export const virtualIpAddresses = pair.virtualIpAddresses;
