export { examine, type ExamineOptions } from "./examine";
export { type Host, type HostAddress, hostAt } from "./host";
export { type GuestAddress, type HypervisorLook, lookAtHypervisor } from "./hypervisor";
export { type Look, mend, type Mended, type MendReport } from "./mend";
export { isSeen, type Observation, observe } from "./observation";
export { switchOver, type SwitchoverReport } from "./switchover";
export { statusText, switchoverText } from "./text";
