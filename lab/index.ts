export { Client } from "./client";
export * from "./faults";
export { Host } from "./host";
export { Image } from "./image";
export { Lab, type HostOptions, type LabOptions, type SshConnection } from "./lab";
export { network } from "./network";
export { CommandError, type Result, type RunOptions, run, until } from "./process";
export { prepareLab } from "./prepare";
export { Stack, type StackOptions } from "./stack";
