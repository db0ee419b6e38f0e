import { rmSync, writeFileSync } from "node:fs";
import type { Client } from "./client";
import type { Host } from "./host";
import { inNamespace, lossChain } from "./network";
import { readProc, run, until } from "./process";

/**
 * Faults that a lab's hosts and cables can be given. Each does what its name says and nothing else, is in force when
 * it returns, may be given twice, and stays until it is restored, over a reboot too.
 */

/** Whatever is plugged into the switch. */
export type Station = Host | Client;

/** Pulls the cable out: the host sees its carrier go. */
export async function cutCable(host: Host): Promise<void> {
  writeFileSync(host.unpluggedMark, "");
  if (host.isOn) await setPort(host, "down");
}

/** Plugs the cable in again. */
export async function restoreCable(host: Host): Promise<void> {
  rmSync(host.unpluggedMark, { force: true });
  if (host.isOn) await setPort(host, "up");
}

async function setPort(host: Host, state: "up" | "down"): Promise<void> {
  await run(["ip", "-n", host.switch, "link", "set", host.port, state]);
  await until(`${host.name}: carrier ${state}`, 5000, () => host.hasCarrier === (state === "up"));
}

/** Cuts the way somewhere behind the switch: both directions are dropped, the host keeps its carrier. */
export const cutSilently = (station: Station): Promise<void> => addTo("silent", station);
export const restoreSilently = (station: Station): Promise<void> => removeFrom("silent", station);

/** Drops what the station sends; it still hears everything. */
export const mute = (station: Station): Promise<void> => addTo("mute", station);
export const unmute = (station: Station): Promise<void> => removeFrom("mute", station);

/** Drops what others send to the station; it is still heard by all. */
export const deafen = (station: Station): Promise<void> => addTo("deaf", station);
export const undeafen = (station: Station): Promise<void> => removeFrom("deaf", station);

/** Drops only VRRP (IP protocol 112, IPv4 and IPv6), both directions. */
export const dropVrrp = (station: Station): Promise<void> => addTo("no-vrrp", station);
export const restoreVrrp = (station: Station): Promise<void> => removeFrom("no-vrrp", station);

/** Loses a share of the frames at random, in each direction. `percent` is 0 (none) to 100, in steps of 0.1. */
export async function loseFrames(station: Station, percent: number): Promise<void> {
  if (!(percent >= 0 && percent <= 100)) throw new Error(`percent: ${percent}, allowed is 0 to 100`);
  const chain = `bridge faults ${lossChain(station.port)}`;
  const lost = Math.round(percent * 10);
  const rule = lost < 1000 ? `numgen random mod 1000 < ${lost} drop` : "drop";
  await nft(station, `flush chain ${chain}\nadd rule ${chain} ${rule}\n`);
}

/** Delays what is sent to the station, in milliseconds; 0 ends it. Needs a kernel with sch_netem. */
export async function delayFrames(station: Station, milliseconds: number): Promise<void> {
  if (!(milliseconds >= 0)) throw new Error(`milliseconds: ${milliseconds}, allowed is 0 or more`);
  const tc = "tc qdisc";
  const port = `dev ${station.port} root`;
  const command =
    milliseconds > 0
      ? `${tc} replace ${port} netem delay ${milliseconds}ms limit 10000`
      : `${tc} show ${port} | grep -q netem && ${tc} del ${port} || :`;
  try {
    await inNamespace(station.switch, command);
  } catch (error) {
    if (!(error as Error).message.includes("qdisc kind is unknown")) throw error;
    throw new Error(
      "delayFrames: this kernel has no sch_netem; load it with modprobe, or use another kernel",
    );
  }
}

/** Which processes of a program to kill: all at once, or only the topmost, which then cannot tidy up. */
export type Victims = "all" | "parent";

/**
 * Kills processes of a program with SIGKILL, by the program's name as /proc/PID/comm has it; returns when they are
 * gone. systemd on the host may start the program again at once.
 */
export async function kill(host: Host, program: string, victims: Victims = "all"): Promise<void> {
  const processes = host.processes().filter(({ comm }) => comm === program || comm.startsWith(`${program}_`));
  const pids = new Set(processes.map(({ pid }) => pid));
  // Children first: when their parent is gone, systemd may have them go on, to end in order.
  const [topmost, others] = [true, false].map((isTop) =>
    processes.filter((one) => !pids.has(one.parent) === isTop),
  );
  const chosen = [...(victims === "all" ? others! : []), ...topmost!];
  if (chosen.length === 0) return;
  // Stopped first, so that none of them sees another die and acts on it.
  for (const signal of ["SIGSTOP", "SIGKILL"] as const) {
    for (const { pid } of chosen) process.kill(pid, signal);
  }
  await until(`${host.name}: ${program} is dead`, 5000, () =>
    chosen.every(({ pid }) => !/^State:\t[^ZX]/m.test(readProc(`/proc/${pid}/status`) ?? "")),
  );
}

/** Stops a systemd unit in order; returns when it has stopped. */
export async function stopUnit(host: Host, unit: string): Promise<void> {
  await host.exec(["systemctl", "stop", unit]);
}

/** Starts a systemd unit; returns when systemd calls it started. */
export async function startUnit(host: Host, unit: string): Promise<void> {
  await host.exec(["systemctl", "start", unit]);
}

// Adding before deleting makes a fault that is not set no error, in one transaction.
const element = (set: string, station: Station) => `element bridge faults ${set} { "${station.port}" }\n`;
const addTo = (set: string, station: Station) => nft(station, `add ${element(set, station)}`);
const removeFrom = (set: string, station: Station) =>
  nft(station, `add ${element(set, station)}delete ${element(set, station)}`);

async function nft(station: Station, commands: string): Promise<void> {
  await inNamespace(station.switch, "nft -f -", commands);
}
