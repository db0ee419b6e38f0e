import type { Cause, Symptom } from "../../../../doctor";
import { clusterInput, CONF, Pair, WINDOW } from "./pair";

/** One thing that is wrong. */
export interface Fault {
  cause: Cause;
  node: string;
  break: (pair: Pair) => unknown;
  input?: object;
  /** @default { gw: "a" } */
  masters?: Record<string, string>;
  /** Words of the evidence. */
  seen?: string;
  symptom?: Symptom;
}

const two = ["a", "b"];
const A = "10.0.0.1";
const B = "10.0.0.2";
const MULTICAST = clusterInput(two, {
  multicast: true,
  nodes: { a: { unicastSrcIp: undefined, mcastSrcIp: A }, b: { unicastSrcIp: undefined, mcastSrcIp: B } },
});
const V2 = clusterInput(two, { version: 2, advertInt: 1, authPass: "secret" });
const CHECKED = clusterInput(two, { checks: [{ name: "web", kind: "process", process: "nginx" }] });
const WEIGHTED = clusterInput(two, {
  trackScripts: [{ name: "web", script: "/usr/local/bin/web", interval: 2, weight: -60 }],
});
const ROLE = clusterInput(two, {
  checks: [{ name: "web", kind: "tcp", host: "127.0.0.1", port: 80 }],
  role: {
    actions: [{ name: "nginx", kind: "service", service: "nginx", onMaster: "start", onBackup: "none" }],
  },
});

/** Both hold the addresses. */
const both = (pair: Pair) => pair.become("b", "MASTER");

const edited = (pair: Pair, node: string, from: string, to: string, key?: string, value?: string) => {
  pair.edit(node, from, to);
  if (key !== undefined) pair.load(node, key, value!);
  return pair;
};

const tunnel = (pair: Pair) =>
  pair.each((node, [other]) => {
    pair.add(
      node,
      "tunnel wg0 up",
      "link wg0 up - 1420 -",
      `tunnel-peer wg0 ${other} 30 192.0.2.${other === "a" ? 1 : 2}:51820 1000 1000`,
      "tunnel-key wg0 same",
      `tunnel-peer-key wg0 ${other} same`,
      `tunnel-allowed wg0 ${other} 10.0.0.100 yes`,
      "tunnel-port wg0 51820 3 3 3",
      `tunnel-sent wg0 ${other} 1 1`,
      `tunnel-echo wg0 ${other} 10.9.0.${other === "a" ? 1 : 2} small yes`,
      `tunnel-echo wg0 ${other} 10.9.0.${other === "a" ? 1 : 2} full yes`,
    );
  });

/** The ends have not shaken hands for long. */
const silent = (pair: Pair) =>
  tunnel(pair).each((node, [other]) => {
    const n = other === "a" ? 1 : 2;
    pair
      .set(node, "tunnel-peer", `tunnel-peer wg0 ${other} 400 192.0.2.${n}:51820 1000 1000`)
      .set(node, "tunnel-echo", `tunnel-echo wg0 ${other} 10.9.0.${n} small no`);
  });

const vmac = (pair: Pair) =>
  pair
    .each((node) => pair.load(node, "vmac", "yes"))
    .set("b", "heard", `heard ${A} 51 3 100 unicast 3`)
    .add("b", `heard-vmac ${A} 51 3`);

/** The check `web` as it is where a loop stops its service on the backup. */
const webFailsOnB = (node: string) =>
  `check-run web ${node === "a" ? "passing 4" : "failing 3 ended with 1"}`;

/** By cause, the ways in which it is made. */
export const FAULTS: readonly (Fault & { how: string })[] = [
  // between the nodes
  {
    cause: "hv-filter",
    how: "adverts of the master",
    node: "a",
    break: (p) => both(p.cut("a", "b")),
    symptom: "dual-master",
    seen: "none of them reached the NIC of b",
  },
  {
    cause: "hv-filter",
    how: "those of the backup, which nobody misses yet",
    node: "b",
    break: (p) => p.cut("b", "a"),
    symptom: "degraded",
  },
  {
    cause: "hv-filter",
    how: "of one of three, to both others",
    node: "c",
    input: clusterInput(["a", "b", "c"]),
    break: (p) => p.cut("c", "a").cut("c", "b"),
  },
  {
    cause: "hv-filter",
    how: "one of three that hears no other",
    node: "b",
    input: clusterInput(["a", "b", "c"]),
    break: (p) => both(p.cut("a", "b").cut("c", "b")),
  },
  {
    cause: "hv-filter",
    how: "both ways",
    node: "b",
    break: (p) => both(p.cut("a", "b").cut("b", "a")),
    seen: "may as well be on the side of a",
  },
  {
    cause: "hv-multicast",
    how: "the group is lost, the node itself is reached",
    node: "a",
    input: MULTICAST,
    break: (p) =>
      both(
        p
          .set(
            "b",
            "came a 10.0.0.1 multicast",
            `came a ${A} multicast probe 0 0 0`,
            `came a ${A} multicast advert 0 0 0`,
          )
          .drop("b", "heard"),
      ),
    seen: "to the VRRP group",
  },
  {
    cause: "hv-filter",
    how: "multicast and unicast of one node",
    node: "a",
    input: MULTICAST,
    break: (p) => both(p.cut("a", "b")),
  },
  {
    cause: "hv-filter",
    how: "to the group, where the node's own filters let out nothing else",
    node: "a",
    input: MULTICAST,
    break: (p) =>
      both(p.cut("a", "b")).set("a", `sent b ${B} unicast probe`, `sent b ${B} unicast probe ${WINDOW} -`),
    seen: `${WINDOW} packets of protocol 112 left a`,
  },
  {
    cause: "hv-mac-filter",
    how: "adverts from the virtual MAC are lost, probes from the NIC's arrive",
    node: "a",
    break: (p) =>
      both(
        vmac(p)
          .drop("b", "heard", "heard-vmac")
          .set("b", "came a 10.0.0.1 unicast advert", `came a ${A} unicast advert 0 0 0`),
      ),
  },
  {
    cause: "hv-mac-filter",
    how: "adverts to the group from the virtual MAC are lost, probes to it arrive",
    node: "a",
    input: MULTICAST,
    break: (p) =>
      both(
        vmac(p)
          .drop("b", "heard", "heard-vmac")
          .set("b", "came a 10.0.0.1 multicast advert", `came a ${A} multicast advert 0 0 0`),
      ),
  },
  {
    cause: "hv-mac-filter",
    how: "nobody answers for the address",
    node: "a",
    break: (p) => vmac(p).set("b", "answers", "answers 10.0.0.100 none"),
    symptom: "vip-unreachable",
  },
  {
    cause: "hv-ip-filter",
    how: "nobody answers for the address, the holder's own is reached",
    node: "a",
    break: (p) => p.set("b", "answers", "answers 10.0.0.100 none"),
    symptom: "vip-unreachable",
  },
  {
    cause: "hv-ip-filter",
    how: "and frames for it go to the former holder",
    node: "b",
    masters: { gw: "b" },
    break: (p) => p.set("a", "answers", "answers 10.0.0.100 none").add("a", "stray 10.0.0.100 7"),
    seen: "it follows: arp-stale",
  },
  {
    cause: "net-partition",
    how: "nothing passes",
    node: "b",
    break: (p) => both(p.cut("a", "b", "all").cut("b", "a", "all")),
    symptom: "dual-master",
  },
  {
    cause: "net-partition",
    how: "one of three is cut off",
    node: "c",
    input: clusterInput(["a", "b", "c"]),
    break: (p) =>
      p
        .cut("c", "a", "all")
        .cut("c", "b", "all")
        .cut("a", "c", "all")
        .cut("b", "c", "all")
        .become("c", "MASTER"),
  },
  {
    cause: "net-partition",
    how: "the primary is the one that reaches no witness",
    node: "a",
    break: (p) =>
      both(p.cut("a", "b", "all").cut("b", "a", "all"))
        .add("a", "check-run up failing 900 no answer", "want check up network 2 3 2 0 2")
        .add("b", "check-run up passing 9", "want check up network 2 3 2 0 2"),
  },
  {
    cause: "net-one-way",
    how: "what the master sends does not arrive",
    node: "a",
    break: (p) => both(p.cut("a", "b", "all")),
    symptom: "dual-master",
  },
  {
    cause: "net-one-way",
    how: "and the other has no MAC to send to",
    node: "a",
    break: (p) =>
      both(p.cut("a", "b", "all")).set(
        "a",
        "came b 10.0.0.2 unicast",
        `came b ${B} unicast probe 0 0 0`,
        `came b ${B} unicast advert 0 0 0`,
      ),
  },
  {
    cause: "net-lossy",
    how: "half of what one sends is lost",
    node: "a",
    break: (p) =>
      p
        .set("a", "echo", `echo b ${B} yes 52%`)
        .set("b", "echo", `echo a ${A} yes 48%`)
        .set("b", "came a 10.0.0.1 unicast probe", `came a ${A} unicast probe 12 12 12`)
        .add("a", "flaps gw 14 600"),
    symptom: "flapping",
  },
  {
    cause: "net-lossy",
    how: "a fifth is lost, and the nodes flap",
    node: "a",
    break: (p) =>
      p
        .set("a", "echo", `echo b ${B} yes 22%`)
        .add("b", "flaps gw 9 600")
        .set("b", "came a 10.0.0.1 unicast probe", `came a ${A} unicast probe 17 17 17`),
  },
  {
    cause: "net-lossy",
    how: "and what was asked for the address was among it",
    node: "a",
    break: (p) =>
      p
        .set("a", "echo", `echo b ${B} yes 65%`)
        .set("b", "echo", `echo a ${A} yes 70%`)
        .set("b", "came a 10.0.0.1 unicast probe", `came a ${A} unicast probe 9 9 9`)
        .set("b", "answers", "answers 10.0.0.100 none")
        .add("a", "flaps gw 14 600"),
    seen: "it follows: hv-ip-filter",
  },

  // what they disagree on
  {
    cause: "conf-vrid",
    how: "by hand on one node",
    node: "b",
    break: (p) =>
      both(edited(p, "b", "virtual_router_id 51", "virtual_router_id 52", "vrid", "52")).add(
        "b",
        "discard gw vrid 3",
      ),
    symptom: "dual-master",
    seen: "applied on b was 51",
  },
  {
    cause: "conf-vrid",
    how: "where the daemons tell nothing",
    node: "a",
    break: (p) =>
      both(
        p.edit("a", "virtual_router_id 51", "virtual_router_id 9").drop("a", "loaded").drop("b", "loaded"),
      ),
  },
  {
    cause: "conf-vrid",
    how: "the specs of the nodes differ",
    node: "b",
    break: (p) => both(p).set("b", "want instance", "want instance gw 4 52 eth0").load("b", "vrid", "52"),
    seen: "the specs of the nodes differ",
  },
  {
    cause: "conf-vrid",
    how: "one of three is another",
    node: "a",
    input: clusterInput(["a", "b", "c"]),
    break: (p) =>
      p.set("a", "want instance", "want instance gw 4 7 eth0").load("a", "vrid", "7").become("b", "MASTER"),
  },
  {
    cause: "conf-version",
    how: "by hand",
    node: "a",
    break: (p) => both(edited(p, "a", "version 3", "version 2", "version", "2")),
  },
  {
    cause: "conf-advert-int",
    how: "by hand",
    node: "b",
    break: (p) => both(edited(p, "b", "advert_int 1", "advert_int 5", "advert-int", "5000")),
    input: V2,
  },
  {
    cause: "conf-vip-list",
    how: "one more on a node",
    node: "b",
    break: (p) =>
      edited(p, "b", "10.0.0.100/24", "10.0.0.100/24\n        10.0.0.101/24").add(
        "b",
        "loaded gw vip 10.0.0.101/24 eth0",
      ),
  },
  {
    cause: "conf-vip-list",
    how: "another one",
    node: "a",
    break: (p) => edited(p, "a", "10.0.0.100/24", "10.0.0.99/24", "vip", "10.0.0.99/24 eth0"),
  },
  {
    cause: "conf-auth",
    how: "none on one node",
    node: "b",
    input: V2,
    break: (p) =>
      both(edited(p, "b", /.*include .*auth.conf\n/.exec(p.text("b"))![0], "", "auth", "none")).add(
        "a",
        "discard gw auth-mismatch 3",
      ),
  },
  {
    cause: "conf-auth",
    how: "another password",
    node: "b",
    input: V2,
    break: (p) =>
      both(p)
        .set("b", "file /etc/keepalived/gw.auth.conf", "file /etc/keepalived/gw.auth.conf changed")
        .add("a", "discard gw auth-failed 3")
        .add("b", "discard gw auth-failed 3"),
  },
  {
    cause: "conf-auth",
    how: "another password, where no counters are told",
    node: "a",
    input: V2,
    break: (p) =>
      both(p)
        .set("a", "file /etc/keepalived/gw.auth.conf", "file /etc/keepalived/gw.auth.conf changed")
        .add("b", "log auth 40 (gw) received an invalid passwd!"),
  },
  {
    cause: "conf-unicast-src",
    how: "missing",
    node: "a",
    break: (p) => p.edit("a", / *unicast_src_ip .*\n/, "").load("a", "source", A),
    seen: "has no unicast_src_ip",
  },
  {
    cause: "conf-unicast-src",
    how: "another address of the host",
    node: "a",
    break: (p) =>
      edited(p, "a", `unicast_src_ip ${A}`, "unicast_src_ip 10.0.0.61", "source", "10.0.0.61").add(
        "a",
        "address eth0 10.0.0.61/24",
      ),
  },
  {
    cause: "conf-unicast-src",
    how: "an address that the host does not have",
    node: "b",
    break: (p) => edited(p, "b", `unicast_src_ip ${B}`, "unicast_src_ip 10.0.0.77", "source", "10.0.0.77"),
    seen: "is on no interface of b",
  },
  {
    cause: "conf-unicast-src",
    how: "its address was taken from the interface",
    node: "b",
    break: (p) => p.drop("b", `address eth0 ${B}/24`).add("b", `source eth0 ${B} absent`),
  },
  {
    cause: "conf-unicast-peer",
    how: "another address",
    node: "a",
    break: (p) =>
      both(edited(p, "a", new RegExp(`${B}`).exec(p.text("a"))![0], "10.0.0.9", "peer", "10.0.0.9")),
    seen: "10.0.0.9 is none of the other nodes",
  },
  {
    cause: "conf-unicast-peer",
    how: "none, and it sends to the group",
    node: "a",
    break: (p) =>
      both(
        p
          .edit("a", /unicast_peer \{[^}]*\}/, "")
          .load("a", "transport", "multicast")
          .drop("a", "loaded gw peer"),
      ),
    seen: "sends its adverts to the group",
  },
  {
    cause: "conf-unicast-peer",
    how: "one of three is missing",
    node: "c",
    input: clusterInput(["a", "b", "c"]),
    break: (p) => edited(p, "c", `        ${A}\n`, "", "peer", B),
  },
  {
    cause: "conf-interface",
    how: "another one, which is there",
    node: "b",
    break: (p) =>
      edited(p, "b", "interface eth0", "interface eth1", "interface", "eth1").add(
        "b",
        "link eth1 up carrier 1500 02:00:00:00:00:09",
      ),
  },
  {
    cause: "conf-interface",
    how: "one that is not there",
    node: "b",
    break: (p) =>
      p
        .edit("b", "interface eth0", "interface eth7")
        .stop("b", "a")
        .set(
          "b",
          "conf-test",
          "conf-test failed",
          "conf-error (line 20) WARNING - interface eth7 for vrrp_instance gw doesn't exist",
        )
        .add("b", "link eth7 absent - - -"),
    seen: "there is no interface eth7",
  },
  {
    cause: "conf-interface",
    how: "the device is gone",
    node: "a",
    break: (p) =>
      p
        .set("a", "link eth0", "link eth0 absent - - -")
        .stop("a", "b")
        .drop("a", `address eth0 ${A}/24`)
        .set("a", "daemon", "daemon running 800 86400")
        .set("a", "reported gw", "reported gw FAULT 100 2")
        .drop("a", "daemon-unit"),
  },
  {
    cause: "conf-foreign-vrid",
    how: "a stranger to the group",
    node: "a",
    break: (p) =>
      p
        .add("a", "heard 10.0.0.66 51 2 120 multicast 3")
        .add("b", "heard 10.0.0.66 51 2 120 multicast 3", "discard gw version 3"),
    seen: "heard by a and b",
  },
  {
    cause: "conf-foreign-vrid",
    how: "a stranger that only one node hears, with another password",
    node: "b",
    input: V2,
    break: (p) => p.add("b", "heard 10.0.0.66 51 2 120 multicast 3", "discard gw auth-failed 3"),
  },

  // addresses
  {
    cause: "vip-duplicate",
    how: "a host that is no node",
    node: "a",
    break: (p) => p.add("a", "duplicate 10.0.0.100 0e:11:22:33:44:55"),
    seen: "0e:11:22:33:44:55",
  },
  {
    cause: "arp-stale",
    how: "frames go on to the former holder",
    node: "b",
    masters: { gw: "b" },
    break: (p) => p.add("a", "stray 10.0.0.100 12"),
    symptom: "vip-unreachable",
  },
  {
    cause: "arp-stale",
    how: "a third node remembers the former holder",
    node: "b",
    masters: { gw: "b" },
    input: clusterInput(["a", "b", "c"]),
    break: (p) => p.add("c", "neighbour 10.0.0.100 02:00:00:00:00:01 STALE"),
    seen: "c has 02:00:00:00:00:01",
  },

  // tunnels
  {
    cause: "tunnel-handshake",
    how: "a private key",
    node: "a",
    break: (p) => silent(p).set("a", "tunnel-key", "tunnel-key wg0 other"),
    seen: "key mismatch",
  },
  {
    cause: "tunnel-handshake",
    how: "a public key",
    node: "b",
    break: (p) => silent(p).set("b", "tunnel-peer-key", "tunnel-peer-key wg0 a other"),
    seen: "another public key for a",
  },
  {
    cause: "tunnel-handshake",
    how: "a preshared key",
    node: "b",
    break: (p) => silent(p).add("b", "file /etc/wireguard/wg0.a.psk changed"),
    seen: "preshared key",
  },
  {
    cause: "tunnel-handshake",
    how: "an endpoint",
    node: "a",
    break: (p) => silent(p).add("a", "tunnel-endpoint wg0 b 192.0.2.2:51820 192.0.2.99:51820"),
    seen: "endpoint wrong",
  },
  {
    cause: "tunnel-handshake",
    how: "an endpoint, and the end without one has been started anew and waits",
    node: "b",
    break: (p) =>
      silent(p)
        .set("b", "tunnel-peer", "tunnel-peer wg0 a 60 192.0.2.99:51820 1000 1000")
        .set("a", "tunnel-peer", "tunnel-peer wg0 b never none 0 0")
        .add("b", "tunnel-endpoint wg0 a 192.0.2.1:51820 192.0.2.99:51820")
        .each((node, [other]) =>
          p
            .set(node, "tunnel-sent", `tunnel-sent wg0 ${other} 0 0`)
            .set(node, "tunnel-port", "tunnel-port wg0 51820 0 0 0"),
        ),
    seen: "endpoint wrong",
  },
  {
    cause: "tunnel-handshake",
    how: "an endpoint's port",
    node: "a",
    break: (p) => silent(p).set("b", "tunnel-port", "tunnel-port wg0 51999 0 0 0"),
    seen: "listens on 51999",
  },
  {
    cause: "tunnel-handshake",
    how: "a port closed on the way",
    node: "a",
    break: (p) => silent(p).set("b", "tunnel-port", "tunnel-port wg0 51820 0 0 0"),
    seen: "port closed on the way",
  },
  {
    cause: "tunnel-handshake",
    how: "keys of which each has its own",
    node: "a",
    break: silent,
    seen: "are not answered",
  },
  {
    cause: "tunnel-allowed-ips",
    how: "the virtual address",
    node: "b",
    break: (p) => tunnel(p).set("b", "tunnel-allowed", "tunnel-allowed wg0 a 10.0.0.100 no"),
    seen: "10.0.0.100",
  },
  {
    cause: "tunnel-mtu",
    how: "full packets are lost",
    node: "a",
    break: (p) =>
      tunnel(p).set(
        "a",
        "tunnel-echo",
        "tunnel-echo wg0 b 10.9.0.2 small yes",
        "tunnel-echo wg0 b 10.9.0.2 full no",
      ),
  },
  {
    cause: "tunnel-down",
    how: "and what goes through it",
    node: "a",
    input: clusterInput(two, { nodes: { a: { interface: "wg0" }, b: { interface: "wg0" } } }),
    break: (p) =>
      both(tunnel(p).cut("a", "b", "all").cut("b", "a", "all"))
        .set("a", "tunnel", "tunnel wg0 absent")
        .set("a", "link wg0", "link wg0 absent - - -")
        .drop(
          "a",
          `address wg0 ${A}/24`,
          "tunnel-peer",
          "tunnel-key",
          "tunnel-peer-key",
          "tunnel-allowed",
          "tunnel-port",
          "tunnel-sent",
          "tunnel-echo",
        ),
  },

  // rules of the spec
  {
    cause: "conf-nopreempt",
    how: "void beside state MASTER",
    node: "a",
    break: (p) => edited(p, "a", "state BACKUP", "state MASTER\n    nopreempt"),
  },
  {
    cause: "conf-nopreempt",
    how: "with a weight",
    node: "b",
    input: WEIGHTED,
    break: (p) => edited(p, "b", "state BACKUP", "state BACKUP\n    nopreempt", "nopreempt", "yes"),
  },
  {
    cause: "conf-weight",
    how: "smaller than the gap",
    node: "a",
    input: WEIGHTED,
    break: (p) => edited(p, "a", "weight -60", "weight -5"),
  },
  {
    cause: "conf-weight",
    how: "the gap has grown",
    node: "b",
    input: WEIGHTED,
    break: (p) => {
      const is = /priority (\d+)/.exec(p.text("b"))![0];
      return edited(p, "b", is, "priority 10", "priority", "10");
    },
  },
  {
    cause: "conf-priority",
    how: "255",
    node: "b",
    break: (p) => {
      const is = /priority (\d+)/.exec(p.text("b"))![0];
      return edited(p, "b", is, "priority 255", "priority", "255");
    },
  },
  {
    cause: "conf-priority",
    how: "255, of which keepalived -t warns",
    node: "b",
    break: (p) => {
      const is = /priority (\d+)/.exec(p.text("b"))![0];
      return edited(p, "b", is, "priority 255", "priority", "255").set(
        "b",
        "conf-test",
        "conf-test failed",
        "conf-error (gw) ignoring tracked file drain with weight -253 due to address_owner",
      );
    },
    seen: "it follows: conf-invalid",
  },
  {
    cause: "conf-priority",
    how: "equal ones",
    node: "b",
    break: (p) => {
      const [is, other] = [/priority \d+/.exec(p.text("b"))![0], /priority (\d+)/.exec(p.text("a"))!];
      return edited(p, "b", is, other[0], "priority", other[1]);
    },
  },
  {
    cause: "check-loop",
    how: "an action stops the process that is checked",
    node: "b",
    input: CHECKED,
    break: (p) =>
      p
        .each((node) =>
          p.add(
            node,
            "want action web service 30 2 fail yes",
            "want action-set web service nginx",
            "want action-set web on-backup stop",
          ),
        )
        .set("b", "check-run web", "check-run web failing 3 no process")
        .set("b", "check web", "check web process failing failing 2026-12-01T00:00:00Z no process"),
  },
  {
    cause: "check-loop",
    how: "a command stops it",
    node: "b",
    input: CHECKED,
    break: (p) =>
      p
        .each((node) =>
          p.add(
            node,
            "want action web command 30 2 fail yes",
            "want action-set web on-backup systemctl stop nginx",
          ),
        )
        .set("b", "check-run web", "check-run web failing 3 no process")
        .set("b", "check web", "check web process failing failing 2026-12-01T00:00:00Z no process"),
  },
  {
    cause: "check-loop",
    how: "what is served goes with the role",
    node: "b",
    input: ROLE,
    break: (p) =>
      p
        .each((node) =>
          p.set(node, "want action-set nginx on-backup", "want action-set nginx on-backup stop"),
        )
        .set("b", "check-run web", "check-run web failing 3 refused")
        .set("b", "check web", "check web tcp failing failing 2026-12-01T00:00:00Z refused"),
  },
  {
    cause: "check-loop",
    how: "an action stops what a script of keepalived.conf asks",
    node: "b",
    input: clusterInput(two, {
      trackScripts: [{ name: "web", script: "/usr/bin/pgrep nginx", interval: 2, weight: 0 }],
    }),
    break: (p) =>
      p.each((node) =>
        p.add(
          node,
          "want action serve service 30 2 fail yes",
          "want action-set serve service nginx",
          "want action-set serve on-backup stop",
          webFailsOnB(node),
        ),
      ),
    seen: "tests whether nginx runs",
  },
  {
    cause: "check-loop",
    how: "a script that notify_backup runs stops what a check's script asks",
    node: "b",
    input: clusterInput(two, {
      notifyBackup: "/opt/n.sh backup",
      trackScripts: [{ name: "web", script: "/opt/c.sh", interval: 2, weight: 0 }],
    }),
    break: (p) =>
      p.each((node) =>
        p.add(
          node,
          "script-line /opt/n.sh master systemctl start nginx",
          "script-line /opt/n.sh backup|fault systemctl stop nginx.service",
          "script-line /opt/c.sh - pidof nginx >/dev/null",
          webFailsOnB(node),
        ),
      ),
    seen: "the program of notifyBackup stops nginx",
  },
  ...[
    ["what a script stops on a master only", ["master systemctl stop nginx"]] as const,
    [
      "what a script stops and starts again",
      ["backup service nginx stop", "backup service nginx start"],
    ] as const,
  ].map(([how, lines]): Fault & { how: string } => ({
    cause: "check-failing",
    how,
    node: "b",
    input: clusterInput(two, {
      notifyBackup: "/opt/n.sh backup",
      trackScripts: [{ name: "web", script: "/usr/bin/pidof nginx", interval: 2, weight: 0 }],
    }),
    break: (p) =>
      p.each((node) =>
        p.add(node, ...lines.map((line) => `script-line /opt/n.sh ${line}`), webFailsOnB(node)),
      ),
  })),
  {
    cause: "check-loop",
    how: "a notify script of keepalived.conf",
    node: "a",
    input: clusterInput(two, {
      trackScripts: [{ name: "web", script: "/usr/bin/pidof nginx", interval: 2, weight: 0 }],
    }),
    break: (p) =>
      edited(p, "a", "state BACKUP", 'state BACKUP\n    notify_backup "/usr/bin/systemctl stop nginx"'),
  },
  {
    cause: "role-stuck",
    how: "a backup's database waits for the master's",
    node: "a",
    input: ROLE,
    break: (p) =>
      p
        .each((node) => p.add(node, "want action db mariadb 60 2 yield no"))
        .set("a", "role-loop", "role-loop stopped")
        .set("a", "role", "role backup backup 2026-12-01T00:00:00Z 31 -")
        .set("b", "role", "role backup none 2026-12-01T00:00:00Z 29 db"),
    seen: "it follows: role-stuck on b",
  },

  // nodes
  {
    cause: "node-unreachable",
    how: "it is off",
    node: "a",
    break: (p) => p.unreachable("a").cut("a", "b", "all").become("b", "MASTER"),
    seen: "hears nothing of it either",
    symptom: "degraded",
  },
  {
    cause: "node-unreachable",
    how: "it is alive",
    node: "a",
    break: (p) => p.unreachable("a"),
    seen: "it is alive",
  },

  // what one node tells alone, and what it brings about
  { cause: "daemon-down", how: "stopped", node: "a", break: (p) => p.stop("a", "b"), symptom: "degraded" },
  {
    cause: "iface-down",
    how: "and so nothing passes",
    node: "a",
    break: (p) =>
      both(p.cut("a", "b", "all").cut("b", "a", "all"))
        .set("a", "link eth0", "link eth0 down - 1500 02:00:00:00:00:01")
        .become("a", "BACKUP")
        .set("a", "state gw", "state gw FAULT")
        .set("a", "reported gw", "reported gw FAULT 100 2"),
  },
  {
    cause: "conf-invalid",
    how: "and so it does not run",
    node: "b",
    break: (p) =>
      p
        .edit("b", "priority", "prioritaet")
        .stop("b", "a")
        .set("b", "conf-test", "conf-test failed", "conf-error (line 12) Unknown keyword 'prioritaet'"),
  },
  {
    cause: "conf-invalid",
    how: "and it passes over the word, so that both have one priority",
    node: "b",
    break: (p) =>
      p
        .edit("b", /(\s)priority (?=\d)/, "$1prioritie ")
        .load("b", "priority", "100")
        .set("b", "conf-test", "conf-test failed", "conf-error (line 12) Unknown keyword 'prioritie'"),
  },
  {
    cause: "fw-reject",
    how: "both are master",
    node: "b",
    break: (p) =>
      both(
        p.set(
          "b",
          "came a 10.0.0.1 unicast",
          `came a ${A} unicast probe 24 24 0`,
          `came a ${A} unicast advert 3 3 0`,
        ),
      )
        .add("b", "verdict in a probe reject - inet:filter input reject")
        .add("a", `unreachable b ${B} 9`),
    symptom: "dual-master",
  },
];

void CONF;
