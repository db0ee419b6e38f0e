import { inNamespace, withStaged } from "./namespace";
import { PlanName, plans } from "./plans";

/**
 * What a running keepalived says that it has loaded: its data dump, which it writes to TMPDIR on SIGUSR1. The
 * dump shows the password, so it is written to the namespace's own /mnt, which goes with it.
 */
function loaded(name: PlanName): string[] {
  const script = (conf: string) =>
    [
      "mkdir /run/vrrp-agent",
      "export TMPDIR=/mnt",
      // The working directory is elsewhere: the include is relative to the file that names it.
      "cd /",
      `{ keepalived --dont-fork --log-console -f ${conf} >/mnt/log 2>&1 & }`,
      "until grep -q 'Startup complete' /mnt/log; do kill -0 $!; sleep 0.02; done",
      "kill -USR1 $!",
      "until grep -q '< Interfaces >' /mnt/keepalived.data 2>/dev/null; do kill -0 $!; sleep 0.02; done",
      "kill -TERM $!",
      "wait $!",
      "cat /mnt/keepalived.data",
    ].join("\n");
  const { status, output } = withStaged(plans[name], (conf) => inNamespace(`{ set -e\n${script(conf)}\n}`));
  expect({ status, output }).toEqual({ status: 0, output: expect.any(String) as string });
  return output.split("\n");
}

/** The lines of the dump under a heading, down to the next one of its indentation. */
function under(heading: string, lines: string[]): string[] {
  const from = lines.findIndex((line) => line.startsWith(heading));
  const indent = /^ */.exec(heading)![0].length;
  const after = lines.slice(from + 1);
  const to = after.findIndex((line) => /^ */.exec(line)![0].length <= indent);
  return from < 0 ? [] : after.slice(0, to).map((line) => line.trim());
}

const expectations: [PlanName, string, string[]][] = [
  [
    "version 3 unicast",
    " VRRP Instance = gw",
    [
      "VRRP Version = 3",
      "Using unicast",
      "Interface = eth0",
      "Using src_ip = 192.168.1.2 (from configuration)",
      "192.168.1.3 min_ttl 0 max_ttl 255",
      "Virtual Router ID = 51",
      "Priority = 100",
      "Advert interval = 1000 milli-sec",
      "Preempt = enabled",
      "192.168.1.1/24 dev eth0 scope global",
      // Neighbours learn where the addresses are within 5 s of a healed cut.
      "Gratuitous ARP refresh = 5",
      "Gratuitous ARP lower priority repeat = 5",
    ],
  ],
  [
    "version 2 unicast with a password",
    " VRRP Instance = gw",
    [
      "VRRP Version = 2",
      "Advert interval = 2 sec",
      "Authentication type = SIMPLE_PASSWORD",
      "Password = a$!#{b}c",
    ],
  ],
  [
    "multicast",
    " VRRP Instance = gw",
    ["Using src_ip = 192.168.1.2 (from configuration)", "Multicast address 224.0.0.18"],
  ],
  [
    "IPv6 unicast",
    " VRRP Instance = gw-6",
    [
      "Using Native IPv6",
      "Using unicast",
      "Using src_ip = fd00::2 (from configuration)",
      "fd00::3 min_ttl 0 max_ttl 255",
    ],
  ],
  ["IPv6 multicast", " VRRP Instance = gw-6", ["Multicast address ff02::12, ifindex 3"]],
  ["both families in a sync group", " VRRP Sync Group = gw", ["gw", "gw-6"]],
  [
    "both families with checks that have a weight",
    " VRRP Instance = gw-6",
    ["Sync group = gw", "web weight -20", "ssh, weight 0"],
  ],
  ["both families with checks that have a weight", " VRRP Instance = gw", ["web weight -20"]],
  [
    "checks by script and by process",
    " VRRP Script = web",
    [
      "Command = '/usr/bin/true' '--x' 'a # b'",
      "Interval = 3 sec",
      "Timeout = 1 sec",
      "Weight = -20",
      "Rise = 2",
      "Fall = 4",
      "Insecure = no",
      "Script uid:gid = 0:0",
    ],
  ],
  [
    "checks by script and by process",
    " VRRP Track process = ssh",
    ["Process = sshd", "Min processes = 2", "Weight = 0"],
  ],
  [
    "timers and programs of its own",
    " VRRP Instance = gw",
    [
      "Gratuitous ARP delay = 7",
      "Gratuitous ARP repeat = 3",
      "Gratuitous ARP refresh = 60",
      "Gratuitous ARP refresh repeat = 2",
      "Gratuitous ARP lower priority repeat = 1",
      "Master state transition script = '/usr/bin/true' '--x' 'a # b', uid:gid 0:0",
      "Backup state transition script = '/usr/bin/true', uid:gid 0:0",
      "Fault state transition script = '/usr/bin/true' '!' '{x}' '@', uid:gid 0:0",
    ],
  ],
  ["an interval of 30 ms", " VRRP Instance = gw", ["Advert interval = 30 milli-sec"]],
  ["a delay before preemption", " VRRP Instance = gw", ["Preempt = enabled", "Preempt delay = 300 secs"]],
  [
    "TTLs, adverts and timers of its own",
    " VRRP Instance = gw",
    [
      "Unicast TTL = 255",
      "192.168.1.4 min_ttl 254 max_ttl 255",
      "Down timer adverts = 100",
      "Gratuitous ARP lower priority delay = 4294",
    ],
  ],
  [
    "TTLs, adverts and timers of its own",
    " VRRP Instance = gw-6",
    ["Unicast TTL = 64", "fd00::3 min_ttl 64 max_ttl 255", "Down timer adverts = 2"],
  ],
  ["another interface", " VRRP Instance = gw", ["eth9 weight -253", "lo weight 0"]],
  ["routers over BFD", " VRRP Instance = gw-6", ["up: weight 0", "far: weight -253"]],
  [
    "real time",
    "------< Global definitions >------",
    [
      "VRRP realtime priority = 99",
      "VRRP realtime limit = 500000",
      "VRRP don't swap = true",
      "BFD realtime priority = 99",
      "BFD realtime limit = 500000",
      "vrrp_startup_delay = 2.5",
      "Gratuitous ARP interval = 0.001000",
      "Gratuitous NA interval = 1.000000",
    ],
  ],
  ["no preemption", " VRRP Instance = gw", ["Preempt = disabled"]],
  [
    "several addresses",
    " VRRP Instance = gw",
    ["192.168.1.1/24 dev eth0 scope global label eth0:vip", "10.0.0.1 dev lo scope global"],
  ],
  [
    "a router id of many characters",
    "------< Global definitions >------",
    [
      "Router ID = a b # ! c {x} @ ~SEQ $x it's ü",
      "VRRP notify fifo = /run/vrrp-agent/notify.fifo, uid:gid 0:0",
      "VRRP notify fifo script = '/usr/bin/env' 'sh' '/usr/bin/true' 'notify' '/run/vrrp-agent/notify.fifo', uid:gid 0:0",
      "Script security enabled",
      "Default script uid:gid 0:0",
    ],
  ],
];

test.each(expectations)("keepalived loads what was asked for: %s,%s", (name, heading, lines) => {
  const found = under(heading, loaded(name));
  expect({ found, missing: lines.filter((line) => !found.includes(line)) }).toEqual({ found, missing: [] });
});
