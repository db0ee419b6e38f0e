import { bundleOf, FakeHost, generation, nodeFiles, SHELLS } from "./fake-host";

/**
 * Stands in for firewall-cmd. $FAKE/places has a line for each zone and policy, as the lists print them, with `;` for the end of a
 * line; their rich rules are files of their own, in force and permanent.
 */
const FIREWALL_CMD = String.raw`
echo "firewall-cmd $*" >>"$FAKE/calls"
scope=in-force kind= place=
for word; do
  case $word in
  --get-default-zone) echo public; exit ;;
  --permanent) scope=permanent ;;
  --list-all-zones) kind=zone ;;
  --list-all-policies) kind=policy ;;
  --zone=* | --policy=*) place=${"$"}{word#--} ;;
  --add-rich-rule=*)
    ! grep -q refused "$FAKE/firewalld" || { echo "Error: INVALID_RULE"; exit 1; }
    printf '%s\n' "${"$"}{word#*=}" >>"$FAKE/rules.$scope.$place" ;;
  --remove-rich-rule=*)
    grep -v -x -F -e "${"$"}{word#*=}" "$FAKE/rules.$scope.$place" >"$FAKE/left"; cat "$FAKE/left" >"$FAKE/rules.$scope.$place" ;;
  esac
done
[ -n "$kind" ] || exit 0
while read -r of name rest; do
  [ "$of" = "$kind" ] || continue
  echo "$name"
  echo "  $rest" | tr ';' '\n' | sed 's/^ */  /'
  echo "  rich rules: "
  [ ! -e "$FAKE/rules.$scope.$kind=$name" ] || sed 's/^/\t/' "$FAKE/rules.$scope.$kind=$name"
  echo
done <"$FAKE/places"`;

/** Stands in for ufw: rules are kept as it keeps them, in /etc/ufw/user.rules and user6.rules, the first on top. */
const UFW = String.raw`
echo "ufw $*" >>"$FAKE/calls"
active() { grep -q -x active "$FAKE/ufw"; }
case $1 in
status) if active; then echo "Status: active"; else echo "Status: inactive"; fi; exit ;;
--dry-run) ! grep -q old "$FAKE/ufw"; exit ;;
reload) exit ;;
esac
kind= proto=any port=any to=any sport=any from=any dir=in dev= comment= verb= last=
while [ $# -gt 0 ]; do
  case $1 in
  route) kind=route: ;;
  prepend | delete) verb=$1 ;;
  allow) ;;
  in | out) dir=$1 ;;
  on) dev=_$2; shift ;;
  from) from=$2 last=from; shift ;;
  to) to=$2 last=to; shift ;;
  port) if [ "$last" = from ]; then sport=$2; else port=$2; fi; shift ;;
  proto) proto=$2; shift ;;
  comment) comment=" comment=$(printf %s "$2" | od -An -v -t x1 | tr -d ' \n')"; shift ;;
  *) echo "ERROR: Invalid syntax"; exit 1 ;;
  esac
  shift
done
tuple="### tuple ### ${"$"}{kind}allow $proto $port $to $sport $from $dir$dev"
case $from$to in *:*) file=user6.rules ;; *) file=user.rules ;; esac
file=$VRRP_ROOT/etc/ufw/$file
if [ "$verb" = delete ]; then
  grep -v -e "^$tuple\$" -e "^$tuple comment=" "$file" >"$FAKE/left"
else
  { echo "$tuple$comment"; cat "$file"; } >"$FAKE/left"
fi
cat "$FAKE/left" >"$file"`;

const RULES = [
  'nft4 input iifname "eth0" ip saddr 10.0.0.2 ip daddr 10.0.0.1 meta l4proto 112',
  "ipt4 input -i eth0 -s 10.0.0.2 -d 10.0.0.1 -p 112",
  "ipt4 output -o eth0 -s 10.0.0.1 -d 10.0.0.2 -p 112",
  "ipt6 input -i eth0 -s fe80::/10 -p icmpv6 --icmpv6-type echo-request",
  "ipt4 input -p tcp --dport 80",
  "ipt4 output -d 192.0.2.9 -p udp --sport 51820",
  "ipt4 forward -o wg0 -s 10.9.0.0/24",
];
const rulesFile = (rules: string[]) =>
  nodeFiles({ "/etc/vrrp-agent/gw/firewall.rules": rules.map((rule) => `${rule}\n`).join("") });

const rich = (words: string, family = 4) => `rule priority="-100" family="ipv${family}" ${words} accept`;
const FROM_PEER = rich('source address="10.0.0.2" destination address="10.0.0.1" protocol value="vrrp"');
const TO_PEER = rich('source address="10.0.0.1" destination address="10.0.0.2" protocol value="vrrp"');
const HTTP = rich('port port="80" protocol="tcp"');

describe.each(SHELLS)("firewalld, under %s", (shell) => {
  let host: FakeHost;
  beforeEach(async () => {
    host = await FakeHost.create(shell);
    host.program("firewall-cmd", FIREWALL_CMD);
    host.state("firewalld", "yes\n");
    host.state(
      "places",
      "zone public interfaces: eth1\nzone work interfaces: eth0;sources: \nzone home interfaces: \n",
    );
  });
  afterEach(() => host.close());

  const apply = (rules = RULES, number = 1) => {
    const staged = host.agent(["stage"], bundleOf(rulesFile(rules), { generation: generation(number) }));
    expect(staged).toMatchObject({ status: 0 });
    const activated = host.agent(["activate", "gw", generation(number)]);
    return { ...activated, staged: staged.stderr };
  };
  const rules = (place: string, scope: "in-force" | "permanent" = "in-force") => {
    const path = `fake/rules.${scope}.${place}`;
    return host.has(path) ? host.read(path).split("\n").filter(Boolean).sort() : [];
  };

  test("gets a rule for the peer in the zone of the interface, in force and permanent alike, and in no other", () => {
    expect(apply()).toMatchObject({ status: 0 });
    const wanted = [
      FROM_PEER,
      HTTP,
      rich('source address="fe80::/10" icmp-type name="echo-request"', 6),
    ].sort();
    expect(rules("zone=work")).toEqual(wanted);
    expect(rules("zone=work", "permanent")).toEqual(wanted);
    // A port that is open on every interface.
    expect(rules("zone=public")).toEqual([HTTP]);
    expect(rules("zone=home")).toEqual([]);
    expect(host.succeed(["firewall", "check"])).toBe("");
  });

  test("gets them in the default zone where the interface is in none", () => {
    host.state("places", "zone public target: default\nzone work target: default\n");
    apply();
    expect(rules("zone=public")).toContain(FROM_PEER);
    expect(rules("zone=work")).toEqual([]);
  });

  test("gets them also in a zone that has sources, which decides before that of the interface does", () => {
    host.state("places", "zone public target: default\nzone home sources: 10.0.0.0/24\n");
    apply();
    expect(rules("zone=home")).toContain(FROM_PEER);
  });

  test("gets what the host sends in a policy that keeps it from sending, and else nowhere", () => {
    host.state(
      "places",
      "zone public target: default\npolicy out target: REJECT;ingress-zones: HOST;egress-zones: ANY\npolicy other target: ACCEPT;ingress-zones: HOST\n",
    );
    apply();
    expect(rules("policy=out")).toEqual(
      [TO_PEER, rich('destination address="192.0.2.9" source-port port="51820" protocol="udp"')].sort(),
    );
    expect(rules("policy=other")).toEqual([]);
  });

  test("is told in a note that it decides what a tunnel forwards", () => {
    expect(apply().staged).toContain("note: firewalld decides what this host forwards");
  });

  test("gets no rule twice, and none is taken out and put back by a change of another one", () => {
    apply();
    host.calls();
    apply([...RULES, "ipt4 input -p tcp --dport 443"], 2);
    const changes = host.calls().filter((call) => /rich-rule/.test(call));
    expect(changes.join("\n")).not.toMatch(/vrrp|remove/);
    expect(changes).toHaveLength(4);
    expect(rules("zone=work")).toContain(rich('port port="443" protocol="tcp"'));
  });

  test("has after a restore what it had before, also a rule of somebody else that is just like ours", () => {
    host.state("rules.permanent.zone=work", `${FROM_PEER}\n`);
    host.state("rules.in-force.zone=work", `${FROM_PEER}\nrule family="ipv4" drop\n`);
    apply();
    host.succeed(["restore", "gw", "me"]);
    expect(rules("zone=work", "permanent")).toEqual([FROM_PEER]);
    expect(rules("zone=work")).toEqual(['rule family="ipv4" drop', FROM_PEER]);
    expect(rules("zone=public", "permanent")).toEqual([]);
    expect(host.has("/var/lib/vrrp-agent/firewalld")).toBe(false);
  });

  test("that has lost a rule is a problem, which says where, and is put right", () => {
    apply();
    host.state("rules.in-force.zone=work", "");
    expect(host.agent(["firewall", "check"]).stderr).toContain(
      "firewalld zone work: the rules of vrrp-agent are not in force; run: vrrp-agent firewall ensure",
    );
    host.succeed(["firewall", "ensure"]);
    expect(rules("zone=work")).toContain(FROM_PEER);
    expect(host.succeed(["firewall", "check"])).toBe("");
  });

  test("that refuses a rule makes the step fail in its own words, and the host goes back", () => {
    host.state("firewalld", "refused\n");
    const { status, stderr } = apply();
    expect(status).not.toBe(0);
    expect(stderr).toContain("firewalld refused the rules for its zone");
    expect(stderr).toContain("INVALID_RULE");
    expect(stderr).toContain("the host is back at generation 0");
  });

  test("has its table left alone by what looks into chains", () => {
    host.state(
      "ruleset",
      "table inet firewalld { # handle 1\n\tchain filter_INPUT { # handle 2\n\t\ttype filter hook input priority filter + 10; policy accept;\n\t\treject # handle 3\n\t}\n}\n",
    );
    host.program(
      "nft",
      'case "$*" in *list*) cat "$FAKE/ruleset" ;; "-f "*) cat "$2" >>"$FAKE/scripts" ;; esac',
    );
    apply();
    expect(host.has("fake/scripts")).toBe(false);
  });

  test("that is stopped for a moment keeps what is permanent of ours", () => {
    apply();
    host.withoutState("firewalld");
    host.succeed(["firewall", "ensure"]);
    expect(rules("zone=work", "permanent")).toContain(FROM_PEER);
    expect(host.read("/var/lib/vrrp-agent/firewalld")).toContain(FROM_PEER);
  });

  test("that was stopped loses what is permanent of ours when the cluster goes", () => {
    host.program("firewall-offline-cmd", 'echo "offline $*" >>"$FAKE/calls"');
    apply();
    host.withoutState("firewalld");
    host.calls();
    host.succeed(["restore", "gw", "me"]);
    expect(host.calls()).toContain(`offline --zone=work --remove-rich-rule=${FROM_PEER}`);
    expect(host.has("/var/lib/vrrp-agent/firewalld")).toBe(false);
  });
});

describe.each(SHELLS)("ufw, under %s", (shell) => {
  let host: FakeHost;
  beforeEach(async () => {
    host = await FakeHost.create(shell);
    host.program("ufw", UFW);
    host.state("ufw", "active\n");
    for (const tool of ["iptables", "ip6tables"]) {
      host.program(
        tool,
        '[ "$1" != -V ] || { echo "iptables v1.8.9 (nf_tables)"; exit; }; [ ! -e "$FAKE/flushed" ]',
      );
    }
    host.write("/etc/default/ufw", "IPV6=yes\n");
    host.write("/etc/ufw/user.rules", "### tuple ### deny any any 0.0.0.0/0 any 10.0.0.0/24 in\n");
    host.write("/etc/ufw/user6.rules", "### tuple ### allow tcp 22 ::/0 any ::/0 in\n");
  });
  afterEach(() => host.close());

  const apply = (rules = RULES, number = 1) => {
    host.succeed(["stage"], bundleOf(rulesFile(rules), { generation: generation(number) }));
    return host.agent(["activate", "gw", generation(number)]);
  };
  const tuples = () =>
    ["user.rules", "user6.rules"].flatMap((file) =>
      host
        .read(`/etc/ufw/${file}`)
        .split("\n")
        .filter(Boolean)
        .map((line) => line.replace(/^### tuple ### /, "")),
    );

  test("gets rules of its own before all others, with a comment that they are known by", () => {
    expect(apply()).toMatchObject({ status: 0 });
    const comment = Buffer.from("vrrp-agent:gw:").toString("hex");
    const list = tuples();
    expect(list.map((line) => line.replace(/ comment=.*/, ""))).toEqual([
      "route:allow any any 0.0.0.0/0 any 10.9.0.0/24 out_wg0",
      "allow udp any 192.0.2.9 51820 0.0.0.0/0 out",
      "allow tcp 80 0.0.0.0/0 any 0.0.0.0/0 in",
      "allow vrrp any 10.0.0.2 any 10.0.0.1 out_eth0",
      "allow vrrp any 10.0.0.1 any 10.0.0.2 in_eth0",
      "deny any any 0.0.0.0/0 any 10.0.0.0/24 in",
      "allow tcp 22 ::/0 any ::/0 in",
    ]);
    expect(list.filter((line) => line.includes(`comment=${comment}`))).toHaveLength(5);
    expect(host.succeed(["firewall", "check"])).toBe("");
  });

  test("keeps a rule that somebody else has made already, also when the cluster goes", () => {
    const theirs = "### tuple ### allow vrrp any 10.0.0.1 any 10.0.0.2 in_eth0\n";
    host.write("/etc/ufw/user.rules", theirs);
    const before = tuples();
    apply();
    expect(tuples().filter((line) => line.includes("vrrp any 10.0.0.1 any"))).toHaveLength(1);
    host.succeed(["restore", "gw", "me"]);
    expect(tuples()).toEqual(before);
  });

  test("loses exactly the rule that a change does not want any more", () => {
    apply();
    host.calls();
    apply(
      RULES.filter((rule) => !rule.includes("--dport 80")),
      2,
    );
    expect(host.calls().filter((call) => /prepend|delete/.test(call))).toEqual([
      "ufw delete allow in from 0.0.0.0/0 to 0.0.0.0/0 port 80 proto tcp",
    ]);
  });

  test("that is older than its word for VRRP lets the peer in for every protocol, which a note says", () => {
    host.state("ufw", "active\nold\n");
    const staged = host.agent(["stage"], bundleOf(rulesFile(RULES)));
    expect(staged.stderr).toContain("note: the ufw of this host knows no protocol vrrp");
    host.succeed(["activate", "gw", generation(1)]);
    expect(tuples().join("\n")).toContain("allow any any 10.0.0.1 any 10.0.0.2 in_eth0 comment=");
  });

  test("that does not mind IPv6 is refused where there are rules for it", () => {
    host.write("/etc/default/ufw", "IPV6=no\n");
    const { status, stderr } = host.agent(["stage"], bundleOf(rulesFile(RULES)));
    expect({ status, stderr }).toEqual({
      status: 1,
      stderr: expect.stringContaining("set IPV6=yes there and run: ufw reload") as string,
    });
  });

  test("whose rules are written down and not in force is a problem", () => {
    apply();
    host.state("flushed");
    expect(host.agent(["firewall", "check"]).stderr).toContain(
      "ufw chain ufw-user-input: the rules of vrrp-agent are not in force; run: ufw reload",
    );
  });

  test("that is not in force just now keeps our rules for its next start, and loses them with the cluster", () => {
    const before = tuples();
    apply();
    host.state("ufw", "");
    host.succeed(["firewall", "ensure"]);
    expect(tuples()).toHaveLength(before.length + 5);
    host.succeed(["restore", "gw", "me"]);
    expect(tuples()).toEqual(before);
  });

  test("that minds IPv6 no more does not keep the host from going back", () => {
    const rule = "ipt6 input -i eth0 -s fd00::2 -d fd00::1 -p 112";
    const before = tuples();
    apply([...RULES, rule]);
    host.write("/etc/default/ufw", "IPV6=no\n");
    host.calls();
    const { status, stderr } = host.agent(["restore", "gw", "me"]);
    expect({ status, stderr }).toEqual({
      status: 0,
      stderr: expect.stringContaining(
        "a rule of ours stays in /etc/ufw/user6.rules: allow vrrp any fd00::1",
      ) as string,
    });
    expect(tuples().filter((line) => !line.includes("fd00::"))).toEqual(before);
  });

  test("that is disabled decides nothing: a chain that its jumps are left in gets our rules", () => {
    host.state("ufw", "");
    host.program(
      "iptables-nft-save",
      'echo "*filter\n:INPUT DROP [0:0]\n-A INPUT -j ufw-before-input\nCOMMIT"',
    );
    host.program("iptables-nft-restore", 'for last; do :; done; cat "$last" >>"$FAKE/restored"');
    apply();
    expect(host.read("fake/restored")).toContain("-I INPUT 1 -i eth0 -s 10.0.0.2 -d 10.0.0.1 -p 112");
  });

  test("has a chain with its jumps left alone, and one where somebody else drops, too, not", () => {
    const save = (more: string) =>
      `echo "*filter\n:INPUT DROP [0:0]\n-A INPUT -j ufw-before-input\n${more}COMMIT"`;
    host.program("iptables-nft-save", save(""));
    host.program("iptables-nft-restore", 'for last; do :; done; cat "$last" >>"$FAKE/restored"');
    apply();
    expect(host.has("fake/restored")).toBe(false);
    host.program("iptables-nft-save", save("-A INPUT -s 10.0.0.2/32 -j DROP\n"));
    host.succeed(["firewall", "ensure"]);
    expect(host.read("fake/restored")).toContain("-I INPUT 1 -i eth0 -s 10.0.0.2 -d 10.0.0.1 -p 112");
  });
});
