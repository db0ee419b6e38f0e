import type { Advert, Answer, Instant, Timeline } from "./timeline";

/** How one host took a VIP over from another, as the wire and the client saw it. */
export interface HandOver {
  from: string;
  to: string;
  /** Last advert of the old holder before the new one answered. */
  lastAdvert?: Advert;
  /** First advert of the new holder after that. */
  firstAdvert?: Advert;
  /** First answer of the new holder. */
  firstAnswer?: Answer;
  /** Seconds from the old holder's last advert to the new holder's first answer; absent when one was not seen. */
  gap?: number;
}

/** Which hand-over to look for. */
export interface HandOverQuery {
  vip: string;
  virtualRouterId: number;
  /** The old holder. */
  from: string;
  /** The new holder. */
  to: string;
}

const isIpv6 = (address: string) => address.includes(":");

/** How a VIP passed from one host to another. A window with one hand-over gives a clear answer. */
export function handOver(timeline: Timeline, { vip, virtualRouterId, from, to }: HandOverQuery): HandOver {
  const adverts = timeline.adverts.filter(
    (advert) => advert.virtualRouterId === virtualRouterId && isIpv6(advert.source) === isIpv6(vip),
  );
  const firstAnswer = timeline.answers.find((answer) => answer.vip === vip && answer.host === to);
  const end = firstAnswer?.at ?? timeline.to;
  const lastAdvert = adverts.filter(({ host, at }) => host === from && at <= end).at(-1);
  const start = lastAdvert?.at ?? timeline.from;
  const firstAdvert = adverts.find(({ host, at }) => host === to && at >= start);
  const gap = firstAnswer && lastAdvert ? firstAnswer.at - lastAdvert.at : undefined;
  return { from, to, lastAdvert, firstAdvert, firstAnswer, gap };
}

/** What the client got of one VIP. */
export interface ClientView {
  /** Requests that left the client. */
  asked: number;
  answered: number;
  /** Requests without answer. One that left within the last second may still be answered and is not counted. */
  lost: number;
  /** Longest time without an answer; the timeline's start and end count as its ends. */
  silence: { from: Instant; to: Instant };
  /** Hosts in the order in which they answered; "?" for a stranger. */
  answeredBy: string[];
}

/** Seconds that an answer may take. */
const answerTime = 1;

/** What the client got of `vip`. */
export function clientView(timeline: Timeline, vip: string): ClientView {
  const answers = timeline.answers.filter((answer) => answer.vip === vip);
  const requests = timeline.requests.filter((request) => request.vip === vip);
  const answered = new Set(answers.map(({ sequence }) => sequence));
  const unanswered = requests.filter(
    ({ sequence, at }) => !answered.has(sequence) && at < timeline.to - answerTime,
  );
  // Requests that never left count as lost too: the sequence has holes where they were.
  const sequences = requests.map(({ sequence }) => sequence);
  const holes =
    sequences.length === 0
      ? 0
      : Math.max(...sequences) - Math.min(...sequences) + 1 - new Set(sequences).size;
  const instants = [timeline.from, ...answers.map(({ at }) => at), timeline.to];
  let silence = { from: timeline.from, to: timeline.from };
  for (const [index, at] of instants.entries()) {
    const before = instants[index - 1] ?? at;
    if (at - before > silence.to - silence.from) silence = { from: before, to: at };
  }
  const names = answers.map(({ host }) => host ?? "?");
  return {
    asked: requests.length + holes,
    answered: answered.size,
    lost: unanswered.length + holes,
    silence,
    answeredBy: names.filter((name, index) => name !== names[index - 1]),
  };
}
