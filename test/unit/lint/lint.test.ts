import { lint, lintText, sarifLog } from "../../../lint";
import { conf, files, said, script, TRACKED } from "./files";

const user = "script_user root\n    enable_script_security";

describe("clusters are found by what the nodes say", () => {
  const pair = (own: number, peer: number, id: number, vip: string, priority: number) =>
    conf(`priority ${priority}\nunicast_src_ip 192.0.2.${own}\nunicast_peer {\n192.0.2.${peer}\n}`, {
      id,
      vips: vip,
    });

  it("two pairs given together stay two, in any order", () => {
    const texts = [
      pair(2, 3, 51, "192.0.2.10/24", 100),
      pair(4, 5, 52, "192.0.2.11/24", 100),
      pair(5, 4, 52, "192.0.2.11/24", 90),
      pair(3, 2, 51, "192.0.2.10/24", 90),
    ];
    expect(said(texts)).toEqual([]);
    expect(said([...texts].reverse())).toEqual([]);
  });

  it("nodes that name each other are one, though they share no address", () => {
    expect(said([pair(2, 3, 51, "192.0.2.10/24", 100), pair(3, 2, 51, "192.0.2.11/24", 90)])).toEqual([
      "b.conf error vip-list-mismatch",
    ]);
  });

  it("multicast nodes of one id on one network are one, though they share no address", () => {
    const of = (vips: string) => conf("", { vips });
    expect(said([of("192.0.2.10/24"), of("192.0.2.11/24")])).toContain("b.conf error vip-list-mismatch");
    expect(said([of("192.0.2.10/24"), of("198.51.100.10/24")])).toEqual([]);
  });

  it("a file that another one includes is no node", () => {
    const main = conf("include peers.conf");
    const result = lint([
      { name: "etc/keepalived.conf", text: main },
      { name: "etc/peers.conf", text: "    priority 255\n" },
    ]);
    expect(result.nodes).toEqual([{ name: "etc/keepalived.conf", file: "etc/keepalived.conf" }]);
    expect(result.findings).toMatchObject([
      { rule: "priority-255", file: "etc/peers.conf", line: 1, column: 14 },
    ]);
  });

  it("a byte order mark is told as one, and the word behind it not as unknown", () => {
    const main = `\uFEFF${conf("include peers.conf\npiority 100")}`;
    const { findings } = lint([
      { name: "a.conf", text: main },
      { name: "peers.conf", text: "\uFEFFpriority 90\n" },
    ]);
    expect(findings.map(({ rule, file, line, column }) => [rule, file, line, column])).toEqual([
      ["byte-order-mark", "a.conf", 1, 1],
      ["keyword-unknown", "a.conf", 9, 1],
      ["byte-order-mark", "peers.conf", 1, 1],
    ]);
    expect(findings[0]!.fix).toMatch(/without a byte order mark/);
  });

  it("a file whose conditions name hosts is the configuration of each of them", () => {
    const text = conf("@gw-a priority 255\n@gw-b priority 90");
    const { nodes, findings } = lint(files(text));
    expect(nodes.map(({ name }) => name)).toEqual(["a.conf @gw-a", "a.conf @gw-b"]);
    expect(findings).toMatchObject([{ rule: "priority-255", node: "a.conf @gw-a" }]);
  });

  it("a node is called by its router_id where no other has it", () => {
    const of = (id: string) => conf("", { globals: `router_id ${id}` });
    expect(lint(files(of("gw-a"), of("gw-b"))).nodes.map(({ name }) => name)).toEqual(["gw-a", "gw-b"]);
    expect(lint(files(of("LVS"), of("LVS"))).nodes.map(({ name }) => name)).toEqual(["a.conf", "b.conf"]);
  });
});

describe("what cannot be known is not judged", () => {
  it("an include that was not given may hold what seems to be missing", () => {
    const text = conf(TRACKED, { globals: "include users.conf", before: script() });
    expect(said([text])).toEqual([]);
    expect(lint(files(text)).notes).toMatchObject([{ file: "a.conf", line: 2 }]);
  });

  it("an include beside the instances may hold vrrp_version", () => {
    expect(said([conf("advert_int 0.5")])).toEqual(["a.conf error advert-int-range"]);
    expect(said([conf("advert_int 0.5", { before: "include more.conf" })])).toEqual([]);
  });

  it("an include inside an instance may hold its priority, and the rest is judged", () => {
    const text = conf("include own.conf\nstate MASTER\nnopreempt");
    expect(said([text])).toEqual(["a.conf error nopreempt-with-master"]);
  });

  it("a program is judged only where its text is given", () => {
    const text = conf(TRACKED, { globals: user, before: script('"/etc/keepalived/check.sh"') });
    const program = {
      name: "host/check.sh",
      text: "#!/bin/sh\n# killall keepalived\npgrep nginx || pkill keepalived\n",
    };
    expect(said([text])).toEqual([]);
    expect(lint([...files(text), program]).findings).toMatchObject([
      { rule: "script-stops-keepalived", file: "a.conf" },
    ]);
    const harmless = { ...program, text: "#!/bin/sh\n# killall keepalived\npgrep nginx\n" };
    expect(lint([...files(text), harmless]).findings).toEqual([]);
  });
});

it("never shows a password, of VRRP or in the arguments of a program", () => {
  const secret = (pass: string) =>
    conf(
      `authentication {\nauth_type PASS\nauth_pass ${pass}\n}\nnotify_master /usr/bin/mysql -p${pass}\n${TRACKED}`,
      { before: script(`/usr/bin/mysqladmin -p${pass} ping`, "timeout 60") },
    );
  const hook = conf(`notify_backup "/usr/bin/role -phunter4; systemctl stop nginx"\n${TRACKED}`, {
    before: script('"/usr/bin/env PASS=hunter4 pidof nginx || pkill keepalived"'),
    vips: "198.51.100.10/24",
  });
  const result = lint(files(secret("hunter2hunter2"), secret("hunter3"), hook));
  expect(result.findings.map(({ rule }) => rule)).toEqual(
    expect.arrayContaining([
      "auth-too-long",
      "check-loop",
      "script-stops-keepalived",
      "auth-mismatch",
      "notify-arguments-unquoted",
      "script-arguments-unquoted",
    ]),
  );
  const shown = [
    JSON.stringify(result),
    lintText(result),
    JSON.stringify(sarifLog(result, { version: "1.0.0" })),
  ];
  expect(shown.join("\n")).not.toContain("hunter");
});

it("does not show a password that stands behind another keyword's value", () => {
  const result = lint(files(conf("priority 100 auth_pass hunter2")));
  expect(result.findings).toMatchObject([{ rule: "argument-surplus", line: 8 }]);
  expect(JSON.stringify(result)).not.toContain("hunter");
});

it("speaks in keepalived's words, not in those of our components", () => {
  const all = lint(
    files(
      conf(`state MASTER\npriority 100\npreempt_delay 5\nadvert_int 1.5\n${TRACKED}`, { before: script() }),
      conf("priority 90\nunicast_peer {\n192.0.2.2\n}"),
    ),
  ).findings;
  expect(all.length).toBeGreaterThan(4);
  expect(JSON.stringify(all.map(({ message, why, fix }) => [message, why, fix]))).not.toMatch(
    /\b[a-z]+(?:Int|Pass|Delay|SrcIp|Peers|Addresses|RouterId|Scripts|Processes|User)\b/,
  );
});

it("is text that editors jump to, with the reason and the fix, and a count at the end", () => {
  const text = lintText(lint(files(conf("priority 255"))));
  expect(text.split("\n")).toEqual([
    "a.conf:8:14: warning: VI: priority: 255; allowed: 1 to 254 [priority-255]",
    expect.stringMatching(/^ {2}A priority is at most 254; /),
    "  fix: set a priority from 1 to 254",
    "1 node: 0 errors, 1 warning",
  ]);
});

it("is a SARIF 2.1.0 log, whose results point at rules and lines", () => {
  const result = lint([
    { name: "sites/a b.conf", text: conf("state MASTER\npriority 100\nnopreempt") },
    { name: "/etc/keepalived/keepalived.conf", text: conf("priority 255") },
  ]);
  const log = sarifLog(result, { version: "0.1.0" }) as {
    version: string;
    runs: {
      tool: { driver: { name: string; semanticVersion: string; rules: { id: string }[] } };
      results: {
        ruleId: string;
        ruleIndex: number;
        level: string;
        message: { text: string };
        locations: { physicalLocation: { artifactLocation: { uri: string }; region: object } }[];
      }[];
    }[];
  };
  expect(log.version).toBe("2.1.0");
  expect(log.runs).toHaveLength(1);
  const [run] = log.runs;
  expect(run!.tool.driver).toMatchObject({ name: "pulumi-keepalived", semanticVersion: "0.1.0" });
  expect(run!.results).toHaveLength(result.findings.length);
  for (const { ruleId, ruleIndex, level, message } of run!.results) {
    expect(run!.tool.driver.rules[ruleIndex]?.id).toBe(ruleId);
    expect(["error", "warning"]).toContain(level);
    expect(message.text).toMatch(/Fix: .+\.$/);
  }
  const places = run!.results.map(({ locations }) => locations[0]!.physicalLocation);
  expect(places).toContainEqual({
    artifactLocation: { uri: "sites/a%20b.conf" },
    region: { startLine: 8, startColumn: 11, endColumn: 17 },
  });
  expect(places.map(({ artifactLocation }) => artifactLocation.uri)).toContain(
    "file:///etc/keepalived/keepalived.conf",
  );
});
