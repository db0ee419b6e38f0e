import { type Strike, ways } from "../case";
import { lan } from "../worlds";
import { inOverride, KILL } from "./tools";

const VIP = "10.20.30.200/24";
const gone = `ip address del ${VIP} dev eth0 2>/dev/null || :`;
const twice = "gw-a,gw-b".split(",");

const withoutFile: Strike = {
  "gw-b": `[ ! -e /root/d ] || { rm -f $(cat /root/d)/50-service.conf; rmdir $(cat /root/d) 2>/dev/null; rm /root/d; }; ${gone}; systemctl restart keepalived`,
};

export const addresses = [
  ...ways("vip-duplicate", "basic", {
    "ip address add on the backup": {
      nodes: "gw-b",
      repair: "automatic",
      inject: { "gw-b": `ip address add ${VIP} dev eth0` },
      restore: { "gw-b": `${gone}; systemctl restart keepalived` },
    },
    "a file of systemd-networkd's": {
      nodes: "gw-b",
      repair: "human",
      inject: {
        "gw-b": `f=$(networkctl status eth0 | sed -n 's/.*Network File: //p'); d=/etc/systemd/network/\${f##*/}.d; mkdir -p $d; printf '[Network]\\nAddress=${VIP}\\n' >$d/50-service.conf; echo $d >/root/d; ip address add ${VIP} dev eth0`,
      },
      restore: withoutFile,
    },
    "on a machine that is no node": {
      nodes: [],
      world: "lan",
      repair: "human",
      inject: { pc: `ip address add ${lan.vip}/24 dev eth1` },
      restore: {
        pc: `ip address del ${lan.vip}/24 dev eth1`,
        "gw-b": "ip neigh flush dev eth1",
        "gw-a": "systemctl restart keepalived",
      },
    },
  }),
  ...ways("vip-orphaned", "basic", {
    "killed where nobody tidies up": {
      nodes: "gw-a",
      repair: "automatic",
      inject: { "gw-a": `${inOverride("Restart=no\nExecStopPost=")}; ${KILL}; sleep 2` },
      restore: { "gw-a": `${gone}; ${inOverride("")}` },
      seen: (world) => world.isHeldBy(...twice),
    },
    "stopped, and the address put back by hand": {
      nodes: "gw-a",
      repair: "automatic",
      inject: { "gw-a": `systemctl stop keepalived; ip address add ${VIP} dev eth0` },
      restore: { "gw-a": `${gone}; systemctl start keepalived` },
      seen: (world) => world.isHeldBy(...twice),
    },
  }),
  ...ways("vip-removed", "basic", {
    "something removes it again and again": {
      nodes: "gw-a",
      repair: "human",
      inject: {
        "gw-a": `systemd-run --quiet --unit=remover sh -c 'while :; do ip address del ${VIP} dev eth0 2>/dev/null; sleep 0.1; done'`,
      },
      restore: { "gw-a": "systemctl stop remover; systemctl restart keepalived" },
    },
    "something removes it as soon as it is there": {
      nodes: "gw-a",
      repair: "human",
      inject: {
        "gw-a": `systemd-run --quiet --unit=remover sh -c 'ip address del ${VIP} dev eth0; ip -o monitor address dev eth0 | while read -r line; do case $line in *" 10.20.30.200/"*) ip address del ${VIP} dev eth0 2>/dev/null ;; esac; done'`,
      },
      restore: { "gw-a": "systemctl stop remover; systemctl restart keepalived" },
    },
  }),
];
