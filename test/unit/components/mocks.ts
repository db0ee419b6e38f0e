import * as pulumi from "@pulumi/pulumi";
import type { HaPairArgs } from "../../../components";

/** A resource that a program registered. */
export interface Registered {
  type: string;
  name: string;
  inputs: Record<string, unknown>;
  /** What makes it, where that is said. */
  provider?: string;
}

export const HOST_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJV8C0wZ8bBqRVPsxSfZbVDbTCk4vIGR7cfTj0X7LZ0x";

/**
 * Runs a program against Pulumi's mocks and gives what it registered, once nothing is under way any more. `stdout`: what the
 * commands print; `made`: what a resource has once it is there.
 */
export async function registeredBy(
  program: () => void,
  stdout: (name: string) => pulumi.Input<string> = () => "",
  made: (resource: Registered) => { id?: string; state?: Record<string, unknown> } = () => ({}),
): Promise<Registered[]> {
  const registered: Registered[] = [];
  await pulumi.runtime.setMocks({
    newResource: ({ type, name, inputs, provider }) => {
      const resource = { type, name, inputs: inputs as Record<string, unknown>, provider };
      registered.push(resource);
      const { id = name, state } = made(resource);
      return {
        id,
        state: { ...inputs, stdout: stdout(name), stderr: "", ...state } as Record<string, unknown>,
      };
    },
    call: () => ({}),
  });
  program();
  await pulumi.runtime.disconnect();
  return registered;
}

/** The one resource of that type and name. */
export function find(registered: Registered[], type: string, name: string): Registered {
  const found = registered.find((r) => r.type === type && r.name === name);
  if (found === undefined) {
    throw new Error(
      `no ${type} ${name}; there are ${registered.map((r) => `${r.type} ${r.name}`).join(", ")}`,
    );
  }
  return found;
}

/** What is in a secret as the engine gets it; throws when it is none. */
export function secretValue(value: unknown): string {
  const secret = value as { value: string } & Record<string, string>;
  expect(secret[pulumi.runtime.specialSigKey]).toBe(pulumi.runtime.specialSecretSig);
  return secret.value;
}

/** Everything that is registered outside a secret, as text. */
export function visible(registered: Registered[]): string {
  return JSON.stringify(registered, (_key, value: unknown) =>
    value !== null && typeof value === "object" && pulumi.runtime.specialSigKey in value ? "[secret]" : value,
  );
}

/** A pair of two nodes that lacks nothing. */
export function pair(changes: Partial<HaPairArgs> = {}): HaPairArgs {
  const node = (name: string, address: string) => ({
    name,
    connection: { host: address, privateKey: "PRIVATE", hostKey: HOST_KEY },
    interface: "eth0",
    unicastSrcIp: address,
  });
  return {
    virtualRouterId: 51,
    virtualIpAddresses: ["192.168.1.1/24"],
    nodes: [node("a", "192.168.1.2"), node("b", "192.168.1.3")],
    ...changes,
  };
}
