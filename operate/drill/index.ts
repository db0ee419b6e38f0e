export { drill, type DrillOutcome } from "./drill";
export { FORSAKEN } from "./exercise";
export { type DrillHost, drillHostAt } from "./host";
export { Ledger } from "./ledger";
export { DrillKind } from "./model";
export { type Probe, probeText, readProbe } from "./probe";
export { type DrillReport, reportOf } from "./report";
export { drillSvg } from "./svg";
export { drillText } from "./text";
