import { execFileSync } from "node:child_process";

import { plan } from "../../unit/render/plan";
import { inNamespace, withStaged } from "./namespace";
import { plans } from "./plans";

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

test("the longest line that is rendered is read whole", () => {
  const host = plan(undefined, { routerId: `# ${"é".repeat(478)}` });
  withStaged(host, (conf) => {
    expect(inNamespace(`keepalived --config-test -f ${conf}`)).toEqual({ status: 0, output: "" });
  });
});
