import { renderHost } from "../../../render";
import { instance, plan } from "./plan";

const connectionState = {
  port: 3780,
  interface: "eth2",
  address: "192.168.254.1",
  peer: "192.168.254.2",
  own: ["10.0.0.1", "2001:db8::2"],
};
const role = {
  settle: 3,
  instances: ["gw"],
  actions: [
    {
      name: "conntrack",
      kind: "conntrack" as const,
      timeout: 30,
      retries: 2,
      onFailure: "continue" as const,
      settled: false,
    },
  ],
};

const files = (changes = {}) =>
  Object.fromEntries(
    renderHost(plan([instance()], { role, connectionState: { ...connectionState, ...changes } })).map(
      ({ path, text }) => [path, text],
    ),
  );

const CONF = "/etc/vrrp-agent/gw/conntrackd.conf";
const UNIT = "/etc/systemd/system/vrrp-conntrackd-gw.service";

test("conntrackd is told where the other node is, and to have what it says in the kernel at once", () => {
  const text = files()[CONF];
  expect(text).toContain(`  Mode FTFW {
    # What the other node tells goes into the kernel at once: it is there before an address is.
    DisableExternalCache On
    StartupResync On
  }
  UDP {
    IPv4_address 192.168.254.1
    IPv4_Destination_Address 192.168.254.2
    Port 3780
    Interface eth2
`);
  expect(text).toContain(`    Address Ignore {
      IPv4_address 127.0.0.1
      IPv6_address ::1
      IPv4_address 10.0.0.1
      IPv6_address 2001:db8::2
    }
`);
});

test("over IPv6, too", () => {
  expect(files({ address: "fd00::1", peer: "fd00::2" })[CONF]).toContain(`    IPv6_address fd00::1
    IPv6_Destination_Address fd00::2
`);
});

test("it has a unit of its own, which the action is told", () => {
  expect(files()[UNIT]).toContain(`ExecStart=conntrackd -C ${CONF}\n`);
  expect(files()["/etc/vrrp-agent/gw/node.conf"]).toContain(`action conntrack conntrack 30 2 continue no
action-set conntrack service vrrp-conntrackd-gw
action-set conntrack conf ${CONF}
action-set conntrack run /run/vrrp-conntrackd-gw
`);
  expect(files()["/etc/systemd/system/keepalived.service.d/vrrp-conntrackd-gw.conf"]).toContain(`[Unit]
Wants=vrrp-conntrackd-gw.service
After=vrrp-conntrackd-gw.service
`);
});

test("a cluster without has none of it", () => {
  const paths = renderHost(plan([instance()])).map(({ path }) => path);
  expect(paths.filter((path) => path.includes("conntrackd"))).toEqual([]);
});
