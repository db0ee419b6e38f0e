import { FIXABLE, fixFiles, lint } from "../../../lint";
import { conf, files, fixture, fixturesIn, script, TRACKED } from "./files";

const PEERS = "unicast_src_ip 192.0.2.2\n    unicast_peer {\n        192.0.2.3\n    }";
const user = "script_user root\n    enable_script_security";

/** What is wrong, the texts, and of each changed text the lines as they were and as they are. */
const CASES: [string, string[], string[], string[]][] = [
  [
    "nopreempt-with-master",
    [conf("state MASTER # site A\n    priority 100\n    nopreempt")],
    ["    nopreempt"],
    [],
  ],
  [
    "preempt-delay-with-master",
    [conf("state MASTER\n    priority 100\n    preempt_delay 5")],
    ["    preempt_delay 5"],
    [],
  ],
  [
    "state-master-twice",
    [conf("state MASTER\npriority 100"), conf("state MASTER\npriority 90")],
    ["    state MASTER"],
    ["    state BACKUP"],
  ],
  [
    "state-against-priority",
    [conf("priority 100"), conf("state MASTER\npriority 90")],
    ["    state MASTER"],
    ["    state BACKUP"],
  ],
  ["preempt-delay-with-nopreempt", [conf("nopreempt\n    preempt_delay 5")], ["    preempt_delay 5"], []],
  [
    "advert-int-range",
    [conf("advert_int 1.5 ! seconds")],
    ["    advert_int 1.5 ! seconds"],
    ["    advert_int 2 ! seconds"],
  ],
  [
    "auth-too-long",
    [conf("authentication {\n        auth_type PASS\n        auth_pass 123456789\n    }")],
    ["        auth_pass 123456789"],
    ["        auth_pass 12345678"],
  ],
  [
    "auth-with-v3",
    [conf("version 3\n    authentication {\n        auth_type PASS\n        auth_pass 1234\n    }")],
    ["    authentication {", "        auth_type PASS", "        auth_pass 1234", "    }"],
    [],
  ],
  [
    "auth-over-ipv6",
    [
      conf("version 2\n    authentication {\n        auth_type AH\n        auth_pass 1234\n    }", {
        vips: "2001:db8::10/64",
      }),
    ],
    ["    authentication {", "        auth_type AH", "        auth_pass 1234", "    }"],
    [],
  ],
  [
    "multicast-group-with-unicast",
    [conf(`mcast_dst_ip 224.0.0.99\n    ${PEERS}`)],
    ["    mcast_dst_ip 224.0.0.99"],
    [],
  ],
  ["vmac-with-unicast", [conf(`use_vmac\n    ${PEERS}`)], [], ["    vmac_xmit_base"]],
  ["byte-order-mark", [`\uFEFF${conf("priority 100")}`], ["\uFEFFglobal_defs {"], ["global_defs {"]],
  [
    "script-arguments-unquoted",
    [conf(TRACKED, { before: script("/usr/bin/test -e /run/web"), globals: user })],
    ["    script /usr/bin/test -e /run/web"],
    ['    script "/usr/bin/test -e /run/web"'],
  ],
  [
    "notify-arguments-unquoted",
    [conf("notify_master /usr/local/bin/role master # role", { globals: user })],
    ["    notify_master /usr/local/bin/role master # role"],
    ['    notify_master "/usr/local/bin/role master" # role'],
  ],
];

/** Lines of one text that are not in the other. */
function without(text: string, other: string): string[] {
  const left = other.split("\n");
  return text.split("\n").filter((line) => {
    const at = left.indexOf(line);
    return at < 0 || !left.splice(at, 1);
  });
}

it.each(CASES)("%s is put right, and no other line is touched", (rule, texts, before, after) => {
  const given = files(...texts);
  const { files: next, fixed } = fixFiles(given);
  expect(fixed.map((finding) => finding.rule)).toContain(rule);
  expect(lint(next).findings.map((finding) => finding.rule)).not.toContain(rule);
  expect(next.flatMap(({ text }, i) => without(given[i]!.text, text))).toEqual(before);
  expect(next.flatMap(({ text }, i) => without(text, given[i]!.text))).toEqual(after);
});

it("has a case for every rule that can be put right", () => {
  expect(CASES.map(([rule]) => rule).sort()).toEqual([...FIXABLE].sort());
});

it("leaves a second time nothing to do", () => {
  const { files: next } = fixFiles(fixturesIn("references").flatMap(fixture));
  expect(fixFiles(next)).toEqual({ files: next, fixed: [] });
});

it("changes nothing of what is right", () => {
  for (const path of fixturesIn("valid")) {
    const given = fixture(path);
    expect(fixFiles(given)).toEqual({ files: given, fixed: [] });
  }
});

describe("what --fix changes, keepalived does as before:", () => {
  const fixedText = (...texts: string[]) => fixFiles(files(...texts)).files.map(({ text }) => text);

  it("of the references' 002 pair no node gets a nopreempt that it did not have, and no error is new", () => {
    const given = ["references/002-site-a.conf", "references/002-site-b.conf"].flatMap(fixture);
    const { files: next } = fixFiles(given);
    const rules = (all: typeof given) => lint(all).findings.map(({ rule, file }) => `${file} ${rule}`);
    expect(rules(given)).toEqual(expect.arrayContaining(rules(next)));
    expect(rules(next).length).toBeLessThan(rules(given).length);
    expect(next[0]!.text).toContain("state MASTER");
    expect(next[0]!.text).not.toContain("nopreempt");
  });

  it("a primary whose nopreempt is void goes on taking back", () => {
    const [a, b] = fixedText(conf("state MASTER\n    priority 110\n    nopreempt"), conf("priority 100"));
    expect(a).not.toContain("nopreempt");
    expect(a).toContain("state MASTER");
    expect(b).toBe(conf("priority 100"));
  });

  it("MASTER stays where a word is void that nobody can take out, or where the priority comes of it", () => {
    const second = (words: string) => [conf("state MASTER\npriority 110"), conf(`state MASTER\n${words}`)];
    for (const words of ["$P=nopreempt\n$P\npriority 90", "preempt_delay 5\npreempt_delay 6\npriority 90"]) {
      expect(fixedText(...second(words))).toEqual(second(words));
    }
    const owners = [conf("state MASTER"), conf("state MASTER")];
    expect(fixedText(...owners)).toEqual(owners);
  });
});

it("cuts a password to its first eight bytes, where a character ends there", () => {
  const of = (text: string) => conf(`authentication {\nauth_type PASS\nauth_pass ${text}\n}`);
  expect(fixFiles(files(of("paßwörd")))["files"][0]!.text).toBe(of("paßwör"));
  expect(fixFiles(files(of("passworö"))).fixed).toEqual([]);
});

it("leaves to a person what comes out of a definition", () => {
  const given = files(`$WORD=nopreempt\n${conf("state MASTER\npriority 100\n$WORD")}`);
  expect(lint(given).findings).toMatchObject([{ rule: "nopreempt-with-master" }]);
  expect(fixFiles(given)).toEqual({ files: given, fixed: [] });
});
