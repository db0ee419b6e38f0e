import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const host = join(__dirname, "../../../host");
const applets = readFileSync(join(__dirname, "../../../lab/image/openwrt/applets"), "utf8")
  .split("\n")
  .filter(Boolean);

/** What Debian's hosts have and OpenWrt's busybox, as it is configured by default, has not. */
const LACKING = [
  "arping base32 base64 bc chattr chrt cksum comm diff expand factor fallocate fold getconf getent getopt groups hostname",
  "ionice link logname logread lsattr lsof mountpoint nl nohup nproc nsenter od paste patch pgrep pkill pmap printenv pstree",
  "realpath renice rev script setpriv setsid sha1sum sha512sum shuf split stat stty su sum tac timeout truncate tsort tty tunctl",
  "unlink unshare users usleep uudecode uuencode wall watch wget who whoami xxd",
]
  .join(" ")
  .split(" ")
  .filter((name) => !applets.includes(name));

/** Where one of them stands all the same, and why it may. */
const ALLOWED: Record<string, string> = {
  "lib/adopt.sh diff": "only where there is one",
  "lib/common.sh setsid": "else start-stop-daemon",
  "lib/keepalived.sh logread": "OpenWrt's own, only where there is one",
  "lib/limit.sh setsid": "only where there is one",
  "lib/limit.sh timeout": "only where there is one",
  "lib/endpoints.sh getent": "else nslookup",
  "lib/examine-log.sh logread": "OpenWrt's own, only where there is one",
  "lib/endpoints.sh timeout": "else nslookup, which gives up by itself",
  "lib/tunnel.sh getent": "only where there is one",
  "lib/tunnel.sh timeout": "with systemd",
  "lib/service.sh getconf": "else what every kernel has",
  "lib/facts.sh arping": "else ping",
  "lib/observe.sh arping": "else ping",
  "lib/examine-net-neighbours.sh arping": "else ping",
  "lib/repair-address.sh arping": "only where there is one",
  "lib/witness.sh base64": "a stage says that it is missing",
  "lib/nginx.sh timeout": "a stage refuses a gateway on OpenWrt",
};

interface Use {
  file: string;
  line: number;
  word: string;
}

/** Words that stand where a command does, outside of comments and of what awk and sed are told. */
function commands(file: string): Use[] {
  let quoted = false;
  return readFileSync(join(host, file), "utf8")
    .split("\n")
    .flatMap((text, index) => {
      const wasQuoted = quoted;
      // Of single quotes of a script for awk, which goes over many lines.
      const quotes =
        text
          .replace(/\\'/g, "")
          .replace(/"[^"']*"/g, "")
          .match(/'/g)?.length ?? 0;
      if (quotes % 2 === 1) quoted = !quoted;
      if (wasQuoted || /^\s*#/.test(text)) return [];
      const starts = text.matchAll(
        /(?:^|[|&;({!]|\$\(|\b(?:then|do|else|if|elif|until|while|exec|command|tool "[^"]*"|writing|limited \S+))\s+([a-z][a-z0-9_-]*)\b(?![(=])/g,
      );
      const first = /^\s*([a-z][a-z0-9_-]*)\b(?![(=)])/.exec(text)?.[1];
      const words = [...starts].map(([, word = ""]) => word);
      return [...(first === undefined ? [] : [first]), ...words].map((word) => ({
        file,
        line: index + 1,
        word,
      }));
    });
}

const files = [
  "install.sh",
  "vrrp-agent",
  "vrrp-check",
  ...readdirSync(join(host, "lib"))
    // Kinds of services that OpenWrt's hosts do not get.
    .filter((name) => !/mariadb|action-conntrack/.test(name))
    .map((name) => `lib/${name}`),
];

describe("host scripts on OpenWrt", () => {
  test("use no program that its busybox lacks, but where there is another way", () => {
    const found = files
      .flatMap(commands)
      .filter(({ word }) => LACKING.includes(word))
      .filter(({ file, word }) => ALLOWED[`${file} ${word}`] === undefined);
    expect(found).toEqual([]);
  });

  test("use no classes of tr, no keys of sort, and nothing of find that its busybox is built without", () => {
    const found = files.flatMap((file) =>
      readFileSync(join(host, file), "utf8")
        .split("\n")
        .filter(
          (line) =>
            /\btr\b[^|]*'[^']*\[:/.test(line) ||
            /\bsort\b[^|]* -[a-z]*[ktc]/.test(line) ||
            /\bfind\b.*(-delete|-empty|-quit|-printf|\{\} \+)/.test(line),
        )
        .map((line) => `${file}: ${line.trim()}`),
    );
    expect(found).toEqual([]);
  });

  test("go on where sleep knows whole seconds only", () => {
    const found = files.flatMap((file) =>
      readFileSync(join(host, file), "utf8")
        .split("\n")
        .filter((line) => /\bsleep "?[0-9$]*\.[0-9]/.test(line) && !/2>\/dev\/null/.test(line))
        .map((line) => `${file}: ${line.trim()}`),
    );
    expect(found).toEqual([]);
  });
});
