import * as pulumi from "@pulumi/pulumi";

import { HaPair, haPairFromConfig } from "./components";

const args = haPairFromConfig(new pulumi.Config());
const pair = new HaPair(args.name, args);

export const virtualIpAddresses = pair.virtualIpAddresses;
/** Who becomes master under the main faults, and for how long nobody is. */
export const simulation = pair.simulation;
/** Node -> version of keepalived. */
export const keepalivedVersions = pair.keepalivedVersions;
