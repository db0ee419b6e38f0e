import type { Host } from "../host";
import { until } from "../process";
import { type Instant, between, draw, judge, now, preemptionOverlap } from "../watch";
import { type Demo, settled } from "./demo";
import { primary, secondary, slack, vip, virtualRouterId } from "./pair";

/** Something that happens to the holder of the address. */
export interface Failure {
  title: string;
  /** What is done, as the timeline calls it. */
  label: string;
  /** Seconds from the last advert to the takeover, by the timers. */
  bound: number;
  strike: (host: Host) => Promise<void>;
  /** How the host comes back; `label` goes on as `after ...`. */
  recovery: { label: string; heal: (host: Host) => Promise<void> };
}

/** What a failure took. */
export interface Measured {
  title: string;
  /** Seconds from the last advert to the first answer. */
  gap: number | undefined;
  bound: number;
}

/** Seconds shown before, an advert in them, and after. */
const lead = 1.2;
const tail = 0.4;

/** Lets one failure happen, shows and judges what it did to the address, and heals the pair. */
export async function suffer(demo: Demo, failure: Failure): Promise<Measured> {
  const { screen, lab, watch } = demo;
  const host = lab.host(primary);
  screen.act(failure.title);
  await settled(watch, primary);
  await askedOn(demo, now() + lead);
  const struck = watch.mark(failure.label);
  await failure.strike(host);
  await settled(watch, secondary);
  const taken = now();
  await askedOn(demo, taken + tail);
  const timeline = between(await watch.timeline(), struck - lead, taken + tail);
  screen.say(
    draw(timeline, {
      vip,
      virtualRouterId,
      moved: { from: primary, to: secondary },
      width: screen.width - 3,
      color: screen.color,
    }).trimEnd(),
  );
  const atMost = failure.bound + slack;
  const { failures, handOver } = judge(timeline, {
    vip,
    virtualRouterId,
    before: primary,
    after: secondary,
    withoutHolder: atMost,
    gap: atMost,
  });
  screen.promise(
    failures.length === 0,
    `in time: the timers allow ${failure.bound.toFixed(3)} s, this machine ${slack} s more; never two holders`,
    failures,
  );
  await recover(demo, failure, host, taken);
  return { title: failure.title, gap: handOver?.gap, bound: failure.bound };
}

/** Waits until the client has got an answer after an instant. */
async function askedOn({ watch }: Demo, after: Instant): Promise<void> {
  await until("the client is answered", 5000, () => (watch.lastAnswer(vip)?.at ?? 0) > after);
}

async function recover({ screen, watch }: Demo, failure: Failure, host: Host, since: Instant): Promise<void> {
  const { label, heal } = failure.recovery;
  await screen.step(`${label}; ${primary} takes the address back`, async () => {
    await heal(host);
    await settled(watch, primary);
  });
  const timeline = await watch.timeline();
  const { failures, client } = judge(between(timeline, since, timeline.to), {
    vip,
    virtualRouterId,
    before: secondary,
    after: primary,
    withoutHolder: preemptionOverlap,
    twoHolders: preemptionOverlap,
    silence: slack,
  });
  const silence = client ? `${(client.silence.to - client.silence.from).toFixed(3)} s` : "(not seen)";
  screen.promise(
    failures.length === 0,
    `one holder again, ${primary}; on the way back the client was without answer for ${silence} at most`,
    failures,
  );
}
