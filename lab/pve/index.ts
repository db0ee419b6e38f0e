export { PveStandIn, type Fate, type GuestOptions, type PveOptions, type TokenOptions } from "./standIn";
export { ConnectionCut } from "./server";
export type { Output } from "./cli";
export type { Request } from "./engine";
export { pveOn, type LabGuest, type LabPve, type LabPveOptions } from "./lab";
