import { createHash } from "node:crypto";
import { KeepalivedSource } from "./model";
import { KeepalivedSourceInput } from "./schema/keepalived-source";
import { Draft, isKnown, isWhollyKnown, UNKNOWN } from "./unknown";

const PREFIX = "/opt/keepalived";

/** A source with its defaults. */
export function keepalivedSourceWithDefaults(input: Draft<KeepalivedSourceInput>): Draft<KeepalivedSource> {
  if (!isKnown(input)) {
    return UNKNOWN;
  }
  const { url, sha256, version, prefix = PREFIX, configureOptions = [] } = input;
  const parts = [prefix, version, sha256, configureOptions];
  return {
    url,
    sha256,
    version,
    configureOptions,
    directory: isWhollyKnown(parts)
      ? `${String(prefix)}/${String(version)}-${digest([sha256 as string, ...(configureOptions as string[])])}`
      : UNKNOWN,
  };
}

/** What tells two builds of one version apart: both stay on a host, so that it can go back. Not where it came from. */
function digest(parts: string[]): string {
  return createHash("sha256").update(parts.join("\n")).digest("hex").slice(0, 8);
}
