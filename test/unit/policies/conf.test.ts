import { asset } from "@pulumi/pulumi";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { conf } from "../lint/files";
import { Foreign, judgeConf, Props, UNKNOWN_STRING } from "./fixtures";

const BROKEN = conf("state MASTER\npriority 100\nnopreempt");
const NODE = join(__dirname, "../../fixtures/conf/references");

function command(name: string, props: Props, host = `10.0.0.${name.length}`): Foreign {
  return { type: "command:remote:Command", name, props: { connection: { host, user: "root" }, ...props } };
}

function copy(
  name: string,
  content: asset.Asset,
  host: string,
  remotePath = "/etc/keepalived/keepalived.conf",
): Foreign {
  return {
    type: "command:remote:CopyToRemote",
    name,
    props: { connection: { host }, source: content, remotePath },
  };
}

const heredoc = (text: string, quote = "'") =>
  `set -e\nmkdir -p /etc/keepalived\ncat > /etc/keepalived/keepalived.conf <<${quote}EOF${quote}\n${text}EOF\nsystemctl reload keepalived\n`;

/** Ways in which a resource carries a configuration, and how a violation calls the place. */
const CARRIERS: [string, Foreign, string][] = [
  ["stdin", command("gw", { create: "cat > /etc/keepalived/keepalived.conf", stdin: BROKEN }), "gw.stdin"],
  [
    "a here-document of create",
    command("gw", { create: heredoc(BROKEN) }),
    "gw: /etc/keepalived/keepalived.conf",
  ],
  [
    "a here-document of update",
    command("gw", { create: "true", update: heredoc(BROKEN) }),
    "gw: /etc/keepalived/keepalived.conf",
  ],
  [
    "a here-document that the shell expands",
    command("gw", { create: heredoc(BROKEN, "") }),
    "gw: /etc/keepalived/keepalived.conf",
  ],
  [
    "a here-document for tee",
    command("gw", { create: `sudo tee /etc/keepalived/keepalived.conf <<"END" >/dev/null\n${BROKEN}END\n` }),
    "gw: /etc/keepalived/keepalived.conf",
  ],
  [
    "single quotes",
    command("gw", { create: `printf '%s' '${BROKEN}' > /etc/keepalived/keepalived.conf` }),
    "gw.create",
  ],
  [
    "a string asset",
    copy("gw", new asset.StringAsset(BROKEN), "10.0.0.2"),
    "gw: /etc/keepalived/keepalived.conf",
  ],
  [
    "a local command",
    { type: "command:local:Command", name: "gw", props: { create: heredoc(BROKEN) } },
    "gw: /etc/keepalived/keepalived.conf",
  ],
  [
    "a config map",
    { type: "kubernetes:core/v1:ConfigMap", name: "gw", props: { data: { "keepalived.conf": BROKEN } } },
    "gw.data.keepalived.conf",
  ],
];

it.each(CARRIERS)("finds the configuration in %s", async (_what, resource, place) => {
  const said = await judgeConf([resource]);
  expect(said).toEqual([
    {
      policy: "nopreempt-with-master-in-conf",
      message: expect.stringContaining(`${place}, line 10: VI: nopreempt: void`) as string,
      urn: expect.stringMatching(/::gw$/) as string,
    },
  ]);
});

it("finds it in a file of the program's", async () => {
  const file = new asset.FileAsset(join(NODE, "001-primary-a.conf"));
  const said = await judgeConf([
    copy("a", file, "10.0.0.2"),
    copy("b", new asset.FileAsset(join(NODE, "001-primary-b.conf")), "10.0.0.3"),
  ]);
  expect(said.map(({ policy }) => policy)).toEqual(["equal-priorities-in-conf"]);
});

it("judges the nodes of a stack together, told apart by the hosts of their connections", async () => {
  const text = (name: string) => readFileSync(join(NODE, `002-site-${name}.conf`), "utf8");
  const said = await judgeConf([
    command("site-a", { create: "true", stdin: text("a") }, "198.51.100.1"),
    command(
      "site-b",
      { create: "true", stdin: text("b").replace("nopreempt", "").replace(/-200/g, "-5") },
      "198.51.100.2",
    ),
  ]);
  expect(said.map(({ policy, urn }) => [policy, urn?.split("::").at(-1)])).toEqual([
    ["weight-clamped-in-conf", "site-a"],
    ["nopreempt-with-master-in-conf", "site-a"],
  ]);
  const differing = await judgeConf([
    command("a", { create: "true", stdin: conf("") }, "198.51.100.1"),
    command(
      "b",
      { create: "true", stdin: conf("priority 90", { vips: "192.0.2.10/24\n192.0.2.11/24" }) },
      "198.51.100.2",
    ),
  ]);
  expect(differing).toMatchObject([
    { policy: "vip-list-mismatch-in-conf", urn: expect.stringMatching(/::b$/) as string },
  ]);
});

it("puts the files of one host together: an include is found, and what one of them says holds for the other", async () => {
  const host = "10.0.0.2";
  const main = copy(
    "main",
    new asset.StringAsset(conf("include peers.conf\nunicast_src_ip 192.0.2.2")),
    host,
  );
  const peers = copy(
    "peers",
    new asset.StringAsset("unicast_peer {\n192.0.2.2\n}\n"),
    host,
    "/etc/keepalived/peers.conf",
  );
  const other = command("other", { create: "true", stdin: conf("priority 90") }, "10.0.0.3");
  expect(await judgeConf([main, other])).toEqual([]);
  const said = await judgeConf([main, peers, other]);
  expect(said.map(({ policy }) => policy)).toEqual(["transport-mismatch-in-conf"]);
});

it("takes one of two texts with one path on one host", async () => {
  const host = "10.0.0.2";
  const first = copy("first", new asset.StringAsset(conf("")), host);
  const second = copy("second", new asset.StringAsset(conf("", { id: 52 })), host);
  expect(await judgeConf([first, second])).toEqual([]);
});

it("leaves our own components to the policies over their inputs", async () => {
  const stage = {
    ...command("gw-stage", { create: "true", stdin: BROKEN }),
    parent: "pulumi-keepalived:index:HaPair",
  };
  expect(await judgeConf([stage])).toEqual([]);
});

it.each([
  ["a command without a configuration", command("gw", { create: "systemctl restart keepalived" })],
  ["a configuration that is right", command("gw", { create: "true", stdin: conf("") })],
  ["the removal of one", command("gw", { create: "true", delete: heredoc(BROKEN) })],
  [
    "a random value",
    { type: "random:index/randomPassword:RandomPassword", name: "r", props: { result: BROKEN } },
  ],
  ["what is not known yet", command("gw", { create: "true", stdin: UNKNOWN_STRING })],
  ["a host that is not known yet", command("gw", { create: "true", stdin: conf("") }, UNKNOWN_STRING)],
])("says nothing about %s", async (_what, resource) => {
  expect(await judgeConf([resource])).toEqual([]);
});

it("does not judge what the shell puts in", async () => {
  const text = conf("priority $(cat /etc/priority)\nstate MASTER\nadvert_int `cat /etc/advert`");
  expect(await judgeConf([command("gw", { create: heredoc(text, "") })])).toEqual([]);
});

it("judges for the version of keepalived that the operator sets", async () => {
  const resource = command("gw", { create: "true", stdin: conf("version 3\ndown_timer_adverts 2") });
  expect(await judgeConf([resource])).toEqual([]);
  expect((await judgeConf([resource], { keepalivedVersion: "2.1.5" })).map(({ policy }) => policy)).toEqual([
    "keyword-too-new-in-conf",
  ]);
});

it("rejects what keepalived does not take as it is written", async () => {
  const said = await judgeConf([command("gw", { create: "true", stdin: conf("prioirty 100") })]);
  expect(said.map(({ policy }) => policy)).toEqual(["keepalived-reads-it-in-conf"]);
});

it("never shows a secret", async () => {
  const stdin = conf(
    "authentication {\nauth_type PASS\nauth_pass hunter2hunter2\n}\nnotify_master /bin/db -phunter2",
  );
  const said = await judgeConf([command("gw", { create: "true", stdin, environment: { PASS: "hunter2" } })]);
  expect(said.map(({ policy }) => policy)).toEqual(
    expect.arrayContaining(["auth-too-long-in-conf", "notify-arguments-unquoted-in-conf"]),
  );
  expect(JSON.stringify(said)).not.toContain("hunter");
});
