import type { Request } from "./model";

/** What whoever asks got within a window. Milliseconds. */
export interface Answered {
  asked: number;
  lost: number;
  /** Longest time between two answers. */
  silence: number;
  silenceFrom: number;
}

/** What was answered of the requests that began within a window. */
export function answeredIn(
  requests: readonly Request[],
  { from, to }: { from: number; to: number },
): Answered {
  const inside = requests.filter(({ at }) => at >= from && at < to);
  // An answer that came before the window tells when the silence at its start began.
  const answers = requests
    .flatMap(({ at, took }) => (took === undefined ? [] : [at + took]))
    .sort((one, other) => one - other);
  const before = answers.findLast((at) => at <= from);
  const after = answers.find((at) => at >= to);
  const instants = [before ?? from, ...answers.filter((at) => at > from && at < to), after ?? to];
  let [silence, silenceFrom] = [0, from];
  for (const [place, at] of instants.slice(1).entries()) {
    const last = instants[place]!;
    if (at - last > silence) [silence, silenceFrom] = [at - last, last];
  }
  return {
    asked: inside.length,
    lost: inside.filter(({ took }) => took === undefined).length,
    silence: Math.round(silence),
    silenceFrom,
  };
}
