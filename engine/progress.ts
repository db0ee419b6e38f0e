/** Takes one line of progress for a person. */
export type Log = (line: string) => void;

/** Milliseconds after which a step is worth a line. */
const QUIET = 1_000;

/** Milliseconds between the lines of a long step. */
const INTERVAL = 10_000;

/** Runs one step; says what is being done and for how long, once it takes more than a second. */
export async function step<T>(log: Log, what: string, work: () => Promise<T>): Promise<T> {
  const start = Date.now();
  const elapsed = () => `${((Date.now() - start) / 1000).toFixed(0)} s`;
  let told = false;
  const first = setTimeout(() => {
    told = true;
    log(`${what} ...`);
  }, QUIET);
  const ticks = setInterval(() => log(`${what}: ${elapsed()}`), INTERVAL);
  try {
    const result = await work();
    if (told) log(`${what}: done in ${elapsed()}`);
    return result;
  } finally {
    clearTimeout(first);
    clearInterval(ticks);
  }
}
