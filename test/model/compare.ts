import { StrikeKind, type Action } from "../../simulate/strike";
import type { SentAdvert, Span } from "../../simulate/run";

/** What the model and the lab both say of one virtual router: seconds on whatever clock. */
export interface Course {
  spans: Pick<Span, "from" | "to" | "holders">[];
  adverts: SentAdvert[];
}

/** The time of one step: from the strike to the next one. */
export interface Window {
  from: number;
  to: number;
}

/** One node's taking of the addresses. */
export interface Taking {
  node: string;
  /** Seconds after the strike. */
  after: number;
  /**
   * Seconds since the last advert of the former holder that others could hear; since the strike where there was none.
   * Absent where a check decides, which runs when it does.
   */
  silence?: number;
  /** Seconds right before it in which nobody had the addresses. */
  without: number;
}

/** What happened in a step. */
export interface StepView {
  before: string[];
  takings: Taking[];
  after: string[];
}

/** Actions after which nobody hears a node any more. */
const silencing: readonly StrikeKind[] = [StrikeKind.CutSilently, StrikeKind.Mute, StrikeKind.DropVrrp];

/** What a course says of a step. */
export function viewStep(
  { spans, adverts }: Course,
  { from, to }: Window,
  actions: readonly Action[],
): StepView {
  const silenced = actions.filter((one) => silencing.includes(one.do)).map(({ node }) => node);
  const isChecked = actions.some((one) => one.do === StrikeKind.PassCheck);
  const before = spans.findLast((span) => span.from < from)?.holders ?? [];
  const within = spans.filter((span) => span.to > from && span.from < to);
  const takings: Taking[] = [];
  within.forEach((span, place) => {
    const former = place === 0 ? before : within[place - 1]!.holders;
    const left = place === 0 ? before : lastHolders(within.slice(0, place), before);
    for (const node of span.holders.filter((name) => !former.includes(name))) {
      const heard = adverts.filter(
        (advert) =>
          advert.node !== node &&
          left.includes(advert.node) &&
          advert.at < (silenced.includes(advert.node) ? from : span.from),
      );
      const gap = within[place - 1];
      takings.push({
        node,
        after: span.from - from,
        silence:
          before.length > 0
            ? span.from - (heard.at(-1)?.at ?? from)
            : isChecked
              ? undefined
              : span.from - from,
        without: gap?.holders.length === 0 ? span.from - Math.max(gap.from, from) : 0,
      });
    }
  });
  return { before, takings, after: within.at(-1)?.holders ?? before };
}

/** Who had the addresses last, before spans in which nobody has. */
function lastHolders(spans: Pick<Span, "holders">[], before: string[]): string[] {
  return spans.findLast(({ holders }) => holders.length > 0)?.holders ?? before;
}

/** Most by which a measured time may differ from the predicted one, in seconds. */
export function tolerance(predicted: number): number {
  return Math.max(0.03, predicted / 10);
}

/** One step of a scenario, as predicted and as measured. */
export interface StepResult {
  sameSequence: boolean;
  /** One for each taking: seconds of silence before it, or without holder where the former holder went on. */
  gaps: { predicted: number; measured: number; isClose: boolean }[];
}

/** Compares a step; the gaps only where the sequence is the same. @param advertInt Seconds. */
export function compareStep(model: StepView, lab: StepView, advertInt: number): StepResult {
  const names = ({ before, takings, after }: StepView) =>
    JSON.stringify([before, takings.map(({ node }) => node), after]);
  const sameSequence = names(model) === names(lab);
  if (!sameSequence) return { sameSequence, gaps: [] };
  const gaps = model.takings.flatMap((taking, place) => {
    const seen = lab.takings[place]!;
    // A holder that goes on until it hears the new one gives nothing to measure silence from.
    const goesOn = taking.without === 0 && (taking.silence ?? 0) <= 1.5 * advertInt;
    const [predicted, measured] = goesOn ? [taking.without, seen.without] : [taking.silence, seen.silence];
    if (predicted === undefined || measured === undefined) return [];
    return [{ predicted, measured, isClose: Math.abs(measured - predicted) <= tolerance(predicted) }];
  });
  return { sameSequence, gaps };
}
