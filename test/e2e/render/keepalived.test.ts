import { execFileSync } from "node:child_process";

import { plan } from "../../unit/render/plan";
import { inNamespace, withStaged } from "./namespace";
import { PlanName, plans } from "./plans";

test.each(Object.entries(plans))("real keepalived accepts %s", (_name, host) => {
  // Without a word, too: a missing include passes with status 0 and one line.
  expect(withStaged(host, (conf) => inNamespace(`keepalived --config-test -f ${conf}`))).toEqual({
    status: 0,
    output: "",
  });
});

test.each([
  ["s/virtual_router_id 51/virtual_router_id 0/", /VRID/],
  ["s/sync_group_tracking_weight//", /ignoring tracked script web with weights due to SYNC group/],
])("real keepalived refuses a config changed by %s, so accepting means something", (change, words) => {
  withStaged(plans["both families with checks that have a weight"], (conf) => {
    execFileSync("sed", ["-i", change, conf]);
    const { status, output } = inNamespace(`keepalived --config-test -f ${conf}`);
    expect(status).not.toBe(0);
    expect(output).toMatch(words);
  });
});

test.each([
  ["garp_master_delay 4294", "4295"],
  ["garp_master_repeat 4294967295", "0"],
  ["garp_master_refresh 4294967295", "4294967296"],
  ["garp_master_refresh_repeat 4294967295", "0"],
  ["garp_lower_prio_repeat 2147483647", "2147483648"],
])("real keepalived has the bounds that the schema has: %s, not %s", (line, outside) => {
  withStaged(plans["the widest timers"], (conf) => {
    const changed = `${line.split(" ")[0]} ${outside}`;
    execFileSync("sed", ["-i", `s/^    ${line}$/    ${changed}/`, conf]);
    const { output } = inNamespace(`keepalived --config-test -f ${conf}`);
    expect(output).toMatch(/outside|invalid|must be greater than 0/i);
  });
});

test.each([
  ["TTLs, adverts and timers of its own", "unicast_ttl 255", "unicast_ttl 256", /TTL '256'/],
  ["TTLs, adverts and timers of its own", "down_timer_adverts 100", "down_timer_adverts 101", /1:100/],
  ["TTLs, adverts and timers of its own", "garp_lower_prio_delay 4294", "garp_lower_prio_delay 4295", /4295/],
  ["another interface", "lo$", "eth0", /own interface/],
  ["another interface", "lo$", "eth9", /duplicate track_interface/],
  ["another interface", "weight -253", "weight -254", /253/],
  ["routers over BFD", "neighbor_ip fd00::254", "neighbor_ip 192.168.1.254", /not of the same family/],
  ["routers over BFD", "idle_tx 4294967", "idle_tx 999", /1000/],
  ["routers over BFD", "min_rx 1$", "min_rx 0", /min_rx/],
  ["routers over BFD", "max_hops 254", "max_hops 256", /max_hops/],
  ["routers over BFD", "multiplier 255", "multiplier 256", /multiplier/],
  ["routers over BFD", "bfd_instance far", `bfd_instance ${"a".repeat(32)}`, /too long/],
  ["real time", "vrrp_rt_priority 99", "vrrp_rt_priority 100", /greater than maximum/],
  ["real time", "vrrp_cpu_affinity 0", "vrrp_cpu_affinity 1024", /cpu_id/],
  ["real time", "vrrp_rlimit_rttime 500000", "vrrp_rlimit_rttime 4294967296", /real-time limit/],
  ["real time", "vrrp_startup_delay 2.5", "vrrp_startup_delay 0.0001", /startup_delay/],
] satisfies [PlanName, string, string, RegExp][])(
  "real keepalived has the bounds that the schema and the rules have: %s: %s, not %s",
  (name, from, to, words) => {
    withStaged(plans[name], (conf) => {
      execFileSync("sed", ["-i", `s/^\\( *\\)${from}/\\1${to}/; s/ ${from}$/ ${to}/`, conf]);
      const { output } = inNamespace(`keepalived --config-test -f ${conf}`);
      expect(output).toMatch(words);
    });
  },
);

test("the longest line that is rendered is read whole", () => {
  const host = plan(undefined, { routerId: `# ${"é".repeat(478)}` });
  withStaged(host, (conf) => {
    expect(inNamespace(`keepalived --config-test -f ${conf}`)).toEqual({ status: 0, output: "" });
  });
});
