/** A public key in authorized_keys format. */
export const HOST_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f";

/** A node of a compliant cluster: 192.168.1.N. */
export function nodeInput(name: string, n: number) {
  return {
    name,
    connection: { host: `10.0.0.${n}`, privateKey: "KEY-OF-THE-NODE", hostKey: HOST_KEY },
    interface: "eth0",
    unicastSrcIp: `192.168.1.${n}`,
  };
}

/** A compliant cluster; `change` replaces what a case is about. */
export function clusterInput(change: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    name: "gw",
    nodes: [nodeInput("gw-a", 2), nodeInput("gw-b", 3)],
    virtualRouterId: 51,
    virtualIpAddresses: ["192.168.1.1/24"],
    ...change,
  };
}

/** The same with both families. */
export function mixedInput(change: Record<string, unknown> = {}): Record<string, unknown> {
  return clusterInput({
    nodes: [
      { ...nodeInput("gw-a", 2), unicastSrcIp6: "2001:db8::2" },
      { ...nodeInput("gw-b", 3), unicastSrcIp6: "2001:db8::3" },
    ],
    virtualIpAddresses: ["192.168.1.1/24", "2001:DB8::1/64"],
    ...change,
  });
}
