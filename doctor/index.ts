export { type Cause, type CauseInfo, CAUSES, type Repair, type Symptom, SYMPTOMS } from "./causes";
export * from "./model";
