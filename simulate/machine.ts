import { drainWeight } from "../spec/drain";
import { WITNESS_CHECK } from "../spec/names";
import { type Check, Process, Script } from "./check";
import type { Clock, Timer } from "./clock";
import { LeaseGate, PingGate, Voter, type Witness } from "./gate";
import { Group } from "./group";
import { Instance, type Surroundings } from "./instance";
import type { Advert, SimulatedInstance, SimulatedNode } from "./node";
import { microseconds } from "./timing";
import type { Word } from "./votes";

/** Where a machine's frames go, and who looks on. */
export interface World {
  clock: Clock;
  /** The virtual router of a node's instance. */
  routerOf(node: string, config: SimulatedInstance): string;
  send(from: Machine, instance: Instance, advert: Advert): void;
  changed(): void;
  /** All machines, and the third place. */
  machines: readonly Machine[];
  witness: Witness;
}

/** What one keepalived process knows. */
interface Daemon {
  instances: Instance[];
  checks: Check[];
}

/** What can be shut between a machine and the others. */
type Way = "sends" | "receives" | "passesVrrp" | "reachesPeers" | "reachesWitness";

/** One node: power, cable, the way behind the cable, keepalived, and what its checks test. */
export class Machine {
  isOn = true;
  hasCarrier = true;
  /** Frames pass from it, to it, and VRRP among them. */
  sends = true;
  receives = true;
  passesVrrp = true;
  /** The others, and the witness, are reached when nothing of the above is in the way; clients are all the same. */
  reachesPeers = true;
  reachesWitness = true;
  isDrained = false;
  /** Checks whose subject is broken. */
  readonly broken = new Set<string>();
  /** Virtual routers whose addresses a dead daemon left on the interface. */
  readonly leftover = new Set<string>();

  private daemon?: Daemon;
  private voter?: Voter;
  private restart?: Timer;
  private delayedUntil = 0;

  constructor(
    readonly node: SimulatedNode,
    private readonly world: World,
    /** Its place among all machines. */
    private readonly rank: number,
  ) {}

  get name(): string {
    return this.node.name;
  }

  get instances(): readonly Instance[] {
    return this.daemon?.instances ?? [];
  }

  get isRunning(): boolean {
    return this.daemon !== undefined;
  }

  /** Whether a client on the network reaches it and gets an answer. */
  get isReachable(): boolean {
    return this.isOn && this.hasCarrier && this.sends && this.receives;
  }

  /** Virtual routers whose addresses are on its interface. */
  get held(): Set<string> {
    const own = this.instances.filter(({ hasAddresses }) => hasAddresses);
    return new Set([...this.leftover, ...own.map(({ router }) => router)]);
  }

  /** Starts keepalived, as the init system does; nothing to do where it runs. */
  start(): void {
    if (!this.isOn || this.daemon !== undefined) return;
    this.world.clock.cancel(this.restart);
    const { now } = this.world.clock;
    this.delayedUntil = now + Math.round((this.node.startupDelay ?? 0) * 1e6);
    // It removes what another one left on the interface.
    this.leftover.clear();
    this.voter ??= this.newVoter();
    this.daemon = this.load();
    for (const check of this.daemon.checks) check.start();
    this.begin(this.daemon, (instance) => instance.start());
    this.world.changed();
  }

  /** Stops keepalived in order. */
  stop(): void {
    this.world.clock.cancel(this.restart);
    if (this.daemon === undefined) return;
    this.end(true);
    this.voter?.resign();
  }

  /** Kills all of keepalived's processes. */
  kill(): void {
    if (this.daemon === undefined) return;
    const { restartAfter } = this.node;
    const held = this.held;
    this.end(false);
    if (restartAfter === undefined) {
      for (const router of held) this.leftover.add(router);
      if (this.voter !== undefined) this.world.clock.at(this.voter.lentUntil, () => this.lose());
    } else {
      this.voter?.resign();
      const at = this.world.clock.now + Math.round(restartAfter * 1e6);
      this.restart = this.world.clock.at(at, () => this.start());
    }
    this.world.changed();
  }

  /** Has keepalived read its config again; `instances` where that is another one. */
  reload(instances: readonly SimulatedInstance[] = this.node.instances): void {
    const former = this.daemon;
    if (former === undefined) return;
    for (const instance of former.instances) {
      if (instance.state === "MASTER") this.send(instance, instance.effective);
    }
    this.node.instances = [...instances];
    const daemon = this.load();
    for (const check of former.checks) check.stop();
    const pairs = daemon.instances.map(
      (instance) => [instance, former.instances.find((old) => isSame(old, instance))] as const,
    );
    for (const old of former.instances) {
      if (pairs.some(([, kept]) => kept === old)) old.release();
      else old.stop(true);
    }
    this.daemon = daemon;
    for (const check of daemon.checks) check.start(former.checks.find(({ name }) => name === check.name));
    const states = new Map(pairs);
    this.begin(daemon, (instance) => {
      const old = states.get(instance);
      if (old === undefined) instance.start();
      else instance.resume(old);
    });
    this.world.changed();
  }

  powerOff(): void {
    this.world.clock.cancel(this.restart);
    this.end(false);
    this.leftover.clear();
    this.voter = undefined;
    this.isOn = false;
    this.world.changed();
  }

  boot(): void {
    if (this.isOn) return;
    this.isOn = true;
    this.start();
    this.world.changed();
  }

  setCarrier(hasCarrier: boolean): void {
    if (this.hasCarrier === hasCarrier) return;
    this.hasCarrier = hasCarrier;
    for (const instance of this.instances) {
      if (hasCarrier) instance.recover();
      else instance.fail();
    }
    this.world.changed();
  }

  /** Opens and closes the way between it and the others, which it does not notice. */
  setWay(way: Partial<Pick<Machine, Way>>): void {
    Object.assign(this, way);
    this.world.changed();
  }

  setCheck(name: string, isWell: boolean): void {
    if (isWell) this.broken.delete(name);
    else this.broken.add(name);
    for (const check of this.daemon?.checks ?? []) if (check.name === name) check.truthChanged();
  }

  setDrain(isDrained: boolean): void {
    if (this.isDrained === isDrained) return;
    this.isDrained = isDrained;
    for (const instance of this.instances) {
      const weight = this.drainOf(instance);
      if (weight === undefined) continue;
      if (weight !== 0) instance.addWeight(isDrained ? weight : -weight);
      else if (isDrained) instance.fail();
      else instance.recover();
    }
  }

  /** Names of the checks of its instances. */
  get checkNames(): string[] {
    const names = this.node.instances.flatMap(({ trackScripts, trackProcesses }) =>
      [...trackScripts, ...trackProcesses].map(({ name }) => name),
    );
    return [...new Set(names)];
  }

  /** Whether adverts of others reach its keepalived. */
  get hearsVrrp(): boolean {
    return this.isOn && this.hasCarrier && this.receives && this.passesVrrp && this.reachesPeers;
  }

  /** What it tells its peer; nothing where an echo does not come back. */
  answer(to: Machine): Word[] | undefined {
    const isReached = [this, to].every((one) => one.isReachable && one.reachesPeers);
    return isReached ? (this.voter?.tells() ?? []) : undefined;
  }

  /** An advert has reached its interface. */
  hear(advert: Advert): void {
    const sameId = this.instances.filter(
      ({ config }) =>
        config.virtualRouterId === advert.virtualRouterId &&
        config.family === advert.family &&
        // A socket takes only what is sent its way.
        config.multicast === advert.multicast,
    );
    const isSame = ({ router }: Instance) => router === advert.router;
    const sentTo = sameId.filter(({ source }) => source !== undefined && advert.to.includes(source));
    const unicast =
      sentTo.find(isSame) ?? sentTo[0] ?? sameId.find((one) => one.source === undefined && isSame(one));
    const sameRouter = advert.multicast ? sameId.find(isSame) : unicast;
    if (sameRouter === undefined) return;
    if (accepts(sameRouter, advert)) sameRouter.hear(advert);
    else sameRouter.refuse();
  }

  /** What a drain does to an instance: a weight, 0 for FAULT, or nothing. */
  private drainOf(instance: Instance): number | undefined {
    const weight = drainWeight(instance.config);
    return weight !== 0 && !this.countsWeights(instance) ? undefined : weight;
  }

  private countsWeights({ config }: Instance): boolean {
    const isTied = this.groups.some((names) => names.includes(config.name));
    return !isTied || this.node.syncGroupTrackingWeight !== false;
  }

  /** keepalived drops a group of one. */
  private get groups(): (readonly string[])[] {
    return (this.node.syncGroups ?? []).filter((names) => names.length > 1);
  }

  private load(): Daemon {
    const around: Surroundings = {
      clock: this.world.clock,
      delayedUntil: this.delayedUntil,
      rank: this.rank,
      listensEarly: this.node.keepalived !== "2.4",
      send: (instance, priority) => this.send(instance, priority),
      changed: () => this.world.changed(),
    };
    const instances = this.node.instances.map(
      (config) => new Instance(config, around, this.world.routerOf(this.name, config)),
    );
    for (const names of this.groups) new Group(instances.filter(({ config }) => names.includes(config.name)));
    return { instances, checks: this.checksOf(instances) };
  }

  private checksOf(instances: readonly Instance[]): Check[] {
    const byName = new Map<string, Check>();
    const { clock } = this.world;
    for (const { config } of instances) {
      for (const script of config.trackScripts) {
        // What the witness's own check finds, its rounds say.
        if (byName.has(script.name) || (this.node.witness !== undefined && script.name === WITNESS_CHECK))
          continue;
        const tracking = this.trackers(instances, script, "trackScripts");
        if (tracking.length === 0) continue;
        byName.set(script.name, new Script(script, clock, tracking, () => !this.broken.has(script.name)));
      }
      for (const process of config.trackProcesses) {
        if (byName.has(process.name)) continue;
        const tracking = this.trackers(instances, process, "trackProcesses");
        if (tracking.length === 0) continue;
        byName.set(process.name, new Process(process, clock, tracking, () => !this.broken.has(process.name)));
      }
    }
    return [...byName.values(), ...this.gates(instances)];
  }

  /** The check that a witness makes. */
  private gates(instances: readonly Instance[]): Check[] {
    const { clock } = this.world;
    if (this.voter !== undefined) return [new LeaseGate(clock, instances, this.voter)];
    if (this.node.witness === undefined) return [];
    const answers = () =>
      this.thirdPlace !== undefined || this.others.some((other) => other.answer(this) !== undefined);
    return [new PingGate(clock, instances, answers)];
  }

  private get others(): Machine[] {
    return this.world.machines.filter((other) => other !== this);
  }

  /** The third place, where it answers. */
  private get thirdPlace(): Witness | undefined {
    return this.isReachable && this.reachesWitness ? this.world.witness : undefined;
  }

  private newVoter(): Voter | undefined {
    const { witness } = this.node;
    const [peer] = this.others;
    if (witness?.kind !== "lease" || peer === undefined) return undefined;
    return new Voter(witness, {
      clock: this.world.clock,
      name: this.name,
      peer: peer.name,
      hear: () => peer.answer(this) ?? [],
      witness: () => this.thirdPlace,
      look: () => {
        const failing = (this.daemon?.checks ?? []).filter(
          ({ name, passes }) => name !== WITNESS_CHECK && passes === false,
        );
        const isFit = this.hasCarrier && !failing.some(({ weight }) => weight === 0);
        const isWell = isFit && failing.length === 0 && !this.isDrained;
        return { isFit, isWell, hasAddresses: this.held.size > 0 };
      },
    });
  }

  /** The kernel takes away what a dead daemon left, where a round had lent it. */
  private lose(): void {
    if (this.daemon !== undefined) return;
    this.leftover.clear();
    this.world.changed();
  }

  /** The instances for which a check counts. */
  private trackers(
    instances: readonly Instance[],
    check: { name: string; weight: number },
    list: "trackScripts" | "trackProcesses",
  ): Instance[] {
    return instances.filter(
      (one) =>
        one.config[list].some(({ name }) => name === check.name) &&
        (check.weight === 0 || this.countsWeights(one)),
    );
  }

  /** Gives the instances what is known at the start, and starts them. */
  private begin({ instances }: Daemon, start: (instance: Instance) => void): void {
    for (const instance of instances) {
      if (!this.hasCarrier) instance.faults++;
      if (!this.isDrained) continue;
      const weight = this.drainOf(instance);
      if (weight === 0) instance.faults++;
      else instance.total += weight ?? 0;
    }
    for (const instance of instances) instance.applyWeights();
    const groups = new Set(instances.flatMap(({ group }) => (group === undefined ? [] : [group])));
    for (const group of groups) group.start();
    for (const instance of instances) start(instance);
    for (const group of groups) group.resume();
  }

  private end(goodbye: boolean): void {
    const { daemon } = this;
    if (daemon === undefined) return;
    for (const check of daemon.checks) check.stop();
    for (const instance of daemon.instances) instance.stop(goodbye);
    this.daemon = undefined;
    this.world.changed();
  }

  private send(instance: Instance, priority: number): void {
    const { config, source } = instance;
    this.world.send(this, instance, {
      family: config.family,
      virtualRouterId: config.virtualRouterId,
      router: instance.router,
      version: config.version,
      priority,
      advertInt: microseconds(config).advert,
      source,
      rank: this.rank,
      multicast: config.multicast,
      to: config.unicastPeers,
      authPass: password(config),
      addresses: addresses(config),
    });
  }
}

/** Whether a reload takes an instance for the same one: everything else of it may differ. */
function isSame({ config: old }: Instance, { config }: Instance): boolean {
  return (
    old.name === config.name &&
    old.virtualRouterId === config.virtualRouterId &&
    old.family === config.family &&
    old.multicast === config.multicast &&
    (config.multicast || old.unicastSrcIp === config.unicastSrcIp)
  );
}

/** Whether keepalived up to 2.3.2 accepts an advert; later ones only log another list of addresses. */
function accepts({ config }: Instance, advert: Advert): boolean {
  return (
    config.version === advert.version &&
    (config.version === 3 || microseconds(config).advert === advert.advertInt) &&
    password(config) === advert.authPass &&
    addresses(config) === advert.addresses
  );
}

/** Version 3 has no password, and version 2 sends eight characters. */
function password({ version, authPass }: SimulatedInstance): string | undefined {
  return version === 2 ? authPass?.slice(0, 8) : undefined;
}

function addresses({ virtualIpAddresses }: SimulatedInstance): string {
  return virtualIpAddresses
    .map(({ address }) => address)
    .sort()
    .join(" ");
}
