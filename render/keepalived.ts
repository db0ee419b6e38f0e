import { isDeepStrictEqual } from "node:util";

import { HostPlan, InstanceConfig, VirtualIpAddress } from "../spec";
import { drainWeight } from "../spec/drain";
import { announcements } from "./announcements";
import { plainFile, RenderedFile, secretFile } from "./file";
import { fitting, quoted, quotedCommand } from "./quote";
import { fill } from "./template";

const DIRECTORY = "/etc/keepalived";

/** keepalived's config of a host, and behind it the included file that holds its password. */
export function keepalivedFiles(plan: HostPlan): [RenderedFile, ...RenderedFile[]] {
  const authFile = `${plan.cluster}.auth.conf`;
  const scripts = uniqueByName(
    plan.instances.flatMap((i) => i.trackScripts),
    "trackScripts",
  );
  const processes = uniqueByName(
    plan.instances.flatMap((i) => i.trackProcesses),
    "trackProcesses",
  );
  const sessions = uniqueByName(
    plan.instances.flatMap((i) => i.bfd),
    "bfd",
  );
  const main = fill("keepalived/keepalived.conf", {
    plan,
    scripts,
    processes,
    sessions,
    authFile,
    drainFile: `/var/lib/vrrp-agent/${plan.cluster}/drain`,
    drainWeight,
    announcements,
    vipWords,
    q: quoted,
    command: quotedCommand,
  });
  const files: [RenderedFile, ...RenderedFile[]] = [plainFile(`${DIRECTORY}/keepalived.conf`, main)];
  const authPass = passwordOf(plan.instances);
  if (authPass !== undefined) {
    files.push(secretFile(`${DIRECTORY}/${authFile}`, fill("keepalived/auth.conf", { authPass, q: quoted })));
  }
  return files;
}

/** A line of virtual_ipaddress. */
function vipWords({ address, prefixLength, dev, label }: VirtualIpAddress): string {
  const words = [`${address}/${prefixLength}`];
  if (dev !== undefined) {
    words.push("dev", dev);
  }
  if (label !== undefined) {
    words.push("label", label);
  }
  return fitting(words.map((text) => quoted(text, "virtualIpAddresses")).join(" "), "virtualIpAddresses");
}

/** The one password of a host's instances: they include one file. */
function passwordOf(instances: InstanceConfig[]): string | undefined {
  const passwords = new Set(instances.flatMap(({ authPass }) => (authPass === undefined ? [] : [authPass])));
  if (passwords.size > 1) {
    throw new Error("authPass differs between the instances of one host: give all of them the same");
  }
  return [...passwords][0];
}

/** Each check once: keepalived knows it by its name. */
function uniqueByName<T extends { name: string }>(checks: T[], property: string): T[] {
  const byName = new Map<string, T>();
  for (const check of checks) {
    const former = byName.get(check.name);
    if (former !== undefined && !isDeepStrictEqual(former, check)) {
      throw new Error(`${property} has two different checks '${check.name}': give each a name of its own`);
    }
    byName.set(check.name, check);
  }
  return [...byName.values()];
}
