import * as pulumi from "@pulumi/pulumi";

import { CheckKind, HaPair, Preemption, WireGuardTunnel, WitnessArgs } from "../../components";

// Site A has a public address, site B is behind NAT. From nothing, one `pulumi up` makes the tunnel (each host makes its own
// key) and the pair inside it; the machines of both LANs reach the address through the node of their site.
//
//   pulumi config set hostA a.example.org        # where SSH and WireGuard reach site A
//   pulumi config set hostB b.example.org        # where SSH reaches site B
//   pulumi config set hostKeyA "$(ssh-keyscan -t ed25519 a.example.org | cut -d' ' -f2-)"    # compare it first
//   pulumi config set hostKeyB ...
//   pulumi config set --secret privateKey < ~/.ssh/id_ed25519
//   pulumi config set uplinkTarget 192.0.2.254   # answers ping wherever a site is not cut off
//   pulumi config set --path 'witness.endpoints[0]' https://etcd.example.org:2379    # a third place: never do both sites hold
//   pulumi config set keyNumber 2                # later: new keys for both ends
const config = new pulumi.Config();
const privateKey = config.requireSecret("privateKey");
const keyNumber = config.getNumber("keyNumber");
const witness = config.getObject<WitnessArgs>("witness");
const vip = "10.99.0.100/32";

const a = {
  name: "site-a",
  connection: { host: config.require("hostA"), hostKey: config.require("hostKeyA"), privateKey },
};
const b = {
  name: "site-b",
  connection: { host: config.require("hostB"), hostKey: config.require("hostKeyB"), privateKey },
};

const tunnel = new WireGuardTunnel("sites", {
  virtualIpAddresses: [vip],
  nodes: [
    {
      ...a,
      addresses: ["10.99.0.1/24"],
      endpoint: config.get("endpointA") ?? config.require("hostA"),
      subnets: [config.get("lanA") ?? "192.168.10.0/24"],
      keyNumber,
    },
    {
      ...b,
      addresses: ["10.99.0.2/24"],
      subnets: [config.get("lanB") ?? "192.168.20.0/24"],
      keyNumber,
    },
  ],
});

const pair = new HaPair(
  "service",
  {
    virtualRouterId: 52,
    virtualIpAddresses: [vip],
    // Nobody asks for it by ARP inside a tunnel: AllowedIPs lead to it.
    vipOffLink: true,
    preemption: Preemption.Sticky,
    nodes: [
      { ...a, interface: "wg0", unicastSrcIp: "10.99.0.1" },
      { ...b, interface: "wg0", unicastSrcIp: "10.99.0.2" },
    ],
    checks: [
      {
        name: "uplink",
        kind: CheckKind.Network,
        targets: [config.require("uplinkTarget")],
        interval: 1,
        // The uplink is back before the tunnel is, which may take a handshake (5 s and a little). Until it has heard its peer, a
        // node that was cut off stays the lesser one: it does not take the address back.
        rise: 10,
      },
    ],
    witness,
  },
  { dependsOn: tunnel },
);

export const publicKeys = tunnel.publicKeys;
export const virtualIpAddresses = pair.virtualIpAddresses;
