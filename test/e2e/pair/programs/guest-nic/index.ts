import * as pulumi from "@pulumi/pulumi";

import { PveGuestNic, PveGuestNicArgs } from "../../../../../components";

const config = new pulumi.Config();
const privateKey = config.requireSecret("privateKey");
const { connection, ...args } = config.requireObject<PveGuestNicArgs>("nic");

new PveGuestNic("gw", { ...args, connection: { ...(connection as object), privateKey } as never });
