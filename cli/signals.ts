/** What ends a command: Ctrl-C, a closed terminal, a polite kill. */
const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/**
 * Runs something that is to end in its own order: the first signal aborts it, each further one calls `again`, which may end the
 * process.
 */
export async function untilSignalled<T>(
  run: (signal: AbortSignal) => Promise<T>,
  again: () => void = () => undefined,
): Promise<T> {
  const over = new AbortController();
  const heed = () => {
    if (over.signal.aborted) again();
    else over.abort();
  };
  for (const signal of SIGNALS) process.on(signal, heed);
  try {
    return await run(over.signal);
  } finally {
    for (const signal of SIGNALS) process.off(signal, heed);
  }
}
