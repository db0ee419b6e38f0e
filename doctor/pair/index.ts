export { type More, type ProgramTexts } from "./cluster";
export { diagnose } from "./diagnose";
export {
  esxiPortGroup,
  type HypervisorSeen,
  type NicLack,
  type NicSeen,
  pveNic,
  type PveLack,
} from "./hypervisor";
