import { accessSync, constants, existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { run } from "../process";
import type { Properties } from "./propertyString";

/** What stands behind the configuration: the guests themselves, and the nodes' disks. */
export interface Hardware {
  /** The guest's NIC is taken off its bridge and put on anew. */
  replug(id: number, nic: string, now: Properties): Promise<void>;
  powerOn(id: number): Promise<void>;
  powerOff(id: number): Promise<void>;
  /** Directory of the storage `local` as the nodes see it. */
  readonly storage: string;
  /** The IP address of a node. */
  address(node: string): string | undefined;
  /** Directory of the storage `local`'s snippets of a node, as this machine sees it. */
  snippets(node: string): string;
  /** Runs a hook script as the node does. */
  hook(node: string, script: string, id: number, phase: string): Promise<void>;
  /** Something was written to the store, or a guest went on or off. */
  changed(): void;
  /** Resolves when what has changed is in force. */
  settled(): Promise<void>;
}

/** No guests but in the files. */
export class NoHardware implements Hardware {
  /** What was done, in order, for tests. */
  readonly done: string[] = [];

  readonly storage: string;

  constructor(protected readonly directory: string) {
    this.storage = dirname(directory);
  }

  address(node: string): string | undefined {
    return `192.0.2.${100 + Number(/\d+$/.exec(node)?.[0] ?? 0)}`;
  }

  async replug(id: number, nic: string): Promise<void> {
    await Promise.resolve(this.done.push(`replug ${id} ${nic}`));
  }

  async powerOn(id: number): Promise<void> {
    await Promise.resolve(this.done.push(`on ${id}`));
  }

  async powerOff(id: number): Promise<void> {
    await Promise.resolve(this.done.push(`off ${id}`));
  }

  snippets(_node: string): string {
    return this.directory;
  }

  async hook(_node: string, script: string, id: number, phase: string): Promise<void> {
    await run([join(this.directory, script), String(id), phase]);
  }

  changed(): void {
    // Nothing filters.
  }

  async settled(): Promise<void> {
    await Promise.resolve();
  }
}

/** What check_hookscript says of a volume; undefined when it is good. */
export function hookscriptProblem(hardware: Hardware, node: string, volume: string): string | undefined {
  const [, name] = /^local:snippets\/([^/]+)$/.exec(volume) ?? [];
  if (name === undefined) {
    const [, storage] = /^([a-z][a-z0-9_.-]*):./i.exec(volume) ?? [];
    if (storage === undefined) return `unable to parse volume ID '${volume}'`;
    return storage === "local"
      ? `'${volume}' is not in the snippets directory`
      : `storage '${storage}' does not exist`;
  }
  const file = join(hardware.snippets(node), name);
  if (!existsSync(file)) return `script '${volume}' does not exist`;
  try {
    accessSync(file, constants.X_OK);
    return undefined;
  } catch {
    return `script '${volume}' is not executable`;
  }
}
