import type { Strike } from "../case";
import { mac } from "../../../lab/network";
import { inNamespace } from "../../../lab/network";
import type { World } from "../world";

export const CONF = "/etc/keepalived/keepalived.conf";

/** The generation in force. */
const GENERATION = `/var/lib/vrrp-agent/gw/generations/$(cut -d ' ' -f 1 /var/lib/vrrp-agent/gw/current)`;
const KEPT = "/root/keepalived.conf.kept";

/** Has keepalived.conf as it is be what was applied: drift and reapply go by the text, a look by the digest. */
export const asApplied = `g=${GENERATION}; cat ${CONF} >"$g/files${CONF}"; sed -i "s|^\\(file [^ ]* [^ ]* \\)[0-9a-f]*\\( [0-9]* ${CONF}\\)$|\\1$(sha256sum <${CONF} | cut -d ' ' -f 1)\\2|" "$g/manifest"`;

/** Where nothing is to be undone. */
export const nothing: Strike = {};

/** keepalived.conf edited by hand with sed, which shows as drift; then `after`. */
export const edited = (node: string, script: string, after = "systemctl reload keepalived"): Strike => ({
  [node]: `cp -p ${CONF} ${KEPT} && sed -i -e ${quote(script)} ${CONF} && ! cmp -s ${CONF} ${KEPT} && ${after}`,
});

/** Has the file as it was. */
export const unedited = (...nodes: string[]): Strike =>
  Object.fromEntries(
    nodes.map((node) => [
      node,
      `[ ! -e ${KEPT} ] || { cat ${KEPT} >${CONF} && rm ${KEPT}; }; systemctl reset-failed keepalived; systemctl restart keepalived`,
    ]),
  );

/** The same text as if it had been applied so, by a spec that somebody else had: nothing has drifted. */
export const applied = (node: string, script: string, after = "systemctl restart keepalived"): Strike => ({
  [node]: `cp -p ${CONF} ${KEPT} && sed -i -e ${quote(script)} ${CONF} && ! cmp -s ${CONF} ${KEPT} && { ${asApplied}; } && ${after}`,
});

export const unapplied = (...nodes: string[]): Strike =>
  Object.fromEntries(
    nodes.map((node) => [
      node,
      `[ ! -e ${KEPT} ] || { cat ${KEPT} >${CONF}; ${asApplied}; rm ${KEPT}; }; systemctl restart keepalived`,
    ]),
  );

export const quote = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`;

/** A table of nftables that is somebody else's. */
export const table = (
  hook: string,
  rules: string,
  { policy = "accept", priority = "filter", family = "inet" } = {},
) =>
  `nft -f - <<'EOF'
table ${family} site {
  chain ${hook} {
    type filter hook ${hook} priority ${priority}; policy ${policy};
    ${rules}
  }
}
EOF`;

/** The rest of a firewall that lets in what somebody thought of. */
export const usual = `iifname "lo" accept
    tcp dport 22 accept
    meta l4proto { icmp, ipv6-icmp } accept`;
export const established = "ct state established,related accept";

export const untable = (...nodes: string[]): Strike =>
  Object.fromEntries(
    nodes.map((node) => [
      node,
      "nft delete table inet site 2>/dev/null || nft delete table arp site 2>/dev/null || :",
    ]),
  );

/** Rules of nft in a table of their own on the switch, for frames that pass it. */
export const onSwitch =
  (rules: (world: World) => string, hook: "prerouting" | "forward" = "forward"): Strike =>
  (world) =>
    inNamespace(
      world.lab.client.switch,
      "nft -f -",
      `table bridge case {
  chain way {
    type filter hook ${hook} priority 10; policy accept;
    ${rules(world)}
  }
}
`,
    );

export const offSwitch: Strike = (world) =>
  inNamespace(world.lab.client.switch, "nft delete table bridge case 2>/dev/null || :");

/** MAC of a host's eth0, or of a further NIC. */
export const macOf = (world: World, name: string, nic = 0) =>
  mac(Number(world.host(name).address.split(".").pop()), nic);

/** Both nodes have the address. */
export const dualMaster = (world: World) => world.isHeldBy(...world.kind.nodes);
export const heldBy = (name: string) => (world: World) => world.isHeldBy(name);
export const nobody = (world: World) => world.isHeldBy();

/** A shell command ends with 0 there. */
export const shows = (node: string, command: string) => async (world: World) =>
  (await world.host(node).exec(command, { check: false })).code === 0;

export const allOf =
  (...conditions: ((world: World) => Promise<boolean>)[]) =>
  async (world: World) => {
    for (const condition of conditions) if (!(await condition(world))) return false;
    return true;
  };

/** keepalived's log has said it. */
export const logged = (node: string, pattern: string) =>
  shows(node, `journalctl --no-pager -o cat -t Keepalived_vrrp -t Keepalived | grep -q -e ${quote(pattern)}`);

/** A check of the agent is as told. */
export const checkIs = (node: string, check: string, state: string) => async (world: World) => {
  const { stdout } = await world.host(node).exec("vrrp-agent status", { check: false });
  return new RegExp(`check ${check} \\([a-z]*\\): ${state}`).test(stdout);
};

/** It is so for the second time after `milliseconds`: not only on its way somewhere else. */
export const lasting = (condition: (world: World) => Promise<boolean>, milliseconds = 2500) => {
  return async (world: World) => {
    if (!(await condition(world))) return false;
    await new Promise((resolve) => setTimeout(resolve, milliseconds));
    return condition(world);
  };
};

const OVERRIDE = "/etc/systemd/system/keepalived.service.d/zz-site.conf";

/** Somebody else's words for keepalived's unit; none: they are gone, and it runs. */
export const inOverride = (lines: string) =>
  lines === ""
    ? `rm -f ${OVERRIDE}; systemctl daemon-reload; systemctl reset-failed; systemctl start keepalived`
    : `printf '[Service]\\n${lines.replaceAll("\n", "\\n")}\\n' >${OVERRIDE}; systemctl daemon-reload`;

/** All of keepalived at once, with no chance to tidy up. */
export const KILL =
  "pkill -STOP -x keepalived; pkill -KILL -x keepalived; while pgrep -x keepalived >/dev/null; do sleep 0.1; done";

/** A process by its command line, in brackets so that the question is none, has run for longer than `seconds`. */
export const older = (node: string, pattern: string, seconds: number) =>
  shows(node, `[ "$(ps -o etimes= -p "$(pgrep -o -f '${pattern}')" | tr -d ' ')" -gt ${seconds} ]`);
