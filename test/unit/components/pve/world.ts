import type { Connection } from "../../../../engine/stand-ins/resource-command/connection";
import { wantOf } from "../../../../hypervisor/pve";
import type { NicWords } from "../../../../hypervisor";
import { PveStandIn, type PveOptions } from "../../../../lab/pve";
import type { Hardware } from "../../../../lab/pve/hardware";
import { httpsApi } from "../../../../components/pve/api";
import type { GatewayTools } from "../../../../components/pve/gateways";
import { AS_APPLIED, type NicInputs, type NicOutputs } from "../../../../components/pve/model";
import { NicProvider } from "../../../../components/pve/provider";
import { sessionOf } from "../../../../components/pve/reach";
import type { Access, PveApi } from "../../../../components/pve/transport";

export const TOKEN = {
  id: "pulumi@pve!nics",
  secret: "11111111-2222-3333-4444-555555555555",
  roles: { "/": "PVEAdmin" },
};

const FIREWALL = "[OPTIONS]\n\nenable: 1\n\n[RULES]\n\nIN SSH(ACCEPT) -source 10.0.0.0/8 -log nolog\n\n";

export const NET0 = {
  101: "virtio=BC:24:11:00:00:01,bridge=vmbr0,firewall=1,mtu=1400,queues=2,tag=7",
  102: "virtio=BC:24:11:00:00:02,bridge=vmbr0,firewall=1",
};

/** A pair of guests behind PVE's firewall, and a provider that reaches them through its API. */
export class World {
  readonly warnings: string[] = [];
  readonly informed: string[] = [];
  /** How often a PVE was connected to. */
  opened = 0;
  readonly provider: NicProvider;
  gateways: Omit<GatewayTools, "say"> = {};

  private constructor(
    readonly pve: PveStandIn,
    private readonly api: (access: Access<Connection>) => PveApi,
  ) {
    this.provider = new NicProvider(() => ({
      open: (inputs) =>
        sessionOf(inputs, {
          api: (access) => {
            this.opened += 1;
            return this.api(access);
          },
          warn: (text) => Promise.resolve(void this.warnings.push(text)),
          inform: (text) => Promise.resolve(void this.informed.push(text)),
          gateways: this.gateways,
        }),
    }));
  }

  static async start(
    options: Partial<PveOptions> = {},
    api: (access: Access<Connection>) => PveApi = (access) => httpsApi(access as never),
    hardware?: Hardware,
  ): Promise<World> {
    const vm = (id: 101 | 102, node: string) => ({
      id,
      node,
      kind: "qemu" as const,
      config: `cores: 2\nname: gw-${id}\nnet0: ${NET0[id]}\nnet1: e1000=BC:24:11:00:01:01,bridge=vmbr1\n`,
      firewall: FIREWALL,
      running: true,
    });
    const all = {
      nodes: ["pve1", "pve2"],
      guests: [vm(101, "pve1"), vm(102, "pve2")],
      clusterFirewall: "[OPTIONS]\n\nenable: 1\n",
      tokens: [TOKEN],
      ...options,
    };
    const pve = await PveStandIn.start(all, hardware);
    return new World(pve, api);
  }

  inputs(words: NicWords = {}, more: Partial<NicInputs> = {}): NicInputs {
    const nodes = [
      { node: "gw-a", id: 101, source: "192.0.2.1", peer: "192.0.2.2" },
      { node: "gw-b", id: 102, source: "192.0.2.2", peer: "192.0.2.1" },
    ];
    return {
      cluster: "gw",
      part: "widen",
      access: {
        "": {
          endpoint: this.pve.endpoint,
          token: `${TOKEN.id}=${TOKEN.secret}`,
          caCertificate: this.pve.certificates.authority,
        },
      },
      guests: nodes.map(({ node, id, source, peer }) => ({
        node,
        id,
        at: "",
        want: wantOf(
          {
            interface: "eth0",
            vrrp: [{ family: 4, source, peers: [peer] }],
            addresses: [source, "192.0.2.9"],
            virtualMac: false,
            also: [],
          },
          words,
        ),
      })),
      found: AS_APPLIED,
      ...more,
    };
  }

  /** As the engine goes: check, then create or update. */
  async up(news: NicInputs, olds?: NicOutputs): Promise<NicOutputs> {
    const { inputs, failures } = await this.provider.check(olds ?? {}, plain(news));
    if (failures) throw new Error(failures.map(({ reason }) => reason).join("\n"));
    const checked = inputs as unknown as NicInputs;
    if (olds === undefined) return plain((await this.provider.create(checked)).outs);
    if (!(await this.provider.diff("id", olds, checked)).changes) return olds;
    return plain((await this.provider.update("id", olds, checked)).outs);
  }

  texts(): string[] {
    const there = [101, 102].filter((id) => this.pve.store.find(id));
    return there.flatMap((id) => [this.pve.config(id), this.pve.firewall(id)]);
  }

  writes(): string[] {
    return this.pve.requests
      .filter(({ method }) => method !== "GET")
      .map(({ method, path }) => `${method} ${path}`);
  }
}

/** Through the engine everything is JSON. */
export function plain<T>(value: T): never {
  return JSON.parse(JSON.stringify(value)) as never;
}
