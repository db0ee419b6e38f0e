import { existsSync, mkdirSync, readdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";

import { bundleOf, FakeHost, generation, nodeFiles, SHELLS } from "./fake-host";

const CONF = "etc/keepalived/keepalived.conf";
const AUTH = "etc/keepalived/gw.auth.conf";
const BY_HAND = "var/lib/vrrp-agent/gw/by-hand";

describe.each(SHELLS)("what stage says of files that it will replace, under %s", (shell) => {
  let host: FakeHost;
  beforeEach(async () => {
    host = await FakeHost.create(shell);
  });
  afterEach(() => host.close());

  /** The notes of a stage that succeeds. */
  const stage = (changes: Record<string, string> = {}, n = 1): string[] => {
    const text = bundleOf(nodeFiles(changes), { generation: generation(n) });
    const { status, stdout, stderr } = host.agent(["stage"], text);
    expect({ status, stdout }).toEqual({ status: 0, stdout: `staged ${generation(n)}\n` });
    return stderr.split("\n").slice(0, -1);
  };

  /** A directory with the host's programs but one. */
  const pathWithout = (name: string): string => {
    const directory = join(host.root, "programs");
    mkdirSync(directory);
    for (const place of (host.env.PATH ?? "").split(":")) {
      for (const program of readdirSync(place).filter((entry) => entry !== name)) {
        if (!existsSync(join(directory, program)))
          symlinkSync(join(place, program), join(directory, program));
      }
    }
    return directory;
  };

  test("nothing on a host that has none of them", () => {
    expect(stage()).toEqual([]);
  });

  test("a config made by hand is shown against what will be, and nothing is changed yet", () => {
    host.write(CONF, "# by hand\nvrrp_instance gw {\n}\n", 0o640);
    const notes = stage();
    expect(notes).toEqual([
      `note: /${CONF} is there already; it is kept, and destroy brings it back`,
      `note: --- /${CONF} (is)`,
      `note: +++ /${CONF} (will be)`,
      expect.stringMatching(/^note: @@ /),
      "note: -# by hand",
      "note:  vrrp_instance gw {",
      "note:  }",
    ]);
    expect(host.read(CONF)).toContain("# by hand");
    expect(host.has(BY_HAND)).toBe(false);
  });

  test("what is there and the same as what will be is not worth a word", () => {
    host.write(CONF, "vrrp_instance gw {\n}\n", 0o600);
    expect(stage()).toEqual([]);
  });

  test("a file that will be secret is only named", () => {
    host.write(AUTH, "auth_pass old-word\n", 0o600);
    expect(stage()).toEqual([
      `note: /${AUTH} is there already; it is kept, and destroy brings it back`,
      "note:   its lines are secret and not shown",
    ]);
  });

  test.each([
    ["as it is", "auth_pass hush-1", "auth_pass ********"],
    ["in quotes", 'auth_pass "hush-1 x"', "auth_pass ********"],
    ["with a comment behind", "auth_pass hush-1 # mine", "auth_pass ********"],
    [
      "in a line with others",
      "authentication { auth_type PASS auth_pass hush-1 }",
      "authentication { auth_type PASS ********",
    ],
    ["by a name", "auth_pass $PW\n$PW=hush-1", "auth_pass ********\n$PW=********"],
    ["by a name that says nothing", "$W=hush-1\nauth_pass ${W}", "$W=********\nauth_pass ********"],
    ["and once more", "auth_pass hush-1\n# was hush-1 before", "auth_pass ********\n# was ******** before"],
    ["of something else", "smtp_password hush-1", "smtp_password ********"],
  ])("a password that stands there %s is not shown", (_how, text, shown) => {
    host.write(CONF, `${text}\nvrrp_instance gw {\n}\n`);
    const removed = stage().filter((line) => /^note: -[^-]/.test(line));
    expect(removed).toEqual(shown.split("\n").map((line) => `note: -${line}`));
  });

  test("long lines, many lines and what a terminal obeys are cut short", () => {
    host.write(CONF, `${"x".repeat(5000)}\n\x1b[31mred\u00fc\n${"line\n".repeat(1000)}`);
    const notes = stage();
    expect(notes.length).toBe(201);
    expect(notes.at(-1)).toMatch(/^note: \.\.\. and \d+ lines more$/);
    expect(Math.max(...notes.map((line) => line.length))).toBeLessThan(1000);
    expect(notes).toContain("note: -?[31mred??");
  });

  test("without a diff on the host the file is named", () => {
    host.write(CONF, "# by hand\n");
    const { status, stderr } = host.agent(["stage"], bundleOf(nodeFiles()), { PATH: pathWithout("diff") });
    expect({ status, stderr }).toEqual({
      status: 0,
      stderr: `note: /${CONF} is there already; it is kept, and destroy brings it back
note:   there is no diff on this host to show what changes
`,
    });
  });

  describe("after the first apply", () => {
    const apply = (changes: Record<string, string>, n: number) => {
      stage(changes, n);
      host.succeed(["activate", "gw", generation(n)]);
    };
    const other = (n: number) => ({ [`/${CONF}`]: `vrrp_instance gw {\n  # ${n}\n}\n` });
    const copies = () =>
      host
        .tree(BY_HAND)
        .split("\n")
        .filter((line) => line.startsWith("-"));

    test("a file of ours that nobody touched is not worth a word", () => {
      apply({}, 1);
      expect(stage(other(2), 2)).toEqual([]);
    });

    test("a file of ours that was changed by hand is shown, and a copy of it stays, once", () => {
      apply({}, 1);
      host.write(CONF, "vrrp_instance gw {\n  priority 7\n}\n", 0o640);
      const notes = stage(other(2), 2);
      expect(notes[0]).toBe(
        `note: /${CONF} was changed by hand; that is replaced, and a copy stays in /${BY_HAND}`,
      );
      expect(notes).toContain("note: -  priority 7");
      expect(notes).toContain("note: +  # 2");
      expect(copies()).toEqual([expect.stringMatching(/^-rw-r----- .*\/etc\/keepalived\/keepalived\.conf /)]);
      expect(host.tree(BY_HAND)).toMatch(/^drwx------ \S+\/by-hand /m);
      stage(other(2), 2);
      expect(copies()).toHaveLength(1);
    });

    test("a file that is managed only now is kept, as on a first apply", () => {
      apply({ [`/${AUTH}`]: "" }, 1);
      host.write(AUTH, "by hand\n");
      expect(stage({}, 2)[0]).toBe(`note: /${AUTH} is there already; it is kept, and destroy brings it back`);
    });
  });
});
