export { type Host, type HostAddress, hostAt } from "./host";
export { isSeen, type Observation, observe } from "./observation";
export { switchOver, type SwitchoverReport } from "./switchover";
export { statusText, switchoverText } from "./text";
