import { factRule, instanceRule } from "./rule";
import { tunnelKind } from "./tunnel-names";

/** keepalived takes the address as that of a multicast instance. */
export const unicastWithoutPeers = factRule(
  {
    id: "unicast-without-peers",
    severity: "error",
    doc: "An instance with words about unicast has a unicast_peer block; without one keepalived sends to the multicast group, unless unicast_fault_no_peer (2.2.5) is set.",
    fix: "list the other nodes' addresses in unicast_peer; for multicast write mcast_src_ip",
  },
  ["multicast"],
  ["unicastWords"],
  ({ instance }, { unicastWords }) =>
    instance.multicast && unicastWords.length > 0 && !unicastWords.includes("unicast_fault_no_peer")
      ? [
          {
            property: "unicastPeers",
            value: `${unicastWords.join(", ")} without unicast_peer`,
            allowed: "at least one peer",
          },
        ]
      : [],
);

/** Some releases look for the peers only after they have looked for the interface. */
export const unicastWithoutInterface = factRule(
  {
    id: "unicast-without-interface",
    severity: "error",
    doc: "A unicast instance names its interface; some versions of keepalived refuse the whole configuration otherwise.",
    fix: "name the interface that the source address is on",
    bites: [{ before: "2.1.0" }, { from: "2.2.5", before: "2.2.8" }],
  },
  ["multicast", "unicastSrcIp"],
  ["hasInterface"],
  ({ instance }, { hasInterface }) =>
    // Without a source no version takes it: the parser says so.
    !instance.multicast && !hasInterface && instance.unicastSrcIp !== undefined
      ? [{ property: "interface", value: "(missing)", allowed: "the name of an interface" }]
      : [],
);

/** A tunnel of WireGuard has no multicast, and keepalived puts the instance out of service. */
export const multicastOnWireGuard = instanceRule(
  {
    id: "multicast-on-wireguard",
    severity: "error",
    doc: "An instance on a WireGuard interface is a unicast one; the interface cannot do multicast, and keepalived keeps the instance in FAULT.",
    fix: "set unicastSrcIp and unicastPeers to the addresses inside the tunnel",
    foreign: { fix: "state unicast_src_ip and unicast_peer with the addresses inside the tunnel" },
  },
  ["multicast", "interface"],
  ({ instance }) =>
    instance.multicast && tunnelKind(instance.interface) === "wg"
      ? [{ property: "interface", value: instance.interface, allowed: "an interface that can do multicast" }]
      : [],
);

/** keepalived ignores it. */
export const interfaceLoopback = instanceRule(
  {
    id: "interface-loopback",
    severity: "error",
    doc: "VRRP runs on an interface to the peers; keepalived refuses the loopback.",
    fix: "name the interface to the peers; for an address on lo write 'dev lo' behind the address",
  },
  ["interface"],
  ({ instance }) =>
    instance.interface === "lo"
      ? [{ property: "interface", value: "lo", allowed: "an interface to the peers" }]
      : [],
);

/** One of the two words is not meant. */
export const multicastGroupWithUnicast = factRule(
  {
    id: "multicast-group-with-unicast",
    severity: "warning",
    doc: "mcast_dst_ip goes without unicast_peer; keepalived ignores it beside one.",
    fix: "remove mcast_dst_ip",
  },
  ["multicast"],
  ["mcastDstIp"],
  ({ instance }, { mcastDstIp }) =>
    mcastDstIp !== undefined && !instance.multicast
      ? [{ property: "mcastDstIp", value: mcastDstIp, allowed: "no multicast group with unicast_peer" }]
      : [],
);

/** keepalived sets it by itself and says so; -t counts that as a failure. */
export const vmacWithUnicast = factRule(
  {
    id: "vmac-with-unicast",
    severity: "warning",
    doc: "use_vmac with unicast_peer needs vmac_xmit_base: adverts leave from the interface's own address; keepalived sets it by itself, and its config test fails on that.",
    fix: "state vmac_xmit_base",
  },
  ["multicast"],
  ["useVmac", "vmacXmitBase"],
  ({ instance }, { useVmac, vmacXmitBase }) =>
    useVmac && !vmacXmitBase && !instance.multicast
      ? [{ property: "useVmac", value: "use_vmac alone", allowed: "use_vmac with vmac_xmit_base" }]
      : [],
);

/** An advert counts its addresses in one byte, and has to fit in one frame: 14 + 40 + 8 bytes go before IPv6 ones. */
const MOST_VIPS = { 4: 255, 6: Math.floor((1500 - 62) / 16) };

/** keepalived no longer advertises those above. */
export const tooManyVips = factRule(
  {
    id: "too-many-vips",
    severity: "error",
    doc: "An instance has at most 255 addresses in virtual_ipaddress, and no more than fit in the interface's MTU, which are 89 of IPv6 at 1500; keepalived moves the others to those that it does not advertise, and its config test fails.",
    fix: "put what is above that into virtual_ipaddress_excluded, or into an instance of its own",
  },
  ["virtualIpAddresses", "family"],
  [],
  ({ instance: { virtualIpAddresses: vips, family } }) => {
    const most = MOST_VIPS[family];
    return vips.length > most
      ? [
          {
            property: `virtualIpAddresses[${most}]`,
            value: `${vips.length} addresses`,
            allowed: most === 255 ? "at most 255" : `at most ${most} at an MTU of 1500`,
            // The interface may have a larger one.
            ...(vips.length <= 255 && { severity: "warning" as const }),
          },
        ]
      : [];
  },
);
