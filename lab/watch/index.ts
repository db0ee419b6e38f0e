export {
  type Connection,
  ConnectionProbe,
  connectionLimit,
  longestPause,
  parseConnection,
} from "./connections";
export { draw, terminal, type DrawOptions } from "./draw";
export { clientView, handOver, type ClientView, type HandOver, type HandOverQuery } from "./handover";
export { holdersOf, type Holders, type Span } from "./holders";
export { judge, preemptionOverlap, type Expectation, type Verdict } from "./judge";
export { namedNamespace, type Namespace } from "./namespace";
export { between, now, type Instant, type Timeline } from "./timeline";
export { Watch, type WatchOptions, type WatchedHost } from "./watch";
