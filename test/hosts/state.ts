import { type Host, run } from "../../lab";

/** What of a host belongs to others: a line for each file below /etc, and each rule of the kernel's. */
export interface Foreign {
  files: string[];
  /** In the order in which the kernel has them, without counters. */
  rules: string[];
}

/**
 * What tools rewrite by themselves, with the same meaning: firewalld keeps a zone as a file of its own once it was changed, and
 * the former one beside it; its rules are among the rules.
 */
const OWN_BUSINESS = ["*.cache", "*/etc/firewalld/zones/*", "*/etc/firewalld/policies/*"];

/** Looks from outside, with this machine's tools: a host need not have any. */
export async function foreignOf(host: Host): Promise<Foreign> {
  const ignored = OWN_BUSINESS.flatMap((pattern) => ["!", "-path", pattern]);
  const find = ["find", `${host.root}/etc`, `${host.root}/usr/sbin`, `${host.root}/opt`, ...ignored];
  const names = await run([...find, "-printf", "%M %U:%G /%P %l\\n"], { check: false });
  const sums = await run([...find, "-type", "f", "-exec", "sha256sum", "{}", "+"], { check: false });
  return {
    files: `${names.stdout}${sums.stdout.replaceAll(host.root, "")}`.split("\n").filter(Boolean).sort(),
    rules: await rulesOf(host),
  };
}

/**
 * The kernel's rules, table by table: in which order the tables were made means nothing. Those of iptables are in nftables'
 * list where that is how it works.
 */
export async function rulesOf(host: Host): Promise<string[]> {
  const inside = ["nsenter", `--net=/run/netns/${host.netns}`];
  const lists = await Promise.all(
    [["nft", "-s", "list", "ruleset"], ["iptables-legacy-save"], ["ip6tables-legacy-save"]].map((command) =>
      run([...inside, ...command], { check: false }),
    ),
  );
  return lists
    .flatMap(({ stdout }) =>
      stdout
        .split(/^(?=table )/m)
        .sort()
        .flatMap((table) => table.split("\n")),
    )
    .filter((line) => !/^#/.test(line))
    .map((line) => line.replace(/^(:\S+ \S+) \[.*/, "$1").trimEnd())
    .filter(Boolean);
}

/** What is not as it was: `+` is new, `-` is gone. */
export function differences(before: Foreign, after: Foreign): string[] {
  const files = [
    ...lacking(before.files, after.files).map((line) => `- ${line}`),
    ...lacking(after.files, before.files).map((line) => `+ ${line}`),
  ];
  const same = before.rules.join("\n") === after.rules.join("\n");
  const rules = same
    ? []
    : [
        ...lacking(before.rules, after.rules).map((line) => `- rule: ${line.trim()}`),
        ...lacking(after.rules, before.rules).map((line) => `+ rule: ${line.trim()}`),
      ];
  return [...files, ...(same || rules.length > 0 ? rules : ["the order of the rules has changed"])];
}

const lacking = (lines: readonly string[], others: readonly string[]) => {
  const there = new Set(others);
  return lines.filter((line) => !there.has(line));
};

/** The first of the former rules that is not where it was among the others; undefined: all are, whatever came between. */
export function displaced(before: readonly string[], after: readonly string[]): string | undefined {
  let from = 0;
  for (const line of before) {
    const at = after.indexOf(line, from);
    if (at < 0) return line.trim();
    from = at + 1;
  }
  return undefined;
}
