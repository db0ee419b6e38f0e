import type { Host } from "../../lab";
import type { Spec } from "./changes";

/** What a running keepalived says of its one instance. */
export interface Running {
  version?: number;
  virtualRouterId?: number;
  priority?: number;
  preemptDelay: boolean;
  vips: string[];
  checkInterval?: number;
}

/** Reads keepalived's own dump of what it runs with. */
export function readDump(text: string): Running {
  const number = (pattern: RegExp) => {
    const found = pattern.exec(text)?.[1];
    return found === undefined ? undefined : Number(found);
  };
  const vips = /^ {3}Virtual IP \(\d+\):\n((?: {5}.*\n)*)/m.exec(text)?.[1] ?? "";
  return {
    version: number(/^ {3}VRRP Version = (\d+)/m),
    virtualRouterId: number(/^ {3}Virtual Router ID = (\d+)/m),
    priority: number(/^ {3}Priority = (\d+)/m),
    preemptDelay: /^ {3}Preempt delay = /m.test(text),
    vips: [...vips.matchAll(/^ +([0-9.]+)/gm)].map(([, address]) => address ?? "").sort(),
    checkInterval: number(/^ {3}Interval = (\d+) sec/m),
  };
}

/** What keepalived is to run with on the node of that index. */
export function runningOf({ cluster, priority, vips, virtualRouterId }: Spec, index: number): Running {
  const [check] = cluster.trackScripts as { interval: number }[];
  return {
    version: (cluster.version as number | undefined) ?? 3,
    virtualRouterId,
    priority: priority - 10 * index,
    preemptDelay: cluster.preemptDelay !== undefined,
    vips: [...vips].sort(),
    checkInterval: check?.interval,
  };
}

const dump = "/tmp/keepalived.data";

/** Asks a running keepalived what it runs with; the files alone do not tell whether it has read them. */
export async function running(host: Host): Promise<Running> {
  // The dump has the password of version 2.
  const { stdout } = await host.exec(
    `rm -f ${dump}; systemctl kill --kill-who=main --signal=USR1 keepalived
     for i in $(seq 100); do ! grep -qs 'Interfaces >' ${dump} || break; sleep 0.05; done
     cat ${dump}; rm -f ${dump} /tmp/keepalived_parent.data`,
    { check: false },
  );
  return readDump(stdout);
}
