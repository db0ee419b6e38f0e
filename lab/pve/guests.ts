import { badParameters, failed } from "./errors";
import { isNic, jsonOf, optionOf } from "./guestOptions";
import { type GuestText, parsePendingDelete, printPendingDelete } from "./guestText";
import { type Hardware, hookscriptProblem } from "./hardware";
import { readNic } from "./nic";
import type { Place, Store } from "./store";
import type { Task } from "./tasks";

/** A setting as the API's `pending` lists it. */
export interface PendingItem {
  key: string;
  value?: string | number;
  pending?: string | number;
  /** 1: goes; 2: goes by force. */
  delete?: 1 | 2;
}

const label = ({ kind }: Place) => (kind === "qemu" ? "VM" : "CT");

/** Guests as their files have them, and which of them run. */
export class Guests {
  /** Ids of those that run, and since when. */
  readonly running = new Map<number, number>();

  constructor(
    private readonly store: Store,
    readonly hardware: Hardware,
  ) {}

  /** Configuration as `config` gives it: what is pending counts, unless `current`. */
  config(place: Place, current: boolean, snapshot?: string): Record<string, unknown> {
    const guest = this.store.loadGuest(place);
    let { values, raw } = guest.main;
    if (snapshot !== undefined) {
      const found = guest.snapshots.get(snapshot);
      if (!found) throw failed(`snapshot '${snapshot}' does not exist`);
      ({ values, raw } = found);
    } else if (!current) {
      const gone = parsePendingDelete(guest.pending.values.get("delete"));
      values = new Map([...values, ...guest.pending.values]);
      for (const key of ["delete", ...gone.keys()]) values.delete(key);
    }
    const entries = [...values].map(([key, value]): [string, unknown] => [
      key,
      jsonOf(place.kind, key, value),
    ]);
    const config: Record<string, unknown> = { ...Object.fromEntries(entries), digest: guest.digest };
    if (config.cipassword) config.cipassword = "**********";
    if (raw.length > 0) config.lxc = raw;
    return config;
  }

  pending(place: Place): PendingItem[] {
    const { main, pending, digest } = this.store.loadGuest(place);
    const gone = parsePendingDelete(pending.values.get("delete"));
    const json = (key: string, value: string | undefined) =>
      value === undefined ? undefined : jsonOf(place.kind, key, value);
    const keys = new Set([...main.values.keys(), ...pending.values.keys(), ...gone.keys()]);
    keys.delete("delete");
    const items = [...keys].sort().map((key): PendingItem => {
      const value = json(key, main.values.get(key));
      const next = json(key, pending.values.get(key));
      return {
        key,
        ...(value === undefined ? {} : { value }),
        ...(next === undefined ? {} : { pending: next }),
        ...(gone.has(key) ? { delete: gone.get(key) ? (2 as const) : (1 as const) } : {}),
      };
    });
    return [...items, { key: "digest", value: digest }];
  }

  assertUnlocked(place: Place, guest: GuestText): void {
    const lock = guest.main.values.get("lock");
    if (lock) throw failed(`${label(place)} is locked (${lock})`);
  }

  /**
   * Sets, deletes and reverts settings: they become pending, and come into force as far as they can while the guest
   * runs, all of them while it does not.
   */
  async change(
    place: Place,
    guest: GuestText,
    change: { set: Map<string, string>; delete: string[]; revert: string[]; force: boolean },
    warn: (line: string) => void,
  ): Promise<void> {
    const { main, pending } = guest;
    const touched = new Set<string>();
    const gone = parsePendingDelete(pending.values.get("delete"));
    for (const key of change.revert) {
      pending.values.delete(key);
      gone.delete(key);
    }
    for (const key of change.delete) {
      if (!main.values.has(key) && !pending.values.has(key)) {
        warn(`cannot delete '${key}' - not set in current configuration!`);
        continue;
      }
      if (place.kind === "lxc" && ["memory", "rootfs", "ostype"].includes(key))
        throw failed(`unable to delete required option '${key}'`);
      if (place.kind === "lxc" && key === "unprivileged")
        throw failed(`unable to delete read-only option: '${key}'`);
      pending.values.delete(key);
      gone.set(key, change.force);
      touched.add(key);
    }
    for (const [key, value] of change.set) {
      if (place.kind === "lxc" && key === "unprivileged")
        throw failed(`unable to modify read-only option: '${key}'`);
      if (place.kind === "lxc" && key === "hookscript") {
        const problem = hookscriptProblem(this.hardware, place.node, value);
        if (problem) throw failed(problem);
      }
      pending.values.set(key, value);
      gone.delete(key);
      touched.add(key);
    }
    for (const [key, value] of pending.values) if (main.values.get(key) === value) pending.values.delete(key);
    for (const key of gone.keys()) if (!main.values.has(key)) gone.delete(key);
    const keepGone = () => {
      if (gone.size > 0) pending.values.set("delete", printPendingDelete(gone));
      else pending.values.delete("delete");
    };
    keepGone();
    if (!this.running.has(place.id)) this.apply(guest);
    else {
      for (const key of [...gone.keys()].filter((one) => touched.has(one))) {
        if (!(await this.unplug(place, guest, key))) continue;
        main.values.delete(key);
        gone.delete(key);
      }
      keepGone();
      for (const [key, value] of [...pending.values]) {
        const atOnce = optionOf(place.kind, key)?.atOnce ?? false;
        if (key === "delete" || !(touched.has(key) || atOnce)) continue;
        if (!atOnce && !(await this.plug(place, guest, key, value))) continue;
        main.values.set(key, value);
        pending.values.delete(key);
      }
    }
    this.store.saveGuest(place, guest);
  }

  /** All that is pending comes into force, as at a start or a stop. */
  private apply(guest: GuestText): void {
    for (const key of parsePendingDelete(guest.pending.values.get("delete")).keys())
      guest.main.values.delete(key);
    guest.pending.values.delete("delete");
    for (const [key, value] of guest.pending.values) guest.main.values.set(key, value);
    guest.pending.values.clear();
  }

  private hotplugs(place: Place, guest: GuestText): boolean {
    if (place.kind === "lxc") return true;
    const hotplug = guest.main.values.get("hotplug") ?? "1";
    return hotplug === "1" || hotplug.split(/[,; ]/).includes("network");
  }

  /** Whether a setting could be taken from a guest that runs. */
  private async unplug(place: Place, guest: GuestText, key: string): Promise<boolean> {
    if (optionOf(place.kind, key)?.atOnce) return true;
    if (!isNic(key) || !this.hotplugs(place, guest)) return false;
    await this.hardware.replug(place.id, key, {});
    return true;
  }

  /** Whether a setting could be put into force in a guest that runs; a NIC's tap is replugged where it has to be. */
  private async plug(place: Place, guest: GuestText, key: string, value: string): Promise<boolean> {
    if (["cpuunits", "cpulimit", ...(place.kind === "lxc" ? ["memory", "swap"] : [])].includes(key))
      return true;
    if (!isNic(key)) return false;
    const now = readNic(place.kind, value);
    const old = guest.main.values.get(key);
    const before = old === undefined ? {} : readNic(place.kind, old);
    const differs = (keys: string[]) => keys.some((one) => before[one] !== now[one]);
    const device = place.kind === "qemu" ? ["model", "macaddr", "queues", "mtu"] : ["hwaddr", "name"];
    if (old === undefined || differs(device) || !now.bridge || !before.bridge) {
      if (!this.hotplugs(place, guest)) return false;
      await this.hardware.replug(place.id, key, now);
    } else if (differs(["bridge", "tag", "trunks", "firewall", "link_down"])) {
      await this.hardware.replug(place.id, key, now);
    }
    return true;
  }

  /** The value of `hookscript` and one phase of it. */
  private async hook(place: Place, guest: GuestText, phase: string, task?: Task): Promise<void> {
    const volume = guest.main.values.get("hookscript");
    if (volume === undefined) return;
    try {
      const problem = hookscriptProblem(this.hardware, place.node, volume);
      if (problem) throw failed(problem);
      await this.hardware.hook(place.node, volume.replace(/^.*\//, ""), place.id, phase);
    } catch (error) {
      const said = `hookscript error for ${place.id} on ${phase}: ${(error as Error).message}`;
      if (phase === "pre-start") throw failed(said);
      task?.log.push(said);
    }
  }

  async start(place: Place, task: Task): Promise<void> {
    const guest = this.store.loadGuest(place);
    this.assertUnlocked(place, guest);
    if (guest.main.values.get("template") === "1")
      throw failed(`you can't start a ${place.kind === "qemu" ? "vm if it's a" : "CT if it's a"} template`);
    if (this.running.has(place.id)) throw failed(`${label(place)} ${place.id} already running`);
    this.apply(guest);
    this.store.saveGuest(place, guest);
    await this.hook(place, guest, "pre-start", task);
    this.running.set(place.id, Date.now());
    this.store.onWrite();
    await this.hardware.powerOn(place.id);
    await this.hook(place, guest, "post-start", task);
  }

  async stop(place: Place, task: Task): Promise<void> {
    const guest = this.store.loadGuest(place);
    this.assertUnlocked(place, guest);
    if (!this.running.has(place.id)) return;
    await this.hook(place, guest, "pre-stop", task);
    await this.hardware.powerOff(place.id);
    this.running.delete(place.id);
    this.apply(guest);
    this.store.saveGuest(place, guest);
    await this.hook(place, guest, "post-stop", task);
  }

  /**
   * To another node. A virtual machine goes on running: of its hook script the target runs pre-start and post-start, the
   * source nothing. A container is stopped and started.
   */
  async migrate(place: Place, target: string, online: boolean, task: Task): Promise<void> {
    const guest = this.store.loadGuest(place);
    this.assertUnlocked(place, guest);
    if (target === place.node) throw badParameters({ target: "target is local node." });
    const running = this.running.has(place.id);
    if (running && !online)
      throw failed(
        place.kind === "qemu" ? "can't migrate running VM without --online" : "CT is currently running",
      );
    const there = { ...place, node: target };
    if (running && place.kind === "lxc") {
      await this.stop(place, task);
      this.store.moveGuest(place.id, target);
      await this.start(there, task);
    } else {
      if (running) await this.hook(there, guest, "pre-start", task);
      this.store.moveGuest(place.id, target);
      if (running) await this.hook(there, guest, "post-start", task);
    }
  }

  /** As `status/current` tells of it. */
  status(place: Place): Record<string, unknown> {
    const { main } = this.store.loadGuest(place);
    const since = this.running.get(place.id);
    const status = since === undefined ? "stopped" : "running";
    const get = (key: string) => main.values.get(key);
    const name = get(place.kind === "qemu" ? "name" : "hostname") ?? `${label(place)}${place.id}`;
    return {
      vmid: place.id,
      name,
      status,
      ...(place.kind === "qemu" ? { qmpstatus: status } : { type: "lxc" }),
      ...(get("lock") ? { lock: get("lock") } : {}),
      ...(get("template") === "1" ? { template: 1 } : {}),
      ...(get("tags") ? { tags: get("tags") } : {}),
      uptime: since === undefined ? 0 : Math.floor((Date.now() - since) / 1000),
      cpus: Number(get("cores") ?? 1),
      maxmem: Number(get("memory") ?? 512) * 1024 * 1024,
      maxdisk: 0,
      ha: { managed: 0 },
    };
  }
}
