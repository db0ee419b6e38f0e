/** Something that will happen, unless it is taken back. */
export interface Timer {
  at: number;
  /** Orders what happens at the same instant: first planned, first done. */
  turn: number;
  act?: () => void;
}

/** Time in whole microseconds, and what happens in it. Knows no other clock: the same plan gives the same run. */
export class Clock {
  private time = 0;
  private turns = 0;
  /** A binary heap by instant and turn. */
  private readonly heap: Timer[] = [];

  get now(): number {
    return this.time;
  }

  /** Plans something; an instant that is over is now. */
  at(instant: number, act: () => void): Timer {
    const timer = { at: Math.max(instant, this.time), turn: this.turns++, act };
    this.push(timer);
    return timer;
  }

  /** Takes a plan back. */
  cancel(timer: Timer | undefined): void {
    if (timer !== undefined) timer.act = undefined;
  }

  /** Lets everything happen that is due up to an instant, that included. */
  runUntil(instant: number): void {
    while ((this.heap[0]?.at ?? Infinity) <= instant) this.step();
    this.time = Math.max(this.time, instant);
  }

  /** Lets the next thing happen, and says whether there was one. */
  step(): boolean {
    const next = this.heap[0];
    if (next === undefined) return false;
    this.pop();
    this.time = next.at;
    next.act?.();
    return true;
  }

  private push(timer: Timer): void {
    const { heap } = this;
    let place = heap.push(timer) - 1;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      if (!isBefore(timer, heap[parent]!)) break;
      heap[place] = heap[parent]!;
      place = parent;
    }
    heap[place] = timer;
  }

  private pop(): void {
    const { heap } = this;
    const last = heap.pop()!;
    if (heap.length === 0) return;
    let place = 0;
    for (;;) {
      let child = 2 * place + 1;
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child++;
      if (child >= heap.length || !isBefore(heap[child]!, last)) break;
      heap[place] = heap[child]!;
      place = child;
    }
    heap[place] = last;
  }
}

function isBefore(one: Timer, other: Timer): boolean {
  return one.at < other.at || (one.at === other.at && one.turn < other.turn);
}
