import * as proxmoxve from "@muhlba91/pulumi-proxmoxve";
import * as pulumi from "@pulumi/pulumi";

import { CheckKind, PveGateway } from "../../components";

// Two clones of a cloud-init template, on the nodes pve1 and pve2 of a Proxmox VE cluster, and the pair on them: one `pulumi up`.
//
//   pulumi config set endpoint https://pve1.example.org:8006
//   pulumi config set --secret apiToken 'pulumi@pve!gateways=00000000-0000-0000-0000-000000000000'
//   pulumi config set --secret privateKey < ~/.ssh/id_ed25519       # logs in to the machines, and to the nodes' SSH
//   pulumi config set templateId 9000                               # an image with cloud-init, and a cloud-init drive
//   pvesm set local --content vztmpl,iso,backup,snippets            # on a node: the machines' host keys go there
//
// The firewall around the machines filters when the datacenter's is on: Datacenter > Firewall > Options.
const config = new pulumi.Config();
const privateKey = config.requireSecret("privateKey");

const provider = new proxmoxve.Provider("pve", {
  endpoint: config.require("endpoint"),
  apiToken: config.requireSecret("apiToken"),
  // For the file that gives a machine its SSH host key: Proxmox VE takes no such file by its API.
  ssh: { username: "root", privateKey },
});

const gateway = new PveGateway(
  "gw",
  {
    templateId: config.requireNumber("templateId"),
    templateNode: config.get("templateNode"),
    login: { privateKey },
    nodes: [
      { name: "gw-a", nodeName: "pve1", address: "192.168.1.2/24", gateway: "192.168.1.254" },
      { name: "gw-b", nodeName: "pve2", address: "192.168.1.3/24", gateway: "192.168.1.254" },
    ],
    startupOrder: 1,
    pair: {
      virtualRouterId: 51,
      virtualIpAddresses: ["192.168.1.1/24"],
      checks: [{ name: "uplink", kind: CheckKind.Network, targets: ["192.168.1.254"] }],
    },
  },
  { providers: [provider] },
);

export const { vmIds, macAddresses, addresses, virtualIpAddresses } = gateway;
