export { causesText, symptomsText } from "./causes";
export { type DoctorReport, isHealthy, type NodeReport, reportOf } from "./json";
export { type Held, type RepairPlan, repairPlan, type Step } from "./plan";
export { diagnosisText, type TextOptions } from "./text";
