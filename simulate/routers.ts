import { type SimulatedInstance, type SimulatedNode, type VirtualRouter, routerName } from "./node";

/** A virtual router as it is shown. */
export interface NamedRouter extends VirtualRouter {
  /** `51/IPv4`; where a node has that id on several interfaces, with the instance's name: `51/IPv4 gw`. */
  name: string;
}

/** An instance on its node. */
interface Seat {
  node: string;
  config: SimulatedInstance;
}

type Sign = (one: Seat, other: Seat) => boolean;

const sendsTo: Sign = ({ config: one }, { config: other }) =>
  !one.multicast && other.unicastSrcIp !== undefined && one.unicastPeers.includes(other.unicastSrcIp);

/** What says that instances of two nodes are one virtual router, the surest first: names can be anything. */
const SIGNS: readonly Sign[] = [
  (one, other) =>
    one.config.virtualIpAddresses.some(({ address }) =>
      other.config.virtualIpAddresses.some((vip) => vip.address === address),
    ),
  (one, other) => sendsTo(one, other) || sendsTo(other, one),
  (one, other) => one.config.interface !== undefined && one.config.interface === other.config.interface,
  (one, other) => one.config.name === other.config.name,
];

/** The virtual routers of nodes. An id is one, unless a node has it more than once: then it is one on each interface. */
export class Routers {
  /** By family and id. */
  readonly all: readonly NamedRouter[];
  private readonly byId = new Map<string, Seat[][]>();

  constructor(nodes: readonly SimulatedNode[]) {
    for (const node of nodes) {
      const ids = new Set(node.instances.map(routerName));
      for (const id of ids) this.seat(id, node);
    }
    const found = [...this.byId].flatMap(([id, routers]) =>
      routers.map((seats, place) => {
        const { family, virtualRouterId } = seats[0]!.config;
        return { family, virtualRouterId, name: this.nameOf(id, place) };
      }),
    );
    this.all = found.sort((a, b) => a.family - b.family || a.virtualRouterId - b.virtualRouterId);
  }

  /** The name of the virtual router of an instance, which a reload may have brought. */
  of(node: string, config: SimulatedInstance): string {
    const id = routerName(config);
    const routers = this.byId.get(id) ?? [];
    const isOwn = (is: (one: SimulatedInstance) => boolean) =>
      routers.findIndex((seats) => seats.some((one) => one.node === node && is(one.config)));
    const own = [isOwn((one) => one === config), isOwn(({ name }) => name === config.name)];
    const seat = { node, config };
    const places = [
      ...own,
      ...SIGNS.map((sign) => routers.findIndex((seats) => seats.some((one) => sign(one, seat)))),
    ];
    const place = places.find((one) => one >= 0);
    return place === undefined ? id : this.nameOf(id, place);
  }

  /** Finds the virtual routers of a node's instances of one id among those of the former nodes. */
  private seat(id: string, { name: node, instances }: SimulatedNode): void {
    const routers = this.byId.get(id) ?? [];
    this.byId.set(id, routers);
    let left: Seat[] = instances
      .filter((config) => routerName(config) === id)
      .map((config) => ({ node, config }));
    for (const sign of SIGNS) {
      left = left.filter((seat) => {
        const router = routers.find(
          (seats) => seats.every((one) => one.node !== node) && seats.some((one) => sign(one, seat)),
        );
        router?.push(seat);
        return router === undefined;
      });
    }
    routers.push(...left.map((seat) => [seat]));
  }

  private nameOf(id: string, place: number): string {
    const names = this.byId.get(id)!.map(([first]) => first!.config.name);
    if (names.length === 1) return id;
    return new Set(names).size === names.length ? `${id} ${names[place]!}` : `${id} #${place + 1}`;
  }
}
