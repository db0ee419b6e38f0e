import type { PointRecord, Request } from "./model";
import { ask, type Probe, probeText } from "./probe";

/** Where is asked from here, and what for. */
export interface AskOptions {
  addresses: readonly string[];
  /** Tried one after the other, of each address: the first that is answered asks it. */
  probes: readonly Probe[];
  /** Milliseconds between two requests. */
  every: number;
}

/** Requests that go on until they are ended. */
export interface Asking {
  points: readonly PointRecord[];
  /** Which addresses nobody asks from here, and why. */
  lacks: readonly string[];
  /** Asks no more, and waits for what is still under way. */
  end: () => Promise<void>;
}

/** Addresses that are asked at most: each costs a connection every few milliseconds. */
const MOST = 4;
/** Tries of a probe before an address is taken for one that is not reached from here. */
const TRIES = 2;

/** Asks every address again and again, as many as are reached from here. */
export async function startAsking({ addresses, probes, every }: AskOptions): Promise<Asking> {
  const lacks: string[] = [];
  const points: { record: PointRecord & { requests: Request[] }; probe: Probe }[] = [];
  // A URL names its own host.
  const [first] = addresses;
  const urls = probes.some(({ kind }) => kind === "http");
  for (const address of urls && first !== undefined ? [first] : addresses.slice(0, MOST)) {
    const found = await firstAnswered(probes, address);
    if ("why" in found) lacks.push(found.why);
    else {
      const record = { address, probe: probeText(found.probe), every, requests: [] };
      points.push({ record, probe: found.probe });
    }
  }
  if (!urls && addresses.length > MOST)
    lacks.push(`${addresses.slice(MOST).join(" ")}: ${MOST} addresses are asked at most`);
  const ends = points.map(({ record, probe }) => keepAsking(record, probe, every));
  return {
    points: points.map(({ record }) => record),
    lacks,
    end: async () => void (await Promise.all(ends.map((end) => end()))),
  };
}

async function firstAnswered(
  probes: readonly Probe[],
  address: string,
): Promise<{ probe: Probe } | { why: string }> {
  const whys: string[] = [];
  for (const probe of probes) {
    let why: string | undefined;
    for (let tries = 0; tries < TRIES; tries++) {
      why = await ask(probe, address);
      if (why === undefined) return { probe };
    }
    whys.push(`${probeText(probe)}: ${why}`);
  }
  return {
    why: `${address} does not answer this machine (${whys.join(", ")}), so what a client loses is not measured`,
  };
}

/** One after the other by the clock, whether answered or not; each is bounded, so they do not pile up. */
function keepAsking(
  { address, requests }: PointRecord & { requests: Request[] },
  probe: Probe,
  every: number,
): () => Promise<void> {
  const open = new Set<Promise<void>>();
  let timer: NodeJS.Timeout;
  const began = Date.now();
  let sent = 0;
  const next = () => {
    const request: Request = { at: Date.now() };
    requests.push(request);
    const answered = ask(probe, address).then((why) => {
      if (why === undefined) request.took = Date.now() - request.at;
      open.delete(answered);
    });
    open.add(answered);
    // What a busy machine has missed is not made up for at once.
    sent = Math.max(sent + 1, Math.floor((Date.now() - began) / every));
    timer = setTimeout(next, Math.max(1, began + sent * every - Date.now()));
  };
  next();
  return async () => {
    clearTimeout(timer);
    await Promise.all(open);
  };
}
