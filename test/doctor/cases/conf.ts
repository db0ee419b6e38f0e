import { both, type Way, ways } from "../case";
import {
  allOf,
  applied,
  checkIs,
  dualMaster,
  CONF,
  edited,
  heldBy,
  lasting,
  logged,
  nobody,
  shows,
  unapplied,
  unedited,
} from "./tools";

/** Edited by hand on gw-b, and applied there by somebody who had another spec. */
const onOne = (
  script: string,
  rest: Partial<Way> = {},
  node = "gw-b",
): Record<"edited by hand and reloaded" | "applied with another spec", Way> => ({
  "edited by hand and reloaded": {
    nodes: node,
    repair: "spec",
    inject: edited(node, script),
    restore: unedited(node),
    ...rest,
  },
  "applied with another spec": {
    nodes: ["gw-a", "gw-b"],
    repair: "spec",
    inject: applied(node, script),
    restore: unapplied(node),
    ...rest,
  },
});

const OTHER = "/etc/keepalived/keepalived.conf";

const stranger = (priority: number, vip: string) => `cat >${OTHER} <<'EOF'
vrrp_instance other {
    interface eth0
    state BACKUP
    virtual_router_id 51
    priority ${priority}
    version 3
    virtual_ipaddress {
        ${vip}/24
    }
}
EOF
systemctl restart keepalived`;

const noStranger = { other: `systemctl stop keepalived; rm -f ${OTHER}` };

export const conf = [
  ...ways("conf-invalid", "basic", {
    "a brace is missing": {
      nodes: "gw-b",
      repair: "automatic",
      inject: edited("gw-b", "$d", "true"),
      restore: unedited("gw-b"),
    },
    "a word that keepalived does not know, and it was restarted": {
      nodes: "gw-b",
      repair: "automatic",
      inject: edited("gw-b", "s/^    priority .*/    prioritie 90/", "systemctl restart keepalived; sleep 1"),
      restore: unedited("gw-b"),
    },
    "the file was cut off": {
      nodes: "gw-a",
      repair: "automatic",
      inject: edited("gw-a", "/virtual_ipaddress/,$d", "true"),
      restore: unedited("gw-a"),
    },
  }),
  ...ways("conf-not-loaded", "basic", {
    "edited without a reload": {
      nodes: "gw-b",
      repair: "spec",
      inject: edited("gw-b", "s/^    priority .*/    priority 80/", "true"),
      restore: unedited("gw-b"),
    },
    "edited, reloaded, and the file put back": {
      nodes: "gw-b",
      repair: "automatic",
      inject: edited(
        "gw-b",
        "s/^    priority .*/    priority 80/",
        `systemctl reload keepalived; sleep 1.5; cat /root/keepalived.conf.kept >${CONF}; rm /root/keepalived.conf.kept`,
      ),
      restore: unedited("gw-b"),
    },
  }),
  ...ways("conf-drift", "basic", {
    "a harmless word, and reloaded": {
      nodes: "gw-b",
      repair: "spec",
      inject: edited("gw-b", "s/vrrp_garp_master_refresh 5/vrrp_garp_master_refresh 7/"),
      restore: unedited("gw-b"),
    },
    "another managed file": {
      nodes: "gw-a",
      repair: "spec",
      inject: {
        "gw-a":
          "d=/etc/systemd/system/keepalived.service.d/vrrp-agent.conf; cp -p $d /root/dropin; sed -i 's/RestartSec=1/RestartSec=30/' $d; systemctl daemon-reload",
      },
      restore: {
        "gw-a":
          "d=/etc/systemd/system/keepalived.service.d/vrrp-agent.conf; [ ! -e /root/dropin ] || { cat /root/dropin >$d; rm /root/dropin; }; systemctl daemon-reload",
      },
    },
  }),
  ...ways("conf-vrid", "basic", onOne("s/virtual_router_id 51/virtual_router_id 52/", { seen: dualMaster })),
  ...ways("conf-version", "basic", {
    ...onOne("s/^    version 3/    version 2/; s/advert_int .*/advert_int 1/", { seen: dualMaster }),
  }),
  ...ways(
    "conf-advert-int",
    "version-2",
    onOne("s/advert_int 1/advert_int 3/", { seen: lasting(dualMaster) }),
  ),
  ...ways("conf-auth", "version-2", {
    "another password on one": {
      nodes: "gw-b",
      repair: "spec",
      inject: {
        "gw-b":
          "f=/etc/keepalived/gw.auth.conf; cp -p $f /root/auth; sed -i 's/geheim/anders/' $f; ! cmp -s $f /root/auth; systemctl reload keepalived",
      },
      restore: {
        "gw-b":
          "[ ! -e /root/auth ] || { cat /root/auth >/etc/keepalived/gw.auth.conf; rm /root/auth; }; systemctl restart keepalived",
      },
      seen: dualMaster,
    },
    "one has none": {
      nodes: ["gw-a", "gw-b"],
      repair: "spec",
      inject: applied("gw-b", "/include.*auth/d"),
      restore: unapplied("gw-b"),
      seen: dualMaster,
    },
  }),
  ...ways("conf-vip-list", "basic", onOne("s,^        10.20.30.200/24,&\\n        10.20.30.201/24,")),
  ...ways("conf-unicast-src", "basic", {
    "the line was removed": {
      nodes: "gw-b",
      repair: "spec",
      inject: edited("gw-b", "/unicast_src_ip/d"),
      restore: unedited("gw-b"),
    },
    "an address that the node has not": {
      nodes: "gw-b",
      repair: "spec",
      inject: applied("gw-b", "s/unicast_src_ip .*/unicast_src_ip 10.20.30.77/"),
      restore: unapplied("gw-b"),
    },
  }),
  ...ways("conf-unicast-peer", "basic", {
    "another address": {
      nodes: "gw-b",
      repair: "spec",
      inject: edited("gw-b", "s/^        10.20.30.11$/        10.20.30.77/"),
      restore: unedited("gw-b"),
    },
    "the peers were removed from the holder's": {
      nodes: "gw-a",
      repair: "spec",
      inject: edited("gw-a", "/unicast_peer/,/}/d"),
      restore: unedited("gw-a"),
      seen: dualMaster,
    },
  }),
  ...ways("conf-interface", "basic", {
    "an interface that is not there": {
      nodes: "gw-b",
      repair: "spec",
      inject: edited(
        "gw-b",
        "s/^    interface eth0/    interface eth7/",
        "systemctl restart keepalived || :",
      ),
      restore: unedited("gw-b"),
    },
    "one without the address": {
      nodes: "gw-b",
      repair: "spec",
      inject: both(
        { "gw-b": "ip link add lan0 type veth peer name lan1 && ip link set lan0 up && ip link set lan1 up" },
        applied("gw-b", "s/^    interface eth0/    interface lan0/"),
      ),
      restore: both(unapplied("gw-b"), { "gw-b": "ip link del lan0 || :" }),
    },
  }),
  ...ways("conf-foreign-vrid", "multicast", {
    "a stranger with a low priority": {
      nodes: [],
      repair: "spec",
      inject: { other: stranger(30, "10.20.30.240") },
      restore: noStranger,
      seen: shows("other", "journalctl -o cat -t Keepalived_vrrp | grep -q 'Entering BACKUP STATE'"),
    },
    "a stranger that takes the place of the master": {
      nodes: [],
      repair: "spec",
      inject: { other: stranger(200, "10.20.30.200") },
      restore: noStranger,
      seen: nobody,
    },
  }),
  ...ways("conf-nopreempt", "basic", {
    "with state MASTER it is void": {
      nodes: "gw-a",
      repair: "spec",
      inject: applied("gw-a", "s/^    state BACKUP/    state MASTER\\n    nopreempt/"),
      restore: unapplied("gw-a"),
      seen: allOf(logged("gw-a", "nopreempt"), heldBy("gw-a")),
    },
    "with a weight no failing check moves the address": {
      nodes: ["gw-a", "gw-b"],
      accepts: ["conf-weight"],
      repair: "spec",
      inject: both(
        applied("gw-b", "s/^    state BACKUP/&\\n    nopreempt/; s/^    weight 0/    weight -30/"),
        applied("gw-a", "s/^    state BACKUP/&\\n    nopreempt/; s/^    weight 0/    weight -30/"),
      ),
      restore: unapplied("gw-a", "gw-b"),
    },
  }),
  ...ways("conf-weight", "basic", {
    "smaller than the gap of the priorities": {
      nodes: ["gw-a", "gw-b"],
      repair: "spec",
      inject: applied("gw-a", "s/^    weight 0/    weight -5/"),
      restore: unapplied("gw-a"),
      seen: heldBy("gw-a"),
    },
    "and the check fails": {
      nodes: "gw-a",
      also: [{ cause: "check-failing", nodes: ["gw-a"] }],
      repair: "spec",
      inject: both(applied("gw-a", "s/^    weight 0/    weight -5/"), { "gw-a": "systemctl stop web" }),
      restore: both({ "gw-a": "systemctl start web" }, unapplied("gw-a")),
      seen: checkIs("gw-a", "web", "failing"),
    },
  }),
  ...ways("conf-priority", "basic", {
    "255": {
      nodes: "gw-b",
      repair: "spec",
      inject: edited("gw-b", "s/^    priority .*/    priority 255/"),
      restore: unedited("gw-b"),
      seen: heldBy("gw-b"),
    },
    "equal where a primary is wanted": {
      nodes: ["gw-a", "gw-b"],
      repair: "spec",
      inject: applied("gw-b", "s/^    priority .*/    priority 100/"),
      restore: unapplied("gw-b"),
    },
  }),
];
