import { join } from "node:path";

import { SHELLS } from "./fake-host";
import { RoleHost } from "./role-host";

/** A server whose zone is a file of lines NAME TYPE DATA; `down` beside it takes it away. */
const dig = (zone: string) => `
  echo "dig $*" >>"$FAKE/calls"
  [ ! -e ${zone}.down ] || { echo ";; no servers could be reached"; exit 9; }
  for type; do name=$last last=$type; done
  printf ';; ->>HEADER<<- opcode: QUERY, status: NOERROR, id: 1\\n;; flags: qr aa; QUERY: 1\\n;%s. IN %s\\n' "$name" "$type"
  awk -v n="$name" -v t="$type" '$1 == n && $2 == t { sub(/^[^ ]+ [^ ]+ /, ""); print n ".\\t30\\tIN\\t" t "\\t" $0 }' ${zone}`;
const nsupdate = (zone: string) => `
  echo "nsupdate $*" >>"$FAKE/calls"
  for file; do :; done
  stat -c %a "$file" >"$FAKE/mode"
  cat "$file" >"$FAKE/update"
  [ ! -e ${zone}.refuses ] || { echo "update failed: NOTAUTH(BADKEY)"; exit 2; }
  [ ! -e ${zone}.rival ] || mv ${zone}.rival ${zone}
  awk '
    function data(from,   i, text) { for (i = from; i <= NF; i++) text = text (i > from ? " " : "") $i; return text }
    FILENAME == ARGV[1] { line[++count] = $0; next }
    { name = $3; sub(/[.]$/, "", name) }
    $1 == "prereq" {
      found = ""
      for (i = 1; i <= count; i++) if (index(line[i], name " " $4 " ") == 1) found = substr(line[i], length(name $4) + 3)
      if ($2 == "yxrrset" && found != data(5)) { print "update failed: NXRRSET" >"/dev/stderr"; bad = 1; exit }
      if ($2 == "nxrrset" && found != "") { print "update failed: YXRRSET" >"/dev/stderr"; bad = 1; exit }
    }
    $2 == "delete" { for (i = 1; i <= count; i++) if (index(line[i], name " " $4 " ") == 1) line[i] = "" }
    $2 == "add" { line[++count] = name " " $5 " " data(6) }
    END { if (bad) exit 2; for (i = 1; i <= count; i++) if (line[i] != "") print line[i] }' ${zone} "$FAKE/update" >${zone}.new || exit 2
  mv ${zone}.new ${zone}`;

const RECORD = "www.example.org";
const OWNER = `_vrrp.${RECORD}`;
const SECRET = "c2VjcmV0IG9mIHRoZSB6b25l";
const settings = (...addresses: string[]) => [
  "server 192.0.2.53",
  "port 53",
  "zone example.org",
  `record ${RECORD}`,
  `owner ${OWNER}`,
  "ttl 30",
  ...addresses.map((address) => `address ${address}`),
  "key-name gw",
  "key-algorithm hmac-sha256",
];

describe.each(SHELLS)("a name in the DNS under %s", (shell) => {
  let a: RoleHost;
  let b: RoleHost;
  let zone: string;

  beforeEach(async () => {
    [a, b] = await Promise.all([RoleHost.create(shell, "a"), RoleHost.create(shell, "b")]);
    zone = join(a.host.root, "fake/zone");
    a.host.state("zone", `ns.example.org A 192.0.2.53\n`);
    for (const node of [a, b]) {
      node.host.program("dig", dig(zone));
      node.host.program("nsupdate", nsupdate(zone));
      const own = node === a ? ["192.0.2.1", "2001:DB8:0::1"] : ["192.0.2.2"];
      node.configure("dns", "dns 30 2 continue yes", settings(...own), [`secret ${SECRET}`]);
      node.becomes("backup");
    }
  });
  afterEach(() => {
    a.close();
    b.close();
  });

  const names = () =>
    a.host
      .read("fake/zone")
      .split("\n")
      .filter((line) => line.includes(RECORD))
      .sort();
  const claim = (n: number, node: string, released = false) =>
    `${OWNER} TXT "v=vrrp1 n=${n} node=${node}${released ? " released" : ""}"`;
  const ofA = (n: number) => [claim(n, "a"), `${RECORD} A 192.0.2.1`, `${RECORD} AAAA 2001:DB8:0::1`];
  const ofB = (n: number) => [claim(n, "b"), `${RECORD} A 192.0.2.2`];
  const promote = (node: RoleHost, began = 1000) => {
    node.becomes("master", began);
    return node.act("dns", "promote").status;
  };
  const demote = (node: RoleHost) => {
    node.becomes("backup");
    expect(node.act("dns", "demote").status).toBe(0);
  };
  const reached = (node: RoleHost, role: "master" | "backup") => node.act("dns", "reached", role).status;

  test("has the new master's addresses, and the owner record beside them says so", () => {
    expect([promote(a), names(), reached(a, "master")]).toEqual([0, ofA(1), 0]);
    expect([promote(b), names(), reached(b, "master")]).toEqual([0, ofB(2), 0]);
  });

  test("is taken in one update, which counts only while the owner record is what was read", () => {
    promote(a);
    promote(b);
    expect(b.host.read("fake/update")).toBe(
      [
        "server 192.0.2.53 53",
        "zone example.org",
        `key hmac-sha256:gw ${SECRET}`,
        `prereq yxrrset ${OWNER}. TXT "v=vrrp1 n=1 node=a"`,
        `update delete ${RECORD}. A`,
        `update delete ${RECORD}. AAAA`,
        `update add ${RECORD}. 30 A 192.0.2.2`,
        `update delete ${OWNER}. TXT`,
        `update add ${OWNER}. 30 TXT "v=vrrp1 n=2 node=b"`,
        "send",
        "",
      ].join("\n"),
    );
    expect(b.host.read("fake/mode")).toBe("600\n");
    expect(JSON.stringify([a.host.calls(), b.host.calls(), a.events(), b.events()])).not.toContain(SECRET);
  });

  test("is not overwritten by a master that was cut off, which says so once", () => {
    promote(a);
    promote(b);
    expect(reached(a, "master")).toBe(1);
    expect(a.act("dns", "promote")).toMatchObject({
      status: 3,
      stdout: `b has taken ${RECORD} over since this node became master (claim 2); nothing was written\n`,
    });
    expect([reached(a, "master"), reached(a, "master"), names()]).toEqual([1, 1, ofB(2)]);
    expect(a.events().map(({ state }) => state)).toEqual(["overtaken"]);
  });

  test("goes to the master that stays once the other one, demoted, has released it", () => {
    promote(a);
    promote(b);
    a.act("dns", "promote");
    a.host.write("run/vrrp-agent/gw/role/actions/dns", "state given-up\nrole master\n");
    demote(b);
    expect([reached(b, "backup"), names()]).toEqual([0, ofB(2)]);
    expect(reached(a, "master")).toBe(1);
    expect(a.host.has("run/vrrp-agent/gw/role/actions/dns")).toBe(true);
    b.deliver("dns");
    expect(names()).toEqual([claim(2, "b", true), `${RECORD} A 192.0.2.2`]);
    // What was given up is to be tried again.
    expect([reached(a, "master"), a.host.has("run/vrrp-agent/gw/role/actions/dns")]).toEqual([1, false]);
    expect([a.act("dns", "promote").status, names(), reached(a, "master")]).toEqual([0, ofA(3), 0]);
  });

  test("is not released by one that somebody has taken it from, nor by one that is master again", () => {
    promote(a);
    demote(a);
    promote(b);
    a.deliver("dns");
    expect(names()).toEqual(ofB(2));
    expect(a.states()).toEqual([`dropped: nothing to release: b has the claim on ${RECORD}`]);
    demote(b);
    promote(b);
    b.deliver("dns");
    expect([names(), b.states()]).toEqual([ofB(2), ["dropped: the node is master again"]]);
  });

  test("is left to who wrote while this node could not, and became master longer ago than a minute", () => {
    promote(b);
    reached(a, "backup");
    demote(a);
    reached(a, "backup");
    a.host.write(`fake/zone.down`, "");
    expect(promote(a)).toBe(1);
    a.host.remove("fake/zone.down");
    // Somebody else, meanwhile.
    a.host.state("zone", `${claim(7, "c")}\n${RECORD} A 192.0.2.3\n`);
    a.host.uptime(1100);
    expect([a.act("dns", "promote").status, names()]).toEqual([3, [claim(7, "c"), `${RECORD} A 192.0.2.3`]]);
  });

  test("is written late by one that could not before, where nobody else has written", () => {
    promote(b);
    demote(a);
    expect(reached(a, "backup")).toBe(0);
    a.host.write("fake/zone.down", "");
    expect(promote(a)).toBe(1);
    a.host.remove("fake/zone.down");
    a.host.uptime(5000);
    expect([a.act("dns", "promote").status, names()]).toEqual([0, ofA(2)]);
  });

  test("is written by a fresh promotion over whatever it finds", () => {
    promote(b);
    expect([promote(a), names()]).toEqual([0, ofA(2)]);
  });

  test("of two that write at once is the one's whom the server takes last, and the counter tells", () => {
    a.host.write("fake/zone.rival", `${claim(4, "c")}\n`);
    expect([promote(a), names()]).toEqual([0, ofA(5)]);
  });

  test("is not written by one that is not master any more", () => {
    a.becomes("backup");
    a.host.write("run/vrrp-agent/gw/role/master", "1000\n");
    expect(a.act("dns", "promote")).toMatchObject({ status: 1, stdout: "the node is not master any more\n" });
    expect(names()).toEqual([]);
  });

  test("is as it should be for all that is known while its server is away", () => {
    promote(a);
    a.host.write("fake/zone.down", "");
    expect([reached(a, "master"), reached(a, "backup")]).toEqual([0, 1]);
    demote(a);
    expect(reached(a, "backup")).toBe(0);
  });

  test("is put right where somebody has changed it, and taken where the owner record was removed", () => {
    promote(a);
    a.host.state("zone", `${claim(1, "a")}\n${RECORD} A 192.0.2.99\n`);
    expect([reached(a, "master"), a.act("dns", "promote").status, names()]).toEqual([1, 0, ofA(2)]);
    a.host.state("zone", "");
    expect([reached(a, "master"), a.act("dns", "promote").status, names()]).toEqual([1, 0, ofA(3)]);
  });

  test("is left alone where the owner record is somebody else's text", () => {
    a.host.state("zone", `${OWNER} TXT "v=spf1 -all"\n`);
    expect([promote(a), names()]).toEqual([3, [`${OWNER} TXT "v=spf1 -all"`]]);
  });

  test("says what is wrong with a key", () => {
    a.host.write("fake/zone.refuses", "");
    a.becomes("master");
    expect(a.act("dns", "promote")).toMatchObject({
      status: 1,
      stdout: "192.0.2.53: update failed: NOTAUTH(BADKEY): correct tsig, here or there\n",
    });
  });
});
