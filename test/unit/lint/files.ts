import { readdirSync, readFileSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { ConfFile } from "../../../conf";
import { lint, LintOptions } from "../../../lint";

const FIXTURES = join(__dirname, "../../fixtures/conf");

/** The files of a fixture, under their names below test/fixtures/conf. */
export function fixture(path: string): ConfFile[] {
  const whole = join(FIXTURES, path);
  return statSync(whole).isDirectory()
    ? readdirSync(whole)
        .sort()
        .flatMap((name) => fixture(join(path, name)))
    : [{ name: path, text: readFileSync(whole, "utf8") }];
}

/** What is below a directory of fixtures, each by itself. */
export function fixturesIn(path: string): string[] {
  return readdirSync(join(FIXTURES, path))
    .sort()
    .map((name) => join(path, name));
}

/** One node's configuration out of the parts that a case is about. */
export function conf(
  instance: string,
  { globals = "", before = "", vips = "192.0.2.10/24", id = 51 } = {},
): string {
  return [
    "global_defs {",
    `    ${globals}`,
    "}",
    before,
    "vrrp_instance VI {",
    "    interface eth0",
    `    virtual_router_id ${id}`,
    `    ${instance}`,
    `    virtual_ipaddress {\n        ${vips}\n    }`,
    "}",
    "",
  ].join("\n");
}

/** A script that an instance tracks: for `before`. */
export function script(words = '"/usr/bin/test -e /run/web"', more = ""): string {
  return `vrrp_script web {\n    script ${words}\n    ${more}\n}`;
}

export const TRACKED = "track_script {\n        web\n    }";

/** Texts as files a.conf, b.conf ... */
export function files(...texts: string[]): ConfFile[] {
  return texts.map((text, i) => ({ name: `${"abcdef"[i]}.conf`, text }));
}

/** What lint says about texts, as `a.conf error RULE`. */
export function said(texts: string[], options: LintOptions = {}): string[] {
  return lint(files(...texts), options).findings.map(
    ({ file, severity, rule }) => `${basename(file)} ${severity} ${rule}`,
  );
}
