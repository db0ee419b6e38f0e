import { HostPlan, KeepalivedSource } from "../spec";
import { plainFile, RenderedFile } from "./file";
import { fill } from "./template";
import { rest, word } from "./word";

/** What vrrp-agent is told of the tarball that it builds keepalived from. */
export function sourceLines({ keepalivedSource }: HostPlan): string[] {
  return keepalivedSource === undefined ? [] : linesOf(keepalivedSource);
}

function linesOf({ url, sha256, version, directory, configureOptions }: KeepalivedSource): string[] {
  return [
    `keepalived-source ${word(version, "version")} ${word(sha256, "sha256")} ${word(directory, "prefix")} ${rest(url, "url")}`,
    ...configureOptions.map((option) => `keepalived-source-option ${rest(option, "configureOptions")}`),
  ];
}

/** The unit that starts what was built: it hides the distribution's, by whose name everything here knows keepalived. */
export function sourceUnit({ keepalivedSource }: HostPlan): RenderedFile[] {
  if (keepalivedSource === undefined) {
    return [];
  }
  const { version, directory } = keepalivedSource;
  const text = fill("systemd/keepalived-source.service", {
    version: word(version, "version"),
    directory: word(directory, "prefix"),
  });
  return [plainFile("/etc/systemd/system/keepalived.service", text)];
}
