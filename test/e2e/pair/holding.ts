import { type Host, until } from "../../../lab";
import { now, type Watch } from "../../../lab/watch";

/** Waits until a host alone holds an address. */
export const holdsAlone = (watch: Watch, vip: string, host: Host) =>
  until(`${host.name} alone holds ${vip}`, 60_000, () => watch.holders(vip).join() === host.name);

/** Waits until two hosts hold an address. */
export const bothHold = (watch: Watch, vip: string) =>
  until(`two hold ${vip}`, 30_000, () => watch.holders(vip).length === 2);

/** Sees that a host, once it alone holds an address, goes on so for some seconds. */
export async function keeps(watch: Watch, vip: string, host: Host, seconds: number): Promise<void> {
  await holdsAlone(watch, vip, host);
  const end = now() + seconds;
  await until(`${host.name} has kept ${vip}`, seconds * 1000 + 10_000, () => {
    expect(watch.holders(vip)).toEqual([host.name]);
    return now() > end;
  });
}
