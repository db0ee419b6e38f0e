import type { Ended, Host } from "../../../operate/host";
import { type Sight, watch } from "../../../operate/watch";
import { node } from "./observations";

/** A host that answers when it is let. */
class Slow {
  calls: string[] = [];
  open = 0;
  most = 0;
  holds = true;
  wait: () => Promise<void> = () => Promise.resolve();

  get host(): Host {
    return {
      address: "a",
      agent: async ([verb = ""]): Promise<Ended> => {
        this.calls.push(verb);
        this.most = Math.max(this.most, ++this.open);
        await this.wait();
        this.open -= 1;
        const stdout =
          verb === "events"
            ? '{"time":"2027-01-15T08:00:00Z","kind":"INSTANCE","name":"gw","state":"MASTER"}\n'
            : JSON.stringify({ keepalived: { running: true }, clusters: [node("a", this.holds).status] });
        return { code: 0, stdout, stderr: "" };
      },
      startKeepalived: () => Promise.reject(new Error("not asked for")),
      holding: () => Promise.reject(new Error("not asked for")),
    };
  }
}

/** Watches until so many sights of the first host have come. */
async function watched(
  hosts: Slow[],
  sights: number,
  each: (sight: Sight, count: number) => void = () => undefined,
) {
  const over = new AbortController();
  const seen: (readonly (Sight | undefined)[])[] = [];
  const last = await watch({
    hosts: hosts.map(({ host }) => host),
    cluster: "gw",
    interval: 1,
    signal: over.signal,
    show: (all) => {
      seen.push(all);
      const count = seen.filter((one, at) => one[0] !== seen[at - 1]?.[0]).length;
      if (all[0] !== undefined) each(all[0], count);
      if (count >= sights) over.abort();
    },
  });
  return { seen, last };
}

describe("watching", () => {
  test("asks for events at first and when something has changed, not at each look", async () => {
    const slow = new Slow();
    const { last } = await watched([slow], 4, (_sight, count) => {
      if (count === 2) slow.holds = false;
    });
    expect(slow.calls).toEqual(["status", "events", "status", "status", "events", "status"]);
    expect(last).toEqual([expect.objectContaining({ node: "a", running: true })]);
  });

  test("does not ask a host before it has answered, and waits for no slow one to show another", async () => {
    const [quick, stuck] = [new Slow(), new Slow()];
    stuck.wait = () => new Promise(() => undefined);
    const { seen, last } = await watched([quick, stuck], 5);
    expect([quick.most, stuck.calls.length]).toEqual([1, 1]);
    expect(seen.at(-1)).toEqual([expect.anything(), undefined]);
    expect(last).toHaveLength(1);
  });

  test("leaves nothing that listens to its end from one look to the next", async () => {
    const warned = jest.fn();
    process.on("warning", warned);
    await watched([new Slow()], 30);
    await new Promise((resolve) => setImmediate(resolve));
    process.off("warning", warned);
    expect(warned).not.toHaveBeenCalled();
  });

  test("that is over before it begins shows nothing", async () => {
    const show = jest.fn();
    const hosts = [new Slow().host];
    expect(await watch({ hosts, cluster: "gw", interval: 1, signal: AbortSignal.abort(), show })).toEqual([]);
    expect(show).not.toHaveBeenCalled();
  });
});
