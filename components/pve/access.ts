import * as pulumi from "@pulumi/pulumi";

import { checkPveToken } from "../../spec";
import type { HypervisorAccessArgs } from "../args";
import { SpecError } from "../specError";
import { CommandConnection, connectionTo } from "../ssh";
import type { Access } from "./transport";

/** Whether anything is said of how it is reached. */
export function hasAccess({ connection, endpoint, token }: HypervisorAccessArgs): boolean {
  return [connection, endpoint, token].some((one) => one !== undefined);
}

/** How a Proxmox VE is reached, checked when it is known, as a secret. */
export function accessTo(
  name: string,
  { connection, endpoint, token, caCertificate, insecure }: HypervisorAccessArgs,
): pulumi.Output<Access<CommandConnection>> {
  if (connection !== undefined) return pulumi.secret({ connection: connectionTo(connection) });
  return pulumi.secret(
    pulumi
      .all([endpoint, token, caCertificate, insecure])
      .apply(([address = "", secret = "", authority, anybody]) => {
        const problems = checkPveToken(secret);
        if (problems.length > 0) throw new SpecError(`token of ${name}`, problems);
        return {
          endpoint: address,
          token: secret,
          ...(authority !== undefined && { caCertificate: authority }),
          ...(anybody !== undefined && { insecure: anybody }),
        };
      }),
  );
}
