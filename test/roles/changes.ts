import { cutCable, cutSilently, type Host, kill, restoreCable, restoreSilently, until } from "../../lab";
import type { Bench } from "./bench";

/** One way in which a role changes. */
export interface Change {
  kind: string;
  /** What happens, in words. */
  what: string;
  /** Nobody was cut off or killed: no write that was acknowledged may be lost, whatever the database waits for. */
  planned: boolean;
  /** Lets it happen to the master; returns when the hosts may settle. */
  strike(bench: Bench, master: Host, backup: Host): Promise<unknown>;
}

const planned = { planned: true };
const crash = { planned: false };

/** Waits until another host is master. */
const taken = (bench: Bench, by: Host) =>
  until(`${by.name} holds the address`, 60_000, async () => (await bench.holders()).includes(by.name));

export const changes: readonly Change[] = [
  {
    kind: "drain",
    what: "`vrrp-agent drain`, then `undrain`",
    ...planned,
    strike: (_bench, master) => master.exec("vrrp-agent drain web && vrrp-agent undrain web"),
  },
  {
    kind: "switchover",
    what: "`npx pulumi-keepalived switchover`",
    ...planned,
    strike: (bench, _master, backup) => bench.switchover(backup),
  },
  {
    kind: "stop",
    what: "keepalived is stopped, and started when the other one has taken over",
    ...crash,
    strike: async (bench, master, backup) => {
      await master.exec("systemctl stop keepalived");
      await taken(bench, backup);
      await master.exec("systemctl start keepalived");
    },
  },
  {
    kind: "kill",
    what: "all of keepalived is killed with SIGKILL; systemd starts it again",
    ...crash,
    strike: (_bench, master) => kill(master, "keepalived"),
  },
  {
    kind: "cable",
    what: "the cable is pulled out, and plugged in when the other one has taken over",
    ...crash,
    strike: async (bench, master, backup) => {
      await cutCable(master);
      await taken(bench, backup);
      await restoreCable(master);
    },
  },
  {
    kind: "cut",
    what: "the way behind the switch is cut, the carrier stays; healed when the other one has taken over",
    ...crash,
    strike: async (bench, master, backup) => {
      await cutSilently(master);
      await taken(bench, backup);
      await restoreSilently(master);
    },
  },
  {
    kind: "reboot",
    what: "a reboot in order",
    ...crash,
    strike: (_bench, master) => master.reboot(),
  },
  {
    kind: "power",
    what: "the plug is pulled, and back when the other one has taken over",
    ...crash,
    strike: async (bench, master, backup) => {
      await master.powerOff();
      await taken(bench, backup);
      await master.boot();
    },
  },
  {
    kind: "twice",
    what: "two changes within 100 ms: keepalived is stopped on the master, and 50 ms later on the other one; then started on both",
    ...crash,
    strike: async (_bench, master, backup) => {
      const stop = "systemctl stop keepalived";
      await Promise.all([master.exec(stop), backup.exec(`sleep 0.05; ${stop}`)]);
      await Promise.all([master, backup].map((host) => host.exec("systemctl start keepalived")));
    },
  },
];

/** `count` changes: every kind once first, then what the seed chooses. */
export function chosen(count: number, seed: number): Change[] {
  // Park and Miller, 1988.
  let state = (seed % 2147483646) + 1;
  const next = () => (state = (state * 48271) % 2147483647) / 2147483647;
  const rest = Array.from(
    { length: Math.max(0, count - changes.length) },
    () => changes[Math.floor(next() * changes.length)]!,
  );
  return [...changes, ...rest].slice(0, count);
}
