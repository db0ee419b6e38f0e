import { hostAt, type HostAddress, type Observation } from "../operate";
import { type Sight, watch } from "../operate/watch";
import { changeLines, watchView } from "../operate/watchView";
import { Screen, wantsColor } from "./screen";
import { untilSignalled } from "./signals";

/** `status --watch`: redraws a terminal in place; elsewhere a line for each change. How the hosts were seen last. */
export async function watchStatus(
  hosts: readonly HostAddress[],
  interval: number,
  out: (text: string) => void,
): Promise<Observation[]> {
  const { cluster } = hosts[0]!;
  const options = { hosts: hosts.map(hostAt), cluster, interval: interval * 1000 };
  return await untilSignalled(async (signal) => {
    if (!process.stdout.isTTY) {
      let last: readonly (Sight | undefined)[] = [];
      return await watch({
        ...options,
        signal,
        show: (sights) => {
          const lines = sights.flatMap((sight, at) =>
            sight === undefined || sight === last[at] ? [] : changeLines(last[at], sight),
          );
          out(lines.map((line) => `${line}\n`).join(""));
          last = sights;
        },
      });
    }
    const screen = new Screen(process.stdout);
    const color = wantsColor(process.stdout, process.env);
    let sights: readonly (Sight | undefined)[] = hosts.map(() => undefined);
    const draw = () => {
      const { width, height } = screen;
      return watchView(sights, { cluster, interval, now: Date.now(), width, height, color });
    };
    // Ages go on while a host does not answer.
    const timer = setInterval(() => screen.show(draw), 1000);
    try {
      screen.show(draw);
      return await watch({
        ...options,
        signal,
        show: (next) => {
          sights = next;
          screen.show(draw);
        },
      });
    } finally {
      clearInterval(timer);
      screen.close();
    }
  });
}
