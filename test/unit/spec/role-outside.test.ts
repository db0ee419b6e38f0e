import { checkCluster, hostPlan, parseCluster } from "../../../spec";
import { renderHost } from "../../../render";
import { clusterInput } from "./cluster-input";

const hook = (change: object = {}) => ({
  name: "hook",
  kind: "webhook",
  url: "https://h.example.org/s3cret",
  ...change,
});
const mail = (change: object = {}) => ({
  name: "mail",
  kind: "mail",
  from: "a@b.example",
  to: ["c@d.example"],
  ...change,
});
const dns = (change: object = {}) => ({
  name: "dns",
  kind: "dns",
  server: "192.0.2.53",
  zone: "example.org",
  record: "www.example.org",
  addresses: { "gw-a": ["192.0.2.1", "2001:DB8:0::1"], "gw-b": ["192.0.2.2"] },
  tsig: { name: "gw", secret: "a2V5" },
  ...change,
});
const cluster = (...actions: object[]) => clusterInput({ role: { actions } });
const problems = (...actions: object[]) =>
  checkCluster(cluster(...actions)).map(({ rule, path }) => [rule, path]);

it.each<[string, object, string, string]>([
  ["a URL that is none of HTTP", hook({ url: "ftp://h/" }), "bounds", "url"],
  ["a URL of two lines", hook({ url: "https://h/\nurl" }), "bounds", "url"],
  ["a header of two lines", hook({ headers: { "X-A": "b\r\nX-C: d" } }), "bounds", "headers.X-A"],
  ["a header whose name is none", hook({ headers: { "X A": "b" } }), "bounds", "headers.X A"],
  ["a signing key of 7 characters", hook({ secret: "1234567" }), "bounds", "secret"],
  ["a template with a name that is none", hook({ body: "${rolle}" }), "webhook-template", "body"],
  [
    "a webhook's address of no node",
    hook({ addresses: { "gw-a": ["192.0.2.1"] } }),
    "role-addresses",
    "addresses.gw-b",
  ],
  ["a recipient with a second header", mail({ to: ["c@d.example\nBcc: e@f"] }), "bounds", "to[0]"],
  ["a sender without a domain", mail({ from: "root" }), "bounds", "from"],
  ["a mail server that is no URL", mail({ server: "mail.example.org" }), "bounds", "server"],
  ["a password for sendmail", mail({ password: "x" }), "mail-credentials", "password"],
  ["a password without a name", mail({ server: "smtps://m", password: "x" }), "mail-credentials", "username"],
  [
    "a password in clear",
    mail({ server: "smtp://m", username: "u", password: "x", startTls: false }),
    "mail-credentials",
    "startTls",
  ],
  ["a record outside its zone", dns({ record: "www.example.com" }), "dns-zone", "record"],
  ["a record of a zone that ends alike", dns({ record: "www.anexample.org" }), "dns-zone", "record"],
  ["an owner record that is the record", dns({ ownerRecord: "-" }), "bounds", "ownerRecord"],
  [
    "a node without an address",
    dns({ addresses: { "gw-a": ["192.0.2.1"] } }),
    "role-addresses",
    "addresses.gw-b",
  ],
  [
    "addresses of a node that is none",
    dns({ addresses: { "gw-a": ["192.0.2.1"], "gw-b": ["192.0.2.2"], "gw-x": ["192.0.2.3"] } }),
    "role-addresses",
    "addresses.gw-x",
  ],
  [
    "an address with a prefix",
    dns({ addresses: { "gw-a": ["192.0.2.1/24"], "gw-b": ["192.0.2.2"] } }),
    "bounds",
    "addresses.gw-a[0]",
  ],
  ["a key that is no base64", dns({ tsig: { name: "gw", secret: "no base64" } }), "bounds", "tsig.secret"],
])("%s is refused", (_what, action, rule, path) => {
  expect(problems(action)).toEqual([[rule, `role.actions[0].${path}`]]);
});

it("of two actions about one name is refused", () => {
  expect(
    problems(dns(), dns({ name: "again", record: "WWW.example.org", ownerRecord: "_o.example.org" })),
  ).toEqual([["role-action-twice", "role.actions[1].record"]]);
});

it("shows no secret in what it says of one", () => {
  const wrong = [
    hook({ url: "ftp://SECRET", secret: "SECRET" }),
    mail({ server: "smtps://m", username: "u", password: "SECRET\n" }),
    dns({ tsig: { name: "gw", secret: "SECRET SECRET" } }),
  ];
  const found = checkCluster(cluster(...wrong));
  expect(found).toHaveLength(4);
  expect(JSON.stringify(found)).not.toContain("SECRET");
});

it("accepts what stands for a secret where nobody may see it", () => {
  const secret = "********";
  expect(
    problems(
      hook({ url: secret, secret, headers: { Authorization: secret } }),
      mail({ server: "smtps://m:465", username: "u", password: secret }),
      dns({ tsig: { name: "gw", secret } }),
    ),
  ).toEqual([]);
});

function rendered(...actions: object[]): Record<string, { text: string; secret: boolean }> {
  const parsed = parseCluster(cluster(...actions));
  if ("problems" in parsed) throw new Error(JSON.stringify(parsed.problems));
  return Object.fromEntries(renderHost(hostPlan(parsed.value, "gw-a")).map((file) => [file.path, file]));
}

it("is rendered with its secrets in a file of their own, and its template in another", () => {
  const files = rendered(
    hook({ headers: { Authorization: "Bearer t" }, secret: "12345678", body: '{"a":"${address}"}' }),
    mail({ server: "smtp://m:25", username: "u", password: "p" }),
    dns(),
  );
  const lines = files["/etc/vrrp-agent/gw/node.conf"]!.text.split("\n").filter((line) =>
    /^action/.test(line),
  );
  expect(lines).toEqual([
    "action hook webhook 30 2 continue no",
    "action-set hook method POST",
    "action-set hook on both",
    "action-set hook current no",
    "action-set hook source /etc/vrrp-agent/gw/role/hook",
    "action mail mail 30 2 continue no",
    "action-set mail from a@b.example",
    "action-set mail to c@d.example",
    "action-set mail on both",
    "action-set mail server smtp://m:25",
    "action-set mail starttls yes",
    "action-set mail username u",
    "action dns dns 30 2 continue yes",
    "action-set dns server 192.0.2.53",
    "action-set dns port 53",
    "action-set dns zone example.org",
    "action-set dns record www.example.org",
    "action-set dns owner _vrrp.www.example.org",
    "action-set dns ttl 30",
    "action-set dns address 192.0.2.1",
    "action-set dns address 2001:db8::1",
    "action-set dns key-name gw",
    "action-set dns key-algorithm hmac-sha256",
  ]);
  expect(files["/etc/vrrp-agent/gw/role/hook"]!.text).toBe('{"a":"${address}"}\n');
  expect(files["/etc/vrrp-agent/gw/role.conf"]).toMatchObject({
    secret: true,
    text: [
      "action-set hook url https://h.example.org/s3cret",
      "action-set hook header Authorization: Bearer t",
      "action-set hook secret 12345678",
      "action-set mail password p",
      "action-set dns secret a2V5",
      "",
    ].join("\n"),
  });
});

describe("keepalived's own mails", () => {
  const input = (smtpAlert: object) => clusterInput({ smtpAlert });
  const right = { server: "192.0.2.25", from: "a@b.example", to: ["c@d.example", "root"] };

  it("are lines of global_defs and a word of each instance", () => {
    const parsed = parseCluster(input(right));
    if ("problems" in parsed) throw new Error(JSON.stringify(parsed.problems));
    const [conf] = renderHost(hostPlan(parsed.value, "gw-a")).filter(({ path }) =>
      path.endsWith("keepalived.conf"),
    );
    expect(conf!.text).toContain(
      [
        "    notification_email {",
        '        "c@d.example"',
        "        root",
        "    }",
        '    notification_email_from "a@b.example"',
        "    smtp_server 192.0.2.25 25",
        "    smtp_connect_timeout 10",
        "",
      ].join("\n"),
    );
    expect(conf!.text.match(/^ {4}smtp_alert$/gm)).toHaveLength(1);
  });

  it.each([
    ["server", { server: "mail.example.org" }],
    ["to", { to: [] }],
    ["from", { from: 'a"@b' }],
    ["connectTimeout", { connectTimeout: 61 }],
    ["port", { port: 0 }],
  ])("are refused with a wrong %s", (property, change) => {
    expect(checkCluster(input({ ...right, ...change })).map(({ path }) => path)).toEqual([
      `smtpAlert.${property}`,
    ]);
  });
});
