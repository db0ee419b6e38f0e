import { SHELLS } from "./fake-host";
import { RoleHost } from "./role-host";

const HEAD = "mail 30 2 continue no";
const CURL = `
  case $1 in
  -V) echo "Protocols: http https smtp smtps"; exit ;;
  --help) echo "  --mail-rcpt-allowfails"; exit ;;
  esac
  echo "curl $*" >>"$FAKE/calls"
  cat >"$FAKE/config"
  cat "$(sed -n 's/^upload-file = "\\(.*\\)"$/\\1/p' "$FAKE/config")" >"$FAKE/mail"
  [ ! -s "$FAKE/curl-says" ] || { cat "$FAKE/curl-says" >&2; exit 55; }`;

describe.each(SHELLS)("a mail under %s", (shell) => {
  let node: RoleHost;
  beforeEach(async () => {
    node = await RoleHost.create(shell);
    node.host.program("curl", CURL);
    node.host.program(
      "sendmail",
      'echo "sendmail $*" >>"$FAKE/calls"; cat >"$FAKE/mail"; exit "$(cat "$FAKE/sendmail")"',
    );
    node.host.state("sendmail", "0\n");
    node.host.state("curl-says", "");
  });
  afterEach(() => node.close());

  const configure = (settings: string[] = [], secrets: string[] = []) =>
    node.configure(
      "mail",
      HEAD,
      ["from gw@example.org", "to x@example.org", "to root", "on both", ...settings],
      secrets,
    );
  const mail = () => node.host.read("fake/mail");
  const sent = () => {
    node.turn("mail", "master");
    node.deliver("mail");
  };

  test("goes to sendmail where there is no server, with the headers that a mail has", () => {
    configure();
    sent();
    expect(node.host.calls()).toContain("sendmail -i -t -f gw@example.org");
    expect(mail().split("\n").slice(0, 11)).toEqual([
      expect.stringMatching(/^Date: [A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d \+0000$/),
      "From: gw@example.org",
      "To: x@example.org,",
      " root",
      "Subject: [gw] a is master",
      expect.stringMatching(/^Message-ID: <[0-9a-f]{32}@example\.org>$/),
      "Auto-Submitted: auto-generated",
      "MIME-Version: 1.0",
      "Content-Type: text/plain; charset=utf-8",
      "Content-Transfer-Encoding: 8bit",
      "",
    ]);
    expect(mail()).toContain("\nCause:     keepalived: gw is master\n");
    expect(node.states()).toEqual(["sent: "]);
  });

  test("has no header that a cause could bring", () => {
    configure();
    node.becomes("master");
    node.host.write("run/vrrp-agent/gw/role/state", "cause x\rBcc: all@example.org\n");
    node.host.succeed(["act", "gw", "mail", "promote"]);
    node.deliver("mail");
    expect(mail()).toContain("\nCause:     x Bcc: all@example.org");
    expect(mail()).not.toMatch(/[\r]|^Bcc/m);
  });

  test("keeps its Message-ID over retries, and waits while sendmail fails", () => {
    configure();
    node.host.state("sendmail", "75\n");
    sent();
    const [id] = /^Message-ID.*$/m.exec(mail())!;
    expect(node.states()[0]).toMatch(/^failed: sendmail ended with 75: ; it waits, 0 behind it/);
    node.host.state("sendmail", "0\n");
    node.deliver("mail");
    expect(mail()).toContain(id);
    expect(node.states().at(-1)).toBe("sent: ");
  });

  test("goes to a server with what curl reads on stdin, and a password nowhere else", () => {
    configure(["server smtp://mail.example.org:587", "starttls yes", "username gw"], ['password p"w\\d']);
    sent();
    expect(node.host.calls()).toContain("curl -q --silent --show-error --globoff --config -");
    const config = node.host.read("fake/config").split("\n");
    for (const line of [
      'url = "smtp://mail.example.org:587"',
      'mail-from = "gw@example.org"',
      'mail-rcpt = "x@example.org"',
      'mail-rcpt = "root"',
      'user = "gw:p\\"w\\\\d"',
      "ssl-reqd",
      "mail-rcpt-allowfails",
    ]) {
      expect(config).toContain(line);
    }
    expect(mail()).toMatch(/^From: gw@example\.org\r$/m);
    expect(node.host.read("var/log/vrrp-agent/events.jsonl")).not.toContain("w\\");
  });

  test.each([
    ["curl: (55) RCPT failed: 550", "given-up"],
    ["curl: (55) MAIL failed: 451", "failed"],
    ["curl: (7) Failed to connect to mail.example.org port 25", "failed"],
  ])("of which the server says '%s' is %s", (says, state) => {
    configure(["server smtp://mail.example.org:25", "starttls no"]);
    node.host.state("curl-says", `${says}\n`);
    sent();
    expect(node.events().map((event) => event.state)).toEqual([state]);
  });
});
